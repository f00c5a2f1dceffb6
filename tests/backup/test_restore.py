"""What is no whole backup of ours, or stands in the way, is refused in words, and leaves everything as it was."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from surveyengine.app import create_app
from surveyengine.backup.manifest import BadBackup, read
from surveyengine.backup.restoring import Wanted, restore
from surveyengine.engine import start
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.project.presence import presence, servers, workers
from surveyengine.store import optouts
from surveyengine.store.engine.database import Database
from tests.support import business
from tests.support.rows import rows
from tests.support.running import command

NOW = datetime.now(UTC)
Members = dict[str, bytes]
Change = Callable[[dict[str, Any], Members], object]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a small business with an answer, on SQLite; the business is beside it."""
    home = tmp_path_factory.mktemp("kept")
    root = business.write(home / "project")
    (root / "static").mkdir()
    (root / "static" / "logo.svg").write_text("<svg/>")
    config = root / "config.toml"
    config.write_text(config.read_text().replace("[business]\n", '[business]\nlogo = "static/logo.svg"\n'))
    with closing(start(root)) as engine:
        business.answer(create_app(engine).test_client(), "/s/delivery", satisfaction="5")
    assert command(root, "backup", str(home / "kept.tar")).exit_code == 0
    return home / "kept.tar"


def changed(kept: Path, path: Path, change: Change) -> Path:
    """A backup with something else in it, whose manifest says that this is right."""
    with tarfile.open(kept) as tar:
        members = {one.name: _read(tar, one) for one in tar}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    for name in [name for name in manifest["members"] if name not in members]:
        del manifest["members"][name]
    for name, said in members.items():
        manifest["members"][name] = {"size": len(said), "sha256": hashlib.sha256(said).hexdigest()}
    with tarfile.open(path, "w") as tar:
        for name, said in {"manifest.json": json.dumps(manifest).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(said)
            tar.addfile(member, io.BytesIO(said))
    return path


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file
    return file.read()


def refused(root: Path, *arguments: str, **environment: str) -> str:
    done = command(root, "restore", *arguments, **environment)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    return done.stderr


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / "new").mkdir()
    return tmp_path / "new"


def without(name: str) -> Change:
    return lambda manifest, members: members.pop(name)


def named(name: str) -> Change:
    return lambda manifest, members: members.update({name: b"x"})


def saying(**more: Any) -> Change:
    return lambda manifest, members: manifest.update(more)


DATABASE = "database/surveyengine.db"
BAD = {
    "has no secret in it": without("secret"),
    "has no config.toml in it": without("project/config.toml"),
    f"has no {DATABASE} in it": without(DATABASE),
    "was made by a newer surveyengine (9.9)": saying(surveyengine_backup=2, engine="9.9"),
    "was made by a newer surveyengine (9.9, revision 9999)": saying(revision="9999", engine="9.9"),
    "is damaged: its manifest is not whole": saying(counts="many"),
    "is no backup of surveyengine": lambda manifest, members: manifest.pop("surveyengine_backup"),
    "holds a database of an unknown kind: mysql": saying(database="mysql"),
    "the database in it does not hold what it held": lambda manifest, members: manifest["counts"].update(response=2),
    "the copy of the database is damaged": lambda manifest, members: members.update(
        {DATABASE: members[DATABASE][:50_000] + b"\xff" * 60_000 + members[DATABASE][110_000:]}
    ),
    "file is not a database": lambda manifest, members: members.update({DATABASE: b"x" * 10_000}),
    "config.toml:1:1: error": lambda manifest, members: members.update({"project/config.toml": b"]"}),
}
TRAVERSING = (
    "project/../../outside", "project/surveys/../../../outside", "/outside", "../outside", "project//outside",
    "project/.git/hooks/post-merge", "project/data/secret", "project/surveys/a\\..\\b", "project/", "outside",
    "project/surveys/a\0b", "project/c:/x",
)  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_is_no_backup_of_ours_is_refused(kept: Path, empty: Path, tmp_path: Path, said: str) -> None:
    assert said in refused(empty, str(changed(kept, tmp_path / "bad.tar", BAD[said])))
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("name", TRAVERSING)
def test_a_name_that_leads_elsewhere_is_refused(kept: Path, empty: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadBackup):
        restore(changed(kept, tmp_path / "bad.tar", named(name)), Wanted(empty, {}), NOW)
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "bad.tar"] or not (tmp_path / "outside").exists()
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_what_is_no_plain_file_is_refused(kept: Path, empty: Path, tmp_path: Path, type: bytes) -> None:
    """In place of a file that the manifest knows, and beside all of them."""
    for name in ("project/surveys/purchase/delivery.toml", "project/surveys/purchase/more.toml"):
        with tarfile.open(kept) as tar, tarfile.open(tmp_path / "bad.tar", "w") as bad:
            for one in tar:
                if one.name != name:
                    bad.addfile(one, tar.extractfile(one))
            link = tarfile.TarInfo(name)
            link.type, link.linkname = type, "/etc/passwd"
            bad.addfile(link)
        with pytest.raises(BadBackup):
            restore(tmp_path / "bad.tar", Wanted(empty, {}), NOW)
        assert list(empty.iterdir()) == []


