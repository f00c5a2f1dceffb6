"""What happens to a customer in the year, as events of the business's systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..events.event import Event
from . import luck as chances
from .luck import Luck
from .shopper import Shopper
from .words import product
from .year import BAD_MONTH, Year

SHOP, CARE, SITE, OFFICE = "shop", "helpdesk", "website", "office"
COURIERS: Mapping[str, float] = {"Barak Express": 0.54, "Shavit": 0.28, "Tavor": 0.18}
LATE_COURIER = "Barak Express"
CAMPAIGNS: Mapping[str, float] = {"spring": 0.3, "home-week": 0.3, "newsletter": 0.25, "social": 0.15}
PAGES = ("/kitchen", "/living", "/bedroom", "/garden", "/sale", "/")
AGENTS = ("Maya", "Omid", "Dana", "Yossi", "Shirin")
COUNTRIES: Mapping[str, float] = {"IL": 0.94, "DE": 0.03, "US": 0.03}
BASKETS = (("under 150", 150), ("150 to 400", 400), ("over 400", 10**9))
SOON = timedelta(seconds=20)  # after which the engine hears of an event
FORGOTTEN = timedelta(days=9)  # after which it hears of what a system has kept back


@dataclass(frozen=True)
class Happening:
    """An event, and when the engine hears of it."""

    event: Event
    received: datetime


@dataclass(frozen=True)
class Plot:
    """What the chapters of a customer's story share."""

    year: Year
    shopper: Shopper
    chance: Luck

    def tell(self, name: tuple[str, str], id: str, at: datetime, **data: Any) -> Happening:
        """Return the event of that source and type."""
        source, type = name
        at = at.replace(microsecond=0)
        kept_back = type == "inquiry.closed" and self.chance.random() < 0.015
        received = at + (FORGOTTEN if kept_back else SOON)
        event = Event(source, f"{type.partition('.')[0]}-{id}", type, at, data, self.shopper.customer, False)
        return Happening(event, received)

    def hours(self, least: float, most: float) -> timedelta:
        """Return some hours."""
        return timedelta(hours=self.chance.uniform(least, most))

    def days(self, least: float, most: float) -> timedelta:
        """Return some days."""
        return 24 * self.hours(least, most)


def story(shopper: Shopper, year: Year, seed: int) -> list[Happening]:
    """Return what happens to a customer, in the order in which the engine hears of it."""
    plot = Plot(year, shopper, chances.luck(seed, "story", shopper.customer.id))
    told = [*_registered(plot), *_around(plot)]
    number = int(shopper.customer.id.removeprefix("c-"))
    for n in range(chances.count(plot.chance, shopper.orders * year.length)):
        told += _order(plot, year.some_moment(plot.chance), f"{number}{n:02}")
    told += _silence(plot, told)
    return sorted((one for one in told if one.received < year.end), key=lambda one: (one.received, one.event.id))


def guests(year: Year, seed: int, visits: int) -> list[Happening]:
    """Return visits to the website of people whom nobody knows."""
    chance, told = chances.luck(seed, "guests"), []
    for n in range(visits):
        at = year.some_moment(chance).replace(microsecond=0)
        told.append(Happening(Event(SITE, f"guest-{n}", "session.ended", at, _visit(chance), None, False), at + SOON))
    return told


def _registered(plot: Plot) -> Iterator[Happening]:
    if plot.shopper.known_at:
        yield plot.tell((SHOP, "customer.registered"), plot.shopper.customer.id, plot.shopper.known_at)


def _around(plot: Plot) -> Iterator[Happening]:
    """Yield what does not belong to an order: advertisements, visits, contracts."""
    chance, year, id = plot.chance, plot.year, plot.shopper.customer.id
    if chance.random() < 0.42:
        campaign = chances.weighted(chance, CAMPAIGNS)
        consent = chance.random() < 0.9
        data = {"campaign": campaign, "channel": plot.shopper.channel, "consent": consent}
        yield plot.tell((OFFICE, "lead.created"), id, year.some_moment(chance), **data)
    for n in range(chances.count(chance, 0.55 * year.length)):
        yield plot.tell((SITE, "session.ended"), f"{id}-{n}", year.some_moment(chance), **_visit(chance))
    if plot.shopper.customer.account:
        at = year.some_moment(chance)
        renews = year.day(at + timedelta(days=90)).isoformat()
        yield plot.tell((OFFICE, "account.renewal_due"), id, at, renews_at=renews)


def _visit(chance: Luck) -> dict[str, str]:
    return {
        "page": chance.choice(PAGES),
        "campaign": chances.weighted(chance, {**CAMPAIGNS, "none": 1.5}),
        "channel": chances.weighted(chance, {"web": 0.6, "app": 0.4}),
    }


