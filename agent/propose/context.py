"""What a model is told about a target, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hasten.agent.facts import Facts
from hasten.agent.languages.python import definitions, find, functions, walk_definitions
from hasten.agent.propose.observations import told
from hasten.agent.propose.skeleton import asserts, attributes, outline, third_party
from hasten.agent.propose.source import BOM, bare, normal, split_lines
from hasten.agent.types import Candidate, Definition, Target, Verdict

SourceOf = Callable[[str], str | None]
Attempt = tuple[Candidate, Verdict]

BUDGET_TOKENS = 12_000
CHARACTERS_PER_TOKEN = 4
LONG_DEFINITION = 150
"""Lines; above that, models lose fewer answers with search and replace (research/agents, section 3)."""
LINE_THRESHOLD = 0.01

# Shares of the budget that a section may claim when there is too much to tell; the code gets the rest and
# at least 30% (research/agents, section 4). In order of importance.
SHARES: Mapping[str, float] = {"lines": 0.20, "facts": 0.15, "tests": 0.10, "around": 0.15, "attempts": 0.10}


@dataclass(frozen=True)
class Shown:
    """A definition given in full."""

    key: str
    role: str
    """``target``, ``caller``, ``callee`` or ``same class``."""
    code: str
    """As in the file, indentation included."""
    start: int
    share: float | None = None
    """Inclusive share of the workload, where known."""
    editable: bool = True

    @property
    def long(self) -> bool:
        return self.code.count("\n") >= LONG_DEFINITION


@dataclass(frozen=True)
class Context:
    """Everything a prompt says about one target. Sections are readable lines or paragraphs."""

    target: Target
    command: str
    python: str
    dependencies: tuple[str, ...]
    shown: tuple[Shown, ...]
    """The target first."""
    lines: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    attempts: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    """Every definition of the files shown, editable or not."""
    left_out: tuple[str, ...] = ()
    """What did not fit."""

    @property
    def editable(self) -> tuple[str, ...]:
        return tuple(shown.key for shown in self.shown if shown.editable)

    @property
    def tokens(self) -> int:
        """Estimate, at four characters a token."""
        sections = [item for name in SHARES for item in getattr(self, name)]
        return _tokens(sections) + _tokens([shown.code for shown in self.shown])


def build_context(
    target: Target,
    source_of: SourceOf,
    *,
    facts: Mapping[str, Facts] | None = None,
    history: Sequence[Attempt] = (),
    tests: Mapping[str, str] | None = None,
    command: str = "",
    python: str = "",
    dependencies: Sequence[str] = (),
    may_edit: Callable[[str], bool] = lambda path: True,
    budget_tokens: int = BUDGET_TOKENS,
) -> Context:
    """The context of ``target``.

    ``source_of`` gives a file's text by its path in the repository; ``facts`` are by ``path::Qualname``;
    ``history`` is oldest first; ``tests`` maps a covering test to its source; ``may_edit`` says whether a
    file may be changed at all. The target is always shown, however long it is.
    """
    sources = _Sources(source_of)
    gathered = [replace(s, editable=may_edit(s.key.partition("::")[0])) for s in _gather(target, sources)]
    sections = {
        "lines": _lines(target, sources),
        "facts": _facts(gathered, facts or {}),
        "tests": [f"# {name}\n{asserts(source)}" for name, source in (tests or {}).items()],
        "around": _around(gathered, sources),
        "attempts": [_attempt(*attempt) for attempt in reversed(history)],
    }
    claimed = sum(min(_tokens(sections[name]), int(share * budget_tokens)) for name, share in SHARES.items())
    shown, dropped = _fitting(gathered, budget_tokens - claimed)
    if dropped:
        sections["around"] = _around(shown, sources)
        sections["facts"] = _facts(shown, facts or {})
    room = budget_tokens - _tokens([s.code for s in shown])
    sections, trimmed = _trimmed(sections, room, budget_tokens)
    sections["lines"].sort(key=lambda line: int(line[len(target.definition.path) + 1 :].split()[0]))
    paths = dict.fromkeys(s.key.partition("::")[0] for s in shown)
    known = frozenset(d.key for path in paths for d in definitions(path, sources[path] or ""))
    own = {part for path in paths for part in path.removeprefix("src/").split("/")[:1]}
    used = [
        n
        for n in third_party([sources[p] or "" for p in paths])
        if n not in own and not sources.has_module(n)
    ]
    return Context(
        target=target,
        command=command,
        python=python,
        dependencies=tuple(dict.fromkeys([*used, *dependencies])),
        shown=tuple(shown),
        known=known,
        left_out=(*(s.key for s in dropped), *trimmed),
        **{name: tuple(items) for name, items in sections.items()},
    )


class _Sources:
    """Normalised source by path, read once."""

    def __init__(self, source_of: SourceOf) -> None:
        self._source_of = source_of
        self._read: dict[str, str | None] = {}

    def __getitem__(self, path: str) -> str | None:
        if path not in self._read:
            text = self._source_of(path)
            self._read[path] = None if text is None else normal(text.removeprefix(BOM))
        return self._read[path]

    def has_module(self, name: str) -> bool:
        places = (f"{name}.py", f"{name}/__init__.py", f"src/{name}.py", f"src/{name}/__init__.py")
        return any(self[place] is not None for place in places)

    def definition(self, key: str) -> Definition | None:
        path, mark, qualname = key.partition("::")
        source = self[path] if mark else None
        return find(path, source, qualname) if source is not None else None

    def code(self, definition: Definition) -> str:
        lines = split_lines(self[definition.path] or "")[definition.start - 1 : definition.end]
        return "\n".join(bare(line) for line in lines)


def _gather(target: Target, sources: _Sources) -> list[Shown]:
    """The target, its callers from the nearest on, its callees from the heaviest on, then its class."""
    own = _whole(sources.definition(target.key) or target.definition, sources)
    wanted: list[tuple[str, str, float | None]] = [(own.key, "target", target.inclusive_share)]
    wanted += [(key, "caller", None) for key in reversed(target.call_path)]
    wanted += [(key, "callee", share) for key, share in target.callees]
    wanted += [
        (key, "same class", None)
        for key in _same_class([key for key, role, _ in wanted if role != "caller"], sources)
    ]
    shown: list[Shown] = []
    spans: list[Definition] = []
    for key, role, share in wanted:
        definition = sources.definition(key)
        # A definition inside another one that is shown, or the other way round, is there already.
        if definition is None or any(_overlap(definition, other) for other in spans):
            continue
        spans.append(definition)
        shown.append(Shown(key, role, sources.code(definition), definition.start, share))
    return shown


def _whole(own: Definition, sources: _Sources) -> Definition:
    """The function around a closure, which makes no sense without it; else the definition itself."""
    return next((d for d in functions(own.path, sources[own.path] or "") if _contains(d, own)), own)


def _contains(outer: Definition, inner: Definition) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _overlap(one: Definition, two: Definition) -> bool:
    return one.path == two.path and one.start <= two.end and two.start <= one.end


def _same_class(keys: Sequence[str], sources: _Sources) -> Iterator[str]:
    """Methods beside those in ``keys`` that use the same attributes, constructors first.

    A faster method often keeps something in the object; these are who must set it up and keep it right.
    """
    siblings: dict[str, bool] = {}
    for (path, owner), names in _owners(keys).items():
        try:
            nodes = dict(walk_definitions(sources[path] or ""))
        except (SyntaxError, ValueError):
            continue
        used = set[str]().union(*(attributes(nodes[name]) for name in names if name in nodes))
        for name, node in nodes.items():
            constructor = name == f"{owner}.__init__"
            if name.rpartition(".")[0] == owner and (constructor or attributes(node) & used):
                siblings[f"{path}::{name}"] = constructor
    yield from sorted(siblings, key=lambda key: not siblings[key])


def _owners(keys: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """Methods by file and class."""
    owners: dict[tuple[str, str], list[str]] = {}
    for path, mark, qualname in (key.partition("::") for key in keys):
        if mark and (owner := qualname.rpartition(".")[0]):
            owners.setdefault((path, owner), []).append(qualname)
    return owners


def _lines(target: Target, sources: _Sources) -> list[str]:
    """Lines that take at least 1% of the workload, heaviest first."""
    rows = split_lines(sources[target.definition.path] or "")
    heavy = [
        (share, row) for row, share in target.lines.items() if share >= LINE_THRESHOLD and row <= len(rows)
    ]
    return [
        f"{target.definition.path}:{row} {share:6.1%}  {bare(rows[row - 1]).strip()}"
        for share, row in sorted(heavy, key=lambda pair: (-pair[0], pair[1]))
        if row > 0
    ]


def _facts(shown: Sequence[Shown], facts: Mapping[str, Facts]) -> list[str]:
    return [told(s.key, facts[s.key]) for s in shown if s.key in facts]


def _around(shown: Sequence[Shown], sources: _Sources) -> list[str]:
    by_path: dict[str, list[str]] = {}
    for s in shown:
        path, _, qualname = s.key.partition("::")
        by_path.setdefault(path, []).append(qualname)
    outlines = {path: outline(sources[path] or "", names) for path, names in by_path.items()}
    return [f"# {path}\n{text}" for path, text in outlines.items() if text]


def _attempt(candidate: Candidate, verdict: Verdict) -> str:
    speedups = ", ".join(f"{m.workload} {m.speedup:.2f}x" for m in verdict.measurements)
    measured = f" [{speedups}]" if speedups else ""
    head = f"{candidate.title}: {verdict.decision} ({verdict.gate}){measured}. {verdict.reason}"
    if verdict.accepted or not verdict.detail:
        return head
    tail = [line for line in verdict.detail.strip().split("\n") if line.strip()][-3:]
    return "\n".join([head, *(f"  {line.strip()[:200]}" for line in tail)])


def _tokens(items: Sequence[str]) -> int:
    return sum(len(item) + 1 for item in items) // CHARACTERS_PER_TOKEN


def _fitting(shown: Sequence[Shown], room: int) -> tuple[list[Shown], list[Shown]]:
    kept, dropped = list(shown[:1]), list[Shown]()
    for s in shown[1:]:
        fits = _tokens([k.code for k in kept]) + _tokens([s.code]) <= room
        (kept if fits else dropped).append(s)
    return kept, dropped


def _trimmed(
    sections: Mapping[str, list[str]], room: int, budget: int
) -> tuple[dict[str, list[str]], list[str]]:
    """The sections cut from the last one up, each down to its share, until they fit; and what was cut."""
    kept = {name: list(items) for name, items in sections.items()}
    cut: list[str] = []
    for floor in (True, False):
        for name in reversed(kept):
            before = len(kept[name])
            least = int(SHARES[name] * budget) if floor else 0
            while kept[name] and sum(map(_tokens, kept.values())) > room and _tokens(kept[name]) > least:
                kept[name].pop()
            if lost := before - len(kept[name]):
                cut.append(f"{lost} of {len(sections[name])} {name}")
    return kept, cut
