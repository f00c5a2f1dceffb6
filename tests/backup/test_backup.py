"""A backup is made while others write, holds one moment, and bears its name only when it is whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.store.engine.migration import revisions
from tests.backup.load import LATER, NOW, written_to
from tests.support import business
from tests.support.rows import rows
from tests.support.running import command


@pytest.fixture
def empty(engine: Engine, tmp_path: Path) -> Callable[[Path], Path]:
    """Makes an empty folder, to be restored into; PostgreSQL's database is emptied for it."""

    def made(file: Path) -> Path:
        root = tmp_path / "new"
        root.mkdir()
        if not engine.database.is_sqlite:
            with engine.database.write() as connection:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
        return root

    return made


def made(engine: Engine, file: Path, *options: str) -> str:
    done = command(engine.root, "backup", str(file), *options)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(root: Path, *arguments: str, **environment: str) -> str:
    done = command(root, *arguments, **environment)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    return done.stderr


# ── There and back


def test_what_is_brought_back_is_what_was_there(shop: Engine, tmp_path: Path, empty: Callable[[Path], Path]) -> None:
    (shop.root / "translations" / "he").mkdir(parents=True)
    (shop.root / "translations" / "he" / "notes.txt").write_text("שלום", encoding="utf-8")
    file = tmp_path / "kept.tar"
    said = made(shop, file)
    assert said.startswith(f"{file}: 2 responses, 3 invitations, 3 events, 3 customers; read again and found whole\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    before = rows(shop.database)
    secret = shop.secret
    root = empty(file)
    done = command(root, "restore", str(file))
    assert done.exit_code == 0, done.output
    assert ": 2 responses, 3 invitations, 3 events, 3 customers\n" in done.stdout
    for path in ("config.toml", "surveys/purchase/delivery.toml", "translations/he/notes.txt"):
        assert (root / path).read_bytes() == (shop.root / path).read_bytes()
    with closing(start(root)) as again:
        assert rows(again.database) == before
        assert again.secret == secret
        take(again, [business.delivered("9", LATER, "c-9")], NOW)  # numbers go on where they were
        assert len(rows(again.database, "event")["event"]) == 4
    assert sorted(path.name for path in (root / "data").glob("restoring-*")) == []


def test_a_backup_under_load_holds_one_moment(shop: Engine, tmp_path: Path, empty: Callable[[Path], Path]) -> None:
    """What was acknowledged before is in it; of what came meanwhile, each thing is in it whole or not at all."""
    with written_to(shop) as load:
        made(shop, file := tmp_path / "kept.tar")
    there = rows(shop.database, *load.tables)
    root = empty(file)
    assert command(root, "restore", str(file)).exit_code == 0
    with closing(start(root)) as again:
        load.check(rows(again.database, *load.tables), there)


def test_what_is_due_is_not_sent_twice_unless_that_is_said(
    shop: Engine, tmp_path: Path, empty: Callable[[Path], Path]
) -> None:
    take(shop, [business.delivered(f"due-{n}", NOW - timedelta(days=1), f"d-{n}") for n in range(2)], NOW)
    made(shop, file := tmp_path / "kept.tar")
    root = empty(file)
    done = command(root, "restore", str(file))
    assert "2 were due by now and may have been sent after the backup: they are uncertain" in done.stdout
    assert command(root, "work", "--once").stdout == "sent 0\n"
    assert "uncertain 2\n" in command(root, "status").stdout
    assert command(root, "retry", "--uncertain").stdout == "sent again 2 · not sent again 0\n"
    assert command(root, "work", "--once").stdout == "sent 2\n"
    assert command(root, "retry", "--uncertain").stdout == "no invitation is uncertain that was not answered\n"


# ── What stands in the way


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project that was opened once, on SQLite."""
    root = business.write(tmp_path / "project")
    start(root).close()
    return root


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(small: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar"
    file.write_text("mine")
    assert f"{file} is there already; name another file, or say --overwrite" in refused(small, "backup", str(file))
    assert file.read_text() == "mine"
    assert command(small, "backup", "--overwrite", str(file)).exit_code == 0
    assert tarfile.is_tarfile(file)


def test_what_a_backup_needs_is_named(small: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "kept.tar")
    assert "cannot be written: No such file or directory" in refused(small, "backup", f"{tmp_path}/nowhere/kept.tar")
    (small / "data" / "secret").rename(tmp_path / "secret")
    assert "there is no data/secret" in refused(small, "backup", file)
    given = (tmp_path / "secret").read_text().strip()
    assert command(small, "backup", file, SURVEYENGINE_SECRET=given).exit_code == 0
    with tarfile.open(file) as tar:
        secret = tar.extractfile("secret")
        assert secret
        assert secret.read().decode() == f"{given}\n"
    shutil.rmtree(small / "data")
    (small / "data").mkdir()
    shutil.move(tmp_path / "secret", small / "data" / "secret")
    assert "there is no database at data/surveyengine.db yet" in refused(small, "backup", f"{file}.2")
    assert not (small / "data" / "surveyengine.db").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file system of a known size")
def test_a_full_disk_leaves_nothing_that_bears_the_name(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        with open("/dev/full", "wb") as file:
            file.write(b"x" * 100_000)

    monkeypatch.setattr("surveyengine.backup.archive.write", full)
    said = refused(small, "backup", str(tmp_path / "kept.tar"))
    assert "kept.tar cannot be written: No space left on device; the backup needs twice the size of" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project"]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_password_among_the_options_is_used_and_not_among_arguments(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{engine.database.url}&password=s3cretPw&sslpassword=s3cretPx"
    root, run, seen = business.write(tmp_path / "other", database=url), subprocess.run, list[str]()

    def watched(arguments: list[str], **more: Any) -> Any:
        seen.extend(arguments)
        if environment := more.get("env"):
            assert environment["PGPASSWORD"] == "s3cretPw"
            assert "sslpassword=s3cretPx" in Path(environment["PGSERVICEFILE"]).read_text()
        return run(arguments, **more)

    monkeypatch.setattr(subprocess, "run", watched)
    (root / "data").mkdir(exist_ok=True)
    shutil.copy(engine.root / "data" / "secret", root / "data")
    assert "found whole" in command(root, "backup", str(tmp_path / "kept.tar")).stdout
    assert not any("s3cret" in said for said in seen)


PROGRAMS = {
    "is not on PATH": None,
    "pg_dump is of version 12, older than the server's version, 18": "echo 'pg_dump (PostgreSQL) 12.22'",
    "pg_dump failed: pg_dump: error: no such thing": (
        'test "$1" = --version && echo "(PostgreSQL) 99" && exit\necho "pg_dump: error: no such thing" >&2\nexit 1'
    ),
}


@pytest.mark.parametrize("said", PROGRAMS)
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_is_wrong_with_pg_dump_is_said(
    engine: Engine, tmp_path: Path, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    if script := PROGRAMS[said]:
        (tmp_path / "bin" / "pg_dump").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    assert said in refused(engine.root, "backup", str(tmp_path / "kept.tar"))
    assert not (tmp_path / "kept.tar").exists()


def test_a_secret_that_signed_no_link_is_told(small: Path, tmp_path: Path) -> None:
    """As where the engine has one in its environment, and whoever makes the backup has not."""
    warning = "the secret has signed none of the newest links, and the links in all mails depend on it"
    with closing(start(small)) as engine:
        take(engine, [business.delivered(time=LATER)], NOW)
        business.give_links_out(engine)
    assert warning not in command(small, "backup", str(tmp_path / "right.tar")).stderr
    wrong = command(small, "backup", str(tmp_path / "wrong.tar"), SURVEYENGINE_SECRET="x" * 32)
    assert (wrong.exit_code, warning in wrong.stderr) == (0, True)


def test_a_former_secret_is_kept_too(small: Path, tmp_path: Path) -> None:
    assert command(small, "secret", "rotate").exit_code == 0
    both = (small / "data" / "secret").read_bytes()
    assert len(both.split()) == 2
    assert command(small, "backup", str(tmp_path / "kept.tar")).exit_code == 0
    (tmp_path / "new").mkdir()
    assert command(tmp_path / "new", "restore", str(tmp_path / "kept.tar")).exit_code == 0
    assert (tmp_path / "new" / "data" / "secret").read_bytes() == both


def test_a_backup_says_what_it_is(small: Path, tmp_path: Path) -> None:
    assert command(small, "backup", str(tmp_path / "kept.tar")).exit_code == 0
    with tarfile.open(tmp_path / "kept.tar") as tar:
        first = tar.next()
        assert first
        assert first.name == "manifest.json"
        file = tar.extractfile(first)
        assert file
        manifest = json.load(file)
    said = manifest["surveyengine_backup"], manifest["database"], manifest["revision"]
    assert said == (1, "sqlite", revisions()[-1])
    assert manifest["counts"]["response"] == 0
