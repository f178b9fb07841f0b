"""An image for the attacks: the base of the tests with this machine's pytest, which is plain Python."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import _pytest
import docker
import iniconfig
import packaging
import pluggy
import pygments
import pytest

BASE = "hasten-test-base:bookworm"
"""What ``tests/sandbox/base_image.sh`` makes."""
TAG = "hasten-test-attacks:bookworm"
DOCKERFILE = f"FROM {BASE}\nCOPY packages /usr/lib/python3/dist-packages\n".encode()


def build() -> str:
    """The name of the image, built when it is not there. Raises ``docker.errors.DockerException``."""
    client = docker.from_env()
    if not client.images.list(TAG):
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            head = tarfile.TarInfo("Dockerfile")
            head.size = len(DOCKERFILE)
            tar.addfile(head, io.BytesIO(DOCKERFILE))
            for module in (_pytest, pytest, pluggy, iniconfig, packaging, pygments):
                folder = Path(str(module.__file__)).parent
                tar.add(folder, f"packages/{folder.name}", filter=without_byte_code)
                for about in folder.parent.glob(f"{folder.name}-*.dist-info"):
                    tar.add(about, f"packages/{about.name}")
            tar.add(Path(str(_pytest.__file__)).parents[1] / "py.py", "packages/py.py")
        context.seek(0)
        client.images.build(fileobj=context, custom_context=True, tag=TAG, rm=True)
    return TAG


def without_byte_code(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = 0
    return None if "__pycache__" in entry.name else entry
