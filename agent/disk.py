"""A full disk is nobody's bug: it becomes one sentence."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from hasten import PlatformError

FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskError(PlatformError):
    """Nothing more can be written."""

    code = "disk"


def full_disk(error: OSError, place: Path | None = None) -> DiskError | None:
    """What to say when ``error`` means that the disk or a quota is full; ``None`` for any other error."""
    if error.errno not in FULL:
        return None
    where = error.filename or place
    return DiskError(
        f"Cannot write {f'to {where}' if where else 'any more'}: {error.strerror}.",
        "Make room, or choose other places with HASTEN_CACHE_DIR, --runs-dir and TMPDIR.",
    )


@contextlib.contextmanager
def enough_disk(place: Path | None = None) -> Iterator[None]:
    """Raises ``DiskError`` instead of the ``OSError`` of a full disk, which often does not tell the place."""
    try:
        yield
    except OSError as error:
        if found := full_disk(error, place):
            raise found from error
        raise
