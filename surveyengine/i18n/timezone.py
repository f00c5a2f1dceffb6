"""Time zones by the names that people and programs use: IANA's, Windows', and fixed offsets from UTC."""

from __future__ import annotations

import logging
import re
import zoneinfo
from collections.abc import Mapping
from datetime import timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global

# "GMT+3" is three hours ahead of Greenwich, as everybody writes it; IANA's "Etc/GMT+3" is three hours behind.
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*([+-])\s*([0-9]{1,2})(?::?([0-5][0-9]))?", re.IGNORECASE)
_DAYLIGHT = re.compile(r" (?:daylight|summer) time$")
_NOWHERE = {"Factory", "localtime"}  # names without a meaning, or with another one on every machine
log = logging.getLogger("surveyengine")
FURTHEST = timedelta(hours=14)  # from UTC, on Kiribati


@lru_cache(1_000)
def known(name: str) -> str | None:
    """Return the zone as it is stored: "Asia/Jerusalem" or "+03:30"; None for an unknown one."""
    plain = " ".join(name.split())
    if offset := _OFFSET.fullmatch(plain.replace("\u2212", "-")):
        return _distance(*offset.groups())
    folded = plain.casefold()
    return _names().get(folded) or _names().get(_DAYLIGHT.sub(" standard time", folded))


@lru_cache(1_000)
def zone(name: str | None, otherwise: ZoneInfo) -> tzinfo:
    """Return the zone of that name; `otherwise` where the name is None or unknown here."""
    found = known(name) if name else None
    if found is None:
        if name:
            log.warning("the time zone %r of a customer is unknown here; that of the business is taken", name[:64])
        return otherwise
    if found[0] not in "+-":
        return ZoneInfo(found)
    ahead = timedelta(hours=int(found[1:3]), minutes=int(found[4:]))
    return timezone(ahead if found[0] == "+" else -ahead)


def _distance(sign: str, hours: str, minutes: str | None) -> str | None:
    distance = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return f"{sign}{int(hours):02}:{minutes or '00'}" if distance <= FURTHEST else None


@cache
def _names() -> Mapping[str, str]:
    """Return the zones by their names in lower case, with those of Windows by CLDR's table."""
    windows = get_global("windows_zone_mapping")
    here = zoneinfo.available_timezones() - _NOWHERE
    names = {name.casefold(): zone for name, zone in windows.items() if zone in here}
    return names | {name.casefold(): name for name in here}
