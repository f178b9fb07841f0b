"""What was observed at a definition, as prompts tell it."""

from __future__ import annotations

from hasten.agent.facts import Facts

LOCALS = 12
"""Local variables of one function whose types are told."""


def told(key: str, facts: Facts) -> str:
    """One definition's facts, a line each."""
    calls = "called once in one run" if facts.calls == 1 else f"called {facts.calls:,} times in one run"
    repeated = f"{facts.repeated_argument_rate:.0%} of the calls repeat arguments seen before"
    lines = [f"{key}: {calls}" if facts.calls == 1 else f"{key}: {calls}; {repeated}"]
    lines += [f"  {name}: {summary}{_change(facts, name)}" for name, summary in facts.arguments.items()]
    lines += [f"  {name}: {summary}" for name, summary in facts.attributes.items()]
    lines += [f"  local {name}: {summary}" for name, summary in list(facts.locals.items())[:LOCALS]]
    return "\n".join([*lines, *([f"  returns {facts.returns}"] if facts.returns else [])])


def _change(facts: Facts, name: str) -> str:
    """Whether calls change the container passed, where that was compared."""
    share = facts.changed.get(name)
    if share is None:
        return ""
    return f"; {share:.0%} of the calls change it" if share else "; no call changes it"
