"""The model as a proposer: context in, candidates out, every paid answer an event first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hasten import UsageError
from hasten.agent.decide import ProposeByModel, Repair, step_key
from hasten.agent.events import Answered, Event, Proposed
from hasten.agent.facts import Facts
from hasten.agent.propose.answer_cache import AnswerCache
from hasten.agent.propose.answers import AnswerRefused, NothingToGain, parse_answer
from hasten.agent.propose.context import Context, build_context
from hasten.agent.propose.edits import EditRefused, apply_edits
from hasten.agent.propose.model import Model
from hasten.agent.propose.prompts import STRATEGIES, Message, messages, repair_messages
from hasten.agent.run import Run
from hasten.agent.sources import Reader
from hasten.agent.types import Candidate, Target, Verdict

Policy = Callable[[str], bool]
"""Whether a file may be edited at all."""
FENCE = "=" * 16


@dataclass(frozen=True)
class Surroundings:
    """What a prompt tells beside the code."""

    commands: Mapping[str, str]
    """Workload name -> its command line."""
    python: str
    facts: Mapping[str, Facts] = field(default_factory=dict)


class ModelProposer:
    """Asks one model, within the money left, never twice for the same prompt."""

    def __init__(self, model: Model, cache: AnswerCache, chosen: Sequence[str] = ()) -> None:
        """``chosen`` are names of strategies, all of them by default.

        Raises ``UsageError`` for an unknown one.
        """
        unknown = [name for name in chosen if name not in STRATEGIES]
        if unknown:
            raise UsageError(
                f"There is no strategy '{unknown[0]}'.", f"model.strategies knows {', '.join(STRATEGIES)}."
            )
        self.model = model
        self.cache = cache
        self.strategies = tuple(chosen) or tuple(STRATEGIES)

    def propose(
        self, action: ProposeByModel | Repair, run: Run, read: Reader, around: Surroundings, may_edit: Policy
    ) -> Iterator[Event]:
        """Ask, journal the answer, read it."""
        context, conversation = self.conversation(action, run, read, around, may_edit)
        answered = run.answers.get(action.step)
        if answered is None:
            answered = self.ask(action, context, conversation, run)
            if answered is None:
                yield Proposed(
                    action.step, refusal="the money left does not cover the worst case of this question"
                )
                return
            yield answered
        yield self.read_answer(action, run, read, context, answered)

    def conversation(
        self, action: ProposeByModel | Repair, run: Run, read: Reader, around: Surroundings, may_edit: Policy
    ) -> tuple[Context, list[Message]]:
        """The messages of a step, and the context they show."""
        first = original(action)
        target = target_of(first, run)
        context = build_context(
            target,
            read,
            facts=around.facts,
            history=[] if isinstance(action, Repair) else attempts(target.key, run),
            command=around.commands.get(target.workload, ""),
            python=around.python,
            may_edit=may_edit,
        )
        return context, worded(action, context, run, failure_of(first, run))

    def key(self, action: ProposeByModel | Repair, context: Context, run: Run) -> str:
        """The name of an answer in the cache: the question without its figures.

        Two profiles of the same code never agree to the last percent, and the answer does not hang on that.
        """
        tried = () if isinstance(action, Repair) else attempts(context.target.key, run)
        bare = replace(
            context,
            target=replace(context.target, inclusive_share=0.0, self_share=0.0, callees=(), lines={}),
            shown=tuple(sorted((replace(s, share=None) for s in context.shown), key=lambda s: s.key)),
            lines=(),
            facts=(),
            attempts=tuple(f"{c.title}: {v.decision} ({v.gate})" for c, v in tried),
        )
        return self.model.key(worded(action, bare, run, cause_of(original(action), run)))

    def ask(
        self, action: ProposeByModel | Repair, context: Context, conversation: list[Message], run: Run
    ) -> Answered | None:
        """The answer, from the cache or paid; ``None`` when the worst case exceeds the money left."""
        step, key = action.step, self.key(action, context, run)
        if (known := self.cache.get(key)) is not None:
            return Answered(step, key, known.text, known.usd, tokens=0, cached=True)
        left = run.started.settings.budget.usd - run.usd
        if self.model.worst_case_usd(conversation) > left:
            return None
        reply = self.model.ask(conversation)
        self.cache.put(key, reply)
        return Answered(step, key, reply.text, reply.usd, reply.prompt_tokens + reply.completion_tokens)

    def read_answer(
        self, action: ProposeByModel | Repair, run: Run, read: Reader, context: Context, answered: Answered
    ) -> Proposed:
        """The candidate in an answer, or why there is none."""
        try:
            answer = parse_answer(answered.text, context.editable, context.known)
            apply_edits(read, answer.edits)
        except NothingToGain:
            return Proposed(action.step, refusal="")
        except (AnswerRefused, EditRefused) as error:
            return Proposed(action.step, refusal=str(error))
        candidate = Candidate(
            id=f"m{sum(c.startswith('m') for c in run.candidates) + 1}",
            edits=answer.edits,
            target=context.target.key,
            origin=f"model:{self.model.name}",
            title=answer.title,
            parent=parent_of(action, run),
            prompt_hash=answered.prompt_hash,
        )
        return Proposed(action.step, (candidate,))


def original(action: ProposeByModel | Repair) -> str:
    """The step whose question this is."""
    return action.of if isinstance(action, Repair) else action.step


def worded(action: ProposeByModel | Repair, context: Context, run: Run, failure: str) -> list[Message]:
    """The question of a step about ``context``."""
    first = original(action)
    strategy = first.rpartition(" ")[2]
    if isinstance(action, ProposeByModel):
        return messages(context, strategy)
    return repair_messages(context, strategy, run.answers[first].text, failure)


def attempts(target: str, run: Run) -> list[tuple[Candidate, Verdict]]:
    """What was tried on a target so far, oldest first."""
    return [
        (run.candidates[name], verdict)
        for name, verdict in run.verdicts.items()
        if run.candidates[name].target == target
    ]


def target_of(step: str, run: Run) -> Target:
    """The target of a model step: ``model path::Qualname strategy``."""
    key = step_key(step)
    for generation in sorted(run.localized, reverse=True):
        for target in run.localized[generation].targets:
            if target.key == key:
                return target
    raise KeyError(key)


def candidate_of(step: str, run: Run) -> Candidate | None:
    """The candidate that the answer of ``step`` became."""
    answered = run.answers[step]
    return next((c for c in run.candidates.values() if c.prompt_hash == answered.prompt_hash), None)


def parent_of(action: ProposeByModel | Repair, run: Run) -> str:
    failed = candidate_of(action.of, run) if isinstance(action, Repair) else None
    return failed.id if failed else ""


def failure_of(step: str, run: Run) -> str:
    """Why the answer of ``step`` could not be kept: a sentence, then the detail."""
    if verdict := verdict_on(step, run):
        return f"{verdict.reason}\n{verdict.detail}"
    return run.refusals.get(step, "The answer could not be read.")


def cause_of(step: str, run: Run) -> str:
    """The same without what differs from run to run: seconds, addresses, folders."""
    verdict = verdict_on(step, run)
    return verdict.gate if verdict else failure_of(step, run)


def verdict_on(step: str, run: Run) -> Verdict | None:
    """The verdict on the answer of ``step``, if it was judged."""
    candidate = candidate_of(step, run) if step in run.answers else None
    return run.verdicts.get(candidate.id) if candidate else None


def readable(conversation: Sequence[Message]) -> str:
    """A conversation as text for people."""
    return "\n".join(f"{FENCE} {message['role']} {FENCE}\n{message['content']}" for message in conversation)
