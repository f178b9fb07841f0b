"""Every rewrite rule. A new one is a file of its own, imported and listed here."""

from __future__ import annotations

from hasten.agent.propose.rules import (
    count_loop,
    index_in_loop,
    list_concat,
    list_membership,
    loop_invariant,
    memoize_pure,
    nested_join,
    pop_front,
    regex_hoist,
    seen_list,
    str_concat,
)
from hasten.agent.propose.rules.base import Rule

# In the order they are applied: what one uncovers, a later one uses.
_FILES = (
    loop_invariant,
    list_membership,
    seen_list,
    nested_join,
    count_loop,
    index_in_loop,
    pop_front,
    list_concat,
    str_concat,
    regex_hoist,
    memoize_pure,
)
RULES: dict[str, Rule] = {file.RULE.id: file.RULE for file in _FILES}
