import pytest

from hasten.profilers.base import Frame
from hasten.profilers.kinds import is_import, kind_of, label, relative_to

LIB = "/usr/lib/python3.11"


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (Frame("compile", f"{LIB}/re/__init__.py", 227), "re.compile (stdlib)"),
        (
            Frame("JSONDecoder.decode", f"{LIB}/json/decoder.py", 337),
            "json.decoder.JSONDecoder.decode (stdlib)",
        ),
        (Frame("dot", f"{LIB}/site-packages/numpy/__init__.py", 1), "numpy.dot (numpy)"),
        (
            Frame("dgemm", f"{LIB}/site-packages/numpy/core/_umath.cpython-311.so", 0, True),
            "numpy.dgemm (numpy)",
        ),
        (Frame("get", f"{LIB}/site-packages/six.py", 3), "six.get (six)"),
        (Frame("memcpy", "libc.so.6", 0, True), "memcpy (native)"),
        (
            Frame("_find_and_load", "<frozen importlib._bootstrap>", 9),
            "importlib._bootstrap._find_and_load (stdlib)",
        ),
        (Frame("helper", "/home/me/other/tool.py", 4), "tool.py:helper"),
    ],
)
def test_label(frame, said):
    assert label(frame) == said


@pytest.mark.parametrize(
    ("file", "native", "kind"),
    [
        ("/repo/shop/index.py", False, "user"),
        ("/repo/.venv/lib/python3.11/site-packages/six.py", False, "dependency"),
        ("/repo/venv/tool.py", False, "dependency"),
        (f"{LIB}/json/decoder.py", False, "stdlib"),
        ("<frozen runpy>", False, "stdlib"),
        ("libc.so.6", True, "native"),
        (f"{LIB}/site-packages/numpy/a.so", True, "dependency"),
        ("/elsewhere/tool.py", False, "dependency"),
    ],
)
def test_kind_below_a_root(file, native, kind):
    assert kind_of(file, native, "/repo") == kind


def test_without_a_root_what_is_not_installed_is_the_users():
    assert kind_of("/elsewhere/tool.py", False) == "user"


def test_relative_to_needs_a_whole_folder_and_no_way_out():
    assert relative_to("/repo/a.py", "/repo/") == "a.py"
    assert relative_to("/repository/a.py", "/repo") is None
    assert relative_to("/repo/../etc/a.py", "/repo") is None
    assert relative_to("/repo/a.py", "") is None


def test_import_machinery_is_known_by_its_file():
    assert is_import(Frame("exec_module", "<frozen importlib._bootstrap_external>", 940))
    assert not is_import(Frame("main", "<frozen runpy>", 1))
