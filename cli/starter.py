"""The commented settings file that ``hasten init`` writes."""

from __future__ import annotations

import json

from hasten.agent.detect import Detected

HEAD = """\
# Settings of hasten for this repository. The same tables can stand in pyproject.toml under [tool.hasten].
# Every value can also be given as a flag or as HASTEN_... in the environment.

"""
TAIL = """
# [sandbox]
# backend = "auto"        # auto, bubblewrap, or process (no security boundary)
# memory_mb = 4096        # for one execution with all its processes

# [budget]
# minutes = 15
# usd = 1.0               # for the model; rewrite rules cost nothing

# [model]                 # without one, only the built-in rewrite rules propose
# name = "anthropic/claude-sonnet-4-5"   # any litellm name; the key comes from the environment

# [judge]
# min_speedup = 1.03      # smallest gain that is kept
# exclude = ["vendored/**"]
"""


def starter_file(found: Detected) -> str:
    """TOML text for what was detected; what was not is left as a comment to fill in."""
    lines = []
    if found.tests:
        lines.append(f"tests = {quoted(found.tests)}")
    else:
        lines.append('# tests = "pytest -q"   # no tests were found; without them give --no-tests')
    if found.python:
        lines.append(f"python = {quoted(found.python)}")
    else:
        lines.append('# python = ".venv"      # default: .venv, VIRTUAL_ENV, then the PATH\'s Python')
    if not found.workloads:
        lines += [
            "",
            "# A command that stands for real use; its time is what counts.",
            "# [workloads.main]",
            '# command = "python -m yourpackage input.txt"',
        ]
    for number, command in enumerate(found.workloads):
        note = (
            "A command that stands for real use; its time is what counts." if number == 0 else "Another one."
        )
        mark = "" if number == 0 else "# "
        name = "main" if number == 0 else f"other{number}"
        lines += ["", f"# {note}", f"{mark}[workloads.{name}]", f"{mark}command = {quoted(command)}"]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def quoted(text: str) -> str:
    """A TOML string; JSON's escapes are valid there."""
    return json.dumps(text, ensure_ascii=False)
