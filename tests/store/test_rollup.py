"""Counts by days and by months equal what is stored at every moment, whatever is folded, changed or taken away."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, func, insert, select, update

from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.store import funnel, funnel_tallies, invitations, recount, responses, tallies
from surveyengine.store.count_tables import funnel_month, tally
from surveyengine.store.engine.direct import Direct
from surveyengine.store.funnel_tallies import CURRENT, IS_REAL, KEYS
from surveyengine.store.rollup import stored
from surveyengine.store.schema import answer, invitation, response
from surveyengine.store.schema import event as occasion
from surveyengine.values.period import ALWAYS, DateRange, whole_months

NOW = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 5, 20), date(2026, 9, 20)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days)]
PERIODS = (
    ALWAYS, DateRange(date(2026, 6, 1), date(2026, 7, 31)), DateRange(date(2026, 6, 10), date(2026, 8, 20)),
    DateRange(None, date(2026, 7, 15)), DateRange(date(2026, 6, 2)), DateRange(date(2026, 7, 3), date(2026, 7, 9)),
)  # fmt: skip
STATES: dict[str, dict[str, Any]] = {
    "planned": {"reason": None},
    "sent": {"reason": None, "sent_at": NOW, "expires_at": NOW + timedelta(days=14)},
    "uncertain": {"reason": None, "sent_at": NOW, "expires_at": NOW + timedelta(days=13)},
    "failed": {"reason": None},
    "refused": {"reason": "cooldown"},
}


SURVEYS = ("delivery", "checkout", "long")


def happened(connection: Connection, key: int) -> int:
    """An event, of which there are up to as many invitations as surveys."""
    if connection.execute(select(occasion.c.key).where(occasion.c.key == key)).first() is None:
        told = {"source": "shop", "id": f"e{key}", "type": "shipment", "time": NOW, "data": {}, "received_at": NOW}
        connection.execute(insert(occasion).values(key=key, outcome={}, **told))
    return key


def add(connection: Connection, chance: Random, digest: str, number: int) -> None:
    state = chance.choice(sorted(STATES))
    shared = happened(connection, 1 + number // 3) if chance.random() < 0.8 else None
    values = {
        "id": f"i{number}", "token_hash": f"t{number}", "survey": SURVEYS[number % 3], "digest": digest,
        "event": shared, "customer": None, "test": chance.random() < 0.1,
        "channel": chance.choice(["email", "link", None]), "probability": 1,
        "day": DAYS[number // 3 % len(DAYS)], "planned_at": NOW, "due_at": NOW, "expires_after": 60,
    }  # fmt: skip
    invitations.add(connection, {**values, "state": state, **STATES[state]})


def fold(connection: Connection, chance: Random) -> None:
    funnel_tallies.fold(connection, chance.randint(1, 40))


def change(connection: Connection, chance: Random) -> None:
    """Let some invitations be answered, and others go to another state."""
    keys = connection.execute(select(invitation.c.key)).scalars().all()
    some = chance.sample(keys, len(keys) // 4)
    answered = update(invitation).where(invitation.c.state == "sent", invitation.c.key.in_(some[::2]))
    connection.execute(answered.values(answered_at=NOW))
    state = chance.choice(sorted(STATES))
    connection.execute(update(invitation).where(invitation.c.key.in_(some[1::2])).values(state=state, **STATES[state]))


def take_away(connection: Connection, chance: Random) -> None:
    keys = chance.sample(connection.execute(select(invitation.c.key)).scalars().all(), 3)
    funnel_tallies.take_back(connection, keys)
    if chance.random() < 0.5:
        connection.execute(delete(invitation).where(invitation.c.key.in_(keys)))


def look(connection: Connection) -> None:
    """Hold the counts of each period against the invitations."""
    assert recount.differences(connection) == {}
    for days in PERIODS:
        query = funnel_tallies.summed(KEYS, days, lambda table: [table.c.survey.in_(SURVEYS)])
        coarse = funnel_tallies.summed(KEYS[3:], days, lambda table: [table.c.survey.in_(SURVEYS)])
        rows = connection.execute(select(*CURRENT.values()).where(IS_REAL)).all()
        raw = Counter(tuple(row) for row in rows if days.covers(row[1]))
        assert {tuple(row[:7]): row.n for row in connection.execute(query) if row.n} == raw
        whole = Counter[tuple[Any, ...]]()
        for cell, n in raw.items():
            whole[cell[3:]] += n
        assert {tuple(row[:4]): row.n for row in connection.execute(coarse) if row.n} == whole
        for surveys in (SURVEYS, SURVEYS[:2], SURVEYS[1:]):
            counted = funnel.rows(connection, funnel.FunnelQuery({"place": surveys}, days, (), NOW))
            stand = select(invitation.c.state, func.coalesce(invitation.c.reason, ""), func.count())
            stand = stand.where(invitation.c.key.in_(funnel.once({"place": surveys}, days, True)))
            rows = connection.execute(stand.group_by(invitation.c.state, invitation.c.reason)).all()
            sums = Counter[tuple[str, str]]()
            for one in counted:
                sums[one.state, one.reason or ""] += one.n
            assert +sums == {(row[0], row[1]): row[2] for row in rows}


def test_invitations_are_counted_where_they_stand_at_every_moment(engine: Engine) -> None:
    chance, digest = Random(7), engine.library.surveys["delivery"].digest
    with engine.database.write() as connection:
        for number in range(60):
            add(connection, chance, digest, number)
    for number in range(24):
        with engine.database.write() as connection:
            chance.choice((fold, change, take_away))(connection, chance)
            add(connection, chance, digest, 100 + number)
            look(connection)
    with engine.database.write() as connection:
        while funnel_tallies.fold(connection, 50):
            pass
        look(connection)
        waiting = select(func.count()).where(~invitation.c.folded, invitation.c.state != "planned")
        assert connection.execute(waiting).scalar_one() == 0


def test_an_answer_that_is_taken_back_leaves_every_count(engine: Engine) -> None:
    digest, given = engine.library.surveys["delivery"].digest, Counter[str]()
    with engine.database.write() as connection:
        for number, day in enumerate(DAYS):
            row = {"survey": "delivery", "digest": digest, "language": "he", "direction": "rtl", "day": day}
            said = {"question": "satisfaction", "position": 0, "series": "csat", "counted": True}
            value = str(number % 5 + 1)
            named = {"id": f"r{number}", "context": {}, **row}
            responses.add(Direct.within(connection), named, [{**said, "value": value}])
            given[value] += 1
        before = tallies.cells(connection)
        tallies.fold(connection, 100)
        for ids in (["r0", "r1", "r99", "r120", "no such"], ["r2"]):
            tallies.take_back(connection, ids)
            assert sorted(tallies.cells(connection)) == sorted(before)
            assert recount.differences(connection) == {}
        connection.execute(delete(answer).where(answer.c.response == "r2"))
        connection.execute(delete(response).where(response.c.id == "r2"))
        given["3"] -= 1
        tallies.fold(connection, 100)
        cells = {cell.value: cell.n for cell in tallies.cells(connection) if cell.question == "satisfaction"}
        assert recount.differences(connection) == {}
    assert {value: n for value, n in cells.items() if value} == given


DATES = st.dates(date(2026, 1, 1), date(2027, 12, 31)) | st.none()


@settings(max_examples=200)
@given(DATES, DATES)
def test_a_period_is_its_whole_months_and_the_days_at_its_ends(one: date | None, other: date | None) -> None:
    days = DateRange(min(one, other), max(one, other)) if one and other else DateRange(one, other)
    whole = whole_months(days)
    if whole is None:
        assert days.since
        assert days.until
        assert (days.until - days.since).days < 61
        return
    assert whole.since is None or whole.since.day == 1
    assert whole.until is None or (whole.until + timedelta(days=1)).day == 1
    for end, last in ((days.since, whole.since), (days.until, whole.until)):
        assert (end is None) == (last is None)
        assert not (end and last) or abs((end - last).days) < 31


def test_a_period_of_years_reads_days_at_its_ends_alone(engine: Engine) -> None:
    seen: list[str] = []
    reads = stored(tallies.TALLY, ("n",), DateRange(date(2020, 1, 5), LAST), lambda _: [])
    event.listen(engine.database.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    with engine.database.read() as connection:
        for one in reads:
            connection.execute(one)
    assert [("FROM tally_month" in one, "day >= " in one, "day <= " in one) for one in seen if "tally" in one] == [
        (True, True, True), (False, True, True), (False, True, True),
    ]  # fmt: skip
    assert ["FROM tally_month" in str(one) for one in stored(tallies.TALLY, ("n",), ALWAYS, lambda _: [])] == [True]


def test_the_doctor_finds_counts_that_are_wrong_and_makes_them_anew(tmp_path: Path, engine: Engine) -> None:
    with engine.database.write() as connection:
        for number in range(20):
            add(connection, Random(number), engine.library.surveys["delivery"].digest, number)
        funnel_tallies.fold(connection, 50)
    doctor = ["--project", str(engine.root), "doctor"]
    well = CliRunner().invoke(main, doctor)
    assert (well.exit_code, "counts" in well.output) == (0, False)
    with engine.database.write() as connection:
        connection.execute(update(funnel_month).values(n=funnel_month.c.n + 1))
        connection.execute(tally.insert().values(
            digest=engine.library.surveys["delivery"].digest, day=LAST, question="", series="", value="open", place=0,
            n=3,
        ))  # fmt: skip
    ill = CliRunner().invoke(main, doctor)
    assert ill.exit_code == 1
    assert "1 count of answers by days: not what is stored" in ill.output
    assert "of invitations by months" in ill.output
    assert CliRunner().invoke(main, [*doctor, "--rebuild"]).exit_code == 0
    assert CliRunner().invoke(main, doctor).exit_code == 0
