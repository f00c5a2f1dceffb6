"""The customers of the demo: who they are, how often they buy, and how they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..events.event import Customer
from .luck import Luck, luck, weighted
from .words import Named, named
from .year import Year

LANGUAGES: Mapping[str, float] = {"he": 0.6, "en": 0.22, "fa": 0.18}
REGIONS: Mapping[str, float] = {"center": 0.42, "north": 0.2, "south": 0.14, "jerusalem": 0.14, "haifa": 0.1}
CHANNELS: Mapping[str, float] = {"web": 0.55, "app": 0.35, "phone": 0.1}
ROLES: Mapping[str, float] = {"decision_maker": 0.3, "user": 0.5, "finance": 0.2}
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
FIRST_NUMBER = 10_001
BUSINESS, WITHOUT_ADDRESS, GONE, FULL = 0.04, 0.02, 0.015, 0.004  # shares of the customers
KNOWN_BEFORE = 0.75  # of the customers; they came in the year before


@dataclass(frozen=True)
class Shopper:
    """A customer: what the business knows of them, and what it does not."""

    customer: Customer
    region: str
    channel: str  # by which they buy most
    is_woman: bool
    known_at: datetime | None  # when they registered, in the year before; None for who comes with their first event
    orders: float  # a year, on average
    mood: float  # how much better than others they see things, in logits
    willing: float  # how much more often than others they answer
    mailbox: str  # `well`, `gone`, `full`

    @property
    def language(self) -> str:
        """The language in which they write."""
        return self.customer.language or LANGUAGE


LANGUAGE = "he"


def shopper(seed: int, number: int, year: Year) -> Shopper:
    """Return the customer of that number; it does not depend on how many there are."""
    chance = luck(seed, "shopper", number)
    language, is_woman = weighted(chance, LANGUAGES), chance.random() < 0.56
    first = named(language, "women" if is_woman else "men", chance)
    is_business = chance.random() < BUSINESS
    whom = Customer(
        id=f"c-{FIRST_NUMBER + number}",
        email=None if chance.random() < WITHOUT_ADDRESS else _address(first, language, number, chance),
        name=first.written,
        language=language,
        account=f"a-{100 + number // 3 % 60}" if is_business else None,
        role=weighted(chance, ROLES) if is_business else None,
    )
    came = year.begin - timedelta(days=chance.uniform(1, 364)) if chance.random() < KNOWN_BEFORE else None
    return Shopper(
        whom,
        region=weighted(chance, REGIONS),
        channel=weighted(chance, CHANNELS),
        is_woman=is_woman,
        known_at=came.replace(microsecond=0) if came else None,
        orders=chance.gammavariate(1.3, 1.25),
        mood=chance.gauss(0, 0.6),
        willing=chance.betavariate(3, 3) * 2,
        mailbox=weighted(chance, {"well": 1 - GONE - FULL, "gone": GONE, "full": FULL}),
    )


def _address(first: Named, language: str, number: int, chance: Luck) -> str:
    family = named(language, "families", chance)
    return f"{first.latin}.{family.latin}{number}@{chance.choice(DOMAINS)}"
