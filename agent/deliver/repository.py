"""The user's git repository: what is read from it, and the one branch that is written.

Plumbing only, on an index of our own: the user's index, working tree, HEAD and configuration stay as they
are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

from git import Git, GitCommandError, GitCommandNotFound, InvalidGitRepositoryError, NoSuchPathError, Repo

from hasten import DeliveryError, UsageError

IDENTITY = {"GIT_AUTHOR_NAME": "hasten", "GIT_AUTHOR_EMAIL": "hasten@localhost"}
QUIET = {"GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Checkout:
    """What git says of a folder. ``head`` is empty in a repository without commits."""

    top: Path
    prefix: str
    """The folder relative to ``top``, with a trailing slash; empty at the top."""
    head: str
    branch: str
    """Empty when HEAD is detached."""
    dirty: tuple[str, ...]
    """Paths relative to the folder that differ from HEAD, untracked ones included."""


@dataclass(frozen=True)
class CommitStep:
    """One commit: a message and the files it changes (path relative to the folder -> content, ``None``
    for a file that is gone)."""

    message: str
    files: Mapping[str, bytes | None]


def open_repo(folder: Path) -> Repo | None:
    """The repository that tracks ``folder``, or ``None``; a folder that git ignores counts as plain."""
    try:
        repo = Repo(folder, search_parent_directories=True)
    except (InvalidGitRepositoryError, NoSuchPathError, GitCommandNotFound):
        return None
    if repo.working_tree_dir is None:
        return None
    if Path(repo.working_tree_dir).resolve() != folder.resolve():
        try:
            repo.git.check_ignore("-q", str(folder))
            return None
        except GitCommandError:
            pass
    return repo


def inspect(folder: Path) -> Checkout | None:
    """``None`` for a folder that is not in a git repository. Reads only."""
    repo = open_repo(folder)
    if repo is None or repo.working_tree_dir is None:
        return None
    top = Path(repo.working_tree_dir).resolve()
    relative = folder.resolve().relative_to(top).as_posix()
    prefix = "" if relative == "." else f"{relative}/"
    head = repo.head.commit.hexsha if repo.head.is_valid() else ""
    branch = "" if repo.head.is_detached else repo.head.reference.name
    with repo.git.custom_environment(**QUIET):
        status = repo.git.status(
            "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", str(folder)
        )
    paths = (entry[3:] for entry in status.split("\0") if entry)
    dirty = tuple(sorted(p.removeprefix(prefix) for p in paths if p.startswith(prefix)))
    return Checkout(top, prefix, head, branch, dirty)


def exclude_runs(folder: Path) -> None:
    """Let git ignore ``.hasten/`` through ``info/exclude``, never through the user's files."""
    repo = open_repo(folder)
    if repo is None:
        return
    exclude = Path(repo.git.rev_parse("--git-path", "info/exclude"))
    exclude = exclude if exclude.is_absolute() else Path(str(repo.working_tree_dir)) / exclude
    try:
        text = exclude.read_text() if exclude.exists() else ""
        if ".hasten/" not in text.splitlines():
            exclude.parent.mkdir(exist_ok=True)
            exclude.write_text(text + ("" if not text or text.endswith("\n") else "\n") + ".hasten/\n")
    except OSError:
        return  # a read-only .git: the folder then merely shows up as untracked


def resolve_commit(folder: Path, name: str) -> str:
    """The commit id of a revision. Raises ``UsageError`` when there is none."""
    repo = open_repo(folder)
    if repo is None:
        raise UsageError(f"{folder} is not a git repository.", "Commits can only be named inside one.")
    try:
        return str(repo.git.rev_parse("--verify", "--quiet", f"{name}^{{commit}}"))
    except GitCommandError:
        raise UsageError(
            f"There is no commit '{name}' in {folder}.", "See 'git log' or 'git branch'."
        ) from None


def export_commit(folder: Path, commit: str, destination: Path) -> None:
    """Write the files of ``commit`` below ``folder`` into ``destination``, without history."""
    checkout, repo = inspect(folder), open_repo(folder)
    if repo is None or checkout is None:
        raise UsageError(f"{folder} is not a git repository.", "Commits can only be named inside one.")
    tree = f"{commit}:{checkout.prefix.rstrip('/')}" if checkout.prefix else commit
    # Not `git archive`: its export attributes leave files out (often the tests).
    with (
        tempfile.TemporaryDirectory(prefix="hasten-") as scratch,
        repo.git.custom_environment(GIT_INDEX_FILE=str(Path(scratch) / "index")),
    ):
        repo.git.read_tree(tree)
        repo.git.checkout_index("--all", "--force", f"--prefix={destination}/")


