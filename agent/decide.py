"""What to do next: a pure function of the run."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from hasten.agent.run import Run
from hasten.agent.types import Candidate, Target

REPAIRABLE = frozenset({"policy", "compile", "tests", "output"})
"""Gates after whose refusal a model gets one more try, with the failure before it."""

VERIFICATION_SHARE = 0.3
"""Part of the wall budget kept for confirming what was found (research/agents section 5)."""
MODEL_CEILING = 1.10
"""A model is only asked about call paths that bound the gain above this (research/agents section 5)."""


@dataclass(frozen=True)
class Prepare:
    """Check that the baseline is healthy."""


@dataclass(frozen=True)
class Localize:
    """Profile the current stack."""


@dataclass(frozen=True)
class ProposeByRules:
    """Try the rewrite rules on one target."""

    step: str
    target: Target


@dataclass(frozen=True)
class ProposeByModel:
    """Ask the model for one target with one strategy."""

    step: str
    target: Target
    strategy: str


@dataclass(frozen=True)
class Repair:
    """Show the model its own answer and why it failed. ``of`` is the step that was answered."""

    step: str
    of: str


@dataclass(frozen=True)
class Weigh:
    """Find out which rules of a bundle add something to it."""

    step: str
    bundle: str


@dataclass(frozen=True)
class Judge:
    """Judge these candidates; with several, the best one is confirmed."""

    candidates: tuple[str, ...]


@dataclass(frozen=True)
class Confirm:
    """Measure the stack against the original."""


@dataclass(frozen=True)
class Deliver:
    """Write the result."""


Action = Prepare | Localize | ProposeByRules | ProposeByModel | Repair | Weigh | Judge | Confirm | Deliver


def decide(run: Run, strategies: tuple[str, ...] = ()) -> Action | None:
    """The next action, or ``None`` when the run has ended.

    ``strategies`` are the model's, empty when no model may propose. The free proposers go first; a model
    sees only what they left.
    """
    if run.delivered:
        return None
    if run.prepared is None:
        return Prepare()
    if run.confirmed is None:
        if run.generation not in run.localized and not run.dropped:
            if not exhausted(run):
                return Localize()
        elif action := search(run, strategies):
            return action
        if run.stack:
            return Confirm()
    return Deliver()


def search(run: Run, strategies: tuple[str, ...]) -> Action | None:
    """The next step of the search; ``None`` when nothing is left to try or to spend."""
    if exhausted(run) or run.dropped:
        return None
    if run.pending and rules_of(run.candidates[run.pending[0]]):
        return together_first(run)
    for step in steps(run, strategies):
        if step.step not in run.done:
            if run.pending and not continues_batch(run, step):
                break
            return step
    if run.pending:
        return Judge(run.pending)
    return None


def together_first(run: Run) -> Weigh | Judge:
    """Several rules in one definition are judged as a bundle, without those that add nothing to it; only when
    it fails each alone, in one race."""
    bundles = [name for name in run.pending if len(rules_of(run.candidates[name])) > 1]
    if not bundles:
        return Judge(run.pending)
    newest = run.candidates[bundles[-1]]
    step = f"weigh {newest.id}"
    return Judge((newest.id,)) if newest.parent or step in run.done else Weigh(step, newest.id)


def rules_of(candidate: Candidate) -> tuple[str, ...]:
    """Ids of the rules that made a candidate; empty for a model's."""
    origin, _, rules = candidate.origin.partition(":")
    return tuple(rules.split(",")) if origin == "rules" else ()


def steps(run: Run, strategies: tuple[str, ...]) -> Iterator[ProposeByRules | ProposeByModel | Repair]:
    """Every step that the current profile offers, in the order to take them."""
    found = run.localized.get(run.generation)
    if found is None:
        return
    if run.started.settings.rules.enabled:
        for target in found.targets:
            yield ProposeByRules(f"rules {target.key} {found.digests.get(target.key, '')}", target)
    if strategies and not broke(run):
        yield from repairs(run, {t.key for t in found.targets if t.ceiling >= MODEL_CEILING})
        for target in worth_asking(run):
            for strategy in strategies:
                yield ProposeByModel(model_step(target.key, strategy), target, strategy)


def worth_asking(run: Run) -> list[Target]:
    """The targets of the current profile that a model is asked about."""
    worth = [target for target in run.targets if target.ceiling >= MODEL_CEILING]
    # A prompt shows the callers on the path too, so it starts where the time is spent, not passed on.
    worth.sort(key=lambda target: -target.self_share)
    return worth[: run.started.settings.model.targets]


def model_step(key: str, strategy: str) -> str:
    return f"model {key} {strategy}"


def step_key(step: str) -> str:
    """The target's key in a step of the model."""
    return step.removeprefix("model ").rpartition(" ")[0]


def repairs(run: Run, keys: Set[str]) -> Iterator[Repair]:
    """One repair for each answer about ``keys`` that gave no candidate, or one that failed before the speed
    gate. A target that an accepted edit has made cheap is no longer worth the question."""
    by_prompt = {answer.prompt_hash: step for step, answer in run.answers.items()}
    failed = [step for step in run.refusals if step in run.answers]
    for candidate in run.candidates.values():
        verdict = run.verdicts.get(candidate.id)
        if verdict and verdict.decision == "rejected" and verdict.gate in REPAIRABLE:
            failed.append(by_prompt.get(candidate.prompt_hash, ""))
    for step in failed:
        if step.startswith("model ") and step_key(step) in keys:
            yield Repair(f"repair {step}", of=step)


def continues_batch(run: Run, step: ProposeByRules | ProposeByModel | Repair) -> bool:
    """Whether ``step`` asks for one more alternative for the target whose candidates are pending."""
    return isinstance(step, ProposeByModel) and step.target.key == run.candidates[run.pending[0]].target


def exhausted(run: Run) -> bool:
    """Whether time or candidates for searching are used up."""
    budget = run.started.settings.budget.budget()
    out_of_time = budget.wall_s is not None and run.worked_s > budget.wall_s * (1 - VERIFICATION_SHARE)
    return out_of_time or (budget.candidates is not None and run.judged >= budget.candidates)


def broke(run: Run) -> bool:
    """Whether the money is spent."""
    usd = run.started.settings.budget.usd
    return run.usd >= usd > 0
