"""What `doctor` finds: each fault is made in a real project, and told with what to do about it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text, update

from surveyengine.channels.refusal import Blame, DeliveryError, Uncertain
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.health import database, folder, keys, secret, sendings, settings
from surveyengine.health.deployment import Deployment, deployment
from surveyengine.health.examination import SECTIONS, examine
from surveyengine.health.finding import Finding, Severity
from surveyengine.invitations.planning import take
from surveyengine.invitations.revival import uncertain
from surveyengine.keys import make
from surveyengine.project.presence import presence, servers, workers
from surveyengine.settings.config import Config
from surveyengine.store.backlog import Held
from surveyengine.store.count_tables import tally
from surveyengine.store.engine import vitals
from surveyengine.store.engine.vitals import PostgresVitals, SqliteVitals, Thresholds
from surveyengine.store.keys import Key
from surveyengine.store.schema import clock_doubt, heartbeat, sending
from surveyengine.store.stoppages import Stoppage
from tests.conftest import Opened
from tests.invitations.test_delivery import DUE, HOUR, NOW, Outbox, deliver, raising
from tests.support import business
from tests.support.business import asking, change, delivered

DAY = timedelta(days=1)
NOBODY = "postgresql+psycopg://127.0.0.1:9/none"
AT_REST = {"no-worker", "no-admin", "mail-stays", "proxies"}    # what is found of the tests' business while it is well


@pytest.fixture
def root(tmp_path: Path, opened: Opened) -> Path:
    """The files of the tests' business on SQLite, which nothing holds open."""
    copied = opened.copy(tmp_path / "project")
    start(copied).close()
    return copied


def kinds(root: Path, now: datetime = DUE, **changed: Any) -> dict[str, Finding]:
    """What is found, by its kind, beside what is found of this business anyway."""
    found = examine(replace(deployment(root, now), **changed))
    return {one.kind: one for one in found if one.kind not in AT_REST}


