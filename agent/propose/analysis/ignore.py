"""``# hasten: ignore`` on the line of a ``def``, for all rules or for those it names in brackets."""

from __future__ import annotations

import re

from hasten.agent.languages.python import DefinitionNode
from hasten.agent.propose.analysis.module import ModuleScope

_MARK = re.compile(r"#\s*hasten:\s*ignore\b(?:\[(?P<rules>[^\]]*)\])?")


def ignored(module: ModuleScope, qualname: str, rule: str) -> bool:
    """The definition, or one around it, asks to be left alone by ``rule``."""
    parts = qualname.split(".")
    around = [".".join(parts[: i + 1]) for i in range(len(parts))]
    nodes = [module.definitions[name] for name in around if name in module.definitions]
    return any(_marked(module.lines, node, rule) for node in nodes)


def _marked(lines: list[str], node: DefinitionNode, rule: str) -> bool:
    """The mark stands anywhere from ``def`` to the colon that ends the signature."""
    end = max(node.lineno, node.body[0].lineno - 1)
    for line in lines[node.lineno - 1 : end]:
        if match := _MARK.search(line):
            named = match["rules"]
            return named is None or rule in {n.strip() for n in named.split(",")}
    return False
