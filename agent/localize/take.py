"""Take a profile of a workload in the sandbox: as many runs as it needs, with whichever profiler works."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hasten import ProfilerError
from hasten.agent.judge.base import Progress, silent
from hasten.agent.localize.links import resolve_links
from hasten.agent.programs import workload_command
from hasten.agent.types import Workload
from hasten.profilers.base import Profile, Profiler, merge
from hasten.profilers.inject import layered
from hasten.profilers.kinds import is_startup
from hasten.profilers.pyspy import PySpy
from hasten.profilers.registry import PROFILERS
from hasten.sandbox.base import MIB, Execution, Limits, Sandbox

ENOUGH_SAMPLES = 300
"""Of the program, the interpreter's own start and end not counted: the standard error of a share of 50% is
then 3%, of a share of 5% about 1%."""
MIN_SAMPLES = 100
"""Standard error of a share of 50%: 5%, as large as the smallest share worth looking at."""
MAX_RUNS = 8
MAX_SECONDS = 30.0
"""No further run is started after this much wall time."""
FLEETING_S = 0.3
"""Of sampled time of the program in a run: below it the ~30 ms that py-spy needs to read native symbols would
hide a tenth of the run."""
FLEETING_HZ = 500
"""The rate then, without native frames; see ``PySpy`` for how far rates can be trusted."""
TOO_SHORT_S = 0.03
"""Below it attaching, 10 to 20 ms, may hide more than any number of repetitions can mend."""
SLOWDOWN = 4.0
"""How much longer a run may take under a profiler (cProfile: 1.2 to 3 times on call-heavy code)."""
PROFILER_BYTES = 512 * MIB
"""Memory granted on top of the workload's, for py-spy's symbol tables."""
FORBIDDEN = ("permission denied", "operation not permitted", "ptrace", "requires root", "as root")


def take_profile(
    sandbox: Sandbox,
    workload: Workload,
    tree: Path,
    env: Mapping[str, str],
    limits: Limits,
    exchange: Path,
    progress: Progress = silent,
) -> tuple[Profile, str]:
    """Profile ``workload`` in ``tree``; the second value says why not with the preferred profiler, or is "".

    ``exchange`` is a host directory that exists at the same path inside the sandbox; it is left as it was.
    Raises ``ProfilerError`` when no profiler leaves a usable profile.
    """
    session = _Session(sandbox, workload, tree, env, limits, exchange, progress)
    reasons: list[str] = []
    for name, make in PROFILERS.items():
        try:
            profile = session.collect(make())
        except ProfilerError as error:
            reasons.append(error.message)
            continue
        note = f"profiled with {name} instead: {' '.join(reasons)}" if reasons else ""
        return resolve_links(profile, sandbox.where(tree), tree), note
    raise ProfilerError(
        f"The workload {workload.name!r} cannot be profiled: {' '.join(reasons)}",
        "Check that it runs Python code, and run `hasten doctor`.",
    )


@dataclass(frozen=True)
class _Session:
    sandbox: Sandbox
    workload: Workload
    tree: Path
    env: Mapping[str, str]
    limits: Limits
    exchange: Path
    progress: Progress

    def collect(self, profiler: Profiler) -> Profile:
        """Runs until there are enough samples; all with the same settings, so that they can be added up."""
        begun = time.monotonic()
        taken: list[Profile] = []
        whole = Profile({}, profiler.name)
        for _ in range(MAX_RUNS):
            try:
                taken.append(self.run_once(profiler))
            except ProfilerError:
                if taken and program_samples(whole) >= MIN_SAMPLES:
                    break  # what the runs before it left is enough
                if taken:
                    continue  # on a busy machine a run fails now and then
                if profiler == (simpler := without_native(profiler)):
                    raise
                profiler = simpler
                continue
            whole = merge(taken)
            self.tell(profiler, whole)
            if whole.unit != "samples":
                break
            better = retuned(profiler, whole)
            if better != profiler:
                profiler, taken = better, []
            elif program_samples(whole) >= ENOUGH_SAMPLES:
                break
            if time.monotonic() - begun > MAX_SECONDS:
                break
        check(whole)
        return whole

    def tell(self, profiler: Profiler, whole: Profile) -> None:
        facts = {"profiler": profiler.name, "run": whole.runs, "samples": whole.samples}
        self.progress("profile", {"workload": self.workload.name, **facts})

    def run_once(self, profiler: Profiler) -> Profile:
        """One run in a folder of its own. Raises ``ProfilerError`` with the likeliest cause when it fails."""
        out = Path(tempfile.mkdtemp(prefix="profile-", dir=self.exchange))
        try:
            execution = self.execute(profiler, out)
            try:
                return profiler.load(out)
            except ProfilerError as error:
                raise ProfilerError(cause(profiler.name, execution) or error.message, error.hint) from error
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def execute(self, profiler: Profiler, out: Path) -> Execution:
        plain = workload_command(self.workload, self.tree, self.sandbox, self.env, self.limits)
        command = replace(
            plain,
            argv=tuple(profiler.command(plain.argv, out)),
            env=layered(plain.env, profiler.environment(out)),
            limits=roomier(plain.limits),
            exchange=self.exchange,
        )
        return self.sandbox.run([command])[0]


def roomier(limits: Limits) -> Limits:
    """What a run may use under a profiler."""
    return replace(
        limits,
        wall_s=limits.wall_s * SLOWDOWN,
        cpu_s=limits.cpu_s and limits.cpu_s * SLOWDOWN,
        memory_bytes=limits.memory_bytes and limits.memory_bytes + PROFILER_BYTES,
        file_bytes=limits.file_bytes and max(limits.file_bytes, PROFILER_BYTES),
    )


def program_samples(profile: Profile) -> float:
    """Samples of the program itself, without the interpreter's start and end."""
    return sum(weight for stack, weight in profile.stacks.items() if not is_startup(stack))


