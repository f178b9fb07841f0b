"""Twenty real improvements of the stall's programs, about 1.3x each; outputs stay what they were."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.judge.stall import FILES, MODULES


@dataclass(frozen=True)
class Gain:
    """One improvement of one workload, as replacements in its file."""

    name: str
    workload: str
    swaps: tuple[tuple[str, str], ...]

    @property
    def files(self) -> dict[str, str]:
        """The changed file with its new text. Raises ``ValueError`` when a replacement does not fit."""
        path = MODULES[self.workload]
        text = FILES[path]
        for old, new in self.swaps:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} is not there exactly once")
            text = text.replace(old, new)
        return {path: text}


KNOWN_SET = ("members = [name.lower() for name in names]", "members = {name.lower() for name in names}")
KNOWN_COUNTED = (
    """\
    members = [name.lower() for name in names]
    found = 0
    for customer, _, _ in made:
        if customer in members:
            found += 1
    return found
""",
    """\
    visits = {}
    for customer, _, _ in made:
        visits[customer] = visits.get(customer, 0) + 1
    return sum(visits.get(member, 0) for member in {name.lower() for name in names})
""",
)
TOTALS_ONE_PASS = (
    "    return {name: total(made, name) for name in names}\n",
    """\
    spent = dict.fromkeys(names, 0)
    for buyer, _, cents in made:
        if buyer in spent:
            spent[buyer] += cents
    return spent
""",
)
TOTALS_GROUPED = (
    "    return {name: total(made, name) for name in names}\n",
    """\
    bought = {}
    for sale in made:
        bought.setdefault(sale[0], []).append(sale)
    return {name: total(bought.get(name, []), name) for name in names}
""",
)
BALANCES_RUNNING = (
    """\
    for number in range(len(amounts)):
        after.append(sum(amounts[: number + 1]))
""",
    """\
    till = 0
    for cents in amounts:
        till += cents
        after.append(till)
""",
)
BALANCES_REUSED = (
    "        after.append(sum(amounts[: number + 1]))\n",
    "        after.append(after[-1] + amounts[number] if after else amounts[number])\n",
)
LINES_HOISTED = (
    """\
    for customer, item, cents in made:
        width = max(len(name) + len(CURRENCY) for name in ITEMS)
""",
    """\
    width = max(len(name) + len(CURRENCY) for name in ITEMS)
    for customer, item, cents in made:
""",
)
LINES_MAPPED = (
    "        width = max(len(name) + len(CURRENCY) for name in ITEMS)\n",
    "        width = max(map(len, ITEMS)) + len(CURRENCY)\n",
)
TELLING_SET = (
    """\
    kept = 0
    for note in made:
        for word in note.split():
            if word not in COMMON:
""",
    """\
    kept = 0
    common = frozenset(COMMON)
    for note in made:
        for word in note.split():
            if word not in common:
""",
)
INDEX_LAST = (
    "            if number not in places:\n",
    "            if not places or places[-1] != number:\n",
)
INDEX_STARTS = (
    """\
        for word in note.split():
            # A note may hold a word twice.
            places = found.setdefault(word[:2], [])
            if number not in places:
                places.append(number)
""",
    """\
        for start in dict.fromkeys([word[:2] for word in note.split()]):
            found.setdefault(start, []).append(number)
""",
)
VOCABULARY_SET = (
    """\
            if word not in seen:
                seen.append(word)
    return seen
""",
    """\
            if word not in met:
                met.add(word)
                seen.append(word)
    return seen
""",
)
MET = ("    seen = []\n", "    seen = []\n    met = set()\n")
VOCABULARY_DICT = (
    """\
    seen = []
    for note in made:
        for word in note.split():
            if word not in seen:
                seen.append(word)
    return seen
""",
    "    return list(dict.fromkeys(word for note in made for word in note.split()))\n",
)
RANK_SORTED_ONCE = (
    """\
    for query in queries:
        ordered = sorted(words)
""",
    """\
    ordered = sorted(words)
    for query in queries:
""",
)
RANK_BISECT = (
    """\
        ordered = sorted(words)
        place = 0
        while place < len(ordered) and ordered[place] < query:
            place += 1
        places.append(place)
""",
    "        places.append(bisect_left(ordered, query))\n",
)
RANK_ORDERED = (
    "    places = []\n    for query",
    "    places = []\n    ordered = sorted(words)\n    for query",
)
BISECT_IMPORT = ("import sys\n", "import sys\nfrom bisect import bisect_left\n")
DAYS_ROOT = ("        while divisor < day and day", "        while divisor * divisor <= day and day")
DAYS_ROOT_END = ("        if divisor == day:\n", "        if divisor * divisor > day:\n")
DAYS_PRIMES = (
    """\
        divisor = 2
        while divisor < day and day % divisor != 0:
            divisor += 1
        if divisor == day:
            days.append(day)
