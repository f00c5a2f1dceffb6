"""Nobody who knows the rule, the total and the groups that are shown can work a hidden group out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import permutations
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.ledger import AnswerGroup
from surveyengine.results.margins import MonthAnswers, PlacedAnswer, cut
from surveyengine.results.split import OTHER
from surveyengine.results.suppression import hidden, months
from surveyengine.values.anonymity import LEAST, steps
from surveyengine.values.period import ALWAYS, DateRange, month_end

Sizes = Mapping[AnswerGroup, int]


def named(*sizes: int) -> Sizes:
    return {AnswerGroup("abcdefgh"[at]): n for at, n in enumerate(sizes)}


@pytest.mark.parametrize(
    ("sizes", "gone"),
    [
        ((40, 30, 10), ""), ((40, 30, 9), "bc"), ((40, 30, 0), "bc"), ((12, 3), "ab"),
        ((30, 5, 5), "bc"), ((30, 20, 5, 4), "bcd"), ((30, 9, 9), "abc"), ((30, 20, 9, 9), "bcd"),
        ((30, 8, 8), "bc"), ((50, 10, 10, 3), "bcd"), ((25, 5, 5, 5, 5), "bcde"),
    ],
)  # fmt: skip
def test_as_many_groups_are_hidden_as_need_be(sizes: tuple[int, ...], gone: str) -> None:
    assert "".join(sorted(group.name for group in hidden(named(*sizes)))) == gone


# ── Whoever knows the rule: every other set of groups that would look the same


def alike(sizes: Sizes) -> Iterator[Sizes]:
    """Yield other sizes that give the same page: two hidden groups change places, or one answer its group."""
    gone = hidden(sizes)
    for one, other in permutations(gone, 2):
        moved = {one: sizes[one] - 1, other: sizes[other] + 1}
        for changed in ({**sizes, one: sizes[other], other: sizes[one]}, {**sizes, **moved}):
            if min(changed.values()) >= 0 and hidden(changed) == gone:
                yield changed


SIZES = st.lists(st.integers(0, 24), min_size=2, max_size=7).filter(lambda sizes: sum(sizes) >= LEAST)


@given(SIZES)
def test_every_hidden_group_could_be_of_another_size(sizes: list[int]) -> None:
    found = named(*sizes)
    others = [*alike(found)]
    for group in hidden(found):
        assert any(other[group] != found[group] for other in others)


# ── Sums: linear equations over all that is shown


def worked_out(shown: list[list[int]], unknown: int) -> set[int]:
    """Return which unknowns the equations decide: `shown` are rows of coefficients, with their sum at the end."""
    rows = [[Fraction(one) for one in row] for row in shown]
    pivots: list[int] = []
    for column in range(unknown):
        chosen = next((row for row in rows[len(pivots) :] if row[column]), None)
        if chosen is None:
            continue
        rows.remove(chosen)
        chosen = [one / chosen[column] for one in chosen]
        rows = [[a - row[column] * b for a, b in zip(row, chosen, strict=True)] for row in rows]
        rows.insert(len(pivots), chosen)
        pivots.append(column)
    return {at for row, at in zip(rows, pivots, strict=False) if sum(map(bool, row[:unknown])) == 1}


def equations(counts: list[list[int]], gone: list[int]) -> list[list[int]]:
    """Return what a page tells of counts[group][value]: of each value the total, and the groups that are shown."""
    many, values = len(counts), len(counts[0])

    def row(cells: set[tuple[int, int]]) -> list[int]:
        known = [int((at, value) in cells) for at in range(many) for value in range(values)]
        return [*known, sum(counts[at][value] for at, value in cells)]

    shown = [{(at, value)} for at in range(many) if at not in gone for value in range(values)]
    return [row({(at, value) for at in range(many)}) for value in range(values)] + [row(cells) for cells in shown]


@given(st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5), min_size=2, max_size=6))
def test_no_hidden_cell_follows_from_the_sums(counts: list[list[int]]) -> None:
    groups = [AnswerGroup(str(at)) for at in range(len(counts))]
    gone = [groups.index(one) for one in hidden({group: sum(each) for group, each in zip(groups, counts, strict=True)})]
    solved = worked_out(equations(counts, gone), len(counts) * 5)
    assert not [at for at in gone for value in range(5) if at * 5 + value in solved] or len(counts) == 1


def test_the_solver_finds_the_fifth_band_where_four_add_up() -> None:
    bands = [[20, 0], [15, 3], [9, 4], [12, 1], [2, 1]]
    assert worked_out(equations(bands, [4]), 10) >= {8, 9}


# ── Groups of a month


FIELDS = ("city", "country")


def answers(*groups: tuple[int, str, str], asked: set[AnswerGroup] | None = None) -> MonthAnswers:
    """So many answers of each city and country."""
    both = [tuple(map(AnswerGroup, names)) for n, *names in groups for _ in range(n)]
    known = {"city": asked or {one[0] for one in both}, "country": {one[1] for one in both}}
    about: set[tuple[int, tuple[AnswerGroup | None, ...]]]
    about = {(1, (city, country)) for city in known["city"] for country in known["country"]}
    return MonthAnswers([PlacedAnswer(1, "5", dict(zip(FIELDS, one, strict=True))) for one in both], known, about)


def sizes_shown(found: MonthAnswers, field: str) -> dict[str, int]:
    return dict(Counter(group.name for _, group in cut(found, field).shown))


def test_small_groups_that_nobody_was_asked_for_have_no_name() -> None:
    haifa, eilat, yazd = (AnswerGroup(name) for name in ("haifa", "eilat", "yazd"))
    found = answers((40, "haifa", "IL"), (30, "eilat", "IL"), (2, "lod", "IL"), asked={haifa, eilat, yazd})
    assert cut(found, "city").hidden == {OTHER, yazd, eilat}
    assert sizes_shown(found, "city") == {"haifa": 40}
    assert cut(answers((40, "haifa", "IL"), (30, "eilat", "IL")), "city").hidden == set()


def test_a_country_does_not_tell_of_a_city() -> None:
    found = answers((20, "haifa", "IL"), (5, "eilat", "IL"), (11, "yazd", "IR"), (40, "qom", "IR"))
    assert sizes_shown(found, "city") == {"haifa": 20, "qom": 40}
    assert sizes_shown(found, "country") == {}  # of IL, 5 would be left of 25 without haifa's 20
    whole = answers((20, "haifa", "IL"), (15, "eilat", "IL"), (11, "yazd", "IR"), (40, "qom", "IR"))
    assert (len(sizes_shown(whole, "city")), sizes_shown(whole, "country")) == (4, {"IL": 35, "IR": 51})


CITIES = ("haifa", "eilat", "lod", "yazd", "qom", "tabriz")


@given(st.lists(st.integers(0, 30), min_size=6, max_size=6))
def test_no_difference_of_shown_groups_is_small(sizes: list[int]) -> None:
    places = [(n, city, "IL" if at < 3 else "IR") for at, (n, city) in enumerate(zip(sizes, CITIES, strict=True))]
    found = answers(*places, asked=set(map(AnswerGroup, CITIES)))
    cities, countries = sizes_shown(found, "city"), sizes_shown(found, "country")
    for country, n in countries.items():
        inside = sum(cities.get(city, 0) for _, city, of in places if of == country)
        assert not inside or n - inside == 0 or n - inside >= LEAST


# ── Three fields, and blocks of days, at once: whoever knows what was asked adds up all that is shown

Cell = tuple[str, str, str]
Counts = Mapping[tuple[int, Cell], int]
THREE = ("city", "country", "courier")


class Business(NamedTuple):
    """How many answered of each that was asked together in a block, and what is shown of each field."""

    counts: Counts
    shown: Mapping[tuple[int, str], int]
    gone: Sequence[tuple[int, str]]

    def cells(self, of: int, name: str) -> set[int]:
        """The places of a group in the counts."""
        return {at for at, (_, one) in enumerate(self.counts) if one[of] == name}


def three(counts: Counts, said: Mapping[tuple[int, Cell], Sequence[int]] | None = None) -> Business:
    given = [PlacedAnswer(block, str(value), dict(zip(THREE, map(AnswerGroup, one), strict=True)))
             for (block, one), n in counts.items()
             for value, many in enumerate(said[block, one] if said else [n]) for _ in range(many)]  # fmt: skip
    asked = {name: {AnswerGroup(one[at]) for _, one in counts} for at, name in enumerate(THREE)}
    about: set[tuple[int, tuple[AnswerGroup | None, ...]]]
    about = {(block, tuple(map(AnswerGroup, one))) for block, one in counts}
    cuts = [cut(MonthAnswers(given, asked, about), name) for name in THREE]
    shown = Counter((at, group.name) for at, one in enumerate(cuts) for _, group in one.shown)
    return Business(counts, shown, [(at, group.name) for at, one in enumerate(cuts) for group in one.hidden])


def all_sums(found: Business) -> list[tuple[set[int], int]]:
    """Everything that is told: which cells add up to what; of each block, as exports have it, and of each group."""
    return [*((found.cells(*group), n) for group, n in found.shown.items()), *blocks_of(found)]


def blocks_of(found: Business) -> list[tuple[set[int], int]]:
    each = {block: {at for at, (one, _) in enumerate(found.counts) if one == block} for block, _ in found.counts}
    counts = [*found.counts.values()]
    return [(those, sum(counts[at] for at in those)) for those in each.values()]


def is_told(many: int, told: list[tuple[set[int], int]], cells: set[int]) -> bool:
    """Whether the sums decide how many answers these of many cells have, or none of them can have more or fewer."""
    return follows(many, told, cells) or narrowed(told, many, cells)


def follows(many: int, told: list[tuple[set[int], int]], cells: set[int]) -> bool:
    """Whether the sums decide how many answers these of many cells have."""
    rows = [[*(int(at in those) for at in range(many)), 0, n] for those, n in told]
    rows.append([*(-int(at in cells) for at in range(many)), 1, 0])
    return many in worked_out(rows, many + 1)


def narrowed(told: list[tuple[set[int], int]], many: int, cells: set[int]) -> bool:
    low, high = [0] * many, [max(n for _, n in told)] * many
    before = None
    while before != (before := ([*low], [*high])):
        for those, n in told:
            least, most = sum(low[at] for at in those), sum(high[at] for at in those)
            for at in those:
                above, below = min(high[at], n - least + low[at]), max(low[at], n - most + high[at])
                least, most = least + below - low[at], most + above - high[at]
                low[at], high[at] = below, above
    return all(low[at] == high[at] for at in cells)


CELLS = st.tuples(*(st.sampled_from([f"{name}-{at}" for at in range(3)]) for name in THREE))
SOME = st.sampled_from([0, 1, 3, 5, 8, 12, 20, 30])


def released(counts: Counts) -> Counts:
    """Only the blocks that hold enough."""
    sizes = Counter[int]()
    for (block, _), n in counts.items():
        sizes[block] += n
    return {key: n for key, n in counts.items() if sizes[key[0]] >= LEAST}


@pytest.mark.parametrize("blocks", [1, 2, 4])
@given(st.data())
def test_no_hidden_group_follows_from_blocks_and_three_fields(blocks: int, data: st.DataObject) -> None:
    cells = st.tuples(st.integers(1, blocks), CELLS)
    counts = data.draw(st.dictionaries(cells, SOME, min_size=3, max_size=12).map(released).filter(bool))
    found = three(counts)
    for group in found.gone:
        assert not is_told(len(counts), all_sums(found), found.cells(*group)), group


VALUES = st.lists(st.sampled_from([0, 0, 1, 2, 6, 15]), min_size=3, max_size=3)


@pytest.mark.parametrize("blocks", [1, 3])
@given(st.data())
def test_no_answer_of_a_hidden_group_follows_from_those_that_others_lack(blocks: int, data: st.DataObject) -> None:
    said = data.draw(st.dictionaries(st.tuples(st.integers(1, blocks), CELLS), VALUES, min_size=3, max_size=12))
    counts = released({key: sum(each) for key, each in said.items()})
    found = three(counts, said)
    for value in range(3):
        numbers = [said[key][value] for key in counts]
        for group in [one for one in found.gone if any(numbers[at] for at in found.cells(*one))]:
            cells = found.cells(*group)
            by_blocks = decided(numbers, [those for those, _ in blocks_of(found)], cells)
            assert by_blocks or not decided(numbers, [those for those, _ in all_sums(found)], cells), (group, value)


def decided(numbers: Sequence[int], told: Sequence[set[int]], cells: set[int]) -> bool:
    """Whether these sums of the numbers decide that of some cells; where a sum is 0, each of its cells is."""
    nobody = set[int]().union(*(those for those in told if not any(numbers[at] for at in those)))
    return follows(len(numbers), [(those - nobody, 0) for those in told], cells - nobody)


@pytest.mark.parametrize("counts", [
    # all but those in Haifa and those in Iran: three in Eilat
    {("haifa", "IL", "kav"): 20, ("haifa", "IL", "post"): 8, ("qom", "IR", "post"): 8, ("yazd", "IR", "dror"): 5,
     ("eilat", "IL", "kav"): 3},
    # all of Israel came from Haifa: nobody from Eilat, who were asked
    {("haifa", "IL", "kav"): 20, ("eilat", "IL", "kav"): 0, ("yazd", "IR", "kav"): 15, ("qom", "IR", "kav"): 40},
])  # fmt: skip
def test_groups_of_several_fields_do_not_leave_the_few(counts: dict[Cell, int]) -> None:
    found = three({(1, one): n for one, n in counts.items()})
    told = found._replace(shown={(at, name): sum(n for one, n in counts.items() if one[at] == name)
                                 for at, name in [(0, "haifa"), (1, "IR"), (1, "IL")]})  # fmt: skip
    eilat = found.cells(0, "eilat")
    assert is_told(len(counts), all_sums(told), eilat)  # so it would be
    assert not is_told(len(counts), all_sums(found), eilat)


HAIFA, EILAT, YAZD, QOM = ("haifa", "IL", "kav"), ("eilat", "IL", "kav"), ("yazd", "IR", "kav"), ("qom", "IR", "kav")


@pytest.mark.parametrize(("counts", "gone"), [
    # the first block is all of Haifa, whose twelve would have hidden Eilat's three: both others are hidden instead
    ({(1, HAIFA): 12, (2, EILAT): 3, (2, YAZD): 25}, {"eilat", "yazd"}),
    # two small ones that fill a block tell each other, but for a third: nine and nine
    ({(1, HAIFA): 9, (1, EILAT): 9, (2, YAZD): 40, (2, QOM): 30}, {"haifa", "eilat"}),
    # two are left of Haifa beside the block of it alone
    ({(1, HAIFA): 12, (2, HAIFA): 2, (2, YAZD): 40, (2, QOM): 40, (2, EILAT): 40}, {"haifa"}),
    # three are left of the blocks in which Haifa was asked
    ({(1, HAIFA): 12, (1, EILAT): 3, (2, EILAT): 20, (2, YAZD): 40, (2, QOM): 40}, {"haifa"}),
    # all of the post was Haifa's, as what the two others leave of Israel says: nobody from Yazd
    ({(1, ("haifa", "IL", "post")): 12, (1, HAIFA): 12, (1, ("yazd", "IR", "post")): 0,
      (1, ("yazd", "IR", "dror")): 12, (1, ("qom", "US", "post")): 0}, set()),
])  # fmt: skip
def test_a_block_of_few_groups_tells_of_none_that_is_hidden(counts: Counts, gone: set[str]) -> None:
    found = three(counts)
    assert {name for of, name in found.gone if of == 0} >= gone
    for group in found.gone:
        assert not is_told(len(counts), all_sums(found), found.cells(*group))


def test_blocks_tell_nothing_where_all_were_asked_on_all_days() -> None:
    assert not three({(1, HAIFA): 12, (1, EILAT): 20, (2, HAIFA): 3, (2, EILAT): 9}).gone


@given(st.randoms(use_true_random=False), st.data())
def test_in_whichever_order_answers_are_read_the_same_is_hidden(chance: Random, data: st.DataObject) -> None:
    said = data.draw(st.dictionaries(st.tuples(st.integers(1, 2), CELLS), VALUES, min_size=3, max_size=12))
    counts = [*released({key: sum(each) for key, each in said.items()}).items()]
    before = {*three(dict(counts), said).gone}
    chance.shuffle(counts)
    assert {*three(dict(counts), said).gone} == before


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 6, 30)), st.integers(1, 9), min_size=1))
def test_two_periods_differ_by_whole_months_of_groups(sizes: dict[date, int]) -> None:
    released = steps(sizes)
    whole = months(released, ALWAYS)
    assert [one for month in whole for one in month] == list(released)
    for since, until in ((date(2026, 2, 1), date(2026, 4, 30)), (date(2026, 2, 10), date(2026, 4, 11))):
        found = months(released, DateRange(since, until))
        assert set(found) <= set(whole)
        last = {month_end(month[-1].until) for month in found}
        assert all(since <= day and (day <= until or day == month_end(until)) for day in last)
