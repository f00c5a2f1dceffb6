"""The command that takes files of other systems, and what it says before it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from surveyengine.cli import main
from surveyengine.engine import start
from surveyengine.invitations import import_file
from surveyengine.store.schema import customer, event, invitation, sending
from tests.support import business, exports

OWN = """
[import.deliveries]
type   = "shipment.delivered"
id     = "{Name}-delivered"
time   = { column = "Delivered", format = "%d/%m/%Y" }
fields = { order = "Name", "customer.email" = "Email" }
"""
LATELY = datetime.now(ZoneInfo("Asia/Jerusalem")).replace(hour=12, minute=0, second=0) - timedelta(days=1)
LIST = (
    f"Name,Delivered,Email\nA-1,{LATELY:%d/%m/%Y},dana@example.org\nA-2,01/02/2020,noa@example.org\n"
    "A-3,,lee@example.org\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return business.write(tmp_path / "project", config=business.CONFIG + OWN)


def run(project: Path, body: bytes | str, *options: str) -> Result:
    (project / "list.csv").write_bytes(body if isinstance(body, bytes) else body.encode())
    return CliRunner().invoke(main, ["--project", str(project), "events", str(project / "list.csv"), *options])


def errors(project: Path, done: Result) -> list[str]:
    return done.stderr.replace(f"{project}/", "").splitlines()


def stored(project: Path) -> list[int]:
    engine = start(project, {})
    with engine.database.read() as connection:
        counts = [connection.execute(select(func.count()).select_from(one)).scalar_one()
                  for one in (event, customer, invitation, sending)]  # fmt: skip
    engine.close()
    return counts


def test_a_dry_run_says_what_would_come_of_a_file_and_stores_nothing(project: Path) -> None:
    done = run(project, LIST, "--import", "deliveries", "--dry-run")
    assert done.stdout.splitlines() == [
        f"2: shipment.delivered A-1-delivered at {LATELY.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z, of deliveries",
        "    customer.email = dana@example.org", "    order = A-1",
        "3: shipment.delivered A-2-delivered at 2020-02-01 10:00:00Z, of deliveries",
        "    customer.email = noa@example.org", "    order = A-2",
        "accepted 2 · refused 1 · planned 1 · not asked 1: late 1", "this was a dry run: nothing is stored",
    ]  # fmt: skip
    assert errors(project, done) == ["list.csv:4: error: column `Delivered` is empty, and says when it happened"]
    assert (done.exit_code, stored(project)) == (1, [0, 0, 0, 0])


def test_what_a_dry_run_says_comes_true_once(project: Path) -> None:
    tried = run(project, LIST, "--import", "deliveries", "--dry-run").stdout.splitlines()[-2]
    assert run(project, LIST, "--import", "deliveries").stdout.strip() == tried
    assert run(project, LIST, "--import", "deliveries").stdout.strip() == "accepted 0 · duplicate 2 · refused 1"
    assert stored(project) == [2, 2, 2, 1]


def test_a_long_file_is_tried_in_part_and_read_whole(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "MOST_TRIED", 1)
    done = run(project, LIST, "--import", "deliveries", "--dry-run")
    assert done.stdout.splitlines()[-2] == "accepted 1 · refused 1 · planned 1"
    assert errors(project, done)[-1] == (
        "list.csv: warning: 1 more events can be read; what they would lead to was not tried"
    )


@pytest.mark.parametrize(("body", "options", "said"), [
    (LIST.replace(f"{LATELY:%d/%m}", f"{LATELY:%m-%d}"), ["--import", "deliveries"],
     "accepted 1 · refused 2 · planned 0 · not asked 1: late 1"),
    (LIST.replace("Name,", "Nam,"), ["--import", "deliveries"],
     "list.csv: error: has no column `Name` (line 1); did you mean `nam`?"),
    (exports.PRIORITY, ["--import", "shopify-orders"], "list.csv: error: is not UTF-8 (line 1, column 1: byte 0xe3);"
     ' write encoding = "cp1255"'),
    (exports.SHOPIFY, ["--import", "shopify-orders"], "accepted 4 · planned 0 · no survey asks about 4 · passed over 1,"
     " about which the import says nothing"),
    (LIST, ["--import", "delivries"], "Error: there is no [import.delivries] in config.toml; did you mean"
     " `deliveries`?"),
    (LIST, ["--import", "deliveries", "--format", "csv"], "Error: --format is not for --import, which looks into the"
     " file"),
])  # fmt: skip
def test_a_file_is_taken_or_it_is_said_why_not(project: Path, body: str | bytes, options: list[str], said: str) -> None:
    done = run(project, body, *options)
    assert said in [*errors(project, done), *done.stdout.splitlines()]


def test_check_warns_of_an_import_that_no_survey_is_about(project: Path) -> None:
    def check() -> list[str]:
        return CliRunner().invoke(main, ["--project", str(project), "check"]).stderr.splitlines()

    assert check() == []
    business.write(project, config=business.CONFIG + OWN.replace('"shipment.delivered"', '"shipment.deliverd"'))
    (said,) = check()
    assert said.partition(" warning: ")[2] == (
        "no survey is about `shipment.deliverd`, and config.toml declares no such event; did you mean"
        " `shipment.delivered`?"
    )


def test_a_file_comes_from_standard_input_too(project: Path) -> None:
    done = CliRunner().invoke(
        main, ["--project", str(project), "events", "-", "--import", "deliveries"], input=LIST.encode()
    )
    assert done.stdout.strip() == "accepted 2 · refused 1 · planned 1 · not asked 1: late 1"


def test_a_dry_run_is_there_for_files_of_events_too(project: Path) -> None:
    body = "type,source,id,customer.email\nshipment.delivered,shop,1,dana@example.org\n"
    assert run(project, body, "--dry-run").stdout.splitlines()[-2:] == [
        "accepted 1 · planned 1", "this was a dry run: nothing is stored",
    ]  # fmt: skip
    assert stored(project) == [0, 0, 0, 0]


STRANGE = """Report of November
ID;Purchase Date;Customer Email;Full Name;Grand Total;Status
000000299;20/11/2026 10:00:00;dana@example.org;דנה;"1.219,40 ₪";complete
000000300;05/06/2026 10:00:00;noa@example.org;נועה;"19,40 ₪";complete
"""
TWO_WAYS = STRANGE.replace("20/11", "03/04")


def guide(project: Path, body: bytes) -> str:
    (project / "strange list.csv").write_bytes(body)
    done = CliRunner().invoke(main, ["--project", str(project), "import-guide", str(project / "strange list.csv")])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1255"])
def test_a_draft_for_a_strange_file_reads_it(project: Path, encoding: str) -> None:
    drafted = guide(project, STRANGE.encode(encoding))
    business.write(project, config=business.CONFIG + drafted)
    done = run(project, STRANGE.encode(encoding), "--import", "strange_list", "--dry-run")
    assert done.stdout.splitlines()[:5] == [
        "3: order.paid 000000299-paid at 2026-11-20 08:00:00Z, of strange_list",
        "    customer.email = dana@example.org", "    customer.name = דנה", "    order = 000000299",
        "    grand_total = 1219.4",
    ]  # fmt: skip


def test_a_draft_leaves_a_choice_that_is_not_its_own_to_the_reader(project: Path) -> None:
    drafted = guide(project, TWO_WAYS.encode())
    assert "# 03/04/2026 10:00:00 can be in two months: keep the format that the system writes\n" in drafted
    business.write(project, config=business.CONFIG + drafted)
    said = CliRunner().invoke(main, ["--project", str(project), "check"]).stderr
    assert "`format` reads the same day in two ways, by `%d/%m/%Y %H:%M:%S` and by `%m/%d/%Y %H:%M:%S`" in said


@pytest.mark.parametrize(("name", "body"), [
    ("shopify-orders", exports.SHOPIFY), ("woocommerce-orders", exports.WOOCOMMERCE),
    ("zendesk-tickets", exports.ZENDESK), ("freshdesk-tickets", exports.FRESHDESK),
    ("priority-orders", exports.PRIORITY), ("iranian-shop-orders", exports.IRANIAN),
])  # fmt: skip
def test_the_guide_knows_the_file_of_a_known_system(project: Path, name: str, body: bytes) -> None:
    assert guide(project, body).startswith(f"# --import {name} reads this file; paste it only to change it\n")
