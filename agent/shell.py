"""A program or a shell where candidates run: the same container, a tree of the repository as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hasten import SandboxError
from hasten.agent.interpreter import base_env, resolve_argv
from hasten.agent.judge.base import Progress, silent
from hasten.agent.programs import program_env
from hasten.agent.settings import Settings
from hasten.agent.stage import set_stage
from hasten.agent.workspace import cache_dir, readable_paths, scratch_folder
from hasten.sandbox import registry
from hasten.sandbox.base import Command
from hasten.sandbox.bubblewrap import HOME
from hasten.sandbox.container import Box
from hasten.sandbox.docker import DockerSandbox
from hasten.sandbox.terminal import Sink, interact
from hasten.sandbox.tree import Trees

SHELL = ("sh", "-c", "command -v bash >/dev/null && exec bash --norc -i; exec sh -i")


def inside(
    repo: Path,
    settings: Settings,
    argv: Sequence[str],
    name: str,
    *,
    writable: bool,
    source: int | None,
    sink: Sink,
    extra: Mapping[str, str],
    progress: Progress = silent,
) -> int:
    """Run ``argv`` (a shell when empty) in a container as measured programs have it. Its exit status.

    ``writable``: as tests have it, with a tree that may be written to and is thrown away; ``extra``: more of
    an environment; ``name``: of the scratch folder. See ``terminal.interact`` for the streams. Raises
    ``SandboxError``.
    """
    boxed = settings.sandbox.model_copy(update={"backend": "docker"})
    stage = set_stage(repo, settings.model_copy(update={"sandbox": boxed}), cache_dir(), progress)
    with scratch_folder(name) as folder:
        tree = Trees(folder / "trees", link=True).snapshot(repo, (".venv", "venv"), settings.also)
        with registry.choose(
            stage.backend,
            mount_at=repo,
            readable=readable_paths(repo, settings, None),
            scratch=folder / "scratch",
            equipment=stage.equipment,
        ) as sandbox:
            assert isinstance(sandbox, DockerSandbox)
            env = program_env(base_env(stage.interpreter), sandbox.where(tree))
            command = Command(
                resolve_argv(argv or SHELL, stage.interpreter, repo),
                tree,
                env={**env, "HOME": HOME, "TMPDIR": "/tmp", **extra},
                limits=settings.sandbox.limits(),
                writable=writable,
            )
            box = box_of(sandbox, command, folder)
            try:
                return interact(
                    sandbox.engine,
                    box,
                    command.argv,
                    env=command.env,
                    cwd=sandbox.where(tree),
                    source=source,
                    sink=sink,
                )
            except BrokenPipeError:  # Whoever reads what the program says has had enough.
                raise
            except ConnectionError as error:
                raise SandboxError(f"{str(error).capitalize()}.", "Run 'hasten doctor'.") from error


def box_of(sandbox: DockerSandbox, command: Command, folder: Path) -> Box:
    """The very box that the sandbox would start a runner for this command in."""
    home = folder / "home"
    home.mkdir()
    return sandbox.box(sandbox.place(command), home)[0]