def doctor(root: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--project", str(root), "doctor", *options])
    return done.exit_code, done.output


def test_of_a_project_that_is_well_nothing_wrong_is_said_and_nothing_is_changed(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert kinds(root) == {}
    code, said = doctor(root)
    assert (code, said.splitlines()[-1]) == (0, "3 warnings, 1 note")
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != sendings.SEEN}
    assert {path for path in {*before, *after} if before.get(path) != after.get(path)} <= {workers(root), servers(root)}


def test_of_a_new_project_it_is_said_that_nothing_is_there_yet_and_nothing_is_made(tmp_path: Path) -> None:
    business.write(tmp_path)
    found = kinds(tmp_path)
    assert ({*found}, {one.severity for one in found.values()}) == ({"data-new", "database-new"}, {Severity.NOTE})
    assert not (tmp_path / "data").exists()


def test_findings_are_data_too_and_what_is_wrong_ends_with_1(root: Path) -> None:
    (root / "data" / "secret").write_text("short")
    code, said = doctor(root, "--format", "json")
    found = {one["kind"]: one for one in json.loads(said)["findings"]}
    assert (code, found["secret-unfit"]["severity"]) == (1, "error")
    assert all({*one} == {"kind", "severity", "words", "advice"} and all(one.values()) for one in found.values())
    text = doctor(root)[1]
    assert text.startswith("error: data/secret is too short to be a secret\n  bring it back")
    assert "1 error, " in text.splitlines()[-1]


def test_what_cannot_be_looked_at_hides_nothing_else(root: Path) -> None:
    def breaks(_: Deployment) -> Iterator[Finding]:
        yield from ()
        raise RuntimeError("a section breaks")

    setting("sqlite:///data/surveyengine.db", NOBODY)(root)
    (root / "data" / "secret").chmod(0o644)
    found = kinds(root)
    assert {*found} == {"rights", "database-away"}
    assert "not looked at: database, files, clock, sendings, keys, counts" in found["database-away"].words
    broken = [*examine(deployment(root, DUE), {"one": breaks, "folder": SECTIONS["folder"]})]
    assert [one.kind for one in broken] == ["examination", "rights"]


def rename(root: Path) -> None:
    (root / FILE).rename(root / "surveys/purchase/parcel.toml")


def left_behind(root: Path) -> None:
    (root / "friday.backup.part-x1").mkdir()
    (root / "data/surveyengine.db-wal.of-another").touch()


def older(root: Path) -> None:
    with closing(sqlite3.connect(root / "data/surveyengine.db", isolation_level=None)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0001'")


def newer(root: Path) -> None:
    with closing(sqlite3.connect(root / "data/surveyengine.db", isolation_level=None)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")


def scribbled(root: Path) -> None:
    for path in (root / "data").glob("surveyengine.db*"):
        path.write_bytes(b"no database at all" * 500)


def rollback(root: Path) -> None:
    with closing(sqlite3.connect(root / "data/surveyengine.db", isolation_level=None)) as raw:
        assert raw.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)


def orphan(root: Path) -> None:
    with closing(sqlite3.connect(root / "data/surveyengine.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("INSERT INTO current_survey (survey, digest) VALUES ('ghost', 'none')")


def damage(root: Path) -> None:
    with (root / "data/surveyengine.db").open("rb+") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)


def long_log(root: Path) -> None:
    with (root / "data/surveyengine.db-wal").open("wb") as file:
        file.truncate(300 << 20)


def setting(old: str, new: str) -> Callable[[Path], None]:
    def write(root: Path) -> None:
        config = root / "config.toml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))

    return write


def rotated(root: Path) -> None:
    path = root / "data/secret"
    path.write_text("n" * 64 + "\n" + path.read_text())


FILE = "surveys/purchase/delivery.toml"
URL = 'url       = "https://feedback.example.com"'
FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "file": (lambda root: (root / FILE).write_text("[[question"), f"{FILE}:1"),
    "file-gone": (lambda root: (root / FILE).unlink(), "`delivery` is gone"),
    "file-warnings": (setting("[sending]", "[journey.purchase]\nweights = { nothing = 2 }\n[sending]"), "1 warning"),
    "file-not-served": (rename, "by now: parcel"),
    "rights": (lambda root: (root / "data/secret").chmod(0o640), "data/secret (mode 0640)"),
    "left-behind": (left_behind, "friday.backup.part-x1 is a backup that was cut off"),
    "secret-missing": (lambda root: (root / "data/secret").unlink(), "links sent so far"),
    "secret-unfit": (lambda root: (root / "data/secret").write_text("x"), "too short"),
    "secret-former": (rotated, "no personal link is open"),
    "url-http": (setting("https://feedback", "http://feedback"), "unencrypted"),
    "url-missing": (setting("file:data/outbox", "smtp://127.0.0.1:1"), "links to this machine"),
    "test-only": (setting('cooldown = "0 days"', 'test_only = ["me@example.com"]'), "(1)"),
    "database-away": (older, "an older surveyengine"),
    "journal": (rollback, "another program"),
    "orphans": (orphan, "current_survey"),
    "damaged": (damage, "damaged"),
    "log-large": (long_log, "300 MB"),
}    # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found(root: Path, kind: str) -> None:
    make, words = FAULTS[kind]
    if kind == "url-missing":
        setting(URL, 'url = "http://localhost:8000"')(root)
    make(root)
    found = kinds(root)
    assert kind in found, found
    assert words in found[kind].words
    assert found[kind].advice
    assert (doctor(root)[0] == 1) == any(one.severity is Severity.ERROR for one in found.values())


def test_settings_that_stand_where_they_are_for_tests_are_told_of_a_public_project(root: Path) -> None:
    found = {one.kind for one in examine(deployment(root, DUE))}
    assert found >= {"mail-stays", "proxies", "no-worker", "no-admin"}
    setting("{email}".replace("{email}", "file:data/outbox"), "smtp://127.0.0.1:1")(root)
    setting("[sending]", "[web]\ntrusted_proxies = 1\n[sending]")(root)
    with presence(workers(root)) as work:
        work.join()
        assert {one.kind for one in examine(deployment(root, DUE))} == {"no-admin"}


@pytest.mark.parametrize(
    ("cause", "advice"),
    [(older, "`surveyengine status`, which brings the tables up to date"), (newer, "upgrade this one"),
     (scribbled, "bring back a backup"), (setting("sqlite:///data/surveyengine.db", NOBODY), "that the server runs")],
)  # fmt: skip
def test_what_is_said_of_a_database_that_cannot_be_used_fits_its_cause(
    root: Path, cause: Callable[[Path], None], advice: str
) -> None:
    cause(root)
    found = kinds(root)["database-away"]
    assert advice in found.advice
    assert "\n" not in found.words


def test_a_data_that_is_no_folder_is_found(root: Path) -> None:
    (root / "data").rename(root / "moved")
    (root / "data").symlink_to(root / "away")
    assert kinds(root)["not-writable"].words == "data is there and is no folder"


def test_a_folder_that_cannot_be_written_or_locked_is_found(root: Path, tmp_path: Path) -> None:
    assert [one.kind for one in folder.writable(tmp_path / "away")] == ["not-writable"]
    assert [one.kind for one in folder.writable(root / "data", lambda one, other: False)] == ["no-locks"]
    assert [one.kind for one in folder.space(shutil.disk_usage("/proc").free)] == ["disk-full"]
    mounts = tmp_path / "mounts"
    mounts.write_text(f"proc /proc proc rw 0 0\n/dev/sda / ext4 rw 0 0\nnas:/x {root.parent} nfs4 rw 0 0\n")
    assert "nfs4" in kinds(root, mounts=mounts)["network-disk"].words


SPACES = [(0, "disk-full"), (99 << 20, "disk-full"), (100 << 20, "disk-tight"), (1 << 30, None)]


@pytest.mark.parametrize(("free", "kind"), SPACES)
def test_little_space_is_told_before_there_is_none(free: int, kind: str | None) -> None:
    assert [one.kind for one in folder.space(free)] == ([kind] if kind else [])


def test_what_does_not_leave_is_found(engine: Engine) -> None:
    change(engine, {}, cooldown=0, per_minute=1)
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(6)], NOW)
    assert "no worker runs, and 6 messages are due" in found_of(engine, DUE)["no-worker"].words
    faults = iter([
        DeliveryError("552 full", permanent=True), Uncertain("broke off"), DeliveryError("greylisted", permanent=False),
        *[DeliveryError("nobody is there", permanent=False, blame=Blame.SERVER)] * 3,
    ])    # fmt: skip
    deliver(engine, Outbox(after=lambda mail: raising(next(faults))(mail)))
    with presence(workers(engine.root)) as work:
        work.join()
        first = found_of(engine, DUE + 3 * HOUR)
        assert "1 message failed since the last look: " in first["failed"].words
        assert first["uncertain"].severity is Severity.WARNING
        assert "get two" in first["uncertain"].advice
        assert "greylisted" in first["held-up"].words or "nobody is there" in first["held-up"].words
        assert "4 messages were due over an hour ago" in first["overdue"].words
        assert "these in about 4" in first["overdue"].advice
        again = found_of(engine, DUE + 3 * HOUR)
        assert {"failed", "uncertain"} & {*again} == set()
        (engine.root / "data" / sendings.SEEN).unlink()
        assert "1 message failed: " in found_of(engine, DUE + 3 * HOUR)["failed"].words
        (engine.root / "data" / sendings.SEEN).unlink()
        sendings.remember(deployment(engine.root, DUE + 3 * HOUR))
        assert found_of(engine, DUE + 3 * HOUR).keys() == again.keys()
        assert again["failed-before"].severity is again["uncertain-before"].severity is Severity.NOTE
        with engine.database.write() as connection:
            taken = update(sending).where(sending.c.state == "planned")
            connection.execute(taken.values(state="claimed", lease_until=DUE))
        assert "4 messages were taken by a worker that did not" in found_of(engine, DUE + HOUR)["stranded"].words