def test_a_size_that_no_file_has_is_refused(kept: Path, empty: Path, tmp_path: Path) -> None:
    with tarfile.open(kept) as tar:
        at = tar.getmember("secret").offset
    damaged = bytearray(kept.read_bytes())
    damaged[at + 124 : at + 136] = b"\x80" + b"\x7f" * 11
    damaged[at + 148 : at + 156] = b" " * 8
    damaged[at + 148 : at + 156] = b"%06o\0 " % sum(damaged[at : at + 512])
    (tmp_path / "bad.tar").write_bytes(damaged)
    assert "is truncated" in refused(empty, str(tmp_path / "bad.tar"))
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("is_first", [True, False])
def test_headers_that_only_announce_others_are_refused(
    kept: Path, empty: Path, tmp_path: Path, is_first: bool
) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(b"12 path=abc\n")
    with tarfile.open(kept) as tar:
        at = 0 if is_first else tar.getmember("secret").offset
    whole, announcing = kept.read_bytes(), header.tobuf() + b"12 path=abc\n".ljust(512, b"\0")
    (tmp_path / "bad.tar").write_bytes(whole[:at] + announcing * 2_000 + whole[at:])
    assert "is no backup" in refused(empty, str(tmp_path / "bad.tar"))
    assert list(empty.iterdir()) == []


def test_a_manifest_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(BadBackup):
        read(b"[" * 100_000)


def test_a_backup_that_is_cut_off_or_damaged_is_refused(kept: Path, tmp_path: Path) -> None:
    """Wherever it is: what is taken all the same, as where a header's time has changed, is what was there."""
    whole, chance = kept.read_bytes(), random.Random(14)
    with closing(start(kept.parent / "project")) as engine:
        before = rows(engine.database)
    last = len(whole) - 2 * tarfile.RECORDSIZE  # after it there may be nothing but the archive's end
    places = [chance.randrange(last) for _ in range(12)] + [chance.randrange(20_000) for _ in range(12)]
    taken = 0
    for number, place in enumerate(places):
        damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        for kind, content in {"cut": whole[:place], "flipped": damaged}.items():
            file, root = tmp_path / f"{kind}.tar", tmp_path / f"{kind}-{number}"
            file.write_bytes(content)
            root.mkdir()
            try:
                restore(file, Wanted(root, {}), NOW)
            except BadBackup:
                assert list(root.iterdir()) == []
                continue
            taken += 1
            assert kind == "flipped"
            with closing(Database("sqlite:///data/surveyengine.db", root)) as database:
                assert rows(database) == before
    assert taken < len(places) / 2


def test_what_is_there_is_put_aside_only_where_that_is_said(kept: Path, tmp_path: Path) -> None:
    root = business.write(tmp_path / "project")
    with closing(start(root)) as engine:
        secret = engine.secret
    seen = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    said = refused(root, str(kept))
    there = "data/secret, data/surveyengine.db, data/surveyengine.db.queue, config.toml, surveys"
    assert f"surveyengine: {there} are there already" in said
    assert {path: path.read_bytes() for path in seen} == seen
    done = command(root, "restore", "--aside", str(kept))
    assert done.exit_code == 0
    aside = root / done.stdout.partition("what was there lies in ")[2].splitlines()[0]
    assert (aside / "data" / "secret").read_bytes().strip() == secret
    assert (aside / "config.toml").read_bytes() == seen[root / "config.toml"]
    assert (root / "static" / "logo.svg").read_text() == "<svg/>"
    assert command(root, "report", "--format", "json").exit_code == 0
    assert command(root, "restore", "--aside", str(kept)).exit_code == 0  # what lies aside already stays
    assert aside.is_dir()


