"""Doing what ``decide`` decided. Each step yields events; the caller journals every one before going on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from hasten import WorkloadError
from hasten.agent import bundles
from hasten.agent import decide as d
from hasten.agent.cold import is_cold
from hasten.agent.deliver.patch import Change
from hasten.agent.deliver.result import deliver
from hasten.agent.disk import enough_disk
from hasten.agent.events import Confirmed, Event, Judged, Localized, Prepared, Proposed
from hasten.agent.facts import Facts
from hasten.agent.judge import policy, wording
from hasten.agent.judge.base import Baseline
from hasten.agent.localize.facts import observe
from hasten.agent.localize.take import take_profile
from hasten.agent.localize.targets import demand_snapshot, find_targets, score
from hasten.agent.propose.asking import ModelProposer, Surroundings
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.run import Run
from hasten.agent.sources import digest
from hasten.agent.stack import Stack
from hasten.agent.types import Candidate, Target, Verdict
from hasten.agent.workspace import Workspace

BASELINE = TypeAdapter(Baseline)
OBSERVED = 40
"""Definitions observed a generation; watching more slows the run down for little."""
OUTPACED = Verdict("rejected", "speed", "Another candidate for the same target did better in the race.")
SCREENED = Verdict("rejected", "speed", "No gain showed in the race against the other candidates.")


def no_faster(verdict: Verdict) -> bool:
    """Whether a candidate was measured and did not gain; the others had no better chance in their race."""
    return bool(verdict.measurements) and all(m.decision != "faster" for m in verdict.measurements)


@dataclass
class Workshop:
    """The hands of a run. ``folder`` is the run's own, in ``.hasten``; ``base`` the tree of the snapshot."""

    space: Workspace
    folder: Path
    base: Path
    model: ModelProposer | None = None
    _baseline: Baseline | None = None
    _facts: dict[int, dict[str, Facts]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ``UsageError`` for a rule in the settings that does not exist."""
        self.stack = Stack(self.space, self.base)
        rules = self.space.settings.rules
        if rules.include or rules.exclude:
            self.chosen_rules()

    @property
    def strategies(self) -> tuple[str, ...]:
        """What the model is asked for, target by target; empty without a model."""
        return self.model.strategies if self.model else ()

    def perform(self, action: d.Action, run: Run) -> Iterator[Event]:
        """Carry out one action of a run."""
        match action:
            case d.Prepare():
                yield self.prepare()
            case d.Localize():
                yield self.localize(run)
            case d.ProposeByRules(step=step, target=target):
                yield Proposed(step, tuple(self.rewrites(run, target)))
            case d.ProposeByModel() | d.Repair():
                if self.model:
                    yield from self.model.propose(
                        action, run, self.stack.read(run), self.surroundings(run), self.editable
                    )
            case d.Weigh(step=step, bundle=bundle):
                yield from self.weigh(run, step, run.candidates[bundle])
            case d.Judge(candidates=ids):
                yield from self.judge(run, ids)
            case d.Confirm():
                yield self.confirm(run)
            case d.Deliver():
                yield deliver(
                    run,
                    self.space.repo,
                    self.folder,
                    self.stack.changes(run),
                    self.stack.texts(run),
                    self.stack.uncommitted(run),
                    run.started.commit,
                )

    def prepare(self) -> Prepared:
        """Is the program as it was healthy? Raises ``WorkloadError`` where it is not."""
        space = self.space
        baseline = space.judge.baseline(self.base, space.settings.allow_failing_tests)
        self._baseline = baseline
        with enough_disk(self.folder):
            (self.folder / "baseline.json").write_bytes(BASELINE.dump_json(baseline))
        outcomes = baseline.outcomes
        failing = [t for t, o in outcomes.by_id.items() if o in ("failed", "error")] if outcomes else []
        return Prepared(
            sandbox=space.sandbox.name,
            python=space.interpreter.version,
            tests=len(outcomes.by_id) if outcomes else None,
            flaky=tuple(sorted(baseline.flaky - set(failing))),
            failing=tuple(sorted(failing)),
            seconds=baseline.seconds,
            notes=tuple(self.notes()),
        )

    def notes(self) -> Iterator[str]:
        if self.space.criteria.tests is None:
            yield "no tests: behaviour is checked by the workload's output alone"
        yield from self.space.notes
        if not self.space.sandbox.confined:
            yield "the process sandbox is no security boundary; install bubblewrap or Docker for one"
        for name, traits in self.baseline.traits.items():
            yield from wording.remarks(name, traits, self.space.criteria.min_effect)

    @property
    def baseline(self) -> Baseline:
        """The oracle, read back after a resume."""
        if self._baseline is None:
            stored = BASELINE.validate_json((self.folder / "baseline.json").read_bytes())
            self._baseline = replace(stored, tree=self.base)
        return self._baseline

    def localize(self, run: Run) -> Localized:
        """Profile every open workload on the current stack."""
        space, tree = self.space, self.stack.tree(run)
        root = space.sandbox.where(tree)
        read = self.stack.read(run)
        best: dict[str, Target] = {}
        notes, source, samples = list[str](), "", 0
        for workload in space.open_workloads:
            profile, note = take_profile(
                space.sandbox,
                workload,
                tree,
                space.criteria.env,
                space.criteria.limits,
                space.exchange,
                space.judge.progress,
            )
            notes += [note] if note and note not in notes else []
            source, samples = profile.source, samples + profile.samples
            demand_snapshot(profile, space.repo, root, space.readable)
            found = find_targets(profile, root, read, workload.name, space.settings.min_share)
            for target in found:
                known = best.get(target.key)
                if known is None or known.inclusive_share < target.inclusive_share:
                    best[target.key] = target
        if not best and run.generation == 0:
            raise WorkloadError(
                "The workload spends no measurable time in functions of this repository.",
                "Check that it runs code from here, long enough; 'hasten profile' shows where time goes.",
            )
        targets = sorted(
            (t for t in best.values() if self.editable(t.definition.path)), key=score, reverse=True
        )
        return Localized(
            generation=run.generation,
            targets=tuple(targets),
            digests={t.key: digest(read, t.definition) for t in targets},
            source=source,
            samples=samples,
            notes=tuple(notes),
        )

    def editable(self, path: str) -> bool:
        """Whether the judge's policy lets anyone change the file."""
        return policy.check_paths({path: ("before", "after")}, self.space.criteria) is None

    def surroundings(self, run: Run) -> Surroundings:
        """What prompts tell beside the code."""
        shown = {w.name for w in self.space.open_workloads}
        commands = {name: line for name, line in self.space.settings.lines().items() if name in shown}
        return Surroundings(commands, self.space.interpreter.version, self.facts(run))

    def facts(self, run: Run) -> dict[str, Facts]:
        """What was observed at the targets, in one more run of each workload a generation."""
        space = self.space
        if run.generation not in self._facts:
            self._facts[run.generation] = {}
            for workload in space.open_workloads:
                wanted = [t.definition for t in run.targets if t.workload == workload.name][:OBSERVED]
                self._facts[run.generation] |= observe(
                    space.sandbox,
                    workload,
                    self.stack.tree(run),
                    space.criteria.env,
                    space.criteria.limits,
                    space.exchange,
                    wanted,
                )
        return self._facts[run.generation]

    def rewrites(self, run: Run, target: Target) -> Iterator[Candidate]:
        """What the rewrite rules make of one target, all together first."""
        rules = self.chosen_rules() - bundles.misbehaved(run, target.key)
        source = self.stack.read(run)(target.definition.path) or ""
        found = list(self.rewritten(run, target, rules))
        cold = {d.rules_of(c) for c in found if is_cold(source, target, c.edits[0])}
        yield from self.rewritten(run, target, rules - bundles.alone(cold)) if cold else found

    def chosen_rules(self) -> frozenset[str]:
        from hasten.agent.propose.rules.selection import select  # imports libcst

        return select(self.space.settings.rules.include, self.space.settings.rules.exclude)

    def rewritten(self, run: Run, target: Target, rules: Collection[str]) -> Iterator[Candidate]:
        """What the rules named make of one target."""
        from hasten.agent.propose.rules.rewriting import rewrite  # imports libcst

        definition = target.definition
        source = self.stack.read(run)(definition.path) or ""
        facts = self.facts(run).get(target.key)
        taken = sum(c.startswith("r") for c in run.candidates)
        found = rewrite(definition.path, source, definition.qualname, facts, rules)
        for number, one in enumerate(found, taken + 1):
            yield Candidate(f"r{number}", (one.edit,), target.key, f"rules:{','.join(one.rules)}", one.title)

    def weigh(self, run: Run, step: str, bundle: Candidate) -> Iterator[Event]:
        """Find out which rules of a bundle add something to it."""
        target = next(t for t in run.targets if t.key == bundle.target)
        tree, read = self.stack.tree(run), self.stack.read(run)
        yield from bundles.weigh(
            step,
            run,
            bundle,
            lambda rules: next(self.rewritten(run, target, rules), None),
            lambda edits: bundles.race(self.space, tree, read, self.baseline, target.workload, edits),
        )

    def judge(self, run: Run, ids: Sequence[str]) -> Iterator[Event]:
        """Judge candidates against the current stack. Of several, they race first, and the best one that
        behaves is measured to the end."""
        before, read, judge = self.stack.tree(run), self.stack.read(run), self.space.judge
        trees: dict[str, Path] = {}
        changes: dict[str, dict[str, Change]] = {}
        for name in ids:
            try:
                texts = apply_edits(read, run.candidates[name].edits)
            except EditRefused as error:
                yield Judged(
                    name, Verdict("rejected", "compile", f"The edit does not fit: {error}", detail=str(error))
                )
                continue
            changes[name] = {path: (read(path), text) for path, text in texts.items()}
            if refused := judge.precheck(changes[name]):
                yield Judged(name, refused)
                continue
            trees[name] = self.space.trees.derive(before, texts)
        names = list(trees)
        if len(names) > 1:
            for name in names:
                judge.compile(trees[name], list(changes[name]))
        aimed_at = next((t.workload for t in run.targets if t.key == run.candidates[ids[0]].target), "")
        racing = [trees[name] for name in names]
        screened = judge.screen(before, racing, self.baseline, aimed_at)
        worth, broken = ([names[i] for i in group] for group in (screened.worth, screened.broken))
        yield from (Judged(name, SCREENED) for name in names if name not in (*worth, *broken))
        while worth or broken:
            name = worth.pop(0) if worth else broken.pop(0)
            verdict = judge.judge(before, trees[name], changes[name], self.baseline)
            if verdict.accepted:
                self.stack.keep(run, name, trees.pop(name))
                yield from (Judged(other, OUTPACED) for other in (*worth, *broken))
                worth, broken = [], []
            elif no_faster(verdict):
                # One confirmation a race: whatever came behind the winner would only be another ticket.
                yield from (Judged(other, SCREENED) for other in worth)
                worth = []
            yield Judged(name, verdict)
        for tree in trees.values():
            self.space.trees.remove(tree)

    def confirm(self, run: Run) -> Confirmed:
        """The whole stack against the original."""
        verdict = self.space.judge.confirm(
            self.base, self.stack.tree(run), self.stack.changes(run), self.baseline
        )
        return Confirmed(run.stack, verdict)