def sampled_seconds(profile: Profile) -> float:
    """CPU time of the program that the sampler saw in an average run."""
    return program_samples(profile) / profile.rate_hz / profile.runs if profile.rate_hz else 0.0


def without_native(profiler: Profiler) -> Profiler:
    """Without C frames, which some builds of Python have no symbols for; the same one when it reads none."""
    return replace(profiler, native=False) if isinstance(profiler, PySpy) else profiler


def retuned(profiler: Profiler, seen: Profile) -> Profiler:
    """The settings that suit a workload as short as ``seen``; the same ones when they do already."""
    if not isinstance(profiler, PySpy):
        return profiler
    if sampled_seconds(seen) < FLEETING_S:
        return replace(profiler, rate_hz=FLEETING_HZ, native=False)
    return profiler


def check(profile: Profile) -> None:
    """Raises ``ProfilerError`` when a sampled profile is too thin to name shares."""
    if profile.unit != "samples":
        return
    if sampled_seconds(profile) < TOO_SHORT_S:
        raise ProfilerError("The workload computes too briefly to be sampled.", "Use a longer workload.")
    if (samples := program_samples(profile)) < MIN_SAMPLES:
        message = f"{profile.source} took only {samples:.0f} samples in {profile.runs} runs."
        raise ProfilerError(message, "Use a longer workload.")


def cause(profiler: str, execution: Execution) -> str:
    """One sentence on why a run left no profile, from how it ended; "" when that tells nothing."""
    text = execution.stderr.decode(errors="replace")
    if execution.limit:
        return f"The run under {profiler} hit its {execution.limit} limit."
    if "no python processes found" in text.lower():
        return f"{profiler} found no Python process: the workload ends too soon, or is no Python program."
    if execution.exit_code and any(word in text.lower() for word in FORBIDDEN):
        return f"The system does not let {profiler} attach to the workload."
    if execution.exit_code:
        last = next((line.strip() for line in text.splitlines() if line.strip()), "it printed nothing")
        return f"The run under {profiler} failed with exit status {execution.exit_code}: {last[:200]}."
    return ""
