import pytest

from hasten.agent.localize.targets import CALLEE_SHARE, find_targets, frames_under, score, shares
from hasten.profilers.base import Frame, Profile

ROOT = "/tree"
SOURCE = """\
import functools

def main():
    for _ in range(3):
        load()
        search()

def load():
    return [clean(x) for x in range(9)]

def clean(x):
    return x

def search(depth=3):
    return search(depth - 1) if depth else 0

def timed(function):
    @functools.wraps(function)
    def wrapper(*given):
        return function(*given)
    return wrapper

class Index:
    def add(self, word):
        return sorted(word, key=lambda c: -ord(c))

main()
"""
FILES = {"shop/app.py": SOURCE, "tests/test_app.py": "def test_main():\n    main()\n"}


def user(function, line, path="shop/app.py"):
    return Frame(function, f"{ROOT}/{path}", line)


MODULE = user("<module>", 26)
MAIN_LOAD, MAIN_SEARCH = user("main", 5), user("main", 6)
LOAD = user("load", 9)
SEARCH = user("search", 15)
LOADS = Frame("loads", "/usr/lib/python3.11/json/__init__.py", 346)
SCAN = Frame("scan_once", "_json.c", 0, True)
DOT = Frame("dot", "/x/site-packages/numpy/__init__.py", 3)
BOOT = Frame("_find_and_load", "<frozen importlib._bootstrap>", 1176)
SITE = Frame("main", "<frozen site>", 600)
INTERPRETER = Frame("(interpreter)", "", 0, True)


def targets(stacks, read=FILES.get, unit="samples", **options):
    found = find_targets(Profile(stacks, "py-spy", unit=unit), ROOT, read, "w", **options)
    return {t.definition.qualname: t for t in found}


def test_library_and_native_time_is_the_nearest_callers():
    found = targets({(MODULE, MAIN_LOAD, LOAD, LOADS, SCAN): 60.0, (MODULE, MAIN_LOAD, LOAD): 40.0})
    load = found["load"]
    assert load.self_share == load.inclusive_share == 1.0
    assert load.callees == (("json.loads (stdlib)", 0.6),)
    assert load.call_path == ("shop/app.py::main", "shop/app.py::load")
    assert load.workload == "w"
    assert found["main"].self_share == 0.0
    assert found["main"].callees == (("shop/app.py::load", 1.0),)


def test_recursion_counts_once():
    deep = (MODULE, MAIN_SEARCH, SEARCH, SEARCH, SEARCH)
    found = targets({deep: 10.0, (*deep, DOT): 10.0, (MODULE, MAIN_LOAD): 20.0})
    search = found["search"]
    assert search.inclusive_share == search.self_share == 0.5
    assert search.call_path == ("shop/app.py::main", "shop/app.py::search")
    assert search.callees == (("numpy.dot (numpy)", 0.25),)
    assert search.lines == {15: 0.5}


def test_comprehensions_lambdas_and_nested_functions_belong_to_their_definition():
    found = targets(
        {
            (MODULE, MAIN_LOAD, LOAD, user("load.<locals>.<listcomp>", 9)): 1.0,
            (MODULE, user("<lambda>", 24)): 1.0,
            (MODULE, user("wrapper", 20), SEARCH): 1.0,
        }
    )
    assert found["load"].callees == ()
    assert found["load"].inclusive_share == pytest.approx(1 / 3)
    assert found["Index.add"].definition.start == 24
    assert found["timed"].definition.end == 21
    assert "timed.wrapper" not in found


def test_a_nested_function_of_a_very_long_one_stands_alone():
    source = "def app():\n    def view():\n        return 1\n" + "    x = 1\n" * 200 + "    return view\n"
    found = targets({(user("app.<locals>.view", 3, "a.py"),): 1.0}, {"a.py": source}.get)
    assert list(found) == ["app.view"]


def test_the_heaviest_call_path_is_recorded():
    found = targets({(MAIN_LOAD, LOAD, SEARCH): 3.0, (MAIN_SEARCH, SEARCH): 2.0, (SEARCH,): 1.0})
    assert found["search"].call_path == tuple(f"shop/app.py::{n}" for n in ("main", "load", "search"))