def apply_patch(tree: Path, patch: Path) -> None:
    """Apply a patch file inside a disposable tree. Raises ``UsageError`` when it does not fit."""
    # The ceiling keeps git from taking a repository around the tree for the one to patch.
    git = Git(tree)
    try:
        with git.custom_environment(GIT_CEILING_DIRECTORIES=str(tree.parent)):
            git.apply("--whitespace=nowarn", str(patch.resolve()))
    except GitCommandError as error:
        reason = str(error.stderr).strip().strip("'").removeprefix("stderr:").strip().strip("'").splitlines()
        raise UsageError(
            f"{patch.name} does not apply: {reason[0] if reason else 'git apply refused it'}.",
            "Make the patch against the files as they are now (paths relative to the repository).",
        ) from None


def commit_stack(folder: Path, branch: str, head: str, steps: Sequence[CommitStep]) -> list[str]:
    """Commit ``steps`` on top of ``head`` as the new branch ``branch``; the ids, oldest first.

    A branch that holds just these steps already is left as it is: its writer was stopped before it could
    be noted. Raises ``DeliveryError`` when git refuses; then the branch is not ours.
    """
    checkout, repo = inspect(folder), open_repo(folder)
    if repo is None or checkout is None:
        raise DeliveryError(f"{folder} is not a git repository.", "Use the patch file of the run.")
    commits, trees = list[str](), list[str]()
    try:
        with tempfile.TemporaryDirectory(prefix="hasten-") as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), **identity(repo)}
            with repo.git.custom_environment(**index):
                repo.git.read_tree(head)
                parent = head
                for step in steps:
                    for path, content in step.files.items():
                        stage(repo, checkout, path, content)
                    trees.append(str(repo.git.write_tree()))
                    parent = str(repo.git.commit_tree(trees[-1], "-p", parent, "-m", step.message))
                    commits.append(parent)
        written = history(repo, head, branch)
        if [tree for _, tree in written] == trees:
            return [commit for commit, _ in written]
        repo.git.update_ref(f"refs/heads/{branch}", commits[-1], "0" * 40)
    except GitCommandError as error:
        detail = str(error.stderr).strip().splitlines()
        raise DeliveryError(
            f"git refused to write the branch {branch}: {detail[-1] if detail else error.status}.",
            "The patch file of the run holds the same edits; apply it with 'hasten apply'.",
        ) from None
    return commits


def history(repo: Repo, head: str, branch: str) -> list[tuple[str, str]]:
    """(commit, tree) of everything on ``branch`` after ``head``, oldest first; empty without the branch."""
    try:
        log = repo.git.log(
            "--reverse", "--no-show-signature", "--format=%H %T", f"{head}..refs/heads/{branch}", "--"
        )
    except GitCommandError:
        return []
    return [(commit, tree) for commit, tree in (line.split() for line in str(log).splitlines())]


def stage(repo: Repo, checkout: Checkout, path: str, content: bytes | None) -> None:
    """Put one file into the index in use; ``None`` removes it."""
    full = str(PurePosixPath(checkout.prefix) / path)
    if content is None:
        repo.git.update_index("--force-remove", "--", full)
        return
    with tempfile.TemporaryFile() as stream:
        stream.write(content)
        stream.seek(0)
        # --path applies the clean filters (line ends, LFS) that the repository asks for.
        blob = repo.git.hash_object("-w", f"--path={full}", "--stdin", istream=stream)
    entry = repo.git.ls_files("--stage", "--", full)
    mode = entry.split()[0] if entry else "100644"
    repo.git.update_index("--add", "--cacheinfo", f"{mode},{blob},{full}")


def identity(repo: Repo) -> dict[str, str]:
    """The user's own identity where git knows one, ours otherwise; nothing is configured."""
    reader = repo.config_reader()
    known = {
        f"GIT_{role}_{part.upper()}": str(value)
        for role in ("AUTHOR", "COMMITTER")
        for part in ("name", "email")
        if (
            value := os.environ.get(f"GIT_{role}_{part.upper()}")
            or reader.get_value("user", part, default="")
        )
    }
    ours = {**IDENTITY, **{k.replace("AUTHOR", "COMMITTER"): v for k, v in IDENTITY.items()}}
    return ours | known


def submodules(folder: Path) -> tuple[str, ...]:
    """Paths of submodules, relative to the repository's top."""
    repo = open_repo(folder)
    return tuple(str(module.path) for module in repo.submodules) if repo else ()
