"""A database of every schema that there was, with rows in all its tables, is opened by today's code and is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, event, select

from surveyengine.engine import start
from surveyengine.store import recount
from surveyengine.store.count_tables import metadata
from surveyengine.store.engine.database import Database, Unusable
from surveyengine.store.engine.migration import REVISION, alembic, migrate, revision, revisions
from surveyengine.store.schema import survey_version
from tests.conftest import Opened
from tests.support import business
from tests.support import running as support

Rows = dict[str, list[dict[str, Any]]]
AT = datetime.fromisoformat("2026-11-20T12:00:00.123456+00:00")
DAY, MONTH, SLOT = date(2026, 11, 20), date(2026, 11, 1), 999
# table: since when it is made otherwise, and what it had before
REBUILT: dict[str, tuple[str, tuple[str, ...]]] = {"tally": ("0003", ("survey",)), "funnel_month": ("0017", ())}
# What is changed on the way: each is told where it is done, and tested in test_migration.py.
DERIVED = {("invitation", "folded"), ("response", "invited")}


def past(version: dict[str, Any]) -> Rows:
    """What a business has stored: for each table rows with all columns that it has, or has ever had."""
    asked = {"survey": version["survey"], "digest": version["digest"]}
    invited = {**asked, "customer": "c-1", "test": False, "channel": "email", "language": "he", "probability": 0.5}
    invited |= {"priority": 3, "day": DAY, "planned_at": AT, "due_at": AT, "next_at": AT, "expires_after": 60}
    invited |= {"attempt": 1, "recipient": "r", "occasion": "o", "lease_until": None, "reference": "<m@x>"}
    counted = {"survey": version["survey"], "digest": version["digest"], "day": DAY, "question": "satisfaction"}
    counted |= {"series": "csat", "place": 0, "n": 1}
    refused = {**asked, "day": DAY, "state": "refused", "reason": "cooldown", "answered": False, "n": 1, "until": None}
    refused |= {"beaten": ""}
    segment = {"field": "channel", "fact": "web"}
    by_segment = {**segment, "day": DAY, "said": "fact", "digest": version["digest"], "question": "satisfaction"}
    by_segment |= {"value": "5", "n": 1}
    tallies = [{**counted, "value": "5"}, {**counted, "value": ""}]
    tallies += [{**counted, "question": "", "series": "", "value": "open"}]
    response = {**asked, "language": "he", "direction": "rtl", "day": DAY, "layout": "page", "shuffled": None}
    response |= {"claimed": False, "invited": False, "test": False, "customer": None, "answered_at": AT}
    given = {"question": "satisfaction", "position": 0, "series": "csat", "counted": True}
    happened = {"source": "shop", "type": "order.paid", "time": AT, "customer": "c-1", "test": False, "received_at": AT}
    return {
        "survey_version": [version],
        "current_survey": [{**asked, "retired_at": None}],
        "account": [{"id": "acme", "seen_at": AT}],
        "customer": [
            {"id": "c-1", "email": "dana@example.com", "phone": "+972501234567", "name": "דנה כהן", "language": "he",
             "timezone": "Asia/Jerusalem", "account": "acme", "role": "buyer", "changed_at": AT, "opted_out_at": AT,
             "known_at": AT, "address_hash": "r"},
        ],
        "survey_publication": [{"survey": version["survey"], "at": AT, "digest": version["digest"]}],
        "address_key": [{"key": "ab" * 32, "made_at": AT, "single": True}],
        "allotment": [
            {"invitation": 2, "tickets": bytes(range(32)), "allotted": 64, "scale": 0.3, "wished": 0.25},
        ],
        "survey_scale": [
            {"survey": version["survey"], "day": DAY, "chance": 0.3, "occasions": 20.5, "wished": 6.25, "given": 5.5,
             "through": 2},
        ],
        "erasure": [{"customer_hash": "e", "at": AT, "opted_out_at": AT}],
        "opt_out": [{"address_hash": "r", "at": AT}],
        "opt_down": [{"address_hash": "r", "scope": scope, "at": AT} for scope in ("delivery", "*")],
        "undeliverable": [{"address_hash": "u", "at": AT, "reply": "550 5.1.1 אין"}],
        "event": [
            {**happened, "key": key, "id": f"o-{key}", "data": {"order": f"A-{key}", "total": 249.9, "שם": None},
             "outcome": {"planned": 1}}
            for key in (1, 2, 7)
        ],
        "funnel_tally": [{**refused, "key": 4}],
        "funnel_month": [{**refused, "day": MONTH}],
        "invitation": [
            {**invited, "key": 1, "id": "i1", "token_hash": "t1", "event": 1, "state": "sent", "reason": None,
             "sent_at": AT, "expires_at": AT + timedelta(days=14), "answered_at": AT, "folded": False},
            {**invited, "key": 2, "id": "i2", "token_hash": "t2", "event": 2, "state": "planned", "reason": None,
             "folded": False},
            {**invited, "key": 7, "id": "i7", "token_hash": "t7", "event": 7, "state": "refused", "reason": "cooldown",
             "channel": None, "next_at": None, "folded": True, "counted_in": 4},
        ],
        "sending": [
            {"key": 1, "invitation": 1, "number": 1, "channel": "email", "priority": 3, "due_at": AT, "next_at": AT,
             "state": "sent", "attempt": 1, "fence": 2, "lease_until": None, "sent_at": AT, "reference": "<m@x>",
             "reason": None},
            {"key": 2, "invitation": 2, "number": 1, "channel": "email", "priority": 3, "due_at": AT, "next_at": AT,
             "state": "planned", "attempt": 1, "fence": 1, "lease_until": None, "sent_at": None, "reference": None,
             "reason": "421 later"},
        ],
        "response": [
            {**response, "id": "r1", "invitation": None, "context": {"channel": "web"}, "folded": True},
            {**response, "id": "r2", "invitation": 1, "context": {}, "folded": False, "invited": True,
             "shuffled": {"timing": ["late", "on_time"]}},
        ],
        "answer": [
            {**given, "response": "r1", "value": "5"},
            {**given, "response": "r2", "value": "4"},
            {**given, "response": "r2", "question": "reason", "series": "text", "counted": False,
             "value": "نمی‌دانم 'چرا'\\\n😀"},
        ],
        "draft": [
            {"invitation": 2, "digest": version["digest"], "given": {"reason": ["א"]}, "page": 1, "saved_at": AT},
        ],
        "tally": tallies,
        "tally_month": [{**one, "day": MONTH} for one in tallies],
        "segment_field": [{"field": "channel", "counted": True, "reached": None}],
        "retention": [{"survey": version["survey"], "until": DAY, "responses": 7, "invitations": 9}],
        "segment_value": [segment],
        "segment_tally": [by_segment],
        "segment_month": [{**by_segment, "day": MONTH}],
        "allowance": [{"client": "n", "slot": SLOT, "n": 3}],
        "api_key": [
            {"name": "shop", "key_hash": "h", "scope": "events", "created_at": AT, "revoked_at": AT, "expires_at": AT,
             "last_used_at": AT},
        ],
        "heartbeat": [{"single": True, "at": AT, "resumed": 2, "ahead": -3}],
        "clock_doubt": [
            {"node": "n", "kind": "stepped", "off": 7200, "since": AT, "wall": AT, "steady": 12.5, "boot": "b",
             "agreed_wall": AT, "agreed_steady": 13.25},
        ],
        "staff_member": [
            {"id": "m", "email": "noa@example.com", "name": "נועה", "role": "admin", "language": "he",
             "password": "scrypt", "created_at": AT},
        ],
        "staff_link": [{"token_hash": "l", "member": "m", "expires_at": AT}],
        "staff_session": [{"key": 1, "token_hash": "s", "member": "m", "begun_at": AT, "seen_at": AT, "browser": "B"}],
        "staff_try": [{"subject": "x", "slot": SLOT, "n": 1}],
        "audit": [{"key": 1, "at": AT, "member": "m", "who": "נועה", "action": "export", "subject": "answers",
                   "network": None}],
    }  # fmt: skip


@pytest.fixture
def version(opened: Opened) -> dict[str, Any]:
    """The version of the small business's survey, as it is stored."""
    with closing(Database("sqlite:///data/surveyengine.db", opened.root)) as database, database.read() as connection:
        return dict(connection.execute(select(survey_version)).one()._mapping) | {"published_at": AT}


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    with closing(Database(database_url, tmp_path)) as database:
        yield database


