"""What is compiled, or made from constant options, once: struct formats, JSON encoders, patterns."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.propose.rules.equivalence import assert_equivalent, rewritten
from tests.propose.rules.loops.examples import CASES
from tests.propose.rules.nasty import anything, texts

STRUCT = """
import struct
LAYOUT = "<hB"

def f(values: tuple[int, ...], data: bytes):
    buffer = bytearray(b"0123456789")
    out = [struct.calcsize("<hB"), struct.pack("<hB", *values), data[: struct.calcsize("<hB")]]
    struct.pack_into(LAYOUT, buffer, 1, *values)
    out.append(struct.unpack("<hB", data))
    out.append(struct.unpack_from("<hB", data, offset=1))
    return out, list(struct.iter_unpack(LAYOUT, data)), buffer
"""
blobs = st.binary(max_size=7)


@CASES
@given(values=st.lists(st.one_of(st.integers(-70000, 300), st.none()), max_size=3).map(tuple), data=blobs)
def test_struct(values: tuple[int, ...], data: bytes) -> None:
    assert assert_equivalent(STRUCT, "f", "struct-once", [(values, data)])


def test_struct_one_constant_per_format() -> None:
    after = rewritten(STRUCT, "f", "struct-once")
    assert after is not None
    assert after.count("struct.Struct(") == 2
    assert '_HB_STRUCT = struct.Struct("<hB")\n' in after
    assert "_F_STRUCT = struct.Struct(LAYOUT)\n" in after


def test_struct_under_another_name() -> None:
    source = """
import struct as layouts

def f(data: bytes):
    return layouts.unpack("<I", data)  # four bytes
"""
    assert assert_equivalent(source, "f", "struct-once", [(b"abcd",), (b"a",)])
    after = rewritten(source, "f", "struct-once")
    assert after is not None
    assert '_I_STRUCT = layouts.Struct("<I")' in after and "_I_STRUCT.unpack(data)  # four bytes" in after


@pytest.mark.parametrize(
    "source",
    [
        "import struct\ndef f(d, l):\n    return struct.unpack(l, d)\n",
        'import struct\ndef f(d):\n    return struct.unpack("<Y", d)\n',
        'import struct\nlayout = "<I"\ndef f(d):\n    return struct.unpack(layout, d)\n',
        'def f(d):\n    return struct.unpack("<I", d)\nimport struct\n',
        'import struct\ndef f(struct, d):\n    return struct.unpack("<I", d)\n',
        'from struct import unpack\ndef f(d):\n    return unpack("<I", d)\n',
        'import struct\nstruct = g(struct)\ndef f(d):\n    return struct.unpack("<I", d)\n',
        "import struct\ndef f(d):\n    return struct.unpack(*d)\n",
    ],
)
def test_struct_silent(source: str) -> None:
    assert rewritten(source, "f", "struct-once") is None


JSON = """
import json

def f(values: list[object]):
    out = []
    for value in values:
        out.append(json.dumps(value, sort_keys=True, separators=(",", ":")))
        out.append(json.dumps(value, sort_keys=True, separators=(",", ":")))
        out.append(json.dumps(value, ensure_ascii=False, allow_nan=False))
        out.append(json.dumps(value, default=str, skipkeys=True))
        out.append(json.dumps(value))
    return out
"""
odd = st.sampled_from([math.nan, math.inf, None, True, "\ud800", "é"])
names = st.one_of(texts, st.integers(0, 2), st.none(), st.tuples(st.integers(0, 1)))
documents = st.recursive(
    st.one_of(texts, st.integers(-3, 3), odd, anything),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=5,
)


@CASES
@given(values=st.lists(documents, max_size=2))
def test_json(values: list[object]) -> None:
    assert assert_equivalent(JSON, "f", "json-encoder", [(values,)])


def test_json_one_encoder_per_set_of_options() -> None:
    after = rewritten(JSON, "f", "json-encoder")
    assert after is not None
    assert after.count("json.JSONEncoder(") == 3
    assert after.count("_F_ENCODER.encode(value)") == 2
    assert "json.dumps(value)" in after


@pytest.mark.parametrize(
    "options",
    [
        "ensure_ascii=True",
        "sort_keys=False, default=None",
        "indent=2, sort_keys=True",
        "sort_keys=flag",
        "default=g",
        "cls=g, sort_keys=True",
        "sort_keys=True, **flag",
        "separators=flag",
        "separators=(',',)",
        "separators=[',', ':']",
        "default=str, sort_keys=1",
    ],
)
def test_json_silent(options: str) -> None:
    source = f"import json\ndef g(x): pass\ndef f(x, flag):\n    return json.dumps(x, {options})\n"
    assert rewritten(source, "f", "json-encoder") is None


def test_json_that_is_something_else() -> None:
    body = "def f(x):\n    return json.dumps(x, sort_keys=True)\n"
    assert rewritten("import simplejson as json\n" + body, "f", "json-encoder") is None
    assert rewritten("import json\n" + body.replace("(x)", "(json)", 1), "f", "json-encoder") is None
    assert rewritten(body + "import json\n", "f", "json-encoder") is None
    own = "import json\ndef str(x): return 1\n" + body.replace("sort_keys=True", "default=str")
    assert rewritten(own, "f", "json-encoder") is None


PATTERNS = r"""
import re
WORD = r"[a-z]+"
BOTH = WORD + "|" + r"\d"

def f(text: str):
    return [
        re.findall(
            r"a"  # first
            r"|b",
            text,
        ),
        re.sub(rf"({WORD})\s*", r"<\1>", text, count=1),
        re.split(BOTH, text),
        re.findall(f"{WORD}{WORD}", text),
        bool(re.match("A" "B", text, re.I)),
    ]
"""


@CASES
@given(text=st.text("ab1 \nA", max_size=6))
def test_patterns_in_pieces(text: str) -> None:
    assert assert_equivalent(PATTERNS, "f", "regex-hoist", [(text,)])


def test_pieces_keep_their_lines_and_comments() -> None:
    after = rewritten(PATTERNS, "f", "regex-hoist")
    assert after is not None
    assert '_F_RE = re.compile(\n    r"a"  # first\n    r"|b",\n)\n' in after
    assert "re.compile(BOTH)" in after


@pytest.mark.parametrize(
    "source",
    [
        "import re\nword = 'a'\ndef f(s):\n    return re.findall(word, s)\n",
        "import re\nWORD = 'a'\nWORD = 'b'\ndef f(s):\n    return re.findall(WORD, s)\n",
        "import re\ndef f(s):\n    return re.findall(WORD, s)\nWORD = 'a'\n",
        "import re\nWORD = 'a'\ndef f(s, WORD):\n    return re.findall(WORD, s)\n",
        "import re\nWORD = '('\ndef f(s):\n    return re.findall(WORD, s)\n",
        "import re\nWORD = 3\ndef f(s):\n    return re.findall(f'a{WORD}', s)\n",
        "import re\nWORD = 'a'\ndef f(s):\n    return re.findall(f'{WORD!r}', s)\n",
        "import re\nWORD = 'a'\ndef f(s):\n    return re.findall(f'{WORD:>3}', s)\n",
        "import re\nWORD = WORD + 'a'\ndef f(s):\n    return re.findall(WORD, s)\n",
        "import re\ndef f(s):\n    return re.findall('a' + s, s)\n",
        "import re\nif re:\n    WORD = 'a'\ndef f(s):\n    return re.findall(WORD, s)\n",
    ],
)
def test_pattern_that_may_change(source: str) -> None:
    assert rewritten(source, "f", "regex-hoist") is None
