"""Plots of measurements: well-formed, complete, the same every time, and every value where it belongs."""

import random
import re
import xml.etree.ElementTree as ET
from functools import cache, partial
from itertools import pairwise
from math import exp, inf

import pytest

from hasten.agent.deliver import plots, svg
from hasten.agent.deliver.svg import Axes
from hasten.agent.judge import sequential, statistics
from hasten.agent.types import Measurement, Rule, Sample

NAME = "{http://www.w3.org/2000/svg}"


def measured(
    factor: float,
    noise: float,
    *,
    name: str = "report",
    most: int = 400,
    rule: Rule | None = None,
) -> Measurement:
    """A measurement of made-up pairs under the real stopping rule."""
    rng, rule = random.Random(7), rule or Rule()
    raw = []
    while True:
        before = 0.05 * exp(rng.gauss(0, 0.02))
        after = before / factor * exp(rng.gauss(0, noise))
        first = rng.randrange(2)
        raw.append((Sample(before, before, 10, 0.0, first), Sample(after, after, 10, 0.0, 1 - first)))
        d = statistics.log_ratios((a.cpu_s, b.cpu_s) for a, b in raw)
        step = sequential.look(d, rule)
        if len(raw) >= most and (step is None or step.decision is None):
            step = sequential.early(d, rule)
        if step and step.decision:
            break
    return Measurement(
        name, step.decision, step.speedup, step.low, step.high, step.pairs, "cpu", "duet", step.alpha, 1.0,
        0.05, 0.05 / factor, step.p, rule=rule, raw=tuple(raw),
    )  # fmt: skip


CASES = {
    "clear": partial(measured, 2.1, 0.03),
    "small": partial(measured, 1.05, 0.06),
    "same": partial(measured, 1.0, 0.03),
    "slower": partial(measured, 0.8, 0.02),
    "huge": partial(measured, 80.0, 0.2),
    "noisy": partial(measured, 1.04, 0.3),
    "stopped": partial(measured, 1.5, 0.05, most=4),
    "one pair": partial(measured, 1.5, 0.05, most=1),
    "open-ended": partial(measured, 1.03, 0.1, rule=sequential.rule_for(open_ended=True), most=40),
}


@cache
def made(case: str) -> Measurement:
    return CASES[case]()


def classes(root: ET.Element, tag: str, name: str) -> list[ET.Element]:
    return [e for e in root.iter(NAME + tag) if e.get("class") == name]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("plot", [plots.differences, plots.interval])
def test_every_picture_is_well_formed_and_inside_its_frame(case: str, plot: object) -> None:
    m = made(case)
    text = plot(m)  # type: ignore[operator]
    root = ET.fromstring(text)
    assert text == plot(m)  # type: ignore[operator]
    title, description = root.find(NAME + "title"), root.find(NAME + "desc")
    assert title is not None and title.text and title.text.startswith("report: ")
    assert description is not None and description.text and m.decision in description.text
    assert not re.search(r"\bnan\b|\binf\b", text)
    for circle in root.iter(NAME + "circle"):
        assert svg.LEFT <= float(circle.get("cx", "")) <= svg.WIDTH - svg.RIGHT
    for y in (float(v) for e in root.iter() for k, v in e.attrib.items() if k in ("y", "y1", "y2", "cy")):
        assert 0 <= y <= svg.HEIGHT


@pytest.mark.parametrize("case", CASES)
def test_every_pair_is_a_dot_at_its_ratio(case: str) -> None:
    m = made(case)
    root = ET.fromstring(plots.differences(m))
    dots = [c for c in root.iter(NAME + "circle") if c.find(NAME + "title") is not None]
    assert len(dots) == m.pairs == len(m.raw)
    order = sorted(range(m.pairs), key=lambda i: m.samples[i][0] / m.samples[i][1])
    heights = [float(dots[i].get("cy", "")) for i in order]
    assert heights == sorted(heights, reverse=True)
    assert [float(d.get("cx", "")) for d in dots] == sorted(float(d.get("cx", "")) for d in dots)
    firsts = [before.launched == 0 for before, _ in m.raw]
    assert [dot.get("class") == "d" for dot in dots] == firsts


def test_every_look_has_its_bars() -> None:
    m = made("noisy")
    root = ET.fromstring(plots.interval(m))
    looks = [n for n in m.rule.sizes if n <= m.pairs]
    assert len(looks) > 1
    assert len(classes(root, "path", "w")) == len(looks)
    assert f"looks at {', '.join(map(str, looks))} pairs" in plots.interval(m)


def test_names_are_only_text() -> None:
    evil = 'a<b> & "c" </title><script>alert(1)</script>\x07'
    for plot in (plots.differences, plots.interval):
        root = ET.fromstring(plot(measured(1.5, 0.02, name=evil)))
        assert not list(root.iter(NAME + "script"))
        title = root.find(NAME + "title")
        assert title is not None and 'a<b> & "c"' in (title.text or "")


def test_the_bounds_and_thresholds_are_named() -> None:
    m = made("small")
    text = plots.differences(m)
    for words in ("1.01x null margin", "1.03x least effect kept", "1x: no change", "lower bound"):
        assert words in text
    assert f"{m.speedup:.3f}x estimate" in text


@pytest.mark.parametrize("low", [0.2, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("high", [1.01, 1.3, 2.5, 40.0, 2e5])
def test_axes_have_a_few_round_ticks(low: float, high: float) -> None:
    found = svg.ticks(low, high)
    assert 2 <= len(found) <= svg.MOST_TICKS
    assert found == sorted(found)
    assert all(low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9) for value in found)
    assert all(len(f"{value:g}") <= 6 for value in found)


def test_axes_are_logarithmic_and_cut_off() -> None:
    axes = Axes.around(1, 8, [0.5, 2.0])
    assert axes.y(1.0) == pytest.approx((axes.y(0.5) + axes.y(2.0)) / 2)
    assert axes.y(0.0) == svg.HEIGHT - svg.BOTTOM
    assert axes.y(inf) == svg.TOP


def test_labels_keep_apart_and_stay_near() -> None:
    wanted = [10.0, 11.0, 12.0, 100.0, 108.0, 300.0]
    found = svg.apart(wanted)
    assert all(b - a >= svg.LABEL_GAP - 1e-9 for a, b in pairwise(found))
    assert found[1] == pytest.approx(11.0)
    assert found[5] == 300.0
    assert sum(found[3:5]) == pytest.approx(208.0)


def test_long_measurements_are_drawn_in_reasonable_work() -> None:
    sizes = plots._sizes(400)
    assert sizes[-1] == 400
    assert sum(n * n / 2 for n in sizes) <= plots.WORK
