"""A profile as one self-contained SVG: width is time, colour is whose code it is, hovering names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

from hasten.profilers.base import Frame, Profile
from hasten.profilers.kinds import Kind, is_import, kind_of, relative_to

WIDTH = 1200.0
ROW = 20.0
MARGIN = 16.0
HEADER = 76.0
MAX_LEVELS = 40
"""Deeper calls are cut: their time shows in the frame that made them."""
MIN_WIDTH = 0.4
"""Pixels; narrower boxes cannot be seen and only make the file large."""
GLYPH = 6.7
"""Average width of a character at the label's font size, in pixels."""

HUES: dict[Kind, tuple[int, int, int]] = {
    "user": (18, 88, 70),
    "stdlib": (208, 48, 78),
    "dependency": (268, 38, 80),
    "native": (40, 8, 80),
}
"""Hue, saturation and lightness; each function varies the lightness a little."""
LEGEND: dict[Kind, str] = {
    "user": "your code",
    "stdlib": "standard library",
    "dependency": "dependencies",
    "native": "native",
}
STYLE = """
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1d2129 }
.t { font-size: 17px; font-weight: 600 } .s { fill: #616a78 }
.f text { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; pointer-events: none }
.f rect { stroke: #fff; stroke-width: .6 } .f:hover rect { stroke: #1d2129; stroke-width: 1.2 }
"""


@dataclass
class Node:
    """One box: a function below a chain of callers, whatever line was executing."""

    weight: float = 0.0
    children: dict[Frame, Node] = field(default_factory=dict)


def flamegraph_svg(profile: Profile, title: str, root: str = "") -> str:
    """``root`` is the folder of the user's code; without it, all that is not installed counts as such.

    Import machinery is folded away: what an import runs hangs from the module that asked for it.
    """
    tree, levels = _tree(profile), 0
    body = []
    for box in _boxes(tree, 0, MARGIN, WIDTH - 2 * MARGIN):
        levels = max(levels, box.level + 1)
        body.append(_draw(box, tree.weight, root))
    height = HEADER + levels * ROW + MARGIN
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}"'
        f' height="{height:g}" role="img">',
        f"<title>{_text(title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff"/>',
        f'<text class="t" x="{MARGIN:g}" y="30">{_text(title)}</text>',
        f'<text class="s" x="{MARGIN:g}" y="52">{_text(_subtitle(profile))}</text>',
        *_legend(),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


@dataclass(frozen=True)
class _Box:
    frame: Frame
    weight: float
    level: int
    x: float
    width: float


def _tree(profile: Profile) -> Node:
    tree = Node()
    for stack, weight in profile.stacks.items():
        node = tree
        node.weight += weight
        frames = [frame._replace(line=0) for frame in stack if not is_import(frame)]
        for frame in frames[:MAX_LEVELS]:
            node = node.children.setdefault(frame, Node())
            node.weight += weight
    return tree


def _boxes(node: Node, level: int, x: float, width: float) -> Iterator[_Box]:
    """Callers above what they call; siblings by weight, heaviest first."""
    for frame, child in sorted(node.children.items(), key=lambda item: (-item[1].weight, item[0])):
        part = width * child.weight / node.weight if node.weight else 0.0
        if part >= MIN_WIDTH:
            yield _Box(frame, child.weight, level, x, part)
            yield from _boxes(child, level + 1, x, part)
        x += part


def _draw(box: _Box, total: float, root: str) -> str:
    y = HEADER + box.level * ROW
    name = _text(_name(box.frame))
    place = relative_to(box.frame.file, root) or box.frame.file
    share = 100 * box.weight / total
    rect = (
        f'<rect x="{box.x:.1f}" y="{y:g}" width="{box.width:.1f}" height="{ROW - 1:g}" rx="2"'
        f' fill="{_colour(box.frame, root)}"/>'
    )
    hover = f"<title>{name}\n{_text(place)}\n{share:.1f}% of the time</title>"
    return f'<g class="f">{hover}{rect}{_label(box, y, share)}</g>'


def _label(box: _Box, y: float, share: float) -> str:
    """As much of the name as fits; the share too where there is room."""
    room = int((box.width - 8) / GLYPH)
    name = _name(box.frame)
    if room < 3:
        return ""
    full = f"{name}  {share:.0f}%"
    text = full if len(full) <= room else name if len(name) <= room else name[: room - 1] + "…"
    return f'<text x="{box.x + 4:.1f}" y="{y + 13.5:g}">{_text(text)}</text>'


def _name(frame: Frame) -> str:
    """Modules by their file, functions without the ``<locals>`` in between."""
    if frame.function != "<module>":
        return frame.function.replace(".<locals>", "")
    folder, _, file = frame.file.strip("<>").removeprefix("frozen ").rpartition("/")
    return f"{folder.rpartition('/')[2]}/{file}" if file == "__init__.py" else file


def _colour(frame: Frame, root: str) -> str:
    hue, saturation, lightness = HUES[kind_of(frame.file, frame.native, root)]
    shade = crc32(f"{frame.function}{frame.file}".encode()) % 9 - 4
    return f"hsl({hue},{saturation}%,{lightness + shade}%)"


def _legend() -> Iterator[str]:
    x = WIDTH - MARGIN - 424
    for kind, name in LEGEND.items():
        hue, saturation, lightness = HUES[kind]
        colour = f"hsl({hue},{saturation}%,{lightness}%)"
        yield f'<rect x="{x:g}" y="41" width="13" height="13" rx="3" fill="{colour}"/>'
        yield f'<text class="s" x="{x + 19:g}" y="52">{name}</text>'
        x += 38 + 6.5 * len(name)


def _subtitle(profile: Profile) -> str:
    runs = f"{profile.runs} run{'s' if profile.runs != 1 else ''}"
    if profile.unit == "samples":
        return f"{profile.source}, {profile.samples:,} samples, {runs}"
    return f"{profile.source}, {profile.total:.2f} s, {runs}"


def _text(text: str) -> str:
    """Escaped, without the control characters that XML forbids."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
