"""The types of values in config.toml, such as time zones and colors; errors hint at what was meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ..definitions.duration import Duration
from ..definitions.model import LONGEST_SHOWN, Many, closest, most_alike, spelled
from ..i18n import timezone
from ..i18n.holiday import countries, is_known
from ..values import period
from ..values.enumeration import MailScheme

WEB_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?", re.IGNORECASE)
WEEK_STARTS = ("saturday", "sunday", "monday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+(:\d{1,5})?(/[^\s?#]*)?", re.ASCII)
COUNTRIES = {
    "IL": "ISRAEL ISR ישראל", "IR": "IRAN IRN ایران", "US": "USA", "GB": "UK ENGLAND BRITAIN GBR", "DE": "GERMANY DEU",
    "FR": "FRANCE FRA", "AE": "UAE ARE", "TR": "TURKEY TUR", "CA": "CANADA CAN", "AT": "AUSTRIA AUT",
}  # fmt: skip
COLORS = {
    "black": "#000000", "white": "#ffffff", "red": "#c00000", "green": "#008000", "blue": "#0000c0", "navy": "#000080",
    "teal": "#008080", "purple": "#800080", "orange": "#c05000", "gray": "#606060", "grey": "#606060",
    "turquoise": "#007a7a", "pink": "#c2185b", "gold": "#8a6d00", "brown": "#6d4c41", "maroon": "#800000",
}  # fmt: skip
SHABBAT, HOLIDAYS = "shabbat", "holidays"
CLOSED = (SHABBAT, HOLIDAYS, *WEEKDAYS)


_zones = cache(available_timezones)  # to find them all takes longer than to read the rest of the file


def _zone(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError("timezone", "must be a time zone; {hint}", {"hint": _zone_hint(name)})
    return name


def _zone_hint(name: str) -> str:
    """Return a hint with the zone that was probably meant, by its city or its spelling."""
    city = name.strip().rpartition("/")[2].replace(" ", "_").casefold()
    if (known := timezone.known(name)) in _zones():  # another spelling, or Windows' name
        return f'write "{known}"'
    places = [zone for zone in _zones() if "/" in zone and not zone.startswith("Etc/")]  # "Etc/GMT+3" is behind UTC
    if found := sorted(zone for zone in places if zone.rpartition("/")[2].casefold() == city):
        return f'write "{found[0]}"'
    near = closest(name, (zone for zone in places if zone[:1] == name[:1]))
    return near or 'write that of a city, such as "Asia/Jerusalem"'


def _web_address(text: str) -> str:
    if not WEB_ADDRESS.fullmatch(text):
        meant = f"https://{text.strip()}"
        right = meant if DOMAIN.fullmatch(text.strip()) else "https://feedback.example.com"
        lead = "write" if right == meant else "write one such as"
        raise PydanticCustomError("url", "must be a web address; {hint}", {"hint": f'{lead} "{right}"'})
    return text.rstrip("/")


def _origin(text: str) -> str:
    if "/" in _web_address(text).partition("://")[2]:
        raise PydanticCustomError("origin", 'has a path; an origin is as short as "https://shop.example.com"')
    return text.rstrip("/")


def _clock(text: object) -> time:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError("clock", "must be a time of day; {hint}", {"hint": _clock_hint(text)})
    return time(int(found[1]), int(found[2]))


def _clock_hint(text: object) -> str:
    """Return a hint with the time of day that was probably meant, in 24 hours."""
    said = text.strip().lower() if isinstance(text, str) else f"{text:%H:%M}" if isinstance(text, time) else str(text)
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2})(?::\d\d)?)? ?(am|pm|a\.m\.|p\.m\.)?", said, re.ASCII)
    hour = (int(found[1]) % 12 + 12 * (found[3][0] == "p") if found[3] else int(found[1])) if found else 24
    is_one = found is not None and hour < 24 and int(found[2] or 0) < 60
    return f'write "{hour:02}:{found[2] or "00"}"' if is_one and found else 'write one such as "20:00"'


def _closed(word: str) -> str:
    """Return a word for when nothing is sent, or a day; that of a country is written in capital letters."""
    kind, colon, country = word.partition(":")
    if colon and kind == HOLIDAYS:
        return f"{HOLIDAYS}:{_with_holidays(country)}"
    if word and not word.lstrip()[:1].isalpha():
        return _day(word).isoformat()
    if word not in CLOSED:
        meant = "" if colon else closest(word, CLOSED)
        hint = meant or f'write {", ".join(CLOSED)}, "holidays:IL" or a day such as "2026-12-25"'
        raise PydanticCustomError("closed", "has `{day}`, which is not a day; {hint}", {"day": word, "hint": hint})
    return word


def _with_holidays(country: str) -> str:
    name, dash, part = country.partition("-")
    code = f"{_country(name)}{dash}{part.strip().upper()}"
    if not is_known(code):
        hint = nearby(country)
        said = "asks for the holidays of `{country}`, which are not known; {hint}"
        raise PydanticCustomError("holidays", said, {"country": country, "hint": hint})
    return code


def nearby(country: str) -> str:
    """Return a hint with a country, or with its parts, whose holidays are known."""
    code, part = _country(country.partition("-")[0]), "-" in country
    if part and (parts := countries().get(code, {})):
        return f"of {code} there are {', '.join(f'{code}-{one}' for one in sorted(parts))}"
    if part and code in countries():
        return f'write "holidays:{code}", of whose parts none are known'
    meant = most_alike(country, (one.lower() for one in countries())).upper()
    return f'did you mean "{meant}"?' if meant else 'write the two letters of a country, such as "holidays:IL"'


def _day(text: object) -> date:
    """Return a day of the Gregorian calendar, given as "2026-12-25" or as a date of TOML."""
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    try:
        return period.day(str(text))
    except ValueError as error:
        said = "has `{day}`, which is not a day of the calendar; {hint}"
        hint = 'write one such as "2026-12-25"'
        raise PydanticCustomError("day", said, {"day": str(text)[:LONGEST_SHOWN], "hint": hint}) from error


def _week_start(day: object) -> str:
    if isinstance(day, str) and day in WEEK_STARTS:
        return day
    whole = str(day).lower() if isinstance(day, bool) else str(day)
    shown = whole if len(whole) <= LONGEST_SHOWN else f"{whole[:LONGEST_SHOWN]}…"
    raise PydanticCustomError("week", "cannot begin on `{day}`; {hint}", {"day": shown, "hint": _week_hint(day)})


def _week_hint(day: object) -> str:
    """Return a hint with the day that was probably meant, also by its number: 1 is Monday, 7 or 0 Sunday."""
    word = str(day).strip().lower()
    word = {"0": "sunday", **{str(number): name for number, name in enumerate(WEEKDAYS, 1)}}.get(word, word)
    found = [one for one in WEEK_STARTS if len(word) > 1 and one.startswith(word)]
    near = "" if found or word in WEEKDAYS else closest(word, WEEK_STARTS)
    return f'write "{found[0]}"' if found else near or 'write "sunday", "saturday" or "monday"'


def _two(hours: tuple[time, ...]) -> tuple[time, ...]:
    if len(hours) not in (0, 2):
        raise PydanticCustomError("quiet_hours", 'must be two times; write ["20:00", "09:00"], or [] for none')
    return hours


def _hours(raw: object) -> object:
    found = re.findall(r"\d{1,2}:\d{2}", raw, re.ASCII) if isinstance(raw, str) else []
    if len(found) == 2:
        hint = f'["{found[0]:0>5}", "{found[1]:0>5}"]'
        raise PydanticCustomError("hours", "must be a list of two times; write {hint}", {"hint": hint})
    return raw


def _limits(raw: object) -> object:
    if not isinstance(raw, dict):
        n = raw if isinstance(raw, int) and not isinstance(raw, bool) else 3
        hint = f'write {{ "90 days" = {n} }}'
        raise PydanticCustomError("limits", "must say within which span of time; {hint}", {"hint": hint})
    return raw


def _email(url: str) -> str:
    if url.partition(":")[0].lower() not in list(MailScheme):
        hint = 'write "file:data/outbox", "console:" or "smtp://…"'
        if DOMAIN.fullmatch(url):
            hint = f'write "smtp://user:${{SMTP_PASSWORD}}@{url.partition(":")[0]}:587"'
        raise PydanticCustomError("email", "must say how mail leaves; {hint}", {"hint": hint})
    return url


def _country(word: str) -> str:
    """Return the two-letter code for another name of a country; the word itself where it is unknown."""
    plain = word.strip().upper()
    return next((code for code, names in COUNTRIES.items() if plain in names.split()), plain)


def _color(word: str) -> str:
    """Return the six digits for another spelling of a color; the word itself where it is unknown."""
    digits = word.strip().lstrip("#").lower()
    if digits in COLORS:
        return COLORS[digits]
    return f"#{''.join(2 * digit for digit in digits) if len(digits) == 3 else digits}"


WebAddress = Annotated[str, AfterValidator(_web_address)]
Country = Annotated[str, spelled(r"[A-Z]{2}", 'write two capital letters, such as "IL"', _country)]
Color = Annotated[str, spelled(r"#[0-9a-fA-F]{6}", 'write # and the six digits of a color, such as "#0a6c74"', _color)]
# Files of this kind only: the secret and the answers lie in the project too.
PICTURE = r"(?i)(?!.*\.\.|.*://)[^/\\].*\.(svg|png|jpe?g|gif|webp)"
Logo = Annotated[str, spelled(PICTURE, 'write the name of a picture, such as "static/logo.svg"')]
Clock = Annotated[time, BeforeValidator(_clock)]
Zone = Annotated[str, AfterValidator(_zone)]
QuietHours = Annotated[Many[Clock], AfterValidator(_two), BeforeValidator(_hours)]
Count = Annotated[int, Field(ge=1)]
Limits = Annotated[Mapping[Duration, Count], BeforeValidator(_limits)]
ClosedTime = Annotated[str, AfterValidator(_closed)]
Day = Annotated[date, BeforeValidator(_day)]
WeekStart = Annotated[str, BeforeValidator(_week_start)]
Origin = Annotated[str, AfterValidator(_origin)]
MailRoute = Annotated[str, AfterValidator(_email)]
