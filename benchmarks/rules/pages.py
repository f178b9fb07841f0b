"""``docs/rules``: a page for each rule from its docstring, and an index with the gains measured.

python -m benchmarks.rules pages
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.rules import measure
from hasten.agent.propose.rules.base import Rule
from hasten.agent.propose.rules.documentation import Documentation, documentation
from hasten.agent.propose.rules.registry import RULES

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
INDEX = "README.md"
NEEDS = {
    "safe": "nothing: the code proves it",
    "facts": "types, by annotation, literal or observation",
    "opt-in": "your word: name it in `--rules` or `rules.include`",
}
HEAD = """\
# Rewrite rules

What `hasten optimize` tries without a model. Every rewrite is a candidate: the judge runs it against your
tests and your workload and keeps it only where it is proven faster with the same behaviour.
`hasten rules show ID` prints the same pages.

- **safe** rules rest on the code alone; **facts** rules also on annotations and on types observed while the
  workload ran once; **opt-in** rules take part only when they are named.
- `hasten optimize --rules pop-front,safe` tries only these rules (or tiers), `--no-rules` none;
  `rules.include` and `rules.exclude` in the settings say the same for every run.
- `# hasten: ignore` on the line of a `def`, a decorator or a statement keeps all rules away from it,
  `# hasten: ignore[pop-front]` those named.

Gains are those of a whole small program, interpreter start and data included: the rule's example, called with
the data named, measured by hasten's judge before and after (`python -m benchmarks.rules measure` writes the
table anew). The bound is the judge's: the gain is at least that, with its chance of error of one per cent.
"""


def page(rule: Rule) -> str:
    """A rule's page."""
    doc = documentation(rule)
    parts = [
        f"# {rule.id}: {_plain(doc.title)}",
        _plain(doc.what),
        f"**Why:** {_plain(doc.why)}",
        f"**Precondition:** {_plain(doc.precondition)}",
        f"**Tier:** {rule.tier}; it needs {NEEDS[rule.tier]}.",
        *_observed(doc),
        f"Before:\n\n```python\n{doc.before}```",
        f"After:\n\n```python\n{doc.after}```",
        f"**Source:** {_plain(doc.source)}",
    ]
    return "\n\n".join(parts) + "\n"


def _observed(doc: Documentation) -> list[str]:
    """What the example needs to be known beside its code."""
    if doc.facts is None:
        return []
    lines = "\n".join(f"{name}: {summary}" for name, summary in doc.facts.arguments.items())
    return [f"Observed in the example:\n\n```text\n{lines}\n```"]


def _plain(text: str) -> str:
    return text.replace("``", "`")


def index() -> str:
    """The table of all rules."""
    gains = measure.known()
    rows = [
        "| rule | what it does | gain | on | tier | needs |",
        "|---|---|---|---|---|---|",
        *(_row(rule, gains.get(rule.id)) for rule in RULES.values()),
    ]
    return HEAD + "\n" + "\n".join(rows) + "\n"


def _row(rule: Rule, gain: measure.Gain | None) -> str:
    title = _plain(documentation(rule).title).replace("|", "\\|")
    figures = f"{_times(gain.speedup)} (≥ {_times(gain.low)})" if gain else "not measured"
    if gain and gain.decision != "faster":
        figures += ", not proven"
    data = gain.data if gain else ""
    link = f"[{rule.id}]({rule.id}.md)"
    return f"| {link} | {title} | {figures} | {data} | {rule.tier} | {NEEDS[rule.tier]} |"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}×" if ratio >= 20 else f"{ratio:.1f}×" if ratio >= 3 else f"{ratio:.2f}×"


def texts() -> dict[str, str]:
    """File name -> text of every page."""
    return {INDEX: index()} | {f"{rule.id}.md": page(rule) for rule in RULES.values()}


def write() -> None:
    """Bring ``docs/rules`` up to date; pages of rules that are gone go too."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = texts()
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
