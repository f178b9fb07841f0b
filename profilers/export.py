"""Profiles for other tools and for the eye."""

from __future__ import annotations

from hasten.profilers.flamegraph import flamegraph_svg
from hasten.profilers.speedscope import speedscope

__all__ = ["flamegraph_svg", "speedscope"]
