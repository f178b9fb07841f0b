"""What works on this machine, line by line, for ``hasten doctor``. Never raises; always advises."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from hasten import HastenError
from hasten.agent.images.checks import container_lines
from hasten.agent.interpreter import Interpreter, base_env, find_interpreter
from hasten.agent.judge.base import Criteria
from hasten.agent.judge.modes import Mode
from hasten.agent.judge.sampling import Bench
from hasten.agent.judge.screening import calibrate
from hasten.agent.localize.take import take_profile
from hasten.agent.propose.model import available
from hasten.agent.settings import Settings
from hasten.agent.types import Workload
from hasten.sandbox import registry
from hasten.sandbox.base import Limits, Sandbox

Line = tuple[str, bool, str, str]
"""Name, whether it works, what was seen, what to do."""

SPIN = "total = 0\nfor i in range({count}):\n    total += i * i\nprint(total)\n"
NOISE_PAIRS = 20
"""As many A/A pairs as measurement asks for at the start of a session."""
QUIET = 1.05
"""A machine that can prove this speedup is quiet enough for most of what there is to find."""


def examine(repo: Path, environ: Mapping[str, str], settings: Settings | None = None) -> Iterator[Line]:
    """One line for each thing hasten can use. ``settings``: the repository's, where they can be read."""
    interpreter: Interpreter | None = None
    try:
        interpreter = find_interpreter(repo, None, environ, ["pytest"])
    except HastenError as error:
        yield "interpreter", False, error.message, error.hint
    else:
        yield from interpreter_lines(interpreter)
    yield git_line()
    for name, backend in registry.SANDBOXES.items():
        reason = backend.available()
        says = "works" if reason is None else reason
        if name == "process":
            says = "works, but is no security boundary: for rewrite rules only, unless you ask for it"
        yield f"sandbox {name}", reason is None, says, ""
    yield from container_lines(repo, settings)
    if interpreter:
        yield from measured_lines(interpreter)
    yield perf_line()
    yield model_line(environ)


def interpreter_lines(interpreter: Interpreter) -> Iterator[Line]:
    yield (
        "interpreter",
        True,
        f"Python {interpreter.version} at {interpreter.executable} ({interpreter.origin})",
        "",
    )
    if interpreter.missing:
        yield (
            "pytest",
            False,
            "not installed for that interpreter",
            f"{interpreter.executable} -m pip install pytest, or choose another Python with --python",
        )


def git_line() -> Line:
    found = shutil.which("git")
    advice = "" if found else "Install git; without it results are patch files only."
    return "git", bool(found), found or "not found", advice


def perf_line() -> Line:
    """Whether hardware counters can be read."""
    perf = shutil.which("perf")
    if perf is None:
        return "perf", False, "not installed", "Optional: install linux-perf for hardware counters."
    try:
        done = subprocess.run(
            [perf, "stat", "-e", "instructions", "true"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return "perf", False, f"does not run ({error})", "Optional."
    if done.returncode or "not supported" in done.stderr or "not counted" in done.stderr:
        advice = (
            "Optional: virtual machines often have no counters; otherwise lower kernel.perf_event_paranoid."
        )
        return "perf", False, "has no hardware counters here", advice
    return "perf", True, "reads hardware counters", ""


def model_line(environ: Mapping[str, str]) -> Line:
    """Whether a model could be asked."""
    name = environ.get("HASTEN_MODEL")
    if importlib.util.find_spec("litellm") is None:
        return "model", False, "litellm is not installed", "Optional: pip install 'hasten[models]'."
    if not name:
        keys = sorted(k for k in environ if k.endswith("_API_KEY") and environ[k])
        says = f"no model chosen; keys in the environment: {', '.join(keys) or 'none'}"
        return "model", False, says, "Optional: --model NAME (any litellm name) or HASTEN_MODEL."
    reason = available(name)
    return "model", reason is None, reason or f"{name} can be asked", ""


def measured_lines(interpreter: Interpreter) -> Iterator[Line]:
    """py-spy's permission and the noise of this machine, measured on a small program of our own."""
    with tempfile.TemporaryDirectory(prefix="hasten-doctor-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        (tree / "spin.py").write_text(SPIN.format(count=800_000))
        exchange = Path(folder) / "exchange"
        exchange.mkdir()
        workload = Workload("spin", (interpreter.executable, "spin.py"))
        try:
            with registry.choose(
                "auto", mount_at=tree, readable=registry_paths(interpreter), scratch=Path(folder) / "scratch"
            ) as sandbox:
                yield profiler_line(sandbox, workload, tree, interpreter, exchange)
                yield noise_line(sandbox, workload, tree, interpreter)
        except HastenError as error:
            yield "measuring", False, error.message, error.hint


def registry_paths(interpreter: Interpreter) -> list[Path]:
    return [*interpreter.readable, Path(sys.prefix)]


def profiler_line(
    sandbox: Sandbox, workload: Workload, tree: Path, interpreter: Interpreter, exchange: Path
) -> Line:
    profile, note = take_profile(sandbox, workload, tree, base_env(interpreter), Limits(), exchange)
    advice = (
        "Allow ptrace (kernel.yama.ptrace_scope=1, or sudo on macOS) for sampled profiles." if note else ""
    )
    return "py-spy", profile.source == "py-spy", note or f"samples at {profile.rate_hz:.0f} Hz", advice


def noise_line(sandbox: Sandbox, workload: Workload, tree: Path, interpreter: Interpreter) -> Line:
    """The smallest gain this machine can prove, from identical pairs."""
    criteria = Criteria(interpreter.executable, base_env(interpreter), None, Limits())
    bench = Bench(sandbox, workload, criteria, Mode("duet", "cpu", True, ""), Random(0))
    found = calibrate(bench, tree, tree, pairs=NOISE_PAIRS)
    says = (
        f"identical programs differ by {found.noise:.1%} a pair; gains from {found.mde - 1:.1%} on "
        f"can be proven ({found.seconds_per_pair:.2f} s a pair)"
    )
    quiet = found.mde <= QUIET and not found.accepted
    return "noise", quiet, says, "" if quiet else "Close other programs; small gains will end inconclusive."
