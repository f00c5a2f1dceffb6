"""Days and moments as other systems write them: by a format, in digits of any script, Gregorian or Solar Hijri."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from ..values import period
from ..values.clean import digits, unmarked
from .calendar import FIRST_GREGORIAN, Parts, day

NOON = time(12)
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS)
_TWO = r"\d{1,2}"
_CODES = {
    "Y": r"\d{4}", "y": r"\d{2}", "m": _TWO, "d": _TWO, "H": _TWO, "I": _TWO, "M": _TWO, "S": _TWO, "f": r"\d{1,9}",
    "p": r"[ap]\.?m\.?", "z": r"z|utc|gmt|[+-]\d{2}:?\d{2}", "b": _MONTH, "B": _MONTH,
}  # fmt: skip
_PIECE = re.compile(r"%(.)|\s+|([^%\s]+)", re.DOTALL)
_AMBIGUOUS = (("%d", "%m"), ("%m", "%d"))
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M %z", " %H:%M:%S %z")
YEAR_FIRST = tuple(f"%Y{mark}%m{mark}%d{clock}" for mark, clock in product("/-.", _CLOCKS))
"""The formats that read in one way only, whatever the country."""
DAY_OR_MONTH_FIRST = tuple(
    f"{first}{mark}{second}{mark}{year}{clock}"
    for mark, (first, second), year, clock in product("/.-", _AMBIGUOUS, ("%Y", "%y"), _CLOCKS)
)
PROBE = datetime(2026, 4, 3, 5, 6, 7, tzinfo=UTC)


class WrittenDate(NamedTuple):
    """A day as it was written, with the time of day and the distance from UTC where they are told."""

    day: date
    time: time | None = None
    zone: tzinfo | None = None

    def moment(self, zone: tzinfo) -> datetime:
        """Return the moment in UTC, in that zone where it names none; a day without a time of day counts as its noon.

        Noon is the same day in the zones around. Raises OverflowError at the ends of the calendar.
        """
        local = datetime.combine(self.day, self.time or NOON, self.zone or zone)
        return local.astimezone(UTC)


def written(text: str, formats: Sequence[str] = ()) -> WrittenDate | None:
    """Return what a text says in the first of the formats that it fits; None where it fits none.

    Without formats it must begin with the year, as in ISO 8601. A year of 1200 to 1599 is Solar Hijri.
    """
    plain = digits(unmarked(text)).strip().casefold()
    if not formats and (at := _iso(plain)):
        return at
    return next((found for one in formats or YEAR_FIRST if (found := _by(one, plain))), None)


def fitting(text: str) -> list[str]:
    """Return the usual formats that a text without a year at its beginning fits; two mean that it reads two ways."""
    plain = digits(unmarked(text)).strip().casefold()
    return [one for one in (*DAY_OR_MONTH_FIRST, "%Y%m%d", "%d %b %Y", "%b %d, %Y") if _by(one, plain)]


def fault(format: str) -> str:
    """Return what is wrong with a format, to follow its name; "" where nothing is."""
    codes = [found[1] for found in _PIECE.finditer(format) if found[0][0] == "%"]
    if strange := next((code for code in codes if code not in {*_CODES, "%"}), ""):
        return f"has `%{strange}`, which is not known; known are {', '.join(f'%{code}' for code in _CODES)}"
    if twice := next((code for code in codes if code != "%" and codes.count(code) > 1), ""):
        return f"has `%{twice}` twice"
    parts = {"year": "Yy", "month": "mbB", "day": "d"}
    if missing := next((part for part, known in parts.items() if not {*known} & {*codes}), ""):
        return f"does not say where the {missing} stands, such as %{parts[missing][0]}"
    return "has `%I` without `%p`, for am and pm" if "I" in codes and "p" not in codes else ""


def contradiction(formats: Sequence[str]) -> tuple[str, str] | None:
    """Return two formats that read one text as two days, as `%d/%m/%Y` and `%m/%d/%Y` do; None where none do."""
    for one, other in product(formats, formats):
        found = written(PROBE.strftime(one), [other])
        if found and one != other and found.day != PROBE.date():
            return one, other
    return None


def _iso(plain: str) -> WrittenDate | None:
    """Return what ISO 8601 says; None where the year is not one of its calendar."""
    at = period.moment(plain)
    if at is None or at.year < FIRST_GREGORIAN:
        return None
    return WrittenDate(at.date(), at.time(), at.tzinfo)


def _by(format: str, plain: str) -> WrittenDate | None:
    found = _pattern(format).fullmatch(plain)
    if found is None:
        return None
    given = found.groupdict()
    with suppress(ValueError):  # no such day, or no such time
        return WrittenDate(_day(given), _time(given), _zone(given.get("z")))
    return None


@lru_cache(1_000)
def _pattern(format: str) -> re.Pattern[str]:
    return re.compile("".join(_pieces(format)), re.ASCII)


def _pieces(format: str) -> Iterator[str]:
    """Yield the pattern piece by piece; numbers of one digit are understood where no other digit can follow."""
    found = [*_PIECE.finditer(format.strip())]
    for piece, after in zip(found, [*found[1:], None], strict=True):
        code = piece[1]
        if code is None:
            yield re.escape(piece[2].casefold()) if piece[2] else r"\s+"
        elif code == "%":
            yield "%"
        else:
            is_tight = after is not None and after[1] not in (None, "%", "p", "z")
            yield f"(?P<{code}>{_CODES[code].replace('{1,2}', '{2}') if is_tight else _CODES[code]})"


def _day(given: dict[str, str]) -> date:
    year = int(given["Y"]) if "Y" in given else 2000 + int(given["y"])
    name = given.get("b") or given.get("B")
    month = [one[:3] for one in MONTHS].index(name[:3]) + 1 if name else int(given["m"])
    return day(Parts(year, month, int(given["d"])))


def _time(given: dict[str, str]) -> time | None:
    if "H" not in given and "I" not in given:
        return None
    hour = int(given.get("H") or given["I"])
    if "I" in given:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a clock of twelve")
        hour = hour % 12 + 12 * given["p"].startswith("p")
    return time(hour, int(given.get("M", 0)), int(given.get("S", 0)), int(given.get("f", "0").ljust(6, "0")[:6]))


def _zone(offset: str | None) -> tzinfo | None:
    if offset is None:
        return None
    if offset[0] not in "+-":
        return UTC
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(ahead if offset[0] == "+" else -ahead)
