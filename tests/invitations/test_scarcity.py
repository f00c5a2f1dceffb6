"""Touchpoints to which the limits leave too few invitations: found by deciding what happened once more, and told."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations import scarcity
from surveyengine.invitations.planning import take
from surveyengine.invitations.scarcity import Scarcity, scarcities
from surveyengine.store import decisions
from surveyengine.store.engine.migration import REVISION
from surveyengine.store.schema import invitation
from surveyengine.stored import warnings
from surveyengine.values.enumeration import BY_LIMIT
from tests.support import business
from tests.support.business import asking, change

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def happened(type: str, id: str, at: datetime, who: str) -> Event:
    return Event("shop", id, type, at, {"order": id}, Customer(who, f"{who}@example.com"), False)


def journeys(n: int, days: int, apart: timedelta = 2 * DAY) -> Iterator[Event]:
    """Orders of as many customers, evenly over the days, each delivered some time later."""
    events: list[Event] = []
    for number in range(n):
        at = START + days * DAY * number / n
        events.append(happened("order.paid", f"p-{number}", at, f"c-{number}"))
        events.append(happened("shipment.delivered", f"d-{number}", at + apart, f"c-{number}"))
    yield from sorted(events, key=lambda one: one.time)


def rules(**invite: Any) -> dict[str, str]:
    return {"purchase/checkout": asking(on="order.paid"), "purchase/delivery": asking(**invite)}


def played(engine: Engine, events: Sequence[Event] | Iterator[Event], **sending: Any) -> None:
    """Take events as they happen."""
    change(engine, rules(), **{"cooldown": "7 days", "late": "0 days", **sending})
    for one in events:
        take(engine, [one], one.time)


def found(engine: Engine) -> list[Scarcity]:
    surveys, sending = engine.library.surveys.values(), engine.config.sending
    with engine.database.read() as connection:
        past = decisions.recent(connection, scarcity.memory(surveys, sending))
    return scarcities(past, surveys, sending)


def said(engine: Engine) -> list[str]:
    return [str(scarcity.fault(one)) for one in found(engine)]


def test_who_comes_first_and_leaves_nothing_is_named_with_the_numbers(engine: Engine) -> None:
    played(engine, journeys(60, 88))
    assert said(engine) == [
        "surveys/purchase/delivery.toml:1:1: warning: of 60 occasions to ask about delivery from 2026-06-01 to"
        " 2026-08-29, the limits in force leave 0 (a quarter: 61 and 0), and below 30 a quarter a score hardly comes"
        " about; the customer had just been asked by checkout (60); lower the `sample` of checkout, or shorten"
        " `cooldown` under [sending] in config.toml"
    ]


@pytest.mark.parametrize(
    ("n", "days", "told"),
    [(60, 88, 1), (27, 88, 0), (31, 88, 1), (20, 30, 1), (9, 30, 0), (60, 11, 0), (60, 13, 1), (0, 1, 0)],
)
def test_little_is_told_only_where_there_was_enough_to_ask_about(tmp_path: Path, n: int, days: int, told: int) -> None:
    engine = start(business.write(tmp_path / "shop"))
    played(engine, journeys(n, days))
    assert len(found(engine)) == told
    engine.close()


def test_of_more_than_a_quarter_the_last_one_counts(engine: Engine) -> None:
    played(engine, journeys(200, 180))
    (one,) = found(engine)
    assert 98 <= one.wanted <= 102
    assert one.span == 90 * DAY
    assert "a quarter:" not in said(engine)[0]


@pytest.mark.parametrize(
    ("surveys", "sending", "told"),
    [
        (rules(), {"cooldown": "7 days"}, ["delivery"]),
        (rules(), {"cooldown": "1 day"}, []),
        (rules(exempt=True), {"cooldown": "7 days"}, []),
        (rules(sample=0.2), {"cooldown": "7 days"}, []),    # so few are not meant to be asked
        ({**rules(), "purchase/checkout": asking(on="order.paid", sample=0.1)}, {"cooldown": "7 days"}, ["checkout"]),
        ({**rules(), "purchase/checkout": asking(on="order.paid", closed=True)}, {"cooldown": "7 days"}, []),
        (rules(), {"cooldown": "0 days", "at_most": {"90 days": 1}}, ["delivery"]),
        (rules(), {"cooldown": "0 days", "at_most": {"90 days": 2}}, []),
    ],
)
def test_the_rules_in_force_are_those_of_the_files(
    past: Path, tmp_path: Path, surveys: dict[str, str], sending: dict[str, Any], told: list[str]
) -> None:
    """What was decided by other rules is decided once more, so that a change shows at once."""
    engine = start(shutil.copytree(past, tmp_path / "shop", ignore=shutil.ignore_patterns("*.queue")))
    change(engine, surveys, late="0 days", **sending)
    assert [one.survey.id for one in found(engine)] == [id for id in told if id != "checkout"]
    engine.close()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A business to which a hundred journeys have happened."""
    engine = start(business.write(tmp_path_factory.mktemp("past") / "shop"))
    played(engine, journeys(100, 88))
    engine.close()
    return engine.root


