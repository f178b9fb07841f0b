from hasten.agent.languages import python

SOURCE = """\
import functools

LIMIT = 3


@functools.cache
def first(n):
    def inner(k):
        return k + n

    return [inner(i) for i in range(n)]


class Box:
    SIZE = LIMIT + 1

    def area(self):
        return (lambda side: side * side)(self.SIZE)

    class Lid:
        async def close(self):
            return 1
"""


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(SOURCE.splitlines(), 1) if text in line)


def located(line: int) -> str | None:
    found = python.locate("a.py", SOURCE, line)
    return found and found.qualname


def test_functions_leave_out_classes_and_keep_their_qualnames():
    assert [d.qualname for d in python.functions("a.py", SOURCE)] == [
        "first", "first.inner", "Box.area", "Box.Lid.close",
    ]  # fmt: skip


def test_locate_gives_the_innermost_function():
    assert located(line_of("return k + n")) == "first.inner"
    assert located(line_of("inner(i)")) == "first"
    assert located(line_of("lambda side")) == "Box.area"


def test_locate_counts_decorators_to_the_function():
    assert located(line_of("@functools.cache")) == "first"


def test_module_level_and_class_bodies_belong_to_no_function():
    assert python.locate("a.py", SOURCE, line_of("LIMIT = 3")) is None
    assert python.locate("a.py", SOURCE, line_of("SIZE =")) is None


def test_outermost_of_a_nested_function_is_the_one_around_it():
    found = python.functions("a.py", SOURCE)
    inner = python.innermost(found, line_of("return k + n"))
    assert inner
    assert python.outermost(found, inner).qualname == "first"
    assert python.outermost(found, found[0]) == found[0]


def test_source_that_does_not_parse_has_no_functions():
    assert python.functions("a.py", "def f(:\n") == []
    assert python.functions("a.py", "x = '\0'") == []
    assert python.locate("a.py", "def f(:\n", 1) is None


def test_find_takes_the_last_definition_of_a_name():
    source = "def f():\n    return 1\n\n\ndef f():\n    return 2\n"
    found = python.find("a.py", source, "f")
    assert found
    assert found.start == 5
    assert python.find("a.py", source, "g") is None


def test_check_names_the_file_and_the_error():
    assert python.check("a.py", "x = 1\n") is None
    assert "a.py" in (python.check("a.py", "x = = 1\n") or "")
