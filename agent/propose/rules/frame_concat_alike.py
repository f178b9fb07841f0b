"""A data frame grown by ``pd.concat`` from pieces taken to be alike is concatenated once.

What: as ``frame-concat``, for pieces whose columns and dtypes nothing proves: files read one after the other,
results of functions.

Why: every ``concat`` copies all rows gathered so far. Measured 36 times
faster for 200 frames of 5000 rows.

Precondition: nothing else in the loop looks at the frame and no ``try`` could show it half-way; a piece comes
from a call and nobody changes it after it was joined. Opt-in because it is on the user's word that calls hand
out new frames and that the pieces agree in their dtypes: an ``int`` column joined to a ``float`` and then to
an ``object`` one holds ``1.0`` when joined piece by piece, ``1`` when joined at once. What ``concat`` raises,
it raises after the loop.

Before::

    import pandas as pd


    def load(paths: list[str]) -> pd.DataFrame:
        df = pd.DataFrame()
        for path in paths:
            piece = pd.read_csv(path)
            piece["path"] = path
            df = pd.concat([df, piece])
        return df

After::

    import pandas as pd


    def load(paths: list[str]) -> pd.DataFrame:
        df = pd.DataFrame()
        df_pieces = []
        for path in paths:
            piece = pd.read_csv(path)
            piece["path"] = path
            df_pieces.append(piece)
        if df_pieces:
            df = pd.concat([df, *df_pieces])
        return df

Tier: opt-in
Source: pandas.pydata.org/docs/reference/api/pandas.concat.html (notes: not in a for-loop)
"""

from __future__ import annotations

import libcst as cst

from hasten.agent.propose.analysis.function import Function
from hasten.agent.propose.analysis.gathered import gathered, is_new_each_turn
from hasten.agent.propose.rules.base import Change, Rule
from hasten.agent.propose.rules.frame_concat import concat, concatenated_once


def apply(fn: Function) -> Change | None:
    for found in gathered(fn, lambda name, node: concat(fn, name, node)):
        new = all(is_new_each_turn(fn, join, lambda n: isinstance(n, cst.Call)) for join in found.joins)
        if new and len({join.options for join in found.joins}) == 1:
            return concatenated_once(fn, found)
    return None


RULE = Rule("frame-concat-alike", "opt-in", ("concat(",), apply, __doc__ or "")
