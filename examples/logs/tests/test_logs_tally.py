from __future__ import annotations

import pytest

from logs.tally import most_common, percentile, share, tally


def test_counts_are_listed_by_value() -> None:
    assert list(tally(["b", "a", "c", "a", "b", "a"]).items()) == [("a", 3), ("b", 2), ("c", 1)]


def test_nothing_to_count() -> None:
    assert tally([]) == {}
    assert most_common([], 5) == []


def test_the_result_is_a_plain_dictionary_and_the_values_are_left_alone() -> None:
    values = ["b", "a", "b"]
    counts = tally(values)
    assert values == ["b", "a", "b"]
    with pytest.raises(KeyError):
        counts["absent"]


def test_values_are_counted_exactly() -> None:
    assert tally(["/a", "/A", "/a/", "", "/a"]) == {"": 1, "/A": 1, "/a": 2, "/a/": 1}


def test_ties_are_ranked_by_value() -> None:
    values = ["d", "c", "b", "a", "c", "b", "d"]
    assert most_common(values, 3) == [("b", 2), ("c", 2), ("d", 2)]
    assert most_common(values, 0) == []
    assert len(most_common(values, 99)) == 4


def test_share() -> None:
    assert share(1, 4) == 25.0
    assert share(0, 0) == 0.0


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, 0),
        ([7], 1, 7),
        ([4, 1, 3, 2], 50, 2),
        ([4, 1, 3, 2], 51, 3),
        ([1, 2, 3], 100, 3),
        ([1, 2], 0, 1),
    ],
)
def test_percentile(values: list[int], percent: int, expected: int) -> None:
    assert percentile(values, percent) == expected
