"""How the image of a repository is made: named in the settings, from the repository's Dockerfile, or from
our own.

Ours has two stages. Indexes and certificates of the host's environment exist in the first alone: what they
say can be read in the history of that intermediate image on this engine (an index's password too), but
neither in the history nor in the environment of the final one. Proxies are predefined build arguments, which
engines keep out of both. A Dockerfile of the repository gets the same as build arguments, kept if it says so.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hasten import UsageError
from hasten.agent.images.needs import Needs, find_needs
from hasten.agent.images.pythons import python_version
from hasten.agent.images.requirements import toml_of
from hasten.agent.settings import SandboxSettings
from hasten.sandbox.building import NOTES, STAGE, VENV, Recipe, in_context
from hasten.sandbox.tree import source_files

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
INDEXES = re.compile(
    r"PIP_(?:EXTRA_)?INDEX_URL|PIP_TRUSTED_HOST|UV_(?:EXTRA_)?INDEX_URL|UV_DEFAULT_INDEX|UV_INDEX(?:_\w+)?"
    r"|UV_INSECURE_HOST"
)
CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
FIRST_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
LOOPBACK = ("localhost", "127.", "::1")
MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
QUIET_PIP = (
    "PIP_DISABLE_PIP_VERSION_CHECK=1",
    "PIP_NO_CACHE_DIR=1",
    "PIP_NO_INPUT=1",
    "PIP_PROGRESS_BAR=off",
    "PIP_ROOT_USER_ACTION=ignore",
)
BLIND = "SETUPTOOLS_SCM_PRETEND_VERSION=0 PBR_VERSION=0"
"""For backends that ask git for the version, whose history is not in the build."""
FAILED = "the project itself could not be installed: its entry points and version are not to be had"


@dataclass(frozen=True)
class Host:
    """What a build takes over from the host's environment, and nothing else."""

    args: Mapping[str, str] = field(default_factory=dict)
    certificates: bytes = b""
    notes: tuple[str, ...] = ()

    @property
    def indexes(self) -> tuple[str, ...]:
        return tuple(name for name in self.args if INDEXES.fullmatch(name))

    @property
    def network(self) -> str:
        """A proxy or an index on this machine is reached from its own network only."""
        hosts = [urlsplit(url).hostname or "" for value in self.args.values() for url in value.split()]
        return "host" if any(host.startswith(LOOPBACK) for host in hosts) else ""


def recipe_for(
    repo: Path,
    settings: SandboxSettings,
    *,
    environ: Mapping[str, str],
    modules: Sequence[str] = (),
    mount_at: Path | None = None,
) -> Recipe | str:
    """The recipe of a repository's image, or the name of one to take as it is.

    ``modules``: what the test command needs (pytest); ``mount_at``: where the tree will appear (default: the
    path of the repository). Raises ``UsageError`` when a manifest or a setting cannot be used.
    """
    if settings.image:
        return settings.image
    host = host_settings(environ)
    if settings.dockerfile:
        return own_dockerfile(repo, settings.dockerfile, host, modules)
    pyproject = toml_of(repo / "pyproject.toml")
    version = python_version(repo, pyproject) if "{version}" in settings.base else ""
    base = settings.base.replace("{version}", version)
    at = mount_at or repo.absolute()
    if "\n" in str(at):
        raise UsageError(f"The path {at} holds a line break.", "Move the repository.")
    files = source_files(repo)
    needs = find_needs(repo, files, pyproject, settings.extras, modules, at)
    there = [name for name in MANIFESTS if (repo / name).is_file()]
    return Recipe(
        name=repo.absolute().name,
        dockerfile="".join(f"{line}\n" for line in lines(base, settings.packages, needs, host, at)),
        files=context_files(repo, needs),
        secrets={"hasten/ca.pem": host.certificates} if host.certificates else {},
        sources={f"project/{name}": repo / name for name in files} if needs.build else {},
        facts=tuple(digest(repo / name) for name in there) if needs.build else (),
        bases=(base,),
        args=host.args,
        network=host.network,
        modules=tuple(modules),
        notes=(*needs.notes, *host.notes),
    )


def own_dockerfile(repo: Path, path: str, host: Host, modules: Sequence[str]) -> Recipe:
    """The image of a Dockerfile in the repository, whose files are its context but for ``.dockerignore``.

    Raises ``UsageError`` when there is none.
    """
    try:
        text = (repo / path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The Dockerfile {path} cannot be read: {error}.",
            "Name another one: dockerfile in [tool.hasten.sandbox].",
        ) from None
    ignore = repo / ".dockerignore"
    files = source_files(repo)
    if ignore.is_file():
        files = in_context(files, ignore.read_text(encoding="utf-8", errors="replace"))
    stages = set(re.findall(r"^FROM\s.*\sAS\s+(\S+)", text, re.MULTILINE | re.IGNORECASE))
    bases = re.findall(r"^FROM\s+(?:--\S+\s+)*([^\s$]+)(?:\s|$)", text, re.MULTILINE | re.IGNORECASE)
    return Recipe(
        name=repo.absolute().name,
        dockerfile=text,
        sources={name: repo / name for name in files},
        facts=tuple(f"{name} {digest(repo / name)}" for name in files),
        bases=tuple(dict.fromkeys(base for base in bases if base not in stages and base != "scratch")),
        args=host.args,
        network=host.network,
        modules=tuple(modules),
        notes=host.notes,
    )


def digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def host_settings(environ: Mapping[str, str]) -> Host:
    """Proxies, package indexes and the certificates to trust. Raises ``UsageError`` for unreadable ones."""
    args, notes = dict[str, str](), list[str]()
    for name, value in sorted(environ.items()):
        if name.upper() in PROXIES and value:
            args[name] = value
        elif INDEXES.fullmatch(name) and value:
            if kept := " ".join(url for url in value.split() if not url.startswith(("file:", "/", "."))):
                args[name] = kept
            else:
                notes.append(f"{name} names folders of this machine, which a build cannot see.")
    for name in CERTIFICATES:
        if (path := environ.get(name)) and Path(path).is_file():
            try:
                return Host(args, Path(path).read_bytes(), tuple(notes))
            except OSError as error:
                message = f"The certificates of {name} cannot be read: {error.strerror}."
                raise UsageError(message, f"Mend {name}.") from None
    return Host(args, notes=tuple(notes))


def context_files(repo: Path, needs: Needs) -> dict[str, bytes]:
    files = {f"hasten/wheels/{name}": content for name, content in needs.wheels.items()}
    files |= {f"hasten/lock/{name}": (repo / name).read_bytes() for name in needs.locked}
    if not needs.locked:
        if needs.lines:
            files["hasten/requirements/hasten.in"] = "".join(f"{line}\n" for line in needs.lines).encode()
        files |= {f"hasten/requirements/{name}": text.encode() for name, text in needs.files.texts.items()}
    return files


def lines(base: str, packages: Sequence[str], needs: Needs, host: Host, mount_at: Path) -> Iterator[str]:
    """The Dockerfile. What changes least comes first, so that a change of the rest is built upon it."""
    yield f"FROM {base} AS system"
    yield f"LABEL {STAGE}"
    yield "USER root"
    if packages:
        yield apt(packages)
    yield "FROM system AS build"
    yield from (f"ARG {name}" for name in host.indexes)
    if host.certificates:
        yield "COPY hasten/ca.pem /hasten/ca.pem"
    trust = [f"{name}=/hasten/ca.pem" for name in CERTIFICATES if host.certificates]
    yield " ".join([*environment(), *QUIET_PIP, *trust])
    if any("git+" in line for line in (*needs.lines, *needs.files.texts.values())):
        yield apt(["git", "ca-certificates"])
    yield f'RUN "$(command -v python3 || command -v python)" -m venv {VENV}'
    yield from (locked if needs.locked else required)(needs, host)
    if needs.added:
        yield f"RUN pip install {shlex.join(needs.added)}"
    yield from itself(needs, mount_at)
    yield "FROM system"
    yield f"COPY --from=build {VENV} {VENV}"
    yield " ".join(environment())


def environment() -> list[str]:
    return ["ENV", f"VIRTUAL_ENV={VENV}", f'PATH="{VENV}/bin:${{PATH:-{USUAL_PATH}}}"']


def apt(packages: Sequence[str]) -> str:
    install = f"apt-get install -y -qq --no-install-recommends {shlex.join(packages)}"
    return (
        f"RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive {install} && rm -rf /var/lib/apt/lists/*"
    )


def required(needs: Needs, _host: Host) -> Iterator[str]:
    """By pip, everything at once so that it fits together."""
    first = [*(["hasten.in"] if needs.lines else []), *needs.files.first]
    if first:
        yield "COPY hasten/requirements /hasten/requirements"
        words = " ".join(f"-r {shlex.quote(name)}" for name in first)
        yield f"RUN cd /hasten/requirements && pip install {words}"


def locked(needs: Needs, host: Host) -> Iterator[str]:
    """By uv, the very versions of uv.lock; from its own addresses unless the host has an index of its own."""
    yield (
        f"ENV UV_PROJECT_ENVIRONMENT={VENV} UV_PYTHON={VENV}/bin/python UV_PYTHON_DOWNLOADS=never"
        " UV_LINK_MODE=copy UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1"
    )
    yield "RUN python -m venv /hasten/uv && /hasten/uv/bin/pip install uv"
    yield "COPY hasten/lock /hasten/lock"
    chosen = "".join(f" --extra {shlex.quote(name)}" for name in needs.extras)
    chosen += "".join(f" --group {shlex.quote(name)}" for name in needs.groups)
    uv = "cd /hasten/lock && /hasten/uv/bin/uv"
    if index := next((name for name in FIRST_INDEX if name in host.args), ""):
        export = f"export -q --frozen --no-default-groups{chosen} --no-emit-project --no-emit-workspace"
        yield f"RUN {uv} {export} -o /hasten/locked.txt"
        yield f'RUN {uv} pip install --no-deps --default-index "${index}" -r /hasten/locked.txt'
    else:
        sync = f"sync --frozen --inexact --no-default-groups{chosen}"
        yield f"RUN {uv} {sync} --no-install-project --no-install-workspace"


def itself(needs: Needs, mount_at: Path) -> Iterator[str]:
    """The project: importable from where its tree will be mounted, with its metadata and its programs."""
    note = f"echo {shlex.quote(FAILED)} >> {NOTES}"
    if needs.wheels:
        yield "COPY hasten/wheels /hasten/wheels"
        yield f"RUN pip install --no-deps --no-index /hasten/wheels/*.whl || {note}"
    if needs.build:
        yield "COPY project /hasten/project"
        extras = f"[{','.join(needs.extras)}]" if needs.extras else ""
        # Without PEP 517 the metadata would be written beside the sources, which are not in the image.
        install = "pip install --use-pep517 --editable"
        rest = "true" if needs.locked else f"{install} {shlex.quote(f'.{extras}')}"
        place = shlex.quote(str(mount_at))
        there = f"mkdir -p {place} && cp -a /hasten/project/. {place} && cd {place}"
        yield f"RUN export {BLIND}; if {there} && {install} . --no-deps; then {rest}; else {note}; fi"
