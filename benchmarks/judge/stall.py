"""A market stall's programs: the small repository that patches are judged on, written out on the spot.

Three workloads of about 65 ms of processor time each and a suite of quick tests. Every workload has four slow
spots, each about a quarter of its time, so that mending one makes the whole about 1.3x faster.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SALES = '''\
"""What was sold to whom."""

import sys

CURRENCY = "EUR"
ITEMS = ["apples", "bread", "cheese", "dates", "eggs", "figs", "grapes", "honey", "jam"]


def sales(count):
    """Made-up sales: (customer, item, cents), the same ones every time."""
    made = []
    state = 12345
    for number in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        customer = f"customer {state // 7 % 397:03d}"
        made.append((customer, ITEMS[state // 2779 % 9], 100 + state // 25011 % 900))
    return made


def known(made, names):
    """How many sales went to customers whose names are known."""
    members = [name.lower() for name in names]
    found = 0
    for customer, _, _ in made:
        if customer in members:
            found += 1
    return found


def total(made, customer):
    """Cents that one customer spent."""
    spent = 0
    for buyer, _, cents in made:
        if buyer == customer:
            spent += cents
    return spent


def totals(made, names):
    """Cents by customer, for the customers asked for."""
    return {name: total(made, name) for name in names}


def balances(made):
    """The till after every sale, in cents."""
    # Cents, as the sums have to be exact.
    amounts = [cents for _, _, cents in made]
    after = []
    for number in range(len(amounts)):
        after.append(sum(amounts[: number + 1]))
    return after


def lines(made):
    """One line a sale; the columns are as wide as the longest item."""
    written = []
    for customer, item, cents in made:
        width = max(len(name) + len(CURRENCY) for name in ITEMS)
        written.append(f"{customer} {item:>{width}} {cents / 100:8.2f} {CURRENCY}")
    return written


def main():
    count = int(sys.argv[1])
    made = sales(count)
    names = [f"customer {number:03d}" for number in range(20, 397)]
    print(known(made, names))
    print(sum(totals(made[: count // 2], names[:200]).values()))
    print(sum(balances(made[:1800])))
    print(len("".join(lines(made))))


if __name__ == "__main__":
    main()
'''

SEARCH = '''\
"""Which notes speak of what."""

import sys

COMMON = (
    "a about after all also an and any are as at back be because but by came can come could day did do even "
    "first for from get give go good had has have he her him his how i if in into is it its just know like "
    "look made make many me more most my new no not now of on one only or other our out over people said "
    "say see she so some take than that the their them then there these they this time to two up us use "
    "want was way we well were what when which who will with work would year you your"
).split()
SYLLABLES = ["ba", "co", "du", "fe", "gi", "ho", "ju", "ka", "le", "mi", "no", "pu"]


def notes(count):
    """Made-up notes of forty words, the same ones every time."""
    made = []
    state = 54321
    for number in range(count):
        words = []
        for place in range(40):
            state = (state * 1103515245 + 12345) % 2147483648
            first, second, third = state // 7 % 12, state // 91 % 12, state // 1093 % 5
            words.append(SYLLABLES[first] + SYLLABLES[second] + SYLLABLES[third])
        made.append(" ".join(words))
    return made


def telling(made):
    """How many words are not among the common ones."""
    kept = 0
    for note in made:
        for word in note.split():
            if word not in COMMON:
                kept += 1
    return kept


def index(made):
    """Numbers of the notes by the first two letters of their words."""
    found = {}
    for number, note in enumerate(made):
        for word in note.split():
            # A note may hold a word twice.
            places = found.setdefault(word[:2], [])
            if number not in places:
                places.append(number)
    return found


def vocabulary(made):
    """Every word once, in the order in which they come."""
    seen = []
    for note in made:
        for word in note.split():
            if word not in seen:
                seen.append(word)
    return seen


def rank(words, queries):
    """Where each query would stand among the sorted words."""
    places = []
    for query in queries:
        ordered = sorted(words)
        place = 0
        while place < len(ordered) and ordered[place] < query:
            place += 1
        places.append(place)
    return places


def main():
    count = int(sys.argv[1])
    made = notes(count)
    print(telling(made))
    print(sum(len(places) for places in index(made).values()))
    words = vocabulary(made[:105])
    print(len(words))
    print(sum(rank(words, words[:300])))


if __name__ == "__main__":
    main()
'''

ROUTE = '''\
"""Where the stall goes next."""

import sys


def places(count):
    """Made-up places on a map, the same ones every time."""
    made = []
    state = 999
    for number in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        made.append((state // 11 % 1000, state // 11000 % 1000))
    return made


def distances(made):
    """City-block distance between every two places."""
    table = []
    for x, y in made:
        row = []
        for other_x, other_y in made:
            row.append(abs(x - other_x) + abs(y - other_y))
        table.append(row)
    return table


def tour(table):
    """From place to place, always the nearest one that is left."""
    here = 0
    # The tour starts where the stall is now.
    visited = [0]
    length = 0
    while len(visited) < len(table):
        best = None
        for number in range(len(table)):
            if number not in visited:
                if best is None or table[here][number] < table[here][best]:
                    best = number
        length += table[here][best]
        here = best
        visited.append(best)
    return length


def likeness(first, second):
    """Length of the longest common subsequence of two texts."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            if first[i - 1] == second[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    return table[len(first)][len(second)]


