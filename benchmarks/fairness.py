"""Whether the lot gives every touchpoint its share, in a world whose figures are known; first come is the control.

Two years of customers, of whom every tenth orders ten times as often as the others: each order is paid, delivered 1 to
5 days later, and in 15 of 100 cases leads to a ticket within 8 days of that. The figures are those of the rule's own
simulation, which was written apart from the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from surveyengine.definitions.survey import Head, Survey
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.forecast import Forecast, forecast
from surveyengine.invitations.response_rate import ResponseRate
from surveyengine.invitations.simulation import Simulation
from surveyengine.settings.config import Config

from .bench import Bench
from .figure import Figure

START, DAYS = datetime(2026, 1, 1, tzinfo=UTC), 730
CUSTOMERS = 2_000
SURVEYS = ("checkout", "delivery", "support")
LIMITS = {"cooldown": "7 days", "at_most": {"90 days": 3, "365 days": 8}, "late": "0 days"}
SECOND_YEAR: Mapping[float | None, Mapping[str, float]] = {
    None: {"checkout": 1_853, "delivery": 1_835, "support": 472},
    0.5: {"checkout": 1_133, "delivery": 2_252, "support": 486},
}
"""The invitations to be expected in the second year, by the `share` of delivery."""
ALL, OFTEN, RARELY = 0.3, 30, 3


@dataclass(frozen=True, order=True)
class Occasion:
    """Something that happens to a customer, in days since the start."""

    at: float
    customer: int
    survey: str
    number: int

    @property
    def due(self) -> datetime:
        """When it happens."""
        return START + timedelta(days=self.at)

    @property
    def event(self) -> Event:
        """The event that tells of it."""
        id, person = f"{self.customer}-{self.survey}-{self.number}", f"c-{self.customer}"
        whom = Customer(person, f"{person}@example.com")
        return Event("shop", id, self.survey, self.due, {}, whom, False)


def world(n: int) -> list[Occasion]:
    """Return what happens to so many customers, in its order."""
    luck, found = Random(1), list[Occasion]()  # noqa: S311 (a world to be simulated)
    for customer in range(n):
        rate, at, number = (OFTEN if customer % 10 == 0 else RARELY), 0.0, 0
        while (at := at + luck.expovariate(rate / 365)) < DAYS:
            number += 1
            delivered = at + luck.uniform(1, 5)
            found += [Occasion(at, customer, "checkout", number), Occasion(delivered, customer, "delivery", number)]
            if luck.random() < 0.15:
                found.append(Occasion(delivered + luck.uniform(0.2, 8), customer, "support", number))
    return sorted(one for one in found if one.at < DAYS)


def simulation(share: float | None = None) -> Simulation:
    """Return the simulation of a business that asks about each occasion; delivery may want a share."""
    config = Config.model_validate({"business": {"name": {"en": "World"}}, "sending": LIMITS})
    shares: Mapping[str, Mapping[str, Any]] = {"delivery": {"share": share} if share else {}}
    heads = {
        name: Head.model_validate({"title": {"en": name}, "invite": {"on": name, **shares.get(name, {})}})
        for name in SURVEYS
    }
    return Simulation(config, [Survey(name, "purchase", name, head, (), {}) for name, head in heads.items()])


def lived(found: Simulation, occasions: Sequence[Occasion]) -> Forecast:
    """Return what is to be expected after these occasions too."""
    for one in occasions:
        found.take(one.event)
    return forecast(found, ResponseRate(ALL, False))


def second_year(n: int, share: float | None = None) -> tuple[dict[str, float], dict[str, int]]:
    """Return the invitations of the second year by lot, and those of both years by first come, by survey."""
    occasions, found = world(n), simulation(share)
    first = lived(found, [one for one in occasions if one.at < DAYS / 2])
    whole = lived(found, [one for one in occasions if one.at >= DAYS / 2])
    pairs = zip(whole.surveys, first.surveys, strict=True)
    lot = {one.survey: one.invitations - before.invitations for one, before in pairs}
    return lot, {one.survey: one.first_come for one in whole.surveys}


def fairness(bench: Bench) -> Iterator[Figure]:
    """Yield how far the sums of a year are from those of the rule, and how many deliveries first come leaves out."""
    n = 40 if bench.quick else CUSTOMERS
    counts: dict[str, int] = {}
    for share, known in SECOND_YEAR.items():
        lot, counts = second_year(n, share)
        off = max(abs(lot[name] / one - 1) for name, one in known.items())
        what = f"Invitations of a year by lot, delivery's share {share or 'that of the others'}: furthest from the rule"
        yield Figure("fairness", what, (100 * off,), "%", "≤ 3", _told(lot))
    part = counts["delivery"] / max(counts["checkout"], 1)
    what = "Invitations of first come: deliveries for each checkout, where the lot gives as many"
    yield Figure("control", what, (100 * part,), "%", "≤ 10", _told(counts))


def _told(counts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {n:,.0f}" for name, n in counts.items())