def test_what_retry_does_not_send_again_is_not_told_as_if_it_did(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(remind=["3 days", "5 days"])})
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox())
    breaks = raising(Uncertain("the reminder's connection broke off"))
    assert deliver(engine, Outbox(after=breaks), DUE + 3 * DAY) == 1
    assert uncertain(engine, None, None) == []
    assert {"uncertain", "failed"} & {*found_of(engine, DUE + 3 * DAY)} == set()


def test_one_message_is_told_in_the_singular(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    assert "no worker runs, and 1 message is due" in found_of(engine, DUE)["no-worker"].words


def test_invitations_of_a_survey_that_is_gone_are_found(engine: Engine) -> None:
    change(engine, {"purchase/packing": asking()})
    take(engine, [delivered()], NOW)
    (engine.root / "surveys/purchase/packing.toml").unlink()
    assert "1 invitation waits for the survey packing, whose file is gone" in found_of(engine, NOW)["orphaned"].words


def test_a_worker_on_another_machine_is_known_by_its_heartbeat(engine: Engine) -> None:
    with engine.database.write() as connection:
        connection.execute(insert(heartbeat).values(at=NOW))
    assert ("no-worker" in found_of(engine, NOW)) is engine.database.is_sqlite
    assert "no-worker" in found_of(engine, NOW + HOUR)


def test_a_clock_that_is_not_believed_is_found(engine: Engine) -> None:
    with engine.database.write() as connection:
        connection.execute(insert(clock_doubt).values(node="other", kind="ahead", off=90_000_000, since=NOW))
    assert found_of(engine, NOW)["clock"].words.startswith("nothing is sent by other: the clock is 1042 days ahead")


def test_keys_that_have_ended_or_are_idle_are_found(engine: Engine) -> None:
    with engine.database.write() as connection:
        make(connection, Key("old", "read", NOW, expires_at=NOW))
        make(connection, Key("soon", "read", NOW, expires_at=NOW + DAY))
        make(connection, Key("idle", "events", NOW - 40 * DAY))
    found = found_of(engine, NOW)
    assert {"key-expired", "key-expires", "key-unused", "no-admin"} <= {*found}


def test_counts_that_are_wrong_are_found(engine: Engine) -> None:
    with engine.database.write() as connection:
        digest = engine.library.surveys["delivery"].digest
        cell = {"digest": digest, "day": NOW.date(), "question": "", "series": "", "value": "open", "place": 0, "n": 3}
        connection.execute(insert(tally).values(**cell))
    assert "1 count of answers by" in found_of(engine, NOW)["counts"].words


def found_of(engine: Engine, now: datetime) -> dict[str, Finding]:
    return {one.kind: one for one in examine(deployment(engine.root, now))}


def test_rules_of_time_zones_that_are_old_are_found(root: Path, tmp_path: Path) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2019c\n")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(tmp_path)])
    try:
        assert kinds(root)["tzdata-old"].words.endswith("of 2019")
    finally:
        zoneinfo.reset_tzpath(before)


def test_what_postgresql_says_of_itself_is_judged(postgres_server: Any) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server.fresh_database())
        from surveyengine.store.engine.database import Database

        one, other = (stack.enter_context(closing(Database(url, Path()))) for _ in range(2))
        with other.write() as connection:
            connection.execute(text("CREATE TABLE tidy (n int)"))
            connection.execute(text("INSERT INTO tidy SELECT generate_series(1, 2000)"))
        with other.write() as connection:
            connection.execute(text("DELETE FROM tidy"))
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
            connection.execute(text(f"ALTER DATABASE \"{one.url.database}\" CONNECTION LIMIT 2"))
        with other.read() as held:
            held.execute(text("SELECT 1"))
            with one.read() as connection:
                found = vitals.postgres(connection, Thresholds("0 seconds", 1000))
        kinds = {finding.kind for finding in database.of_postgres(found)}
    assert kinds >= {"connections", "long-transactions", "dead-rows"}
    assert ("postgres-fsync" in kinds) == ("fsync" in found.off)