def test_who_was_erased_or_opted_out_after_the_backup_stays_so(tmp_path: Path) -> None:
    root, file = business.write(tmp_path / "project"), tmp_path / "kept.tar"
    later = NOW + timedelta(days=2)
    with closing(start(root)) as engine:
        take(engine, [business.delivered(str(n), later, f"c-{n}") for n in range(3)], NOW)
    assert command(root, "backup", str(file)).exit_code == 0
    with closing(start(root)) as engine:
        erase(engine, "c-1", Caller(NOW))
        with engine.database.write() as connection:
            optouts.note(connection, "c-2", [engine.hasher.hash("c-2@example.com")], NOW)
    done = command(root, "restore", "--aside", str(file))
    assert done.exit_code == 0, done.output
    assert "1 customer who was erased after the backup was erased again; opt-outs of that time hold" in done.stdout
    with closing(start(root)) as engine:
        held = rows(engine.database, "customer", "opt_out", "event", "invitation")
        assert not any("c-1" in row for row in held["customer"] + held["event"] + held["invitation"])
        with engine.database.read() as connection:
            assert optouts.moments(connection, "c-2", [engine.hasher.hash("c-2@example.com")]) == {NOW}
            assert optouts.moments(connection, "c-0", [engine.hasher.hash("c-0@example.com")]) == set()


def test_a_database_that_a_killed_engine_has_left_is_put_aside_with_what_its_log_holds(
    kept: Path, tmp_path: Path
) -> None:
    left, root = business.write(tmp_path / "left"), tmp_path / "project"
    with closing(start(left)) as engine:
        take(engine, [business.delivered("1", NOW + timedelta(days=2), "c-1")], NOW)
        erase(engine, "c-1", Caller(NOW))  # which leaves nothing in the log
        take(engine, [business.delivered("2", NOW + timedelta(days=2), "c-2")], NOW)
        shutil.copytree(left, root)  # as it is on disk, unless somebody closes it
    assert (root / "data" / "surveyengine.db-wal").stat().st_size > 0
    done = command(root, "restore", "--aside", str(kept))
    assert done.exit_code == 0, done.output
    (aside,) = (root / "data").glob("before-*")
    with closing(Database("sqlite:///data/surveyengine.db", aside)) as database:
        assert [len(held) for held in rows(database, "erasure", "customer").values()] == [1, 1]


def test_the_data_alone_are_brought_back_beside_files_that_stay(kept: Path, tmp_path: Path) -> None:
    root = business.write(tmp_path / "project", {"purchase/other": business.asking()})
    before = (root / "config.toml").read_bytes()
    assert command(root, "restore", "--only-data", str(kept)).exit_code == 0
    assert (root / "config.toml").read_bytes() == before
    assert [path.name for path in (root / "surveys").rglob("*.toml")] == ["other.toml"]
    with closing(start(root)) as engine:
        assert len(rows(engine.database, "response")["response"]) == 1


@pytest.mark.parametrize("lock", [workers, servers])
def test_nothing_is_brought_back_under_a_running_engine(kept: Path, empty: Path, lock: Callable[[Path], Path]) -> None:
    with presence(lock(empty)) as running:
        running.join()
        assert "the engine runs; stop it first" in refused(empty, str(kept))
    assert not (empty / "config.toml").exists()


def test_another_secret_in_the_environment_is_told(kept: Path, empty: Path) -> None:
    with tarfile.open(kept) as tar:
        same = _read(tar, tar.getmember("secret")).decode().strip()
    assert "SURVEYENGINE_SECRET is another secret than the backup's" in refused(
        empty, str(kept), SURVEYENGINE_SECRET="x" * 32
    )
    assert command(empty, "restore", str(kept), SURVEYENGINE_SECRET=same).exit_code == 0


def test_a_database_of_the_other_kind_is_told(kept: Path, tmp_path: Path, empty: Path) -> None:
    def moved(manifest: dict[str, Any], members: Members) -> None:
        config = members["project/config.toml"]
        members["project/config.toml"] = config.replace(b"sqlite:///data/surveyengine.db", b"postgresql+psycopg:///x")

    said = refused(empty, str(changed(kept, tmp_path / "bad.tar", moved)))
    assert "holds a sqlite database, and [database] url names another kind" in said


@pytest.mark.parametrize("nth", range(1, 11))
def test_whichever_step_the_disk_refuses_everything_is_as_it_was(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    root, move, calls = business.write(tmp_path / "project"), shutil.move, list[Path]()
    start(root).close()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def full(path: Path, into: Path) -> None:
        calls.append(path)
        if len(calls) == nth:
            with open("/dev/full", "wb") as file:
                file.write(b"x" * 100_000)
        move(path, into)

    monkeypatch.setattr(shutil, "move", full)
    said = refused(root, "--aside", str(kept))
    assert f"{root} cannot be written: No space left on device" in said
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert after == before
    assert sorted(path.name for path in root.iterdir()) == ["config.toml", "data", "surveys"]
    assert not any(path.is_dir() for path in (root / "data").iterdir())
