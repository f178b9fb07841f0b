"""A dry run: what would be looked at, tried and spent, without judging, asking or writing anything."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hasten import __version__
from hasten.agent.decide import Localize, Prepare, ProposeByModel, model_step, worth_asking
from hasten.agent.deliver.patch import unified_diff
from hasten.agent.events import Localized, Started
from hasten.agent.journal import new_run_id
from hasten.agent.propose.asking import readable
from hasten.agent.propose.edits import apply_edits
from hasten.agent.run import Run
from hasten.agent.session import Watch, proposer
from hasten.agent.settings import Settings
from hasten.agent.types import Candidate
from hasten.agent.workshop import Workshop
from hasten.agent.workspace import open_workspace
from hasten.sandbox.tree import digest


@dataclass(frozen=True)
class Rehearsal:
    """What a run would begin with. ``usd`` is the most that the prompts together can cost."""

    localized: Localized
    candidates: tuple[tuple[Candidate, str], ...]
    """Each with its patch."""
    prompts: Mapping[str, str]
    """Step -> the prompt as sent."""
    usd: float


def rehearse(repo: Path, settings: Settings, watch: Watch) -> Rehearsal:
    """Prepare, localize and propose in a folder of ours that is thrown away."""
    with (
        open_workspace(repo, settings, new_run_id(), progress=watch.progress) as space,
        tempfile.TemporaryDirectory(prefix="hasten-") as folder,
    ):
        model = proposer(space, asks=False)
        base = space.snapshot()
        shop = Workshop(space, Path(folder), base, model)
        run = Run(
            Started(
                run_id="dry-run", repo=str(repo), settings=settings, digest=digest(base), version=__version__
            )
        )
        for action in (Prepare(), Localize()):
            for event in shop.perform(action, run):
                run = run.after(event)
                watch.event(event, run)
        read = shop.stack.read(run)
        candidates = []
        if settings.rules.enabled:
            for candidate in (c for target in run.targets for c in shop.rewrites(run, target)):
                texts = apply_edits(read, candidate.edits)
                candidates.append((candidate, unified_diff({p: (read(p), t) for p, t in texts.items()})))
        prompts, usd = dict[str, str](), 0.0
        if model:
            around = shop.surroundings(run)
            for target in worth_asking(run):
                for strategy in model.strategies:
                    step = ProposeByModel(model_step(target.key, strategy), target, strategy)
                    _, conversation = model.conversation(step, run, read, around, shop.editable)
                    prompts[step.step] = readable(conversation)
                    usd += model.model.worst_case_usd(conversation)
        return Rehearsal(run.localized[0], tuple(candidates), prompts, usd)
