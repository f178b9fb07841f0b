"""From a profile to targets: the user's functions worth changing, most promising first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hasten import UsageError
from hasten.agent.localize.usercode import MODULE, Read, UserCode, is_test
from hasten.agent.types import Definition, Target
from hasten.profilers.base import Frame, Profile, Stack
from hasten.profilers.kinds import is_import, is_startup, label

OWN_HEADROOM = 1.0
"""Of the time in a function itself and in the library code it calls, this much may go by editing it."""
CALLED_HEADROOM = 0.35
"""Of the time in the user's functions it calls: by calling them less, or not at all."""
LONG_LINES = 200
LONG_EDITABILITY = 0.6
"""Functions longer than ``LONG_LINES`` are harder to rewrite whole."""
CALLEE_SHARE = 0.03
"""Direct callees of a target are offered from here on: below it, even removing one entirely cannot reach
the judge's minimum effect of 3%."""
MAX_CALLEES = 8
OWN_CHECKOUT = 0.05
"""From this share of the time on, code of the user's own checkout is what the workload runs."""


def find_targets(
    profile: Profile, root: str, read: Read, workload: str, min_share: float = 0.05
) -> list[Target]:
    """The user's functions with at least ``min_share`` of the time, and smaller ones they call directly.

    ``root`` is where the tree appeared to the program, ``read`` gives the source of a file by its path in the
    tree. Every ancestor up to the workload's entry is offered, since the remedy often lies in a caller.
    Ordered by ``score``. Time in libraries and native code counts as the nearest user function's own.
    """
    code = UserCode(root, read)
    tallies = _tally(profile, code)
    total = profile.total
    if total <= 0:
        return []
    hot = {key for key, tally in tallies.items() if tally.inclusive >= min_share * total}
    called = {callee for key in hot for callee in tallies[key].callees if callee in tallies}
    hot |= {key for key in called if tallies[key].inclusive >= min(CALLEE_SHARE, min_share) * total}
    with_lines = profile.unit == "samples"
    found = [tallies[key].target(workload, total, with_lines) for key in hot]
    editable = (target for target in found if not is_test(target.definition.path))
    return sorted(editable, key=lambda target: (-score(target), target.key))


def score(target: Target) -> float:
    """Expected room, as a share of the workload: inclusive share × headroom × editability."""
    called = max(0.0, target.inclusive_share - target.self_share)
    room = OWN_HEADROOM * target.self_share + CALLED_HEADROOM * called
    length = target.definition.end - target.definition.start + 1
    return room * (LONG_EDITABILITY if length > LONG_LINES else 1.0)


@dataclass
class _Tally:
    """What one definition adds up to over all stacks, in the profile's unit."""

    definition: Definition
    own: float = 0.0
    inclusive: float = 0.0
    callees: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    paths: defaultdict[tuple[str, ...], float] = field(default_factory=lambda: defaultdict(float))
    lines: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def target(self, workload: str, total: float, with_lines: bool) -> Target:
        callees = sorted(self.callees.items(), key=lambda item: (-item[1], item[0]))[:MAX_CALLEES]
        return Target(
            definition=self.definition,
            workload=workload,
            self_share=self.own / total,
            inclusive_share=self.inclusive / total,
            call_path=max(sorted(self.paths), key=self.paths.__getitem__),
            callees=tuple((name, weight / total) for name, weight in callees),
            lines={n: w / total for n, w in sorted(self.lines.items()) if n} if with_lines else {},
        )


def _tally(profile: Profile, code: UserCode) -> dict[str, _Tally]:
    tallies: dict[str, _Tally] = {}
    for stack, weight in profile.stacks.items():
        owners = [code.owner(frame) for frame in stack]
        path: list[str] = []
        lines: set[tuple[str, int]] = set()
        for frame, owner in zip(stack, owners, strict=True):
            if owner is None:
                continue
            tally = tallies.setdefault(owner.key, _Tally(owner))
            lines.add((owner.key, frame.line))
            if owner.key not in path:  # recursion counts once
                path.append(owner.key)
                tally.inclusive += weight
                tally.paths[tuple(path)] += weight
        for key, line in lines:
            tallies[key].lines[line] += weight
        for key, callee in set(_calls(stack, owners)):
            tallies[key].callees[callee] += weight
        if nearest := next((owner for owner in reversed(owners) if owner), None):
            tallies[nearest.key].own += weight
    return tallies


def _calls(stack: Stack, owners: list[Definition | None]) -> Iterator[tuple[str, str]]:
    """(caller, what it called) for every call that leaves a definition of the user."""
    for i, caller in enumerate(owners[:-1]):
        callee = owners[i + 1]
        if caller is None or callee == caller:
            continue
        yield caller.key, callee.key if callee else label(stack[i + 1])


@dataclass(frozen=True)
class Shares:
    """Where a profile's time goes, for messages; the five fractions add up to 1."""

    user: float
    """In the user's functions and whatever they called, imports excepted."""
    module_level: float
    """In code of the user's modules outside any function."""
    imports: float
    """In importing, whoever asked for it."""
    startup: float
    """In the interpreter before and after the program."""
    library: float
    """In other people's code that no function of the user called."""


def shares(profile: Profile, root: str, read: Read) -> Shares:
    """``Shares`` of the profile; all zero when it is empty."""
    code = UserCode(root, read)
    found: defaultdict[str, float] = defaultdict(float)
    for stack, weight in profile.stacks.items():
        found[_place(stack, code)] += weight / profile.total
    names = ("user", "module_level", "imports", "startup", "library")
    return Shares(*(found[name] for name in names))


def _place(stack: Stack, code: UserCode) -> str:
    if is_startup(stack):
        return "startup"
    imported = next((i for i, frame in enumerate(stack) if is_import(frame)), len(stack))
    if imported < len(stack) and not _calls_own(stack[imported:], code):
        return "imports"
    if any(code.owner(frame) for frame in stack):
        return "user"
    own_module = any(code.path(frame) and frame.function == MODULE for frame in stack)
    return "module_level" if own_module else "library"


def _calls_own(stack: Stack, code: UserCode) -> bool:
    """Whether a function of the user runs below an import: the work of a program started on import."""
    return any(code.owner(frame) for frame in stack)


def frames_under(profile: Profile, prefix: str, excluding: Sequence[str] = ()) -> float:
    """Share of the time with a frame of a file below ``prefix`` on the stack that is below none of
    ``excluding``.

    Tells whether the program ran the user's checkout instead of the tree that was handed to it.
    """

    def below(frame: Frame, folder: str) -> bool:
        return frame.file.startswith(folder.rstrip("/") + "/")

    def foreign(frame: Frame) -> bool:
        return below(frame, prefix) and not any(below(frame, folder) for folder in excluding)

    found = sum(weight for stack, weight in profile.stacks.items() if any(map(foreign, stack)))
    return found / profile.total if profile.total > 0 else 0.0


def demand_snapshot(profile: Profile, repo: Path, root: str, readable: Iterable[Path]) -> None:
    """Raise ``UsageError`` when the workload runs the user's checkout ``repo``, not the tree at ``root``."""
    if str(repo) != root and frames_under(profile, str(repo), [root, *map(str, readable)]) > OWN_CHECKOUT:
        raise UsageError(
            "The workload imports the code from the repository itself, not from the snapshot under test.",
            "Use the bubblewrap sandbox, or name no absolute path into the repository in the workload.",
        )