def fill(connection: Connection, at: str, rows: Rows) -> Rows:
    """Make the tables of a revision, store what it can hold of the rows, and return that."""
    command.upgrade(alembic(connection), at)
    then = MetaData()
    then.reflect(connection)
    held: Rows = {}
    for table in then.sorted_tables:
        if table.name == REVISION.name:
            continue
        assert table.name in rows, f"give `{table.name}` rows in past()"
        held[table.name] = [{name: one[name] for name in one if name in table.columns} for one in rows[table.name]]
        lacking = {column.name for column in table.columns if not any(column.name in one for one in held[table.name])}
        assert not lacking, f"give `{table.name}` its columns in past(): {lacking}"
        for row in held[table.name]:
            connection.execute(table.insert().values(**row))
    return held


def stored(connection: Connection, held: Rows) -> Rows:
    """Return what is stored today of rows that once were."""
    found: Rows = {}
    for name, before in held.items():
        table = metadata.tables[name]
        keys = [column.name for column in table.primary_key]
        rows = [dict(row._mapping) for row in connection.execute(select(table))]
        now = {tuple(row[key] for key in keys): row for row in rows}
        if name in REBUILT and any(key not in before[0] for key in keys):
            continue
        found[name] = [now[tuple(row[key] for key in keys)] for row in before]
    return found


