"""The holidays of countries, and what they are called. The only door to the package `holidays`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..values.msgid import N_
from .speech import SOURCE, Speech

if TYPE_CHECKING:
    from holidays import HolidayBase

ISRAEL = "IL"
NAMES = (  # of Israel and Iran, in the package's English; those of other countries are told in its languages
    N_("Pesach"), N_("Seventh day of Pesach"), N_("Yom HaShoah"), N_("Remembrance Day"), N_("Independence Day"),
    N_("Shavuot"), N_("Tisha B'Av"), N_("Rosh Hashanah"), N_("Yom Kippur"), N_("Sukkot"),
    N_("Simchat Torah / Shemini Atzeret"), N_("Islamic Revolution Day"), N_("Iranian Oil Industry Nationalization Day"),
    N_("Last Day of Year"), N_("Nowruz"), N_("Nowruz Holiday"), N_("Islamic Republic Day"), N_("Nature's Day"),
    N_("Death of Imam Khomeini"), N_("15 Khordad Uprising"), N_("Tasua"), N_("Ashura"), N_("Arbaeen"),
    N_("Death of Prophet Muhammad and Martyrdom of Hasan ibn Ali"), N_("Martyrdom of Ali al-Rida"),
    N_("Martyrdom of Hasan al-Askari"), N_("Birthday of Muhammad and Imam Ja'far al-Sadiq"), N_("Martyrdom of Fatima"),
    N_("Birthday of Imam Ali"), N_("Isra' and Mi'raj"), N_("Birthday of Mahdi"), N_("Martyrdom of Imam Ali"),
    N_("Eid al-Fitr"), N_("Eid al-Fitr Holiday"), N_("Martyrdom of Imam Ja'far al-Sadiq"), N_("Eid al-Adha"),
    N_("Eid al-Ghadir"), N_("Public Holiday"),
)  # fmt: skip
MARKED, ESTIMATED = re.compile(r" \((?:observed|(?:observed, )?estimated)\)$"), "estimated)"
"""What the package writes after a name: of a day that the moon decides, and of one that is kept on another weekday."""
MOURNING = {"Remembrance Day", "Tisha B'Av"}  # of Israel, which the package calls optional
PESACH, YOM_HASHOAH = "Pesach", "Yom HaShoah"
FRIDAY, SUNDAY = 4, 6
DAY = timedelta(days=1)


class Holiday(NamedTuple):
    """A holiday or a day of mourning of a place, by its English name.

    `is_estimated` where the moon may still move it by a day.
    """

    day: date
    name: str
    place: str
    is_estimated: bool = False


@cache
def countries() -> Mapping[str, Mapping[str, str]]:
    """Return all countries whose holidays are known, by their two letters, with the parts that have some of their own.

    A part is named as in the package, by the same in capital letters.
    """
    from holidays import list_supported_countries  # it takes longer to import than many commands take

    found = list_supported_countries(include_aliases=False)
    return {country: {part.upper(): part for part in parts} for country, parts in found.items()}


def is_known(place: str) -> bool:
    """Whether the holidays of a country, such as "DE", or of a part of one, such as "DE-BY", are known."""
    country, dash, part = place.partition("-")
    return country in countries() and (not dash or part in countries()[country])


@lru_cache(maxsize=256)
def of_year(place: str, year: int) -> tuple[Holiday, ...]:
    """Return the holidays of a country, or of a part of one, in a Gregorian year, in their order; () if unknown."""
    found = sorted(_known(place, year, "public"))
    if place == ISRAEL:
        mourning = [one for one in _known(place, year, "optional") if one.name in MOURNING]
        found = sorted([*found, *mourning, *_yom_hashoah(found)])
    return tuple(found)


def _known(place: str, year: int, category: str) -> list[Holiday]:
    if not is_known(place):
        return []
    listed = _listed(place, year, categories=category, language="en_US")
    told = [(day, name) for day in listed if day.year == year for name in listed.get_list(day)]
    return [Holiday(day, MARKED.sub("", name), place, name.endswith(ESTIMATED)) for day, name in told]


def _listed(place: str, year: int, **wanted: str) -> HolidayBase:
    """Return the package's own list."""
    from holidays import country_holidays

    country, _, part = place.partition("-")
    return country_holidays(country, subdiv=countries()[country].get(part), years=year, **wanted)  # type: ignore[arg-type]  # each is a text


def _yom_hashoah(listed: list[Holiday]) -> list[Holiday]:
    """Return the day of 27 Nisan, twelve days after Pesach; not beside Shabbat (law of 1959, as amended in 1997)."""
    first = next((one.day for one in listed if one.name == PESACH), None)
    if first is None:
        return []
    day = first + 12 * DAY
    day += {FRIDAY: -DAY, SUNDAY: DAY}.get(day.weekday(), 0 * DAY)
    return [Holiday(day, YOM_HASHOAH, ISRAEL)]


def named(holiday: Holiday, speech: Speech) -> str:
    """Return the holiday's name in a language; where nobody has translated it, whose holiday it is."""
    country = holiday.place.partition("-")[0]
    if speech.language == SOURCE:
        return holiday.name
    if (ours := speech.gettext(holiday.name)) != holiday.name:
        return ours
    return _in(holiday, speech.language) or speech.gettext(
        "a holiday of {country}", country=speech.locale.territories.get(country) or country
    )


@lru_cache(maxsize=256)
def _in(holiday: Holiday, language: str) -> str:
    """Return the package's name of a day of one holiday in that language; "" where it has none."""
    listed = _listed(holiday.place, holiday.day.year)
    known = {one.partition("_")[0]: one for one in listed.supported_languages}
    if language not in known:
        return ""
    listed = _listed(holiday.place, holiday.day.year, language=known[language])
    return ", ".join(listed.get_list(holiday.day))
