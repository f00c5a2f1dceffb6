"""Each campaign for a moment, and its control, in which something is broken on purpose and must be found."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.campaigns.__main__ import CAMPAIGNS, main, options
from tests.campaigns.audit import Promised, Stored, audit
from tests.campaigns.ground import Ground
from tests.conftest import missing
from tests.support import postgres

ROOT = Path(__file__).parents[1]
TRACED = ("power_cuts", "io_errors")
SHORT = [
    ("kills", "sqlite"), ("stops", "postgres"), ("power_cuts", "sqlite"), ("disk_full", "sqlite"),
    ("io_errors", "sqlite"), ("locks", "postgres"), ("mail_server", "sqlite"), ("two_workers", "postgres"),
    ("slow_clients", "sqlite"), ("clocks", "sqlite"), ("lives", "sqlite"),
]  # fmt: skip

SHORTER: dict[str, dict[str, int]] = {
    "kills": {"kills": 1}, "stops": {"stops": 1}, "clocks": {"jumps": 1}, "lives": {"examples": 4},
}  # fmt: skip


@pytest.fixture
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    if request.node.callspec.params["name"] in TRACED:
        expect_strace()
    if request.param == "sqlite":
        yield Ground(tmp_path)
        return
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    with server.fresh_database() as url:
        yield Ground(tmp_path, url)


def expect_strace() -> None:
    if shutil.which("strace") is None:
        missing("strace is not installed")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("nobody may trace here")


@pytest.mark.parametrize(("name", "ground"), SHORT, indirect=["ground"])
def test_what_is_promised_is_kept(name: str, ground: Ground) -> None:
    found = CAMPAIGNS[name].trial(ground, Random(1), **SHORTER.get(name, {}))
    assert found.trials > 0
    assert found.kept, f"{found} {found.faults}"


@pytest.mark.parametrize(("name", "ground"), SHORT, indirect=["ground"])
def test_what_is_broken_on_purpose_is_found(name: str, ground: Ground) -> None:
    assert not CAMPAIGNS[name].control(ground, Random(1)).kept


@pytest.mark.parametrize(
    ("promised", "stored", "lost", "doubled", "faults"),
    [
        (Promised(), Stored(), 0, 0, 0),
        (Promised(("a",), ("e",), ("x",)), Stored(("a", "b"), ("e", "f"), (("x", "sent"),)), 0, 0, 0),
        (Promised(("a", "b")), Stored(("b",)), 1, 0, 0),
        (Promised((), ("e",)), Stored(), 1, 0, 0),
        (Promised(("a",)), Stored(("a", "a")), 0, 1, 0),
        (Promised((), ("e",)), Stored((), ("e", "e")), 0, 1, 0),
        (Promised(mailed=("x", "x")), Stored(messages=(("x", "sent"),)), 0, 1, 0),
        (Promised(mailed=("x",)), Stored(messages=(("x", "uncertain"), ("y", "uncertain"))), 0, 0, 0),
        (Promised(), Stored(messages=(("x", "sent"),)), 0, 0, 1),
        (Promised(mailed=("x",)), Stored(messages=(("x", "failed"),)), 0, 0, 1),
        (Promised(mailed=("x",)), Stored(messages=(("x", "planned"),)), 0, 0, 1),
        (Promised(), Stored(whole=False), 0, 0, 1),
    ],
)
def test_the_audit_knows_what_a_promise_is(
    promised: Promised, stored: Stored, lost: int, doubled: int, faults: int
) -> None:
    found = audit(promised, stored)
    assert (found.lost, found.doubled, len(found.faults)) == (lost, doubled, faults)
    assert found.kept is not any((lost, doubled, faults))


@pytest.mark.parametrize(("control", "status", "said"), [([], 0, "kept"), (["--control"], 1, "BROKEN")])
def test_a_campaign_is_one_command(
    capsys: pytest.CaptureFixture[str], control: list[str], status: int, said: str
) -> None:
    assert main(["two_workers", "--for", "0s", *control]) == status
    found = capsys.readouterr().out.splitlines()
    assert re.match(r"two_workers on sqlite, \d+ s, seed 1: trial 1 · acknowledged 0 · lost 0 · doubled \d", found[-2])
    assert found[-1] == said


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("nothing", "invalid choice"), ("kills --for ever", "no time such as 90s"),
     ("disk_full --database postgresql", "is about SQLite's files")],
)  # fmt: skip
def test_what_is_no_campaign_is_said(capsys: pytest.CaptureFixture[str], wrong: str, said: str) -> None:
    with pytest.raises(SystemExit):
        main(wrong.split())
    assert said in capsys.readouterr().err


def test_the_page_on_reliability_names_every_campaign_in_commands_that_are_understood() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    written = re.findall(r"python -m tests\.campaigns (\w[^`\n|]*)|^\| `(\w+(?: --[^`]*)?)` \|", page, re.MULTILINE)
    commands = [options("".join(found).split()) for found in written]
    assert {command.name for command in commands} == {*CAMPAIGNS}
