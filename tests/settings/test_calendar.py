"""When nothing is sent: tables of examples and of published dates, and what holds for any calendar."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveyengine.definitions.fault import Fault
from surveyengine.definitions.toml.document import parse
from surveyengine.i18n.holiday import NAMES, Holiday, countries, named, of_year
from surveyengine.i18n.speech import speech
from surveyengine.settings.calendar import LONGEST, Calendar, because, calendar, closings, next_open
from surveyengine.settings.calendar_faults import estimates

JERUSALEM, TEHRAN = ZoneInfo("Asia/Jerusalem"), ZoneInfo("Asia/Tehran")
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
HAVANA, LORD_HOWE = ZoneInfo("America/Havana"), ZoneInfo("Australia/Lord_Howe")
SYDNEY, SANTIAGO = ZoneInfo("Australia/Sydney"), ZoneInfo("America/Santiago")
NIGHT = (time(20), time(9))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def made(closed: str, quiet: tuple[time, ...] = (), country: str = "IL", **moved: str) -> Calendar:
    days = {date.fromisoformat(was[1:].replace("_", "-")): date.fromisoformat(now) for was, now in moved.items()}
    return calendar(closed.split(), country, quiet, days)


def at(local: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("closed", "quiet", "zone", "moment", "opens", "why"),
    [
        ("", (), JERUSALEM, "2026-11-27T16:00", "2026-11-27T16:00", ""),
        ("shabbat", (), JERUSALEM, "2026-11-27T14:59", "2026-11-27T14:59", ""),
        ("shabbat", (), JERUSALEM, "2026-11-27T15:00", "2026-11-28T21:00", "Shabbat"),
        ("shabbat", (), JERUSALEM, "2026-11-28T20:59", "2026-11-28T21:00", "Shabbat"),
        ("shabbat", (), NEW_YORK, "2026-11-27T15:00", "2026-11-28T21:00", "Shabbat"),  # by the customer's clock
        ("shabbat", NIGHT, JERUSALEM, "2026-11-27T16:00", "2026-11-29T09:00", "Shabbat and the quiet hours"),
        ("friday saturday", NIGHT, JERUSALEM, "2026-11-26T21:00", "2026-11-29T09:00",
         "the quiet hours and a day without sending"),
        ("friday", (), TEHRAN, "2026-11-27T10:00", "2026-11-28T00:00", "a day without sending"),
        ("2026-12-25", NIGHT, BERLIN, "2026-12-24T19:59", "2026-12-24T19:59", ""),
        ("2026-12-25", NIGHT, BERLIN, "2026-12-25T12:00", "2026-12-26T09:00",
         "a day without sending and the quiet hours"),
        ("holidays", (), JERUSALEM, "2026-09-20T15:00", "2026-09-21T21:00", "Yom Kippur"),
        ("holidays shabbat", NIGHT, JERUSALEM, "2026-09-11T16:00", "2026-09-14T09:00",
         "Rosh Hashanah and the quiet hours"),
        ("holidays:US", (), NEW_YORK, "2026-11-26T08:00", "2026-11-27T00:00", "Thanksgiving Day"),
        ("holidays holidays:US", (), BERLIN, "2026-11-26T08:00", "2026-11-27T00:00", "Thanksgiving Day"),
        ("holidays:IR", (), TEHRAN, "2026-06-23T23:59", "2026-06-23T23:59", ""),
        ("holidays:IR", (), TEHRAN, "2026-06-24T00:00", "2026-06-26T00:00", "Tasua and Ashura"),
    ],
)  # fmt: skip
def test_what_is_due_in_a_closed_time_waits_for_the_first_open_moment(
    closed: str, quiet: tuple[time, ...], zone: ZoneInfo, moment: str, opens: str, why: str
) -> None:
    kept, begin = made(closed, quiet), at(moment, zone)
    assert next_open(begin, zone, kept) == at(opens, zone)
    assert because(closings(begin, zone, kept), speech("en")) == why


TRANSITIONS = [  # zone, the night, when the clocks change by how many hours
    (JERUSALEM, "2026-03-26", 1), (JERUSALEM, "2026-10-24", -1), (NEW_YORK, "2026-03-07", 1),
    (NEW_YORK, "2026-10-31", -1), (BERLIN, "2026-03-28", 1), (BERLIN, "2026-10-24", -1), (SYDNEY, "2026-10-03", 1),
    (SYDNEY, "2026-04-04", -1), (LORD_HOWE, "2026-10-03", 0.5), (LORD_HOWE, "2026-04-04", -0.5),
    (SANTIAGO, "2026-09-05", 1), (SANTIAGO, "2026-04-04", -1), (HAVANA, "2026-03-07", 1), (HAVANA, "2026-10-31", -1),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "night", "forward"), TRANSITIONS)
def test_when_clocks_change_a_closed_time_ends_once_at_the_local_time_meant(
    zone: ZoneInfo, night: str, forward: float
) -> None:
    begin, day = at(f"{night}T20:00", zone), date.fromisoformat(night) + DAY
    opens = next_open(begin, zone, Calendar(NIGHT))
    assert opens.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time(9))
    assert opens - begin == (13 - forward) * HOUR
    steps = [begin + n * 5 * MINUTE for n in range(20 * 12)]
    changes = [one for one in steps if bool(closings(one, zone, Calendar(NIGHT))) != (begin <= one < opens)]
    assert {one for one in changes if one < opens + 11 * HOUR - abs(forward) * HOUR} == set()
    own = next_open(at(f"{day}T12:00", zone), zone, Calendar(days=frozenset([day])))
    assert own == at(f"{day + DAY}T00:00", zone)


# ── Published dates

# Candle lighting and nightfall in Jerusalem, from Hebcal.
RESTS = """
2026-01-02T16:07 2026-01-03T17:27 · 2026-03-20T17:10 2026-03-21T18:27 · 2026-03-27T18:15 2026-03-28T19:32
2026-06-19T19:07 2026-06-20T20:30 · 2026-11-27T15:55 2026-11-28T17:14 · 2026-12-25T16:01 2026-12-26T17:22
2026-04-01T18:18 2026-04-02T19:35 · 2026-04-07T18:22 2026-04-08T19:40 · 2026-05-21T18:52 2026-05-23T20:15
2026-09-11T18:10 2026-09-13T19:24 · 2026-09-20T17:58 2026-09-21T19:13 · 2026-09-25T17:51 2026-09-26T19:07
2026-10-02T17:42 2026-10-03T18:58 · 2027-04-21T18:31 2027-04-22T19:50 · 2027-04-27T18:35 2027-04-28T19:55
2027-06-10T19:03 2027-06-12T20:27 · 2027-10-01T17:44 2027-10-03T18:58 · 2027-10-10T17:33 2027-10-11T18:48
2027-10-15T17:27 2027-10-16T18:42 · 2027-10-22T17:19 2027-10-23T18:35
"""
MOURNING = {"Yom HaShoah": ("2026-04-14", "2027-05-04"), "Remembrance Day": ("2026-04-21", "2027-05-11"),
            "Independence Day": ("2026-04-22", "2027-05-12"), "Tisha B'Av": ("2026-07-23", "2027-08-12")}  # fmt: skip
SOLAR = "02-11 03-20 03-21 03-22 03-23 03-24 04-01 04-02 06-04 06-05"
LUNAR = {
    2026: "01-03 01-17 02-04 03-11 03-21 03-22 04-14 05-27 06-04 06-24 06-25 08-04 08-12 08-13 08-21 08-30 11-13 12-23",
    2027: "01-06 01-24 03-01 03-10 03-11 04-03 05-17 05-25 06-15 06-16 07-25 08-02 08-03 08-11 08-20 11-03 12-12 12-26",
}
DECREED = {date(2026, 3, day) for day in range(1, 8)}  # public holidays of that year alone


def rests() -> list[tuple[str, str]]:
    words = RESTS.replace("·", " ").split()
    return list(zip(words[::2], words[1::2], strict=True))


def days(year: int, listed: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for day in listed.split()}


def test_two_years_of_shabbat_and_holidays_in_jerusalem_are_closed_from_candles_to_nightfall() -> None:
    kept = made("shabbat holidays")
    for rest in rests():
        candles, nightfall = (at(one, JERUSALEM) for one in rest)
        opens = next_open(candles, JERUSALEM, kept)
        assert nightfall < opens <= nightfall + 4 * HOUR, rest
        assert next_open(candles - 6 * HOUR, JERUSALEM, kept) == candles - 6 * HOUR, rest
        assert opens.astimezone(JERUSALEM).hour == 21


@pytest.mark.parametrize("year", [2026, 2027])
def test_no_day_of_israel_is_closed_but_shabbat_the_holidays_and_the_days_of_mourning(year: int) -> None:
    kept, first = made("shabbat holidays"), date(year, 1, 1)
    spans = [(date.fromisoformat(begin[:10]), date.fromisoformat(end[:10])) for begin, end in rests()]
    known = {begin + n * DAY for begin, end in spans for n in range(1, (end - begin).days + 1)}
    known |= {date.fromisoformat(one) for pair in MOURNING.values() for one in pair}
    noons = [first + n * DAY for n in range(365)]
    shut = {day for day in noons if closings(at(f"{day}T12:00", JERUSALEM), JERUSALEM, kept)}
    assert {day for day in shut if day.weekday() != 5} <= known
    assert {day for day in noons if day.weekday() == 5} <= shut
    for name, pair in MOURNING.items():
        (day,) = (date.fromisoformat(one) for one in pair if one.startswith(str(year)))
        assert [one.name for one in of_year("IL", year) if one.day == day] == [name]
        assert day in shut


@pytest.mark.parametrize("year", [2026, 2027])
def test_two_years_of_holidays_in_tehran_are_closed(year: int) -> None:
    kept, first = made("holidays", country="IR"), date(year, 1, 1)
    shut = {
        day for day in (first + n * DAY for n in range(365))
        if closings(at(f"{day}T12:00", TEHRAN), TEHRAN, kept)
    }  # fmt: skip
    solar, lunar = days(year, SOLAR), days(year, LUNAR[year])
    if year == 2026:  # announced
        assert shut == solar | lunar | DECREED | ({date(2026, 12, 31)} & shut)
    else:  # the moon may still move them by a day
        around = {day + n * DAY for day in lunar for n in (-1, 0, 1)}
        assert shut == {day for day in solar | around if day.year == year}


def test_an_estimated_holiday_closes_the_days_beside_it_until_its_day_is_known() -> None:
    def shut(kept: Calendar) -> list[int]:
        return [day for day in range(8, 15) if closings(at(f"2027-03-{day:02}T12:00", TEHRAN), TEHRAN, kept)]

    assert shut(made("holidays", country="IR")) == [9, 10, 11, 12]
    announced = {"_2027_03_10": "2027-03-11", "_2027_03_11": "2027-03-12"}
    assert shut(made("holidays", (), "IR", **announced)) == [11, 12]
    confirmed = {"_2027_03_10": "2027-03-10", "_2027_03_11": "2027-03-11"}
    assert shut(made("holidays", (), "IR", **confirmed)) == [10, 11]


def test_a_holiday_that_the_moon_decides_and_that_is_kept_on_another_weekday_is_estimated_too() -> None:
    kept = {one.day: one for one in of_year("EG", 2027)}
    assert kept[date(2027, 6, 10)] == Holiday(date(2027, 6, 10), "Islamic New Year", "EG", is_estimated=True)
    assert kept[date(2027, 7, 1)] == Holiday(date(2027, 7, 1), "June 30 Revolution Day", "EG")
    cairo = ZoneInfo("Africa/Cairo")
    shut = [day for day in range(8, 13) if closings(at(f"2027-06-{day:02}T12:00", cairo), cairo, made("holidays:EG"))]
    assert shut == [9, 10, 11]
    known = [one for country in ("AL", "BN", "GM", "NG") for one in of_year(country, 2027)]
    assert [one for one in known if one.name.endswith(("estimated)", "observed)"))] == []


def test_every_holiday_of_israel_and_iran_is_called_by_its_name_in_every_language() -> None:
    known = {one for country in ("IL", "IR") for year in range(2000, 2090) for one in of_year(country, year)}
    assert {one.name for one in known} <= {*NAMES}
    assert "Yom HaShoah" in {one.name for one in known}
    for language in ("he", "fa"):
        spoken = speech(language)
        assert [one for one in NAMES if named(Holiday(date(2026, 1, 1), one, "IL"), spoken) == one] == []


def test_a_holiday_that_nobody_translated_is_told_by_its_country() -> None:
    (thanksgiving,) = (one for one in of_year("US", 2026) if one.name == "Thanksgiving Day")
    assert named(thanksgiving, speech("en")) == "Thanksgiving Day"
    assert "ארצות הברית" in named(thanksgiving, speech("he"))
    assert "ایالات متحده" in named(thanksgiving, speech("fa"))


def test_a_country_of_which_nothing_is_known_has_no_holidays() -> None:
    assert of_year("XX", 2026) == ()
    assert of_year("DE-XX", 2026) == ()
    assert {"IL", "IR", "US", "GB", "DE"} <= countries().keys()


def test_holidays_that_are_still_estimated_are_warned_of_for_a_year_and_no_longer() -> None:
    (fault,) = estimated(["shabbat", "holidays:IR"], date(2026, 11, 27))
    assert (fault.line, fault.column) == (2, 22)
    assert (fault.level, fault.message) == (
        "warning",
        "the moon may still move 16 holidays of the coming year: 2027-01-06 (Isra' and Mi'raj), 2027-01-24 (Birthday "
        "of Mahdi), 2027-03-01 (Martyrdom of Imam Ali), …",
    )
    assert 'moved = { "2027-01-06" = "2027-01-06" }' in fault.hint
    known = {f"_{one.day}".replace("-", "_"): str(one.day) for one in of_year("IR", 2027) if one.is_estimated}
    assert estimated(["holidays:IR"], date(2026, 12, 20), **known) == []
    assert estimated(["shabbat", "holidays:IL"], date(2026, 11, 27)) == []
    assert estimated(["holidays:IR"], date(2025, 1, 1)) == []
    assert [one.column for one in estimated(["holidays:EG", "holidays:IR"], date(2026, 11, 27))] == [11, 26]


def estimated(closed: list[str], today: date, **moved: str) -> list[Fault]:
    written = parse(f"[sending]\nclosed = {json.dumps(closed)}".encode(), "config.toml")
    return [*estimates(written.at("sending"), made(" ".join(closed), (), **moved), closed, today)]


@pytest.mark.parametrize(
    ("closed", "zone", "opened", "shut", "open_"),
    [
        # Independence Day, whose eve is Remembrance Day, until 21:00.
        ("holidays:IL", JERUSALEM, "2026-04-22", "2026-04-21T20:59", "2026-04-21T21:00 2026-04-22T10:00"),
        ("holidays:IL", JERUSALEM, "2026-04-21", "2026-04-21T15:00", "2026-04-20T16:00 2026-04-21T14:59"),
        ("shabbat", JERUSALEM, "2026-11-28", "2026-12-04T15:00", "2026-11-27T16:00 2026-11-28T12:00"),
        ("shabbat friday", JERUSALEM, "2026-11-27", "2026-11-27T15:00", "2026-11-27T12:00"),
        ("holidays:IR", TEHRAN, "2027-02-11", "2027-03-21T12:00", "2027-02-11T12:00"),
        ("holidays:IR", TEHRAN, "2027-01-06", "2027-01-23T12:00", "2027-01-05T12:00 2027-01-06T12:00 2027-01-07T12:00"),
        ("holidays:DE-BY", BERLIN, "2026-12-25", "2026-12-26T12:00 2026-01-06T12:00", "2026-12-25T12:00"),
    ],
)  # fmt: skip
def test_a_day_that_is_open_is_so_with_its_eve_whatever_is_closed(
    closed: str, zone: ZoneInfo, opened: str, shut: str, open_: str
) -> None:
    kept = made(closed)
    but = kept._replace(opened=frozenset([date.fromisoformat(opened)]))
    for moment in shut.split():
        assert closings(at(moment, zone), zone, but), moment
    for moment in open_.split():
        assert closings(at(moment, zone), zone, but) == [], moment
    assert any(closings(at(moment, zone), zone, kept) for moment in open_.split())


def test_quiet_hours_hold_on_a_day_that_is_open() -> None:
    kept = made("shabbat", NIGHT)._replace(opened=frozenset([date(2026, 11, 28)]))
    assert next_open(at("2026-11-27T21:00", JERUSALEM), JERUSALEM, kept) == at("2026-11-28T09:00", JERUSALEM)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    bavaria = {one.name for one in of_year("DE-BY", 2026)} - {one.name for one in of_year("DE", 2026)}
    assert {"Epiphany", "Corpus Christi", "All Saints' Day"} <= bavaria
    (epiphany,) = (one for one in of_year("DE-BY", 2026) if one.name == "Epiphany")
    assert "גרמניה" in named(epiphany, speech("he"))


def test_the_holidays_of_a_country_are_read_once_a_year_however_many_moments_are_asked_about() -> None:
    kept = made("shabbat holidays holidays:IR", NIGHT)
    begin = at("2026-12-30T12:00", JERUSALEM)
    next_open(begin, JERUSALEM, kept)
    before = of_year.cache_info().misses
    assert next_open(begin, JERUSALEM, kept) == begin
    for n in range(500):
        next_open(begin + n * HOUR / 12, JERUSALEM, kept)
    assert of_year.cache_info().misses - before <= 2


# ── Properties

ZONES = [JERUSALEM, TEHRAN, NEW_YORK, HAVANA, LORD_HOWE, UTC]
CALENDARS = st.builds(
    Calendar,
    st.one_of(st.just(()), st.tuples(st.times(), st.times())),
    st.frozensets(st.integers(0, 6)),
    st.booleans(),
    st.lists(st.sampled_from(["IL", "IR", "US"]), max_size=2, unique=True).map(tuple),
    st.frozensets(st.dates(date(2026, 12, 20), date(2027, 4, 10)), max_size=20),
)


@given(
    moment=st.datetimes(datetime(2026, 12, 1), datetime(2027, 4, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    kept=CALENDARS,
)
@example(datetime(2027, 1, 1, tzinfo=UTC), JERUSALEM, Calendar(weekdays=frozenset(range(7))))
@settings(deadline=None)  # the first of a country reads its holidays
def test_the_next_open_moment_is_open_and_nothing_before_it_is(
    moment: datetime, zone: ZoneInfo, kept: Calendar
) -> None:
    opens = next_open(moment, zone, kept)
    found = closings(moment, zone, kept)
    assert opens >= moment
    assert (opens == moment) == (found == [])
    if opens - moment >= LONGEST:
        return
    assert closings(opens, zone, kept) == []
    for one in found:
        assert closings(one.until - MINUTE, zone, kept) or one.until - MINUTE < moment
    middle = moment + (opens - moment) / 2
    assert next_open(middle, zone, kept) == opens


@given(st.integers(0, 200), st.sampled_from(ZONES))
def test_what_is_closed_for_good_ends_all_the_same(days: int, zone: ZoneInfo) -> None:
    begin = datetime(2026, 11, 20, tzinfo=UTC) + days * DAY
    opens = next_open(begin, zone, Calendar(weekdays=frozenset(range(7))))
    assert begin + LONGEST <= opens <= begin + LONGEST + 2 * DAY
