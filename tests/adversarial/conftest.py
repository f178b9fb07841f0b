"""One court for each backend, opened when the first attack on it is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from catalogue import cases
from court import Court, open_court, unavailable

from hasten.sandbox.registry import SANDBOXES


@pytest.fixture(scope="session")
def court(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch, open_court(request.param, folder, patch) as opened:
        yield opened


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Attacks are tried backend by backend: preparing a court takes seconds."""
    if "court" not in metafunc.fixturenames:
        return
    working = [name for name in SANDBOXES if unavailable(name) is None]
    if "attack" in metafunc.fixturenames:
        pairs = cases(working)
        names = [f"{backend}-{attack.name}" for backend, attack in pairs]
        metafunc.parametrize(("court", "attack"), pairs, indirect=["court"], ids=names, scope="session")
    else:
        metafunc.parametrize("court", working, indirect=True, scope="session")