@pytest.mark.parametrize("at", revisions())
def test_what_was_stored_under_a_former_schema_is_what_it_was(
    database: Database, tmp_path: Path, version: dict[str, Any], at: str
) -> None:
    with database.rebuild() as connection:
        held = fill(connection, at, past(version))
    migrate(database)
    with database.write() as connection:
        assert revision(connection) == revisions()[-1]
        for name, rows in stored(connection, held).items():
            for before, after in zip(held[name], rows, strict=True):
                common = [key for key in before if key in after and (name, key) not in DERIVED]
                assert {key: after[key] for key in common} == {key: before[key] for key in common}, name
        recount.count(connection)
        went = {"retention": 1} if "retention" in held else {}  # rows that were never counted
        assert recount.differences(connection) == went
    database.close()
    root = business.write(tmp_path / "project", database=str(database.url.render_as_string(hide_password=False)))
    start(root).close()
    report = json.loads(support.command(root, "report", "--format", "json").stdout)
    (touchpoint,) = [one for stage in report["stages"] for one in stage["touchpoints"]]
    assert {value: n for value, n in touchpoint["counts"].items() if n} == {"4": 1, "5": 1}


class Killed(Exception):
    """The process has ended in the middle of a statement."""


def everything(database: Database) -> list[tuple[Any, ...]]:
    """What an SQLite database says of its tables, and all their rows."""
    with database.read() as connection:
        made = [tuple(row) for row in connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master")]
        tables = [name for type, name, _ in made if type == "table"]
        rows = [(name, *row) for name in tables for row in connection.exec_driver_sql(f"SELECT * FROM {name}")]  # noqa: S608
    return made + rows


def test_an_upgrade_that_is_cut_off_has_not_happened(tmp_path: Path, version: dict[str, Any]) -> None:
    """At whichever statement: the tables and rows are those from before, and the next start goes all the way."""
    with closing(Database("sqlite:///was.db", tmp_path)) as database:
        with database.rebuild() as connection:
            fill(connection, revisions()[0], past(version))
        before, last, run = everything(database), 0, 0

        def count(*_: Any) -> None:
            nonlocal run
            run += 1
            if run == last:
                raise Killed

        event.listen(database.engine, "before_cursor_execute", count)
        for step in range(1, 10_000):
            last, run = step, 0
            try:
                migrate(database)
                break
            except Killed:
                pass
            finally:
                last = 0
            assert everything(database) == before, step
        assert step > 50
        with database.read() as connection:
            assert revision(connection) == revisions()[-1]


def test_tables_of_a_newer_engine_are_refused_and_given_back(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    with closing(start(root)) as engine, engine.database.write() as connection:
        connection.execute(REVISION.update().values(version_num="9999"))
    with pytest.raises(Unusable, match=r"newer surveyengine \(revision 9999\); upgrade surveyengine"):
        start(root)
    assert not (root / "data" / "surveyengine.db-wal").exists()  # which lies there as long as somebody has it open