def sent_when_due(engine: Engine, now: datetime) -> None:
    """Note that what was due by now was sent when it was due."""
    due = update(invitation).where(invitation.c.state == "planned", invitation.c.due_at <= now)
    with engine.database.write() as connection:
        connection.execute(due.values(state="sent", sent_at=invitation.c.due_at, expires_at=now))


def test_without_a_change_of_rules_it_is_what_was_decided(engine: Engine) -> None:
    """The numbers of a warning are those of the stored invitations and refusals, whatever the rules."""
    chosen = random.Random(5)
    surveys = {
        "purchase/checkout": asking(on="order.paid", after="3 hours"), "purchase/delivery": asking(sample=0.8),
        "purchase/packing": asking(priority=3, cooldown="30 days", touchpoint="x"),
        "post-purchase/support": asking(on="ticket.solved", exempt=True),
        "post-purchase/returns": asking(on="return.refunded", draw="d", sample=0.5),
        "post-purchase/refund": asking(on="return.refunded", draw="d", sample=0.4),
    }  # fmt: skip
    surveys["purchase/packing"] = 'touchpoint = "parcels"\n' + asking(priority=3, cooldown="30 days")
    change(engine, surveys, cooldown="0 days", at_most={"6 days": 1, "60 days": 2}, late="0 days")
    types = ("order.paid", "shipment.delivered", "ticket.solved", "return.refunded")
    for number in range(400):
        at = START + number * timedelta(hours=5, minutes=7)
        sent_when_due(engine, at)
        take(engine, [happened(chosen.choice(types), str(number), at, f"c-{chosen.randrange(25)}")], at)
    with engine.database.read() as connection:
        query = select(invitation.c.survey, invitation.c.reason, func.count()).group_by(
            invitation.c.survey, invitation.c.reason
        )
        decided = {(survey, reason): n for survey, reason, n in connection.execute(query)}
        past = decisions.recent(connection, 1000 * DAY)
    places = scarcity.replayed(past, START, engine.library.surveys, engine.config.sending)
    assert sum(one.wanted - one.left for one in places.values()) > 100
    for survey in engine.library.surveys.values():
        told = places[survey.touchpoint]
        mine = {reason: n for (id, reason), n in decided.items() if id == survey.id}
        limited = Counter({reason: n for reason, n in mine.items() if reason in BY_LIMIT})
        left = mine.get(None, 0)
        assert (told.left, told.reasons, told.wanted) == (left, limited, left + limited.total()), survey.id
        assert told.taken.total() == limited.total()