def market_days(last):
    """Days up to the last whose number is prime: by old custom the stall stays at home."""
    days = []
    for day in range(2, last + 1):
        divisor = 2
        while divisor < day and day % divisor != 0:
            divisor += 1
        if divisor == day:
            days.append(day)
    return days


def main():
    count = int(sys.argv[1])
    made = places(count)
    table = distances(made)
    print(sum(map(sum, table)))
    print(tour([row[:155] for row in table[:155]]))
    names = "".join(chr(97 + x % 7) for x, _ in made)
    print(likeness(names[:260], names[-260:]))
    print(len(market_days(2700)))


if __name__ == "__main__":
    main()
'''

TESTS = '''\
"""What the stall's programs promise."""

import pytest

from stall import route, sales, search

MADE = [("ann", "figs", 250), ("bob", "eggs", 120), ("ann", "eggs", 130)]
NOTES = ["bako dufe and bako", "and hoju"]
SQUARE = [(0, 0), (0, 3), (4, 0)]


def test_sales_are_the_same_every_time():
    assert sales.sales(3) == sales.sales(30)[:3]


@pytest.mark.parametrize(("names", "count"), [(["Ann"], 2), (["bob", "carl"], 1), ([], 0)])
def test_known_customers_are_counted(names, count):
    assert sales.known(MADE, names) == count


def test_totals():
    assert sales.total(MADE, "ann") == 380
    assert sales.totals(MADE, ["bob", "zoe"]) == {"bob": 120, "zoe": 0}


def test_balances():
    assert sales.balances(MADE) == [250, 370, 500]
    assert sales.balances([]) == []


def test_lines():
    assert sales.lines(MADE)[0] == "ann      figs     2.50 EUR"


def test_common_words_do_not_tell():
    assert search.telling(NOTES) == 4


def test_the_index_names_every_note_once():
    assert search.index(NOTES) == {"ba": [0], "du": [0], "an": [0, 1], "ho": [1]}


def test_the_vocabulary_keeps_its_order():
    assert search.vocabulary(NOTES) == ["bako", "dufe", "and", "hoju"]


def test_ranks():
    assert search.rank(["c", "a", "b"], ["a", "bb", "d"]) == [0, 2, 3]


def test_distances():
    assert route.distances(SQUARE) == [[0, 3, 4], [3, 0, 7], [4, 7, 0]]


def test_the_tour_goes_to_the_nearest():
    assert route.tour(route.distances(SQUARE)) == 10


@pytest.mark.parametrize(("one", "other", "length"), [("abcbd", "acbb", 3), ("", "a", 0), ("xyz", "xyz", 3)])
def test_likeness(one, other, length):
    assert route.likeness(one, other) == length


def test_market_days():
    assert route.market_days(20) == [2, 3, 5, 7, 11, 13, 17, 19]
'''

SETTINGS = """\
tests = "python -m pytest -q -p no:cacheprovider"

[workloads.sales]
command = "python -S -m stall.sales 6000"

[workloads.search]
command = "python -S -m stall.search 240"

[workloads.route]
command = "python -S -m stall.route 350"
"""
"""-S: what site-packages of this machine cost at start-up is no part of the programs."""

MODULES = {"sales": "stall/sales.py", "search": "stall/search.py", "route": "stall/route.py"}
"""Workload -> the only file that it and no other workload runs."""
FILES = {
    "hasten.toml": SETTINGS,
    "stall/__init__.py": "",
    MODULES["sales"]: SALES,
    MODULES["search"]: SEARCH,
    MODULES["route"]: ROUTE,
    "tests/test_stall.py": TESTS,
}


def write_files(folder: Path) -> Path:
    """The project's files in ``folder``, without git."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def make_repository(folder: Path) -> Path:
    """The project as a git repository with one commit; the user's configuration of git plays no part."""
    write_files(folder)
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*author, "commit", "-qm", "The stall")):
        subprocess.run(["git", *words], cwd=folder, env=env, check=True, capture_output=True)
    return folder
