"""Profiles in the file format of speedscope (https://www.speedscope.app), for people who like to dig."""

from __future__ import annotations

from typing import Any

from hasten.profilers.base import Frame, Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope(profile: Profile, name: str) -> dict[str, Any]:
    """A JSON-able document with one sampled profile; weights in seconds where the rate is known."""
    frames: dict[Frame, int] = {}
    seconds = profile.unit == "seconds" or profile.rate_hz > 0
    scale = 1 / profile.rate_hz if profile.unit == "samples" and profile.rate_hz > 0 else 1.0
    samples = []
    weights = []
    for stack, weight in sorted(profile.stacks.items()):
        samples.append([frames.setdefault(frame, len(frames)) for frame in stack])
        weights.append(weight * scale)
    return {
        "$schema": SCHEMA,
        "name": name,
        "exporter": "hasten",
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(frame) for frame in frames]},
        "profiles": [
            {
                "type": "sampled",
                "name": f"{name} ({profile.source})",
                "unit": "seconds" if seconds else "none",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": samples,
                "weights": weights,
            }
        ],
    }


def _frame(frame: Frame) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": frame.function}
    if frame.file:
        entry["file"] = frame.file
    if frame.line:
        entry["line"] = frame.line
    return entry