""",
    """\
        for divisor in days:
            if day % divisor == 0:
                break
        else:
            days.append(day)
""",
)
DAYS_SIEVE = (
    """\
    days = []
    for day in range(2, last + 1):
        divisor = 2
        while divisor < day and day % divisor != 0:
            divisor += 1
        if divisor == day:
            days.append(day)
    return days
""",
    """\
    prime = [False, False] + [True] * (last - 1)
    for day in range(2, last + 1):
        if prime[day]:
            for multiple in range(day * day, last + 1, day):
                prime[multiple] = False
    return [day for day in range(2, last + 1) if prime[day]]
""",
)
TOUR_LEFT = (
    """\
        best = None
        for number in range(len(table)):
            if number not in visited:
                if best is None or table[here][number] < table[here][best]:
                    best = number
""",
    """\
        row = table[here]
        best = min((number for number in range(len(table)) if number not in gone), key=row.__getitem__)
        gone.add(best)
""",
)
TOUR_GONE = ("    visited = [0]\n", "    visited = [0]\n    gone = {0}\n")
DISTANCES_HALF = (
    """\
    table = []
    for x, y in made:
        row = []
        for other_x, other_y in made:
            row.append(abs(x - other_x) + abs(y - other_y))
        table.append(row)
    return table
""",
    """\
    table = [[0] * len(made) for _ in made]
    for number, (x, y) in enumerate(made):
        row = table[number]
        for other in range(number):
            other_x, other_y = made[other]
            row[other] = table[other][number] = abs(x - other_x) + abs(y - other_y)
    return table
""",
)
LIKENESS_ROWS = (
    """\
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            if first[i - 1] == second[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    return table[len(first)][len(second)]
""",
    """\
    above = [0] * (len(second) + 1)
    for letter in first:
        row = [0]
        last = 0
        for j, other in enumerate(second):
            if letter == other:
                last = above[j] + 1
            elif above[j + 1] > last:
                last = above[j + 1]
            row.append(last)
        above = row
    return above[-1]
""",
)
RANK_FAST = (RANK_ORDERED, RANK_BISECT, BISECT_IMPORT)

GAINS = (
    Gain("known customers in a set, width mapped", "sales", (KNOWN_SET, LINES_MAPPED)),
    Gain("known customers in a set, width hoisted", "sales", (KNOWN_SET, LINES_HOISTED)),
    Gain("visits counted once, width mapped", "sales", (KNOWN_COUNTED, LINES_MAPPED)),
    Gain("totals in one pass, width mapped", "sales", (TOTALS_ONE_PASS, LINES_MAPPED)),
    Gain("totals of grouped sales, width hoisted", "sales", (TOTALS_GROUPED, LINES_HOISTED)),
    Gain("running balance, width hoisted", "sales", (BALANCES_RUNNING, LINES_HOISTED)),
    Gain("balance reused, width hoisted", "sales", (BALANCES_REUSED, LINES_HOISTED)),
    Gain("words in a set and a list", "search", (MET, VOCABULARY_SET)),
    Gain("words as keys", "search", (VOCABULARY_DICT,)),
    Gain("bisection of the sorted words", "search", RANK_FAST),
    Gain("sorted once, common words in a set", "search", (RANK_SORTED_ONCE, TELLING_SET)),
    Gain("last note remembered, common words in a set", "search", (INDEX_LAST, TELLING_SET)),
    Gain("starts of a note once, common words in a set", "search", (INDEX_STARTS, TELLING_SET)),
    Gain("sorted once, last note remembered", "search", (RANK_SORTED_ONCE, INDEX_LAST)),
    Gain("divisors up to the root", "route", (DAYS_ROOT, DAYS_ROOT_END)),
    Gain("divided by primes only", "route", (DAYS_PRIMES,)),
    Gain("a sieve", "route", (DAYS_SIEVE,)),
    Gain("half of the distances, places left in a set", "route", (DISTANCES_HALF, TOUR_GONE, TOUR_LEFT)),
    Gain("two rows of likeness, half of the distances", "route", (LIKENESS_ROWS, DISTANCES_HALF)),
    Gain("two rows of likeness, places left in a set", "route", (LIKENESS_ROWS, TOUR_GONE, TOUR_LEFT)),
)
