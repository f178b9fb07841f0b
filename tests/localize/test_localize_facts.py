import json
import shutil
import sys
from pathlib import Path

import pytest

from hasten.agent.languages import python
from hasten.agent.localize import facts_probe, facts_values
from hasten.agent.localize.facts import PARTS, Values, spread, summarize
from hasten.profilers import inject
from hasten.sandbox.base import Command

PROGRAM = """\
import functools
import multiprocessing
import sys


class Index:
    limit = 3

    def find(self, words, needle, *rest, fold=False, **more):
        return [w for w in words if w == needle]

    @functools.lru_cache(maxsize=None)
    def cached(self, n):
        return n


def stream(n):
    for i in range(n):
        yield i


class Loud:
    def __eq__(self, other):
        raise RuntimeError("compared")

    def __hash__(self):
        raise RuntimeError("hashed")

    def __len__(self):
        raise RuntimeError("measured")


def takes(thing):
    return None


def power(n):
    return n * n


def never():
    return 0


def main():
    index = Index()
    for i in range(100):
        index.find(["a"] * i, "a", fold=True)
        index.cached(i % 4)
        list(stream(5))
        takes(Loud())
        takes((i % 10, "x"))


if __name__ == "__main__":
    if sys.argv[1:] == ["pool"]:
        multiprocessing.set_start_method("fork")
        with multiprocessing.Pool(1) as pool:
            pool.map(power, [2] * 40)
    else:
        main()
"""


@pytest.fixture
def seen(place):
    """Facts of ``PROGRAM`` by qualified name, as a run with these arguments shows them."""
    place.write("app.py", PROGRAM)
    wanted = python.definitions("app.py", PROGRAM)

    def run(*arguments):
        found = place.observe(place.workload(sys.executable, "app.py", *arguments), wanted)
        return {key.removeprefix("app.py::"): facts for key, facts in found.items()}

    return run


def test_calls_types_lengths_and_repetition(seen):
    found = seen()
    find = found["Index.find"]
    assert find.calls == 100
    assert find.arguments == {
        "self": "Index",
        "words": "list[str], length p50 50 p95 95",
        "needle": "str, length 1",
        "fold": "bool",
        "rest": "tuple[()], length 0",
        "more": "dict, length 0",
    }
    assert find.returns.startswith("list[str], length")
    assert find.repeated_argument_rate == 0.0  # each list is longer
    assert found["Index.cached"].calls == 4  # the cache answered the others
    assert found["takes"].repeated_argument_rate == pytest.approx(90 / 200, abs=0.5)
    assert found["stream"].calls == 100
    assert found["stream"].returns == "generator or coroutine"


def test_objects_of_the_user_are_not_asked_anything(seen):
    found = seen()
    assert found["takes"].calls == 200
    assert "Loud" in found["takes"].arguments["thing"]


def test_classes_and_what_was_not_called_have_no_facts(seen):
    assert not {"never", "Index", "Loud"} & set(seen())


def test_forked_workers_are_added_up(seen):
    power = seen("pool")["power"]
    assert power.calls == 40
    assert power.repeated_argument_rate == pytest.approx(39 / 40)
    assert power.arguments == {"n": "int, value 2"}


def test_a_program_that_fails_or_skips_the_probe_gives_what_there_is(place):
    place.write("app.py", "def f(x):\n    return x\n\nf(1)\nraise SystemExit(3)\n")
    wanted = python.functions("app.py", place.read("app.py"))
    assert place.observe(place.workload(sys.executable, "app.py"), wanted)["app.py::f"].calls == 1
    assert place.observe(place.workload(sys.executable, "-I", "app.py"), wanted) == {}
    assert place.observe(place.workload("/bin/true"), wanted) == {}
    assert place.observe(place.workload("/bin/true"), []) == {}


