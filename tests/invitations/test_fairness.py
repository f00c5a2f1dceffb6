"""A world of customers under the lot, with first come as the control that starves the later touchpoints.

Its numbers are those of the rule's own simulation, which hold within two in a hundred, because they depend on where the
tickets of each occasion begin; the long runs are made with EVERY=1.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from benchmarks.fairness import SECOND_YEAR, SURVEYS, Occasion, second_year, world
from surveyengine.definitions.survey import Invite
from surveyengine.invitations.decision import Limits, exceeded_limit, lot_of
from surveyengine.invitations.lottery import TICKETS, Candidacy, Drawn, Spacing, allot, includes, ticket
from surveyengine.invitations.scale import DaySums, SurveyScale, night, nights, whole_shares
from surveyengine.settings.config import SendingSettings

LIMITS = SendingSettings.model_validate({"cooldown": "7 days", "at_most": {"90 days": 3, "365 days": 8}})
SPACING = Spacing(LIMITS.cooldown, timedelta(0), LIMITS.at_most)
INVITE = Invite(on="x")
every = pytest.mark.skipif("EVERY" not in os.environ, reason="takes minutes: EVERY=1")


class Outcome(NamedTuple):
    """An occasion with the tickets that it got."""

    occasion: Occasion
    tickets: int

    @property
    def chance(self) -> float:
        return self.tickets.bit_count() / TICKETS


def lived(n: int, wanted: Mapping[str, float | None]) -> list[Outcome]:
    """What the occasions of the world drew."""
    scales, shares = {name: SurveyScale() for name in SURVEYS}, whole_shares(wanted)
    books: dict[int, list[Drawn]] = defaultdict(list)
    outcomes, day = [], 0
    for one in world(n):
        while day < int(one.at):
            scales, day = night(scales, shares), day + 1
        scale = scales[one.survey].chance
        begin = lot_of(f"{one.survey}\0turn", one.event)
        found = allot(Candidacy(one.survey, one.due, scale, begin), books[one.customer], SPACING)
        books[one.customer].append(Drawn(one.survey, one.due, found.tickets, scale))
        scales[one.survey] = scales[one.survey].with_day(DaySums(1, found.wished, found.chance))
        outcomes.append(Outcome(one, found.tickets))
    return outcomes


def first_come(n: int) -> dict[str, int]:
    """How many occasions of each survey the same limits leave to whoever comes first."""
    asked: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    counts = dict.fromkeys(SURVEYS, 0)
    for one in world(n):
        if exceeded_limit(Limits(one.survey, INVITE, LIMITS), asked[one.customer], one.due) is None:
            asked[one.customer].append((one.survey, one.due))
            counts[one.survey] += 1
    return counts


def expected(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The sum of the chances of each survey, which is how many invitations are to be expected."""
    of = {name: [one for one in outcomes if one.occasion.survey == name] for name in SURVEYS}
    return {name: sum(one.chance for one in theirs) for name, theirs in of.items()}


def test_every_touchpoint_is_asked_about_and_no_limit_breaks_with_any_ticket() -> None:
    outcomes = lived(400, dict.fromkeys(SURVEYS))
    assert len(outcomes) == 9_811
    sums = expected(outcomes)
    assert sums == pytest.approx({"checkout": 841.6, "delivery": 843.7, "support": 172.9}, rel=0.02)
    deliveries = [one.chance for one in outcomes if one.occasion.survey == "delivery"]
    assert len(deliveries) == 4_547
    assert sum(chance > 0 for chance in deliveries) > 0.99 * 4_547
    assert [*broken(outcomes, range(0, TICKETS, 1 if "EVERY" in os.environ else 37))] == []