@pytest.mark.parametrize(
    ("packing", "sending", "remedy"),
    [
        ({}, {"cooldown": "1 day"}, "give packing a higher `priority` than delivery, or lower the `sample` of delivery,"
                                    " or shorten `cooldown` under [sending] in config.toml"),
        ({}, {"at_most": {"90 days": 1}}, "give packing a higher `priority` than delivery, or lower the `sample` of"
                                          " delivery, or raise `at_most` under [sending] in config.toml"),
        ({"on": "order.paid"}, {"cooldown": "7 days"}, None),
        ({"exempt": True}, {"cooldown": "7 days"}, None),
    ],
)  # fmt: skip
def test_the_remedy_is_named_after_the_limit_that_took_most(
    tmp_path: Path, packing: dict[str, Any], sending: dict[str, Any], remedy: str | None
) -> None:
    engine = start(business.write(tmp_path / "shop"))
    surveys = {"purchase/delivery": asking(), "purchase/packing": asking(**packing)}
    change(engine, surveys, **{"cooldown": "0 days", "late": "0 days", **sending})
    for one in journeys(60, 88):
        take(engine, [one], one.time)
    told = [one for one in said(engine) if "ask about packing" in one]
    assert [one.partition("; ")[2].partition("; ")[2] for one in told] == ([remedy] if remedy else [])
    engine.close()


def test_a_survey_that_stands_in_its_own_way_is_told_so(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop"))
    change(engine, {"purchase/delivery": asking(cooldown="80 days")}, cooldown="0 days", late="0 days")
    for number in range(100):
        at = START + number * 20 * timedelta(hours=1)
        take(engine, [happened("shipment.delivered", str(number), at, f"c-{number % 8}")], at)
    (told,) = said(engine)
    assert "had just been asked by delivery (" in told
    assert told.endswith("; shorten the `cooldown` of delivery")
    engine.close()


# ── check, where nothing is drawn by lot

FIRST_COME: dict[str, Any] = {"cooldown": "0 days", "at_most": {"7 days": 1}}


def run(root: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--project", str(root), "check", *more])
    return result.exit_code, result.output


def test_check_warns_and_changes_nothing(engine: Engine) -> None:
    played(engine, journeys(60, 88), **FIRST_COME)
    code, told = run(engine.root)
    assert code == 0
    assert "of 60 occasions to ask about delivery" in told
    assert "0 errors, 1 warning" in told
    assert '"level": "warning"' in run(engine.root, "--format", "json")[1]
    assert len(found(engine)) == 1


def test_check_leaves_the_file_of_a_database_as_it_is(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop"))
    played(engine, journeys(40, 88), **FIRST_COME)
    engine.close()
    path = tmp_path / "shop/data/surveyengine.db"
    before = sha256(path.read_bytes()).hexdigest()
    assert "occasions to ask about delivery" in run(tmp_path / "shop")[1]
    assert sha256(path.read_bytes()).hexdigest() == before


def test_check_does_not_warn_of_what_the_lot_prevents(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop"))
    played(engine, journeys(40, 88))
    engine.close()
    assert run(tmp_path / "shop") == (0, "2 good surveys, 0 errors, 0 warnings\n")


def test_check_makes_no_database(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop")
    assert run(root) == (0, "1 good survey, 0 errors, 0 warnings\n")
    assert not (root / "data").exists()


def test_a_database_that_cannot_be_read_is_a_note_and_no_fault(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop", database="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    code, told = run(root)
    assert code == 0
    assert "note: the files were not compared with what is stored, because the database cannot be used" in told
    assert told.endswith("1 good survey, 0 errors, 0 warnings\n")


@pytest.mark.parametrize(("revision", "age"), [("9999", "a newer"), ("0001", "an older")])
def test_tables_of_another_version_are_a_note_and_stay_as_they_are(engine: Engine, revision: str, age: str) -> None:
    with engine.database.write() as connection:
        connection.execute(update(REVISION).values(version_num=revision))
    code, told = run(engine.root)
    assert (code, f"because the database holds the tables of {age} surveyengine" in told) == (0, True)
    with engine.database.read() as connection:
        assert connection.execute(select(REVISION.c.version_num)).scalar_one() == revision


def test_what_is_no_database_is_a_note(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop")
    (root / "data").mkdir()
    (root / "data/surveyengine.db").write_bytes(b"this is a text, and long enough to be looked at" * 100)
    code, told = run(root)
    assert (code, "note: the files were not compared with what is stored" in told) == (0, True)


def test_an_empty_business_is_told_nothing(engine: Engine) -> None:
    from surveyengine.project.files import read

    project = read(engine.root, engine.catalogs.languages)
    assert project.config
    assert warnings(project, project.config, START) == []