def test_the_program_prints_the_same_while_watched(place):
    place.write(
        "app.py",
        "import sys\n\ndef f(x):\n    return x\n\nprint(f(1), sys.path)\n",
    )
    probe = Path(facts_probe.__file__)
    env = inject.layered(place.env, inject.install(place.exchange, probe, [], PARTS))
    command = Command((sys.executable, "app.py"), place.tree, env=place.env)
    plain, watched = (
        place.sandbox.run([c])[0]
        for c in (command, Command(command.argv, place.tree, env=env, exchange=place.exchange))
    )
    assert watched.stdout == plain.stdout
    shutil.rmtree(place.exchange / inject.FOLDER)


def report(**changes):
    values = {"kinds": {"int": 2}, "sizes": [], "numbers": [1, 9]}
    base = {
        "key": "a.py::f",
        "calls": 2,
        "looked": 2,
        "repeated": 1,
        "arguments": [["x", values]],
        "returns": values,
    }
    return [{**base, **changes}]


def test_processes_add_up():
    merged = summarize([report(), report(calls=5, looked=4, repeated=2)], {"a.py::f"})["a.py::f"]
    assert merged.calls == 7
    assert merged.repeated_argument_rate == pytest.approx(0.5)
    assert merged.arguments == {"x": "int, value p50 9 p95 9"}


@pytest.mark.parametrize(
    "made_up",
    [
        None,
        {},
        ["x"],
        report(calls=-1),
        report(calls="many"),
        report(key="other.py::g"),
        report(returns={"kinds": {"x" * 5000: 1}, "sizes": [], "numbers": []}),
        json.loads('[{"key": "a.py::f"}]'),
    ],
)
def test_reports_of_another_shape_are_left_out(made_up):
    assert summarize([made_up], {"a.py::f"}) == {}


def test_a_summary_names_the_most_frequent_types_first():
    values = Values({"int": 1, "str": 5, "None": 3, "list": 2}, sizes=[1, 1], numbers=[])
    assert values.summary() == "str | None | list | …, length 1"


def test_spread():
    assert spread([3, 3]) == "3"
    assert spread(list(range(100))) == "p50 50 p95 95"


def test_sizes_are_thinned_evenly():
    sizes = facts_values.Sizes()
    for n in range(100_000):
        sizes.add(n)
    assert len(sizes.kept) <= facts_values.MAX_SIZES
    assert sorted(sizes.kept)[len(sizes.kept) // 2] == pytest.approx(50_000, rel=0.02)


CHANGING = """\
class Shop:
    def __init__(self):
        self.known = ["a", "b"]
        self.count = 0

    @property
    def loud(self):
        raise RuntimeError("asked")

    def take(self, words, rest):
        first = words.pop(0)
        found = [w for w in words if w in self.known]
        self.count += 1
        rest = list(rest)
        total = 0
        if self.count > 1000:
            self.loud
        return found


def grow(items, more):
    try:
        items.extend(more)
        more[0]
    finally:
        done = [1.5]


shop = Shop()
for i in range(10):
    shop.take(["a", "c", str(i)], (1, 2))
for i in range(4):
    try:
        grow([1], [2] * i)
    except IndexError:
        pass
"""


def test_locals_attributes_and_changes(place):
    place.write("app.py", CHANGING)
    wanted = python.functions("app.py", CHANGING)
    found = place.observe(place.workload(sys.executable, "app.py"), wanted)
    take = found["app.py::Shop.take"]
    assert take.attributes == {"self.known": "list[str], length 2", "self.count": "int, value p50 5 p95 9"}
    assert take.locals == {
        "first": "str, length 1",
        "found": "list, length 0",
        "total": "int, value 0",
    }
    assert take.changed == {"words": 1.0}
    grow = found["app.py::grow"]
    assert grow.changed["more"] == 0.0
    assert grow.changed["items"] == pytest.approx(1.0 if sys.version_info >= (3, 12) else 0.75)
    assert grow.locals == {"done": "list[float], length 1"}


def test_changes_of_several_processes_add_up():
    one = report(changes=[["x", 10, 0], ["y", 1, 1]])
    other = report(changes=[["x", 10, 5]], locals=[["z", {"kinds": {"int": 1}, "sizes": [], "numbers": []}]])
    merged = summarize([one, other], {"a.py::f"})["a.py::f"]
    assert merged.changed == {"x": 0.25, "y": 1.0}
    assert merged.locals == {"z": "int"}