def broken(outcomes: Sequence[Outcome], tickets: Sequence[int]) -> Iterator[Occasion]:
    """The occasions that a limit forbids in the life that a customer has with one of these tickets."""
    of: dict[int, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        of[one.occasion.customer].append(one)
    for theirs in of.values():
        for held in tickets:
            asked: list[tuple[str, datetime]] = []
            for one in (one for one in theirs if includes(one.tickets, held)):
                if exceeded_limit(Limits(one.occasion.survey, INVITE, LIMITS), asked, one.occasion.due):
                    yield one.occasion
                asked.append((one.occasion.survey, one.occasion.due))


def test_chances_are_true_and_weights_make_up_for_them() -> None:
    """Over many secrets as many are invited as the chances say, and each stands for as many as it should."""
    outcomes = lived(400, dict.fromkeys(SURVEYS))
    secrets = range(300 if "EVERY" in os.environ else 30)
    invited, weight = [], []
    for secret in secrets:
        held = {c: ticket(b"%d" % secret, f"c-{c}") for c in range(400)}
        asked = [one for one in outcomes if includes(one.tickets, held[one.occasion.customer])]
        invited.append(len(asked))
        weight.append(sum(1 / one.chance for one in asked if one.occasion.survey == "delivery"))
    n = len(secrets)
    reached = sum(one.chance > 0 for one in outcomes if one.occasion.survey == "delivery")
    assert sum(invited) / n == pytest.approx(sum(one.chance for one in outcomes), abs=4 * 26 / n**0.5)
    assert sum(weight) / n == pytest.approx(reached, rel=0.05)


def test_first_come_starves_the_later_touchpoints() -> None:
    """The control: what the lot is for fails without it."""
    left = first_come(400)
    assert left["delivery"] < 0.1 * left["checkout"]
    assert left["support"] < 0.1 * left["checkout"]


@every
@pytest.mark.parametrize("share", SECOND_YEAR)
def test_shares_are_reached_in_the_second_year(share: float | None) -> None:
    lot, first = second_year(2_000, share)
    assert lot == pytest.approx(SECOND_YEAR[share], rel=0.03)
    assert first == {"checkout": 12_094, "delivery": 793, "support": 817}


@pytest.mark.parametrize(
    ("wanted", "shares"),
    [
        ({"a": None, "b": None}, {"a": 0.5, "b": 0.5}),
        ({"a": 0.4, "b": None, "c": None}, {"a": 0.4, "b": 0.3, "c": 0.3}),
        ({"a": 0.6, "b": 0.9}, {"a": 0.4, "b": 0.6}),
        ({"a": 0.2, "b": 0.3}, {"a": 0.4, "b": 0.6}),
        ({"a": 1.0, "b": None}, {"a": 1 / 1.01, "b": 0.01 / 1.01}),
    ],
)
def test_who_wants_no_share_divides_the_rest(wanted: Mapping[str, float | None], shares: Mapping[str, float]) -> None:
    assert whole_shares(wanted) == pytest.approx(shares)


@pytest.mark.parametrize("wanted", [{"a": 0.2, "b": 0.3}, {"a": 0.4, "b": 0.6}, {"a": 0.4, "b": None}])
def test_what_has_too_few_occasions_for_its_share_pulls_no_other_down(wanted: Mapping[str, float | None]) -> None:
    scales = {"a": SurveyScale(0.75, 40, 25 / 0.95, 25), "b": SurveyScale(0.3, 300, 75 / 0.95, 75)}
    after = night(scales, whole_shares(wanted))
    assert after["b"].chance == pytest.approx(0.3)
    assert after["a"].chance == 0.75


def test_a_night_moves_towards_the_share_and_forgets_slowly() -> None:
    scales = {"a": SurveyScale(0.3, 100, 30, 20), "b": SurveyScale(0.3, 100, 30, 10), "new": SurveyScale(0.3, 19, 6, 5)}
    after = night(scales, {"a": 0.4, "b": 0.4, "new": 0.2})
    assert after["a"].chance < 0.3 < after["b"].chance * 1.02
    assert after["b"].chance > after["a"].chance
    assert after["new"].chance == 0.3
    assert nights({"a": SurveyScale(0.3, 100, 30, 20)}, {"a": 1.0}, 60)["a"].occasions == pytest.approx(50)
    assert nights({"a": SurveyScale()}, {"a": 1.0}, 10**9)["a"] == SurveyScale()
