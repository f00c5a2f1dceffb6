"""The lot by tickets: the values that its rule gives, and that the limits hold with every ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.definitions.survey import Invite
from surveyengine.events.event import Event
from surveyengine.invitations.decision import Limits, exceeded_limit, lot_of
from surveyengine.invitations.lottery import (
    ALL,
    TICKETS,
    Allotment,
    Candidacy,
    Drawn,
    Spacing,
    allot,
    as_it_went,
    barred,
    first,
    includes,
    packed,
    ticket,
    unpacked,
)
from surveyengine.settings.config import SendingSettings

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AT_MOST = {"90 days": 3, "365 days": 8}
LIMITS = SendingSettings.model_validate({"cooldown": "7 days", "at_most": AT_MOST})
USUAL = Spacing(7 * DAY, 0 * DAY, LIMITS.at_most)
UP_TO_127 = (1 << 128) - 1


def turn(survey: str, number: int) -> float:
    return lot_of(f"{survey}\0turn", Event("shop", str(number), "x", START, {}, None, False))


def drawn(days: Sequence[float], scale: float, spacing: Spacing = USUAL, past: Sequence[Drawn] = ()) -> list[int]:
    """How many tickets the occasions of the survey `a` get, one after the other."""
    book, numbers = [*past], []
    for number, day in enumerate(days):
        found = allot(Candidacy("a", START + day * DAY, scale, turn("a", number)), book, spacing)
        book.append(Drawn("a", START + day * DAY, found.tickets, scale))
        numbers.append(found.allotted)
    return numbers


@pytest.mark.parametrize(
    ("days", "scale", "spacing", "numbers"),
    [
        (range(5), 0.5, USUAL, [128, 96, 24, 8, 0]),
        (range(0, 192, 8), 0.5, USUAL, [128, 118, 79, 59, 47, 39, 34, 29, 28, 28, *[29] * 6, *[30] * 8]),
        (range(0, 192, 8), 0.75, USUAL, [192, 118, 79, 59, 47, 39, 34, 29, 28, 28, *[29] * 6, *[30] * 8]),
        ([0, 10, 20, 35], 0.5, Spacing(0 * DAY, 30 * DAY, ()), [128, 96, 24, 102]),
    ],
)
def test_occasions_get_what_the_rule_gives(
    days: Sequence[int], scale: float, spacing: Spacing, numbers: list[int]
) -> None:
    assert drawn(days, scale, spacing) == numbers


@pytest.mark.parametrize(("day", "number"), [(10, 96), (7, 141)])
def test_what_is_due_later_counts_too(day: int, number: int) -> None:
    later = Drawn("f", START + 14 * DAY, UP_TO_127, 0.5)
    found = allot(Candidacy("d", START + day * DAY, 0.75, turn("d", 0)), [later], USUAL)
    assert found.allotted == number
    assert not (found.tickets & UP_TO_127 and day == 10)


@pytest.mark.parametrize(("day", "number"), [(6, 0), (7, 79)])
def test_an_invitation_without_tickets_is_a_fact(day: int, number: int) -> None:
    assert drawn([day], 0.5, past=[Drawn("f", START, ALL, 1.0)]) == [number]


def test_the_same_occasion_is_not_asked_about_twice() -> None:
    before = Drawn("a", START, UP_TO_127, 0.5, "ticket T-1")
    for occasion, same in (("ticket T-1", True), ("ticket T-2", False), (None, False)):
        candidacy = Candidacy("a", START + 200 * DAY, 0.5, 0.0, occasion)
        assert (barred(candidacy, [before], USUAL) == UP_TO_127) is same


@pytest.mark.parametrize(("person", "held"), [("c-1", 24), ("c-17", 147)])
def test_a_customer_holds_one_ticket(person: str, held: int) -> None:
    assert ticket(b"secret", person) == held


def test_where_an_occasion_begins_does_not_depend_on_the_customer() -> None:
    happened = Event("shop", "o-1001-delivered", "x", START, {}, None, False)
    assert lot_of("delivery\0turn", happened) == pytest.approx(0.3741246078)


@pytest.mark.parametrize(
    ("tickets", "invited", "counts"),
    [(0b10, True, 0b10), (0b10, False, 0), (0b01, True, ALL), (0b01, False, 0b01), (0, False, 0), (ALL, True, ALL)],
)
def test_facts_win_over_tickets(tickets: int, invited: bool, counts: int) -> None:
    assert as_it_went(tickets, 1, invited) == counts


@given(st.integers(0, ALL), st.integers(0, TICKETS), st.integers(0, TICKETS - 1))
def test_the_first_tickets_are_free_ones_from_the_turn_on(free: int, number: int, turn: int) -> None:
    taken = first(free, number, turn)
    assert taken & ~free == 0
    assert taken.bit_count() == min(number, free.bit_count())
    in_order = [(turn + n) % TICKETS for n in range(TICKETS) if free >> (turn + n) % TICKETS & 1]
    assert all(includes(taken, one) for one in in_order[:number])
    assert unpacked(packed(taken)) == taken


Story = list[tuple[str, float]]
STORIES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 400)), max_size=40)
OWN: Mapping[str, Invite] = {
    "a": Invite(on="x"),
    "b": Invite.model_validate({"on": "x", "cooldown": "30 days"}),
    "c": Invite(on="x"),
}


def spacing(survey: str) -> Spacing:
    return Spacing(LIMITS.cooldown, OWN[survey].cooldown, LIMITS.at_most)


def lived(story: Story) -> list[Drawn]:
    """What a customer's occasions drew, each with its survey and the day on which it is due, in any order."""
    book: list[Drawn] = []
    for number, (survey, day) in enumerate(story):
        found = allot(Candidacy(survey, START + day * DAY, 0.6, turn(survey, number)), book, spacing(survey))
        book.append(Drawn(survey, START + day * DAY, found.tickets, 0.6))
    return book


