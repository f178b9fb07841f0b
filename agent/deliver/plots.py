"""Two pictures of a measurement: every pair in the order measured, and what was known after each of them.

Pure: a measurement in, the text of an SVG out. Ratios are before/after, so up is faster.
"""

from __future__ import annotations

from math import exp, isfinite, log10

from hasten.agent.deliver import svg
from hasten.agent.deliver.svg import Axes, Label, factor
from hasten.agent.judge import statistics
from hasten.agent.types import Measurement

WORK = 4_000_000
"""Walsh averages that the curve over the pairs may cost; beyond that it has fewer points."""
EYE = 0.05
"""Level of the band, which decides nothing: at the levels of the looks few pairs have no bounds at all."""
RADIUS = ((40, 4.0), (120, 3.0), (400, 2.2))
"""Dots shrink where there are many."""


def differences(measurement: Measurement) -> str:
    """Every pair in the order measured: before/after on the metric, with the estimate and its bounds."""
    m = measurement
    ratios = [exp(d) for d in statistics.log_ratios(m.samples)]
    axes = Axes.around(1, max(1, len(ratios)), [*ratios, 1.0, m.rule.min_effect, m.speedup, m.low, m.high])
    radius = next((r for most, r in RADIUS if len(ratios) <= most), 1.6)
    body = [_band(axes, m), *_lines(axes, m), *_legend(bool(ratios))]
    for number, (ratio, (before, after)) in enumerate(zip(ratios, m.raw, strict=True), 1):
        first = before.launched < after.launched or before.launched == after.launched
        values = f"{_amount(m, before.value(m.metric))} before, {_amount(m, after.value(m.metric))} after"
        order = "before" if first else "after"
        body.append(
            f'<circle class="{"d" if first else "h"}" cx="{axes.x(number):.1f}" cy="{axes.y(ratio):.1f}"'
            f' r="{radius:g}"><title>pair {number}: {factor(ratio)}\n{values}\n{order} started first'
            "</title></circle>"
        )
    body += svg.labels(axes, _labels(m))
    return svg.document(
        f"{m.workload}: every pair, in the order measured",
        f"before/after in {_metric(m)}, {_mode(m)}; above 1x the change is faster",
        _description(m, ratios),
        axes,
        body,
        "pair",
    )


def interval(measurement: Measurement) -> str:
    """The estimate and its bounds after each pair; where the rule looked, with that look's own level."""
    m = measurement
    d = statistics.log_ratios(m.samples)
    curve = [(n, exp(statistics.hodges_lehmann(d[:n])), *_bounds(d[:n], EYE)) for n in _sizes(len(d))]
    looks = _looks(m, d)
    shown = [v for n, *values in curve for v in values if n >= 3]
    axes = Axes.around(
        1, max(1, len(d)), [*shown, *(v for _, *vs in looks for v in vs), 1.0, m.rule.min_effect, m.speedup]
    )
    body = [_area(axes, curve), *_lines(axes, m, estimate=False)]
    points = " ".join(f"{axes.x(n):.1f},{axes.y(centre):.1f}" for n, centre, _, _ in curve)
    body.append(f'<polyline class="c" points="{points}"/>')
    for n, centre, low, high in looks:
        body += _whisker(axes, n, centre, low, high)
    body += svg.labels(axes, _labels(m))
    seen = ", ".join(str(n) for n, *_ in looks) or "none"
    return svg.document(
        f"{m.workload}: what was known after each pair",
        f"band: bounds at level {EYE:g}, for the eye; bars: looks at {seen} pairs, each at its own level",
        f"The estimate of the speedup of {m.workload} after each of {len(d)} pairs, from the first on, with "
        f"its confidence bounds. {_outcome(m)}",
        axes,
        body,
        "pairs measured",
    )


def _sizes(n: int) -> list[int]:
    """Numbers of pairs at which the curve is computed: all, or evenly spread ones where they are many."""
    every = 1
    while sum(k * k / 2 for k in range(n, 0, -every)) > WORK:
        every += 1
    return sorted(range(n, 0, -every))


def _bounds(d: list[float], alpha: float) -> tuple[float, float]:
    low, high = statistics.bounds(d, alpha)
    return exp(low), exp(high)


def _looks(m: Measurement, d: list[float]) -> list[tuple[int, float, float, float]]:
    """(pairs, estimate, low, high) of every look taken; the last is what the measurement says."""
    found = []
    if m.rule.test == "looks":
        for n, level in zip(m.rule.sizes, m.rule.levels, strict=False):
            if n < len(d):
                found.append((n, exp(statistics.hodges_lehmann(d[:n])), *_bounds(d[:n], level)))
    return [*found, (len(d), m.speedup, m.low, m.high)] if d else found


