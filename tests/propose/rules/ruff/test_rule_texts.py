"""Text, numbers and log messages with less ado."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.propose.rules.nasty import anything, bools, floats, ints, texts
from tests.propose.rules.ruff.checking import Case, case, check, check_silent, name

words = st.text("abc:.", max_size=7)
CASES = [
    case(
        "prefix-tuple",
        'text.startswith(("a", "b", other))',
        """
         def f(text: str, other: str):
             return text.startswith("a") or text.startswith("b") or text.startswith(other)
         """,
        words,
        words,
    ),
    case(
        "prefix-tuple",
        'if text.endswith((".", "a", "b")):',
        """
         def f(text: str):
             if text.endswith(".") or text.endswith(("a", "b")):
                 return 1
         """,
        words,
    ),
    case(
        "equal-chain",
        'x in {"a", "b", "c"}',
        'def f(x: str):\n    return x == "a" or x == "b" or x == "c"\n',
        words,
    ),
    case(
        "equal-chain",
        "x not in {1, 2, 3}",
        "def f(x: int | float | None):\n    return x != 1 and x != 2 and x != 3\n",
        ints | floats | bools | st.none(),
    ),
    case(
        "plain-text-regex",
        'text.replace("ab", "x")',
        'import re\ndef f(text: str):\n    return re.sub("ab", "x", text)\n',
        words,
    ),
    case(
        "plain-text-regex",
        'text.split(":")',
        'import re\ndef f(text: str):\n    return re.split(":", text)\n',
        words,
    ),
    case(
        "plain-text-regex",
        'text.startswith("a")',
        'import re\ndef f(text: str):\n    return 1 if re.match("a", text) else 2\n',
        words,
    ),
    case(
        "plain-text-regex",
        '"ab" not in text',
        'import re\ndef f(text: str):\n    if not re.search("ab", text):\n        return 3\n',
        words,
    ),
    case(
        "plain-text-regex",
        'text == "ab"',
        """
        import re
        def f(text: str):
            while re.fullmatch("ab", text):
                text = "c"
            return text
        """,
        words,
    ),
    case(
        "remove-prefix",
        'text = text.removeprefix("a:")',
        """
         def f(text: str):
             text = text.strip("c")
             if text.startswith("a:"):
                 text = text[2:]
             return text
         """,
        words,
    ),
    case(
        "remove-prefix",
        'text.removesuffix("ab")',
        'def f(text: str):\n    return text[:-2] if text.endswith("ab") else text\n',
        words,
    ),
    case(
        "remove-prefix",
        "text.removeprefix(head)",
        """
         def f(text: str, head: str):
             if text.startswith(head):
                 text = text[len(head):]
             return text
         """,
        words,
        words,
    ),
    case(
        "bit-count",
        "(x ^ y).bit_count()",
        'def f(x: int, y: int):\n    return bin(x ^ y).count("1") - bin(x).count("1")\n',
        ints | bools,
        ints,
    ),
    case(
        "format-fstring",
        'f"{x}: {y!r:>4} {x}"',
        'def f(x: str, y: int):\n    return "{0}: {1!r:>4} {0}".format(x, y)\n',
        texts,
        ints,
    ),
    case("format-fstring", 'f"<{x.real}>"', 'def f(x):\n    return "<{}>".format(x.real)\n', anything),
    case("format-fstring", "f\"{x['a']} {{}}\"", 'def f(x):\n    return "{0[a]} {{}}".format(x)\n', anything),
    case(
        "format-fstring",
        'f"{x}, b, {y}"',
        'def f(x: str, y: str):\n    return ", ".join([x, "b", y])\n',
        texts,
        texts,
    ),
    case(
        "nested-min",
        "min(x, y, 0)",
        "def f(x: int, y: int):\n    return min(x, min(y, 0))\n",
        ints | bools,
        ints | bools,
    ),
    case(
        "nested-min", "max(x, y, x)", "def f(x: str, y: str):\n    return max(max(x, y), x)\n", texts, texts
    ),
    case("needless-int", "len(x)", "def f(x):\n    return int(len(x))\n", anything),
    case("needless-int", "round(x)", "def f(x: float):\n    return int(round(x))\n", floats),
    case(
        "bytes-literal",
        'b"a\\n" + x',
        'def f(x):\n    return "a\\n".encode("utf-8") + x\n',
        st.binary(max_size=2),
    ),
    case(
        "lazy-logging",
        'logging.warning("%s and %s", x, y)',
        'import logging\ndef f(x: int, y: str):\n    logging.warning(f"{x} and {y}")\n',
        ints | bools,
        texts,
    ),
    case(
        "lazy-logging",
        'logging.error("{%s}\\n", x, exc_info=True)',
        """
         import logging
         def f(x: tuple[object, ...] | float | None | bytes):
             logging.debug(f"{x!r}")
             logging.error(f"{{{x}}}\\n", exc_info=True)
         """.replace("tuple[object, ...]", "tuple[int, ...]"),
        floats | st.none() | st.lists(ints).map(tuple) | st.binary(max_size=2),
    ),
]
SILENT = {
    "prefix-tuple: unknown": 'def f(x):\n    return x.startswith("a") or x.startswith("b")\n',
    "prefix-tuple: unknown prefix": 'def f(x: str, y):\n    return x.startswith("a") or x.startswith(y)\n',
    "prefix-tuple: made late": 'def f(x: str, g):\n    return x.startswith("a") or x.startswith(g())\n',
    "prefix-tuple: prefix that may be unbound": """
        def f(x: str, n: int):
            if n:
                y = "b"
            return x.startswith("a") or x.startswith(y)
    """,
    "equal-chain: two gain little": "def f(x: int):\n    return x == 1 or x == 2\n",
    "equal-chain: unknown": "def f(x):\n    return x == 1 or x == 2 or x == 3\n",
    "equal-chain: unhashable": "def f(x: list[int]):\n    return x == 1 or x == 2 or x == 3\n",
    "equal-chain: hashes as it likes": """
        from enum import Enum
        class Mark(Enum):
            A = 1
        def f(x: Mark):
            return x == 1 or x == 2 or x == 3
    """,
    "equal-chain: variables": "def f(x: int, y: int):\n    return x == 1 or x == y or x == 3\n",
    "plain-text-regex: not text": 'import re\ndef f(x):\n    return re.sub("a", "b", x)\n',
    "plain-text-regex: perhaps None": 'import re\ndef f(x: str | None):\n    return re.sub("a", "b", x)\n',
    "plain-text-regex: bytes": 'import re\ndef f(x: bytes):\n    return re.sub("a", "b", x)\n',
    "plain-text-regex: special": 'import re\ndef f(x: str):\n    return re.sub("a.c", "b", x)\n',
    "plain-text-regex: reference": 'import re\ndef f(x: str):\n    return re.sub("a", r"\\g<0>b", x)\n',
    "plain-text-regex: match kept": 'import re\ndef f(x: str):\n    return re.match("a", x)\n',
    "plain-text-regex: flags": 'import re\ndef f(x: str):\n    return re.sub("a", "b", x, flags=re.I)\n',
    "plain-text-regex: not re": 'import regex as re\ndef f(x: str):\n    return re.sub("a", "b", x)\n',
    "remove-prefix: unknown": 'def f(x):\n    if x.startswith("a"):\n        x = x[1:]\n    return x\n',
    "remove-prefix: longer": 'def f(x: str):\n    if x.startswith("a"):\n        x = x[2:]\n    return x\n',
    "remove-prefix: empty suffix empties": """
        def f(x: str, y: str):
            if x.endswith(y):
                x = x[: -len(y)]
            return x
    """,
    "remove-prefix: tuple of prefixes": """
        def f(x: str, y: tuple[str, ...]):
            if x.startswith(y):
                x = x[len(y):]
            return x
    """,
    "bit-count: unknown": 'def f(x):\n    return bin(x).count("1")\n',
    "bit-count: float": 'def f(x: float):\n    return bin(x).count("1")\n',
    "format-fstring: order of formatting and evaluating": 'def f(x, g):\n    return "{} {}".format(x, g())\n',
    "format-fstring: lambda": 'def f(x):\n    return "{}".format(lambda: x)\n',
    "format-fstring: template from elsewhere": "def f(x: str, y: str):\n    return x.format(y)\n",
    "format-fstring: join of unknown": 'def f(x, y: str):\n    return ", ".join([x, y])\n',
    "format-fstring: join raises for a number": 'def f(x: int, y: str):\n    return ", ".join([x, y])\n',
    "nested-min: not a number": "def f(x: float, y: float):\n    return min(x, min(y, 0.0))\n",
    "nested-min: unknown": "def f(x, y):\n    return min(x, min(y, 0))\n",
    "nested-min: of many": "def f(x: int, ys: list[int]):\n    return min(x, min(ys))\n",
    "nested-min: by key": "def f(x: int, y: int):\n    return min(x, min(y, 0, key=abs), key=abs)\n",
    "needless-int: rounded to digits": "def f(x: float):\n    return int(round(x, 1))\n",
    "needless-int: rounds as it likes": "def f(x):\n    return int(round(x))\n",
    "needless-int: len is not len": "from m import len\ndef f(x):\n    return int(len(x))\n",
    "bytes-literal: not ASCII": 'def f():\n    return "é".encode("utf-8")\n',
    "bytes-literal: variable": 'def f(x: str):\n    return x.encode("utf-8")\n',
    "lazy-logging: changes before a handler looks": """
        import logging
        def f(x: list[int]):
            logging.debug(f"{x}")
            x.append(1)
    """,
    "lazy-logging: formats as it likes": """
        import logging
        def f(x):
            logging.debug(f"{x}")
    """,
    "lazy-logging: some other logger": """
        from loguru import logger
        def f(x: int):
            logger.debug(f"{x}")
    """,
    "lazy-logging: a logger of the object": "def f(self, x: int):\n    self.log.debug(f'{x}')\n",
    "lazy-logging: arguments already": """
        import logging
        def f(x: int):
            logging.debug(f"{x} %s", x)
    """,
    "lazy-logging: format": "import logging\ndef f(x: int):\n    logging.debug(f'{x:>4}')\n",
}


@pytest.mark.parametrize("subject", CASES, ids=name)
def test_both_versions_agree(subject: Case) -> None:
    check(subject)


@pytest.mark.parametrize("trap", SILENT)
def test_trap(trap: str) -> None:
    check_silent(trap.partition(":")[0], SILENT[trap])