@given(STORIES)
def test_the_limits_hold_with_every_ticket_and_forbid_no_other(story: Story) -> None:
    book = lived(story)
    for held in (0, 77, 255):
        asked: list[tuple[str, datetime]] = []
        for place, one in enumerate(book):
            limited = exceeded_limit(Limits(one.survey, OWN[one.survey], LIMITS), asked, one.due)
            no = barred(Candidacy(one.survey, one.due, 0.6, 0), book[:place], spacing(one.survey))
            assert includes(no, held) is (limited is not None)
            if includes(one.tickets, held):
                assert limited is None
                asked.append((one.survey, one.due))


@given(STORIES, st.integers(0, 255), st.integers(0, 255))
def test_no_limit_breaks_after_a_change_of_the_secret(story: Story, before: int, after: int) -> None:
    """The first half is decided with one ticket, and the second with another, by what is stored and what happened."""
    asked: list[tuple[str, datetime]] = []
    kept: list[tuple[Drawn, bool]] = []
    for number, (survey, day) in enumerate(story):
        held = before if number < len(story) // 2 else after
        book = [one._replace(tickets=as_it_went(one.tickets, held, invited)) for one, invited in kept]
        due = START + day * DAY
        found = allot(Candidacy(survey, due, 0.6, turn(survey, number)), book, spacing(survey))
        invited = includes(found.tickets, held)
        if invited:
            assert exceeded_limit(Limits(survey, OWN[survey], LIMITS), asked, due) is None
            asked.append((survey, due))
        kept.append((Drawn(survey, due, found.tickets, 0.6), invited))


@given(STORIES, st.integers(0, 255), st.integers(0, 255), st.integers(0, 40))
def test_no_limit_breaks_once_two_customers_are_one(story: Story, one: int, other: int, merged: int) -> None:
    """Two live apart, each with a ticket, until they share a mailbox, by the ticket of which all is decided then."""
    asked: list[tuple[str, datetime]] = []
    kept: dict[int, list[tuple[Drawn, bool]]] = {0: [], 1: []}
    for number, (survey, day) in enumerate(story):
        whose, due = number % 2, START + day * DAY
        is_one = number >= merged
        held = one if is_one or not whose else other
        theirs = [*kept[0], *kept[1]] if is_one else kept[whose]
        book = [entry._replace(tickets=as_it_went(entry.tickets, held, invited)) for entry, invited in theirs]
        found = allot(Candidacy(survey, due, 0.6, turn(survey, number)), book, spacing(survey))
        invited = includes(found.tickets, held)
        if is_one and invited:
            assert exceeded_limit(Limits(survey, OWN[survey], LIMITS), asked, due) is None
        asked += [(survey, due)] if invited else []
        kept[whose].append((Drawn(survey, due, found.tickets, 0.6), invited))


@given(STORIES, st.data())
def test_a_cancelled_occasion_leaves_its_tickets_to_the_next(story: Story, data: st.DataObject) -> None:
    book = lived(story)
    if not book:
        return
    gone = data.draw(st.integers(0, len(book) - 1))
    emptied = [one._replace(tickets=0) if place == gone else one for place, one in enumerate(book)]
    without = [one for place, one in enumerate(book) if place != gone]
    due = START + data.draw(st.floats(0, 400)) * DAY
    candidacy = Candidacy("a", due, 0.6, 0.5)
    assert barred(candidacy, emptied, USUAL) == barred(candidacy, without, USUAL)
    assert allot(candidacy, emptied, Spacing(USUAL.cooldown, USUAL.own, ())) == allot(
        candidacy, without, Spacing(USUAL.cooldown, USUAL.own, ())
    )


def test_an_allotment_says_its_chance() -> None:
    assert Allotment(UP_TO_127, 0.5, 0.5).chance == 0.5