def test_lines_carry_inclusive_shares_where_the_profiler_knows_them():
    stacks = {(MAIN_LOAD, LOAD): 3.0, (MAIN_SEARCH,): 1.0}
    assert targets(stacks)["main"].lines == {5: 0.75, 6: 0.25}
    assert targets(stacks, unit="seconds")["main"].lines == {}


def test_module_level_code_counts_as_time_but_is_no_target():
    found = targets({(MODULE,): 50.0, (MODULE, MAIN_LOAD): 50.0})
    assert list(found) == ["main"]
    assert found["main"].inclusive_share == 0.5


def test_a_module_frame_on_a_functions_first_line_is_still_module_level():
    assert targets({(user("<module>", 3),): 1.0}) == {}


def test_every_ancestor_is_offered_and_the_hot_one_comes_first():
    found = targets({(MODULE, MAIN_LOAD, LOAD): 90.0, (MODULE, MAIN_LOAD): 1.0, (MODULE,): 9.0})
    assert list(found) == ["load", "main"]
    assert score(found["load"]) > score(found["main"])


def test_small_definitions_are_offered_only_below_a_hot_caller():
    clean = user("clean", 12)
    stacks = {(MAIN_LOAD, LOAD): 96.0, (MAIN_LOAD, LOAD, clean): 4.0, (user("add", 24),): 4.0}
    found = targets(stacks)
    assert "clean" in found
    assert "Index.add" not in found
    assert found["clean"].inclusive_share >= CALLEE_SHARE
    assert "clean" not in targets({**stacks, (MAIN_LOAD, LOAD, clean): 1.0})


def test_tests_and_other_peoples_code_are_no_targets():
    stacks = {
        (user("test_main", 2, "tests/test_app.py"), MAIN_LOAD): 1.0,
        (user("dot", 1, ".venv/lib/python3.11/site-packages/numpy/a.py"), SEARCH): 1.0,
    }
    assert set(targets(stacks)) == {"main", "search"}


def test_a_virtual_environment_is_known_by_its_marker():
    files = {"env/pyvenv.cfg": "home = /usr", "env/tool.py": "def f():\n    return 1\n"}
    assert targets({(user("f", 2, "env/tool.py"),): 1.0}, files.get) == {}


def test_files_that_are_gone_or_do_not_parse_give_no_targets():
    assert targets({(user("f", 2, "gone.py"),): 1.0}) == {}
    assert targets({(user("f", 2, "bad.py"),): 1.0}, {"bad.py": "def f(:\n"}.get) == {}
    assert targets({}) == {}


def test_shares_add_up_and_say_where_the_time_is():
    parts = shares(
        Profile(
            {
                (MODULE, MAIN_LOAD, LOAD, LOADS): 30.0,
                (MODULE,): 10.0,
                (MODULE, BOOT, Frame("<module>", "/usr/lib/python3.11/re.py", 3)): 20.0,
                (SITE, BOOT): 15.0,
                (INTERPRETER,): 5.0,
                (DOT,): 12.0,
                (BOOT, MODULE, MAIN_LOAD): 8.0,
            },
            "py-spy",
        ),
        ROOT,
        FILES.get,
    )
    assert parts.user == pytest.approx(0.38)
    assert parts.module_level == pytest.approx(0.10)
    assert parts.imports == pytest.approx(0.20)
    assert parts.startup == pytest.approx(0.20)
    assert parts.library == pytest.approx(0.12)


def test_frames_under_tells_a_foreign_checkout():
    stray = Frame("f", "/home/me/shop/app.py", 3)
    inside = Frame("f", "/home/me/shop/.hasten/tree/app.py", 3)
    profile = Profile({(stray,): 1.0, (inside, DOT): 3.0}, "py-spy")
    assert frames_under(profile, "/home/me/shop") == 1.0
    assert frames_under(profile, "/home/me/shop", excluding=["/home/me/shop/.hasten/tree"]) == 0.25
    assert frames_under(profile, "/home/me/sho") == 0.0
    assert frames_under(Profile({}, "py-spy"), "/home") == 0.0
