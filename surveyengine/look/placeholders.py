"""The values of placeholders: what an event or a signed link carried, in the words of a language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import chain

from ..definitions.survey import Survey
from ..definitions.text import Said
from ..i18n.language import name as own_name
from ..i18n.speech import MOST_DIGITS, Speech
from ..i18n.timezone import zone as zone_of
from ..settings.config import Config
from ..values.clean import Unclean, number, unmarked
from ..values.period import day, is_day, moment
from .autolink import reads_as_link

LONGEST_NAME = 60  # characters of a person's name
LONGEST_NUMBER = 40  # digits of the longest number that is shown
DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Reader:
    """Who reads a text: the language, and the customer's name and time zone, None where unknown."""

    speech: Speech
    name: str | None = None
    timezone: str | None = None


def placeholder_values(
    config: Config, survey: Survey, facts: Mapping[str, object], reader: Reader
) -> dict[str, Said | None]:
    """Return the values of a survey's placeholders: the `facts` of its event or link, and what is always known.

    Moments are told in the reader's time zone, or else in the business's. A name that reads as a link is left out.
    """
    speech, name = reader.speech, reader.name
    told = Telling(speech, zone_of(reader.timezone, config.business.zone))
    amounts = config.amounts(survey.invite.on if survey.invite else None)
    is_name = name and len(name) <= LONGEST_NAME and not reads_as_link(name)
    return {
        **{field: told.said(value, field in amounts) for field, value in facts.items()},
        "business": speech.words(config.business.name),
        "language": own_name(speech.language),
        "name": name if is_name else None,
    }


@dataclass(frozen=True)
class Telling:
    """How facts are put in words: in which language and time zone."""

    speech: Speech
    zone: tzinfo

    def said(self, value: object, is_amount: bool = False) -> str | tuple[str, ...] | None:
        """Return a JSON value in words; None, so that the fallback is used, where it has none."""
        if isinstance(value, list):
            return tuple(self._items(value, is_amount)) or None
        if isinstance(value, str):
            return self._text(value, is_amount)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(Decimal(str(value)), is_amount)
        return None

    def _items(self, values: Sequence[object], is_amount: bool) -> list[str]:
        """Return the words of each item, and of each item of an inner list."""
        found = (self.said(value, is_amount) for value in values)
        return list(chain.from_iterable(one if isinstance(one, tuple) else (one,) for one in found if one))

    def _number(self, exact: Decimal, is_amount: bool) -> str | None:
        if not exact.is_finite() or len(f"{exact:f}") > LONGEST_NUMBER:
            return None
        if is_amount:
            return self.speech.number(exact) if exact.adjusted() <= MOST_DIGITS else None
        return self.speech.identifier(exact)

    def _text(self, value: str, is_amount: bool) -> str | None:
        if is_amount:
            with suppress(Unclean):
                return self._number(number(value), is_amount)
        if DIGITS.fullmatch(value):
            return self.speech.digits(value)
        with suppress(ValueError, OverflowError):  # a day that is in another millennium elsewhere
            if is_day(value):
                return self.speech.date(day(value))
            if at := moment(value):
                return self.speech.moment(self._local(at))
        return value if unmarked(value).strip() else None

    def _local(self, at: datetime) -> datetime:
        """Return a moment in the reader's time zone; one without a zone is in it already."""
        return at.astimezone(self.zone) if at.tzinfo else at