def _order(plot: Plot, at: datetime, order: str) -> Iterator[Happening]:
    """Yield what one order leads to."""
    chance, shopper = plot.chance, plot.shopper
    if chance.random() < 0.24:
        data = {"inquiry": f"Q-{order}", "channel": _contact(chance), "handled_by": chance.choice(AGENTS)}
        yield plot.tell((CARE, "inquiry.closed"), order, at - plot.days(0.1, 3), **data)
    total = round(chance.lognormvariate(5.4, 0.7))
    basket = next(name for name, most in BASKETS if total < most)
    country, channel = chances.weighted(chance, COUNTRIES), shopper.channel
    if chance.random() < 0.25:
        channel = chances.weighted(chance, {"web": 0.6, "app": 0.4})
    facts = {"order": f"N-{order}", "total": total, "country": country, "channel": channel}
    facts |= {"region": shopper.region if country == "IL" else "abroad", "basket": basket}
    yield plot.tell((SHOP, "order.paid"), order, at, **facts)
    if chance.random() < 0.03:
        yield plot.tell((SHOP, "order.cancelled"), f"x{order}", at + plot.hours(0.1, 9), order=f"N-{order}")
        return
    yield from _parcel(plot, at, order, facts)


def _parcel(plot: Plot, at: datetime, order: str, facts: Mapping[str, Any]) -> Iterator[Happening]:
    """Yield the delivery of an order, and what follows it."""
    chance, year = plot.chance, plot.year
    courier = chances.weighted(chance, COURIERS)
    promised = year.day(at + timedelta(days=4 if facts["country"] == "IL" else 9))
    late = _days_late(courier, promised.month, chance)
    came = year.moment(promised + timedelta(days=late), chance.uniform(9, 19))
    said = {**facts, "promised_at": promised.isoformat(), "product": product(plot.shopper.language, chance)}
    said |= {"courier": courier, "days_late": max(late, 0)}
    yield plot.tell((SHOP, "shipment.delivered"), order, came, **said)
    if chance.random() < 0.03:  # the rest of the order, in a parcel of its own
        yield plot.tell((SHOP, "shipment.delivered"), f"b{order}", came + plot.hours(1, 30), **said)
    if chance.random() < (0.075 if late < 3 else 0.13):
        yield from _return(plot, came, order, facts)
    if chance.random() < (0.17 if late < 2 else 0.42):
        yield from _ticket(plot, came - plot.days(-4, 2), order)


def _days_late(courier: str, month: int, chance: Luck) -> int:
    """Return how many days after the promised one a parcel comes; fewer than 0 where it comes before it."""
    if courier == LATE_COURIER and month == BAD_MONTH:
        return int(chances.weighted(chance, {0: 0.07, 1: 0.1, 2: 0.2, 3: 0.23, 4: 0.2, 6: 0.12, 8: 0.08}))
    rush = 1.6 if month in (9, 11) else 1.0
    weights = {-2: 0.1, -1: 0.28, 0: 0.47, 1: 0.08 * rush, 2: 0.04 * rush, 3: 0.02 * rush, 5: 0.01}
    return int(chances.weighted(chance, weights))


def _return(plot: Plot, came: datetime, order: str, facts: Mapping[str, Any]) -> Iterator[Happening]:
    asked = came + (plot.hours(1, 11) if plot.chance.random() < 0.3 else plot.days(0.6, 12))
    yield plot.tell((SHOP, "return.requested"), f"r{order}", asked, order=facts["order"])
    kept = {name: facts[name] for name in ("order", "total", "country", "channel", "region", "basket")}
    if plot.chance.random() < 0.93:
        yield plot.tell((SHOP, "return.refunded"), f"m{order}", asked + plot.days(3, 14), **kept)


def _ticket(plot: Plot, at: datetime, order: str) -> Iterator[Happening]:
    chance, ticket = plot.chance, f"T-{order}"
    who = {"channel": _contact(chance), "handled_by": chance.choice(AGENTS)}
    solved = at + plot.hours(2, 60)
    hours = "same day" if solved - at < timedelta(hours=24) else "later"
    about = {"ticket": ticket, "order": f"N-{order}", "solved": hours, **who}
    yield plot.tell((CARE, "ticket.solved"), order, solved, **about)
    if chance.random() < 0.07:
        again = solved + plot.hours(2, 20)
        yield plot.tell((CARE, "ticket.reopened"), f"o{order}", again, ticket=ticket, order=f"N-{order}")
        yield plot.tell((CARE, "ticket.solved"), f"n{order}", again + plot.hours(20, 50), **about)
    if chance.random() < 0.2:
        case = {"case": f"C-{order}", "order": f"N-{order}", **who}
        yield plot.tell((CARE, "case.resolved"), order, solved + plot.days(1, 6), **case)


def _contact(chance: Luck) -> str:
    return chances.weighted(chance, {"chat": 0.45, "phone": 0.35, "mail": 0.2})


def _silence(plot: Plot, told: list[Happening]) -> Iterator[Happening]:
    """Yield that a customer has not bought for 120 days."""
    bought = sorted(one.event.time for one in told if one.event.type == "order.paid")
    for last, following in zip(bought, [*bought[1:], plot.year.end], strict=False):
        at = last + timedelta(days=120, hours=plot.chance.randrange(9, 17))
        if at < following and plot.chance.random() < 0.5:
            id = f"{plot.shopper.customer.id}-{at:%y%m%d}"
            seen = plot.year.day(last).isoformat()
            yield plot.tell((OFFICE, "customer.inactive"), id, at, last_order_at=seen)