HELD = Held(True, "busy", 2)
WELL = PostgresVitals(160_004, 10, 100, 0, None, (), ())
JUDGED: list[tuple[Any, list[str]]] = [
    (database.of_postgres(WELL), []),
    (database.of_postgres(WELL._replace(version=120_009)), ["postgres-old"]),
    (database.of_postgres(WELL._replace(connections=79)), []),
    (database.of_postgres(WELL._replace(connections=80)), ["connections"]),
    (database.of_postgres(WELL._replace(off=("fsync", "autovacuum"))), ["postgres-fsync", "postgres-autovacuum"]),
    (database.of_sqlite(SqliteVitals((), (), "wal", (3, 53, 0))), []),
    (database.of_sqlite(SqliteVitals((), (), "delete", (3, 40, 1))), ["journal", "sqlite-old"]),
    (secret.judged([0]), []),
    (secret.judged([0, 3]), []),
    (secret.judged([5, 0]), ["secret-former"]),
    (keys.judged(Key("a", "read", NOW, NOW, NOW), NOW), []),
    (keys.judged(Key("a", "read", NOW - 99 * DAY, None, None, NOW - DAY), NOW), []),
    (keys.judged(Key("a", "read", NOW - 999 * DAY, None, None, NOW - 200 * DAY), NOW), ["key-quiet"]),
    (keys.judged(Key("a", "read", NOW, None, NOW + 15 * DAY), NOW), []),
    (settings.judged(Config.model_validate({"business": {"name": {"en": "x"}, "url": "http://127.0.0.1:8000"}})), []),
    (settings.judged(Config.model_validate({"business": {"name": {"en": "x"}}})), []),
    (
        sendings.given_up({("failed", "a"): 3, ("uncertain", "b"): 1}, {("failed", "a"): 2}),
        ["failed", "uncertain", "failed-before"],
    ),
    (sendings.waiting(sendings.Dispatch(Stoppage(5, 0, NOW, 0), True, (), 10), NOW), []),
    (sendings.waiting(sendings.Dispatch(Stoppage(5, 5, NOW, 0), False, (), 10), NOW), ["no-worker"]),
    (sendings.waiting(sendings.Dispatch(Stoppage(0, 0, None, 0), True, (HELD,), 10), NOW), ["held-up"]),
]    # fmt: skip


@pytest.mark.parametrize(("found", "expected"), JUDGED)
def test_what_was_read_is_judged(found: Iterator[Finding], expected: list[str]) -> None:
    assert [one.kind for one in found] == expected
