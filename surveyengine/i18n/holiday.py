"""The holidays of countries, and what they are called. The only door to the package `holidays`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from ..values.msgid import N_
from .speech import SOURCE, Speech

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
    """A holiday or a day of mourning, by its English name; `is_estimated` where the moon may still move it by a day."""

    day: date
    name: str
    country: str
    is_estimated: bool = False


@cache
def countries() -> frozenset[str]:
    """Return the two letters of all countries whose holidays are known."""
    from holidays import list_supported_countries  # it takes longer to import than many commands take

    return frozenset(list_supported_countries(include_aliases=False))


@lru_cache(maxsize=256)
def of_year(country: str, year: int) -> tuple[Holiday, ...]:
    """Return the holidays of a country in a Gregorian year, in their order; () for an unknown country or year."""
    found = sorted(_known(country, year, "public"))
    if country == ISRAEL:
        mourning = [one for one in _known(country, year, "optional") if one.name in MOURNING]
        found = sorted([*found, *mourning, *_yom_hashoah(found)])
    return tuple(found)


def _known(country: str, year: int, category: str) -> list[Holiday]:
    from holidays import country_holidays

    if country not in countries():
        return []
    listed = country_holidays(country, years=year, categories=category, language="en_US")
    told = [(day, name) for day in listed if day.year == year for name in listed.get_list(day)]
    return [Holiday(day, MARKED.sub("", name), country, name.endswith(ESTIMATED)) for day, name in told]


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
    if speech.language == SOURCE:
        return holiday.name
    if (ours := speech.gettext(holiday.name)) != holiday.name:
        return ours
    return _in(holiday, speech.language) or speech.gettext(
        "a holiday of {country}", country=speech.locale.territories.get(holiday.country) or holiday.country
    )


@lru_cache(maxsize=256)
def _in(holiday: Holiday, language: str) -> str:
    """Return the package's name of a day of one holiday in that language; "" where it has none."""
    from holidays import country_holidays

    listed = country_holidays(holiday.country, years=holiday.day.year)
    known = {one.partition("_")[0]: one for one in listed.supported_languages}
    if language not in known:
        return ""
    listed = country_holidays(holiday.country, years=holiday.day.year, language=known[language])
    return ", ".join(listed.get_list(holiday.day))