def _band(axes: Axes, m: Measurement) -> str:
    top, bottom = axes.y(m.high), axes.y(m.low)
    width = svg.WIDTH - svg.LEFT - svg.RIGHT
    return f'<rect class="i" x="{svg.LEFT:g}" y="{top:.1f}" width="{width:g}" height="{bottom - top:.1f}"/>'


def _area(axes: Axes, curve: list[tuple[int, float, float, float]]) -> str:
    """Between the bounds, from the first number of pairs at which there are any."""
    known = [(n, low, high) for n, _, low, high in curve if isfinite(high) and low > 0]
    if not known:
        return ""
    above = [f"{axes.x(n):.1f},{axes.y(high):.1f}" for n, _, high in known]
    below = [f"{axes.x(n):.1f},{axes.y(low):.1f}" for n, low, _ in reversed(known)]
    return f'<polygon class="i" points="{" ".join(above + below)}"/>'


def _whisker(axes: Axes, n: int, centre: float, low: float, high: float) -> list[str]:
    x, top, bottom = axes.x(n), axes.y(high), axes.y(low)
    caps = f"M{x - 4:.1f} {top:.1f}h8M{x - 4:.1f} {bottom:.1f}h8"
    return [
        f'<line class="k" x1="{x:.1f}" x2="{x:.1f}" y1="{svg.TOP:g}" y2="{svg.HEIGHT - svg.BOTTOM:g}"/>',
        f'<path class="w" d="M{x:.1f} {top:.1f}V{bottom:.1f}{caps}"/>',
        f'<circle class="d" cx="{x:.1f}" cy="{axes.y(centre):.1f}" r="4"><title>{n} pairs: {factor(centre)},'
        f" {_between(low, high)}</title></circle>",
    ]


def _lines(axes: Axes, m: Measurement, *, estimate: bool = True) -> list[str]:
    found = [axes.line(1.0, "o"), axes.line(m.rule.null_margin, "n"), axes.line(m.rule.min_effect, "x")]
    return [*found, axes.line(m.speedup, "c")] if estimate else found


def _labels(m: Measurement) -> list[Label]:
    found = [
        Label(1.0, "1x: no change", "s"),
        Label(m.rule.null_margin, f"{m.rule.null_margin:g}x null margin", "ln"),
        Label(m.rule.min_effect, f"{m.rule.min_effect:g}x least effect kept", "lx"),
        Label(m.speedup, f"{factor(m.speedup)} estimate", "lc"),
    ]
    if m.low > 0:
        found.append(Label(m.low, f"{factor(m.low)} lower bound", "s"))
    if isfinite(m.high):
        found.append(Label(m.high, f"{factor(m.high)} upper bound", "s"))
    return found


def _legend(wanted: bool) -> list[str]:
    if not wanted:
        return []
    x = svg.LEFT
    return [
        f'<circle class="d" cx="{x + 5:g}" cy="68" r="4"/>',
        f'<text class="s" x="{x + 15:g}" y="72">the version before was started first</text>',
        f'<circle class="h" cx="{x + 249:g}" cy="68" r="4"/>',
        f'<text class="s" x="{x + 259:g}" y="72">the version after was</text>',
    ]


def _amount(m: Measurement, value: float) -> str:
    if m.metric == "instructions":
        return f"{value:,.0f} instructions"
    digits = max(0, 3 - int(log10(value * 1000))) if value >= 0.001 else 4
    return f"{value * 1000:.{digits}f} ms"


def _metric(m: Measurement) -> str:
    names = {
        "cpu": "processor time",
        "cpu+blocked": "processor time and waiting",
        "wall": "wall time",
        "instructions": "instructions",
    }
    return names[m.metric]


def _mode(m: Measurement) -> str:
    return "side by side on one core" if m.mode == "duet" else "one after the other"


def _between(low: float, high: float) -> str:
    if low > 0 and isfinite(high):
        return f"between {factor(low)} and {factor(high)}"
    return f"at least {factor(low)}" if low > 0 else "no bounds yet"


def _outcome(m: Measurement) -> str:
    bounds = _between(m.low, m.high)
    return f"Decision: {m.decision}; estimate {factor(m.speedup)}, {bounds}, after {m.pairs} pairs."


def _description(m: Measurement, ratios: list[float]) -> str:
    faster = sum(ratio > 1 for ratio in ratios)
    return (
        f"{len(ratios)} pairs of {m.workload} before and after the change, in the order measured; the change "
        f"was faster in {faster} of them. {_outcome(m)}"
    )
