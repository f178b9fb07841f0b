"""A small coordinate system for plots: ratios on a logarithmic axis against a count, as text of an SVG.

Pure text, no dependency, the same output for the same input. Colours follow the reader's light or dark
theme; a renderer that knows no themes draws the light one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, exp, floor, isfinite, log, log10

WIDTH, HEIGHT = 760.0, 380.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 196.0, 84.0, 48.0
LABEL_GAP = 15.0
"""Pixels between the labels at the right edge."""
MOST_TICKS = 8
STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
UNEVEN_FROM = 3.0
"""An axis that spans more than this factor is ticked like 1, 2, 5, 10 instead of evenly."""
DIGITS = ((1, 1.2, 1.5, 2, 3, 5, 7), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,))
ROOM = 0.06
"""Empty part of the axis above and below the data."""
NARROWEST = log(1.02)
"""The axis spans at least this, so that hardly any noise does not look like much."""

STYLE = """
svg { color-scheme: light dark }
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1d2129 }
.t { font-size: 16px; font-weight: 600 } .s { fill: #59626f }
.e { text-anchor: end } .m { text-anchor: middle }
.b { fill: #ffffff } .g { stroke: #e4e7ec; stroke-width: 1 } .o { stroke: #1d2129; stroke-width: 1.2 }
.n { stroke: #a15c00; stroke-dasharray: 2 4; stroke-width: 1.4 } text.ln { fill: #8a4f00 }
.x { stroke: #1a7f37; stroke-dasharray: 7 4; stroke-width: 1.4 } text.lx { fill: #176f30 }
.c { stroke: #0b62c4; stroke-width: 2; fill: none } text.lc { fill: #0b62c4; font-weight: 600 }
.i { fill: #0b62c4; fill-opacity: .14 } .w { stroke: #0b62c4; stroke-width: 1.6; fill: none }
.d, .h { fill: #0b62c4; stroke: #0b62c4; stroke-width: 1.6 } .h { fill: #ffffff }
.k { stroke: #8a93a0; stroke-width: 1; stroke-dasharray: 1 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .s { fill: #a2acb8 } .b { fill: #0d1117 } .g { stroke: #262d37 } .o { stroke: #e6edf3 }
.n { stroke: #e0a44a } text.ln { fill: #e0a44a } .x { stroke: #4cc26a } text.lx { fill: #4cc26a }
.c, .w { stroke: #6cb2ff } text.lc { fill: #6cb2ff } .i { fill: #6cb2ff; fill-opacity: .18 }
.d { fill: #6cb2ff; stroke: #6cb2ff } .h { fill: #0d1117; stroke: #6cb2ff } .k { stroke: #6e7885 }
}
"""


def text(words: str) -> str:
    """Escaped, without the control characters that XML forbids."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words))


def factor(value: float) -> str:
    """``1.05x``, ``12x``; as many digits as a reader can use."""
    return f"{value:.0f}x" if value >= 100 else f"{value:.3g}x" if value >= 10 else f"{value:.3f}x"


@dataclass(frozen=True)
class Axes:
    """Counts from ``first`` to ``last`` across, ratios from ``low`` to ``high`` upwards (logarithmic)."""

    first: int
    last: int
    low: float
    high: float

    @classmethod
    def around(cls, first: int, last: int, ratios: Sequence[float]) -> Axes:
        """Wide enough for every finite one of ``ratios``, above 0."""
        logs = [log(value) for value in ratios if isfinite(value) and value > 0] or [0.0]
        low, high = min(logs), max(logs)
        short = max(0.0, NARROWEST - (high - low)) / 2
        low, high = low - short, high + short
        room = ROOM * (high - low)
        return cls(first, last, exp(low - room), exp(high + room))

    def x(self, count: float) -> float:
        """Half a step of room at both ends keeps dots off the frame."""
        steps = self.last - self.first + 1
        return LEFT + (count - self.first + 0.5) / steps * (WIDTH - LEFT - RIGHT)

    def y(self, ratio: float) -> float:
        """Cut off at the frame: bounds may be 0 or infinite."""
        if ratio <= self.low:
            return HEIGHT - BOTTOM
        if ratio >= self.high:
            return TOP
        share = log(ratio / self.low) / log(self.high / self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def line(self, ratio: float, style: str) -> str:
        y = self.y(ratio)
        return f'<line class="{style}" x1="{LEFT:g}" x2="{WIDTH - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'


def ticks(low: float, high: float) -> list[float]:
    """Round ratios between ``low`` and ``high``, at most eight."""
    if high / low <= UNEVEN_FROM:
        for step in STEPS:
            count = range(ceil(low / step), floor(high / step) + 1)
            if len(count) <= MOST_TICKS:
                return [round(i * step, 6) for i in count]
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    found: list[float] = []
    for digits in DIGITS:
        found = [m * 10.0**p for p in powers for m in digits if low <= m * 10.0**p <= high]
        if len(found) <= MOST_TICKS:
            break
    return found[:: ceil(len(found) / MOST_TICKS)] if found else []


def counts(first: int, last: int) -> list[int]:
    """Whole numbers for the axis of pairs, its ends among them where there is room."""
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200) if (last - first) / s <= 12), last - first)
    return [n for n in range(0, last + 1, step) if n >= first] or [first]


@dataclass(frozen=True)
class Label:
    """Words at the right edge, beside the line they belong to."""

    ratio: float
    words: str
    style: str


def labels(axes: Axes, wanted: Sequence[Label]) -> list[str]:
    """The labels by height, moved apart where they would cover each other, each tied to its line."""
    ordered = sorted(wanted, key=lambda label: (axes.y(label.ratio), label.words))
    edge, found = WIDTH - RIGHT, []
    for label, y in zip(ordered, apart([axes.y(label.ratio) for label in ordered]), strict=True):
        found.append(
            f'<path class="g" fill="none" d="M{edge:g} {axes.y(label.ratio):.1f}L{edge + 8:g} {y:.1f}"/>'
            f'<text class="{label.style}" x="{edge + 12:g}" y="{y + 4:.1f}">{text(label.words)}</text>'
        )
    return found


def apart(heights: Sequence[float]) -> list[float]:
    """Heights at least ``LABEL_GAP`` apart and as near to ``heights`` (rising) as can be, group by group."""
    groups: list[tuple[float, int]] = []  # sum of the heights wanted for the first of a group, its size
    for height in heights:
        total, size = height, 1
        while groups and groups[-1][0] / groups[-1][1] + groups[-1][1] * LABEL_GAP > total / size:
            before, members = groups.pop()
            total, size = before + total - members * size * LABEL_GAP, members + size
        groups.append((total, size))
    return [total / size + i * LABEL_GAP for total, size in groups for i in range(size)]


def document(
    title: str, subtitle: str, description: str, axes: Axes, body: Sequence[str], across: str
) -> str:
    """The whole picture: ``body`` is drawn on a grid of ``axes``; ``across`` names the horizontal axis."""
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}"'
        f' height="{HEIGHT:g}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{text(title)}</title><desc id="desc">{text(description)}</desc>',
        f'<style>{STYLE}</style><rect class="b" width="{WIDTH:g}" height="{HEIGHT:g}"/>',
        f'<text class="t" x="16" y="30">{text(title)}</text>',
        f'<text class="s" x="16" y="52">{text(subtitle)}</text>',
    ]
    return "\n".join([*head, *_grid(axes, across), *body, "</svg>"]) + "\n"


def _grid(axes: Axes, across: str) -> list[str]:
    bottom = HEIGHT - BOTTOM
    found = []
    for value in ticks(axes.low, axes.high):
        found.append(axes.line(value, "g"))
        words = f"{value:g}x"
        found.append(f'<text class="s e" x="{LEFT - 8:g}" y="{axes.y(value) + 4:.1f}">{words}</text>')
    for count in counts(axes.first, axes.last):
        x = f"{axes.x(count):.1f}"
        found.append(f'<line class="g" x1="{x}" x2="{x}" y1="{bottom:g}" y2="{bottom + 5:g}"/>')
        found.append(f'<text class="s m" x="{x}" y="{bottom + 19:g}">{count}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    found.append(f'<text class="s m" x="{middle:g}" y="{HEIGHT - 10:g}">{text(across)}</text>')
    return found
