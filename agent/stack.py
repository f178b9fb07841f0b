"""The stack of accepted edits: its texts, its changes, and its source tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hasten.agent.deliver.patch import Change
from hasten.agent.propose.edits import apply_edits
from hasten.agent.run import Run
from hasten.agent.sources import Reader, overlay, read_text, reader
from hasten.agent.workspace import Workspace


@dataclass
class Stack:
    """What the accepted edits of a run add up to on top of ``base``, the tree of the snapshot."""

    space: Workspace
    base: Path
    _trees: dict[tuple[str, ...], Path] = field(default_factory=dict)

    def tree(self, run: Run) -> Path:
        """The tree with every accepted edit, made when it is first asked for."""
        if not run.stack:
            return self.base
        if run.stack not in self._trees:
            texts = self.texts(run)[-1]
            self._trees[run.stack] = self.space.trees.derive(self.base, texts)
            self.space.judge.compile(self._trees[run.stack], list(texts))
        return self._trees[run.stack]

    def keep(self, run: Run, name: str, tree: Path) -> None:
        """``tree`` is the stack's once candidate ``name`` joins it."""
        self._trees[(*run.stack, name)] = tree

    def read(self, run: Run) -> Reader:
        """Reads files of the tree; ``None`` for what is not there."""
        return reader(self.tree(run))

    def texts(self, run: Run) -> list[dict[str, str]]:
        """For each accepted candidate, oldest first, every file changed so far."""
        state: dict[str, str] = {}
        steps = []
        for name in run.stack:
            state = {**state, **apply_edits(overlay(self.base, state), run.candidates[name].edits)}
            steps.append(state)
        return steps

    def changes(self, run: Run) -> dict[str, Change]:
        """What the stack changes: path -> (old, new)."""
        last = self.texts(run)[-1:]
        return {path: (read_text(self.base / path), text) for step in last for path, text in step.items()}

    def uncommitted(self, run: Run) -> dict[str, bytes | None]:
        """Content of each file that differed from HEAD when the snapshot was taken."""
        paths = {path: self.base / path for path in run.started.dirty}
        return {path: file.read_bytes() if file.is_file() else None for path, file in paths.items()}
