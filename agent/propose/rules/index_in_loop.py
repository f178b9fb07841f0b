"""``.index`` in a loop becomes a table of first positions.

What: calls ``items.index(x)`` in a loop that leaves ``items`` unchanged read a dict from element to first
position, built once before the loop. Where ``x`` may be missing, a helper raises the same ``ValueError``.

Why: every ``index`` walks the list up to the element. 26 times faster with 1000 elements.

Precondition: ``items`` is a list or tuple; its elements and the probe are builtin values whose hash agrees
with ``==``; nothing in the loop changes or rebinds it, nor calls code that could reach it; the builtins used
are not rebound.

Before::

    def ranks(names: list[str]) -> dict[str, int]:
        result = {}
        for name in names:
            result[name] = names.index(name)
        return result

After::

    def ranks(names: list[str]) -> dict[str, int]:
        result = {}
        names_index = dict(zip(reversed(names), reversed(range(len(names)))))
        for name in names:
            result[name] = names_index[name]
        return result

Tier: facts
Source: docs.python.org/3/library/stdtypes.html#common-sequence-operations (``index`` finds the first)
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.arrays import (
    Answerable,
    Question,
    answerable,
    builtins_intact,
    method_questions,
    table_text,
)
from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.inference import Inference
from hasten.agent.propose.analysis.tree import code
from hasten.agent.propose.rules.base import Change, Rule

_HELPER = '''\
def {name}(positions, value):
    """Position of ``value`` as ``list.index`` has it."""
    try:
        return positions[value]
    except KeyError:
        raise ValueError(f"{{value!r}} is not in list") from None'''


def apply(fn: Function) -> Change | None:
    if not builtins_intact(fn, "dict", "zip", "reversed", "range", "len", "ValueError", "KeyError"):
        return None
    inference = Inference(fn)
    found = answerable(fn, inference, method_questions(fn, "index"))
    if found is None:
        return None
    name = found.var[1]
    table = fn.fresh(f"{name}_index")
    helper = fn.fresh("_position")
    build = f"dict(zip(reversed({name}), reversed(range(len({name})))))"
    certain = {q.node: _comes_from_list(fn, found, q) for q in found.questions}

    def answer(question: Question) -> str:
        probe = code(question.probe)
        return f"{table}[{probe}]" if certain[question.node] else f"{helper}({table}, {probe})"

    text = table_text(fn, found, table, build, answer)
    helpers = () if all(certain.values()) else (_HELPER.format(name=helper),)
    return Change(text, f"Look up positions in `{name}` in a table", helpers=helpers)


def _comes_from_list(fn: Function, found: Answerable, question: Question) -> bool:
    """The probe is the variable of a loop over the very list: it cannot be missing."""
    probe = fn.variable(question.probe)
    if probe is not None and probe[0] is fn.node and probe[1] in fn.params:
        return False  # before that loop it is what was passed
    stores = [u for u in fn.uses(probe) if fn.role(u) in ("store", "augstore")] if probe else []
    if len(stores) != 1:
        return False
    match fn.parent[stores[0]]:
        case cst.For(iter=source) | cst.CompFor(iter=source) as binder if binder.asynchronous is None:
            return fn.variable(source) == found.var and fn.inside(source, found.region.anchor)
    return False


RULE = Rule("index-in-loop", "facts", (".index(",), apply, __doc__ or "")
