import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from hasten.profilers.base import Frame, Profile
from hasten.profilers.export import flamegraph_svg, speedscope
from hasten.profilers.flamegraph import MARGIN, MAX_LEVELS, WIDTH
from hasten.profilers.pyspy import parse_speedscope

SVG = "{http://www.w3.org/2000/svg}"
MAIN = Frame("main", "/repo/app.py", 10)
PROFILE = Profile(
    {
        (MAIN,): 10.0,
        (MAIN._replace(line=11),): 10.0,
        (MAIN, Frame("<lambda> & \x1b co", "/repo/app.py", 3)): 30.0,
        (MAIN, Frame("dumps", "/usr/lib/python3.11/json/__init__.py", 231)): 30.0,
        (MAIN, Frame("dot", "/x/site-packages/numpy/m.so", 0, True)): 10.0,
        (Frame("memcpy", "libc.so.6", 0, True),): 10.0,
    },
    "py-spy",
    rate_hz=200.0,
    samples=100,
)


def boxes(svg: str) -> dict[str, Any]:
    """Hover text -> (x, y, width, colour) of every box."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        hover, rect, *_ = group
        place = tuple(float(rect.attrib[name]) for name in ("x", "y", "width"))
        found["".join(hover.itertext()).split("\n")[0]] = (*place, rect.attrib["fill"])
    return found


def test_width_is_time_and_children_lie_below_their_parent():
    drawn = boxes(flamegraph_svg(PROFILE, "shop", "/repo"))
    whole = WIDTH - 2 * MARGIN
    x, y, width, _ = drawn["main"]
    assert width == pytest.approx(0.9 * whole, abs=0.1)
    for name, share in (("dumps", 0.3), ("dot", 0.1)):
        child_x, child_y, child_width, _ = drawn[name]
        assert child_width == pytest.approx(share * whole, abs=0.1)
        assert child_y > y
        assert x <= child_x
        assert child_x + child_width <= x + width + 0.2


def test_colours_tell_whose_code_it_is():
    drawn = boxes(flamegraph_svg(PROFILE, "shop", "/repo"))
    hues = {name: re.findall(r"hsl\((\d+),", colour) for name, (*_, colour) in drawn.items()}
    assert len({hues[name][0] for name in ("main", "dumps", "dot", "memcpy")}) == 4


def test_text_is_escaped_and_control_characters_are_gone():
    svg = flamegraph_svg(PROFILE, 'a <b> & "c"', "/repo")
    assert "<lambda> & \N{REPLACEMENT CHARACTER} co" in boxes(svg)
    assert ElementTree.fromstring(svg).findtext(f"{SVG}title") == 'a <b> & "c"'
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_deep_recursion_stays_on_the_page():
    deep = tuple(Frame(f"f{i}", "/repo/a.py", 1) for i in range(500))
    drawn = boxes(flamegraph_svg(Profile({deep: 1.0}, "cProfile", unit="seconds"), "deep", "/repo"))
    assert len(drawn) == MAX_LEVELS


def test_modules_are_called_by_their_file():
    profile = Profile({(Frame("<module>", "/repo/shop/report.py", 4),): 1.0}, "py-spy", samples=1)
    assert "report.py" in boxes(flamegraph_svg(profile, "t", "/repo"))


def test_an_empty_profile_is_still_a_picture():
    assert boxes(flamegraph_svg(Profile({}, "py-spy"), "nothing")) == {}


def test_speedscope_document_is_consistent():
    document = json.loads(json.dumps(speedscope(PROFILE, "shop")))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    (profile,) = document["profiles"]
    assert profile["type"] == "sampled"
    assert profile["unit"] == "seconds"
    assert len(profile["samples"]) == len(profile["weights"]) == len(PROFILE.stacks)
    assert profile["endValue"] == pytest.approx(100 / 200)
    frames = document["shared"]["frames"]
    assert len(frames) == len({frame for stack in PROFILE.stacks for frame in stack})
    assert all(0 <= index < len(frames) for sample in profile["samples"] for index in sample)
    assert all(set(frame) <= {"name", "file", "line", "col"} for frame in frames)


def test_speedscope_reads_back_as_the_same_profile():
    python_only = Profile(
        {stack: w for stack, w in PROFILE.stacks.items() if not any(f.native for f in stack)}, "x"
    )
    stacks, samples = parse_speedscope(speedscope(python_only, "x"))
    assert set(stacks) == set(python_only.stacks)
    assert samples == len(python_only.stacks)
