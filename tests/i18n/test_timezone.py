from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.timezone import known, zone

HOME = ZoneInfo("Asia/Jerusalem")
WINTER = datetime(2026, 1, 15, 12)


@pytest.mark.parametrize(("name", "kept", "hours"), [
    ("Asia/Tehran", "Asia/Tehran", 3.5), ("asia/tehran", "Asia/Tehran", 3.5), ("Israel", "Israel", 2),
    ("UTC", "UTC", 0), ("Etc/GMT+3", "Etc/GMT+3", -3), ("Israel Standard Time", "Asia/Jerusalem", 2),
    ("Iran Standard Time", "Asia/Tehran", 3.5), ("Israel Daylight Time", "Asia/Jerusalem", 2),
    ("W. Europe Standard Time", "Europe/Berlin", 1), ("UTC-11", "-11:00", -11),
    ("+03:30", "+03:30", 3.5), ("+0330", "+03:30", 3.5), ("UTC+2", "+02:00", 2), ("utc +02:00", "+02:00", 2),
    ("GMT+3", "+03:00", 3), ("GMT-3", "-03:00", -3), ("−05:00", "-05:00", -5), ("+14", "+14:00", 14),
    ("-00:00", "-00:00", 0),
])  # fmt: skip
def test_a_time_zone_is_understood_as_people_and_programs_name_it(name: str, kept: str, hours: float) -> None:
    assert known(name) == known(kept) == kept
    assert zone(name, HOME).utcoffset(WINTER) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "Asia", "../../etc/passwd", "+25", "UTC+15", "localtime", "Factory", "+1:60", "5"]
)
def test_what_is_no_time_zone_is_none(name: str) -> None:
    assert known(name) is None
    assert zone(name, HOME) is zone(None, HOME) is HOME


def test_every_zone_of_windows_and_of_iana_is_known() -> None:
    assert [name for name in get_global("windows_zone_mapping") if known(name) is None] == []
    others = {name for name in available_timezones() if known(name) != name}
    assert others == {"GMT+0", "GMT-0", "Factory", "localtime"} & available_timezones()


@given(st.text() | st.from_regex(r"(UTC|GMT)?[+-][0-9]{1,2}:?[0-9]{0,2}", fullmatch=True))
def test_any_text_is_a_zone_with_a_clock_or_none(name: str) -> None:
    found = known(name)
    assert found is None or known(found) == found
    assert zone(name, HOME).utcoffset(WINTER) is not None
