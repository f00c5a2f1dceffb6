"""What has been kept long enough goes: first whose it is, later the answers; the report stays what it was."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveyengine.channels.folder import FolderTransport
from surveyengine.engine import Engine
from surveyengine.health import kept
from surveyengine.health.deployment import deployment
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.privacy import outbox, retention
from surveyengine.privacy.retention import LetGo, Retention
from surveyengine.project.files import read
from surveyengine.results import query
from surveyengine.results.export.extract import Source, extract
from surveyengine.results.record import plain
from surveyengine.store import addresses, horizons, recount
from surveyengine.store.count_tables import tally
from surveyengine.store.export_rows import RowFilter
from surveyengine.store.schema import customer, event, invitation, response
from surveyengine.values.enumeration import Role
from tests.privacy import life
from tests.privacy.life import NOW, found
from tests.support import business, staff
from tests.support.posts import by_mail

UNLINKED, EMPTY = NOW + timedelta(days=400 + 14 + 90), NOW + timedelta(days=3 * 365 + 165)
WRITTEN = {life.WORDS, life.BESIDE, life.BORN}    # what answers say, until they go


def send(engine: Engine, at: datetime) -> None:
    """Send what is due at that time."""
    post = by_mail(engine, FolderTransport(engine.root / "data" / "outbox"), life.ADDRESS)
    while deliver_one(post, at) is not None:
        pass


def look(engine: Engine, monkeypatch: pytest.MonkeyPatch, at: datetime) -> LetGo:
    """What goes at that time."""
    monkeypatch.setattr(engine.timekeeper, "moment", lambda: at)
    gone = Retention(engine).look()
    with engine.database.write() as connection:
        recount.count(connection)
    return gone


def report(engine: Engine, at: datetime, **more: Any) -> str:
    """The report of the whole time, but for what tells how long answers are kept."""
    whole = plain(query.report(engine, query.ReportQuery(questions=True, **more), at))
    for point in (point for stage in whole["stages"] for point in stage["touchpoints"]):
        point.pop("counted_until", None)
    return json.dumps(whole, ensure_ascii=False)


def n(engine: Engine, table: Any, *which: Any) -> int:
    with engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())


def wrong(engine: Engine) -> Any:
    with engine.database.read() as connection:
        return recount.differences(connection)


def test_first_whose_it_is_goes_and_then_the_answers(
    lived: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lived, NOW + timedelta(days=90))
    assert not look(lived, monkeypatch, NOW + timedelta(days=390))
    before = report(lived, UNLINKED)
    gone = look(lived, monkeypatch, UNLINKED)
    assert {mark for mark, _ in found(lived)} == WRITTEN
    assert (gone.invitations_unlinked, gone.responses_unlinked, gone.customers) == (6, 3, 2)
    assert wrong(lived) == {}
    assert report(lived, UNLINKED) == before
    assert look(lived, monkeypatch, UNLINKED) == LetGo()
    gone = look(lived, monkeypatch, EMPTY)
    assert found(lived) == []
    assert wrong(lived) == {}
    assert report(lived, EMPTY) == before


TWO = {
    "purchase/delivery": business.asking(on="shipment.delivered"),
    "purchase/speed": 'touchpoint = "delivery"\n' + business.asking(on="shipment.delivered"),
}


def test_a_touchpoint_of_several_surveys_counts_an_event_once_for_good(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    business.change(engine, TWO, cooldown="0 days")
    take(engine, [business.delivered(str(n), NOW, f"c-{n}") for n in range(3)], NOW)
    business.change(engine, {**TWO, "purchase/speed": TWO["purchase/delivery"].replace("shipment", "parcel")})
    take(engine, [business.delivered(str(n), NOW, f"c-{n}") for n in range(3, 5)], NOW)
    send(engine, NOW + timedelta(days=1))
    business.change(engine, TWO)
    before = report(engine, EMPTY)
    look(engine, monkeypatch, UNLINKED)
    assert (n(engine, invitation), n(engine, customer)) == (8, 0)
    assert look(engine, monkeypatch, EMPTY).invitations == 2
    assert (n(engine, invitation), n(engine, event)) == (6, 3)
    assert report(engine, EMPTY) == before
    assert wrong(engine) == {}


def test_an_invitation_that_stays_counts_without_those_of_its_event_that_went(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_for_good = 'keep_contacts = 0\n' + business.asking(on="shipment.delivered", sample=0)
    business.change(engine, {**TWO, "purchase/speed": kept_for_good}, cooldown="0 days")
    take(engine, [business.delivered(str(n), NOW, f"c-{n}") for n in range(3)], NOW)
    send(engine, NOW + timedelta(days=1))
    with engine.database.write() as connection:
        recount.count(connection)
    assert look(engine, monkeypatch, UNLINKED).invitations_unlinked == 3
    assert wrong(engine) == {}


def test_counts_of_what_has_gone_are_never_made_anew(lived: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lived, NOW + timedelta(days=90))
    before = report(lived, EMPTY)
    look(lived, monkeypatch, EMPTY)
    take(lived, [business.delivered("9", NOW, "c-9")], EMPTY)    # late, for a day of which all has gone
    assert wrong(lived) == {}
    with lived.database.read() as connection:
        assert {survey: one[1:] for survey, one in horizons.read(connection).items()} == {
            "delivery": (2, 2), "later": (0, 1), "quiet": (0, 1), "secret": (0, 1), "support": (0, 1),
        }    # fmt: skip
    with lived.database.write() as connection:
        recount.forget(connection)
        recount.count(connection)
    assert wrong(lived) == {}
    with lived.database.write() as connection:
        connection.execute(tally.update().where(tally.c.value == "5").values(n=2))
    assert set(wrong(lived)) == {"tally_month"}    # what days are made of is not known any more, but for their sum
    look(lived, monkeypatch, EMPTY)
    late = report(lived, EMPTY).replace('"late": 1', "").replace(" ", "")
    assert len(late) < len(before)


def test_invitations_that_another_survey_continued_stay_counted(
    engine: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = 'mode = "anonymous"\n' + business.asking()
    business.change(engine, {"purchase/delivery": secret})
    take(engine, [business.delivered(str(n), NOW, f"c-{n}") for n in range(3)], NOW)
    send(engine, NOW + timedelta(days=1))
    (engine.root / "surveys" / "purchase" / "delivery.toml").unlink()
    business.change(engine, {"purchase/arrival": 'was = "delivery"\n' + secret})
    business.answer(client, life.link(engine, "delivery", "c-1"), satisfaction="5")
    with engine.database.write() as connection:
        recount.count(connection)
    before = report(engine, EMPTY)
    look(engine, monkeypatch, UNLINKED)
    assert look(engine, monkeypatch, EMPTY).invitations == 3
    assert wrong(engine) == {}
    with engine.database.write() as connection:
        recount.forget(connection)
        recount.count(connection)
    assert report(engine, EMPTY) == before
    assert wrong(engine) == {}


def test_facts_that_enough_share_stay_however_small_the_steps_and_while_all_is_counted_anew(
    engine: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    branches = ["haifa"] * 12 + ["Akko"] * 6 + ["akko"] * 4
    take(engine, [business.delivered(str(n), NOW, f"c-{n}", branch=one) for n, one in enumerate(branches)], NOW)
    send(engine, NOW + timedelta(days=1))
    for whose in range(len(branches)):
        business.answer(client, life.link(engine, "delivery", f"c-{whose}"), satisfaction="5")
    with engine.database.write() as connection:
        recount.count(connection)
    before = report(engine, EMPTY, by="branch")
    with engine.database.write() as connection:
        recount.forget(connection)
    monkeypatch.setattr(retention, "BATCH", 5)
    assert look(engine, monkeypatch, UNLINKED).responses_unlinked == len(branches)
    with engine.database.read() as connection:
        told = Counter(one["branch"] for one in connection.execute(select(response.c.context)).scalars())
    assert told == {"haifa": 12, "Akko": 6, "akko": 4}
    assert report(engine, EMPTY, by="branch") == before
    assert look(engine, monkeypatch, EMPTY).responses == len(branches)
    assert report(engine, EMPTY, by="branch") == before
    assert wrong(engine) == {}


def test_what_stands_still_is_said_where_rows_are_fewer_than_counts(
    lived: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(lived, monkeypatch, EMPTY)
    day = NOW.astimezone(lived.config.business.zone).date()
    found = query.report(lived, query.ReportQuery(by="order"), EMPTY)
    point = next(one for one in found.touchpoints if one.touchpoint == "delivery")
    assert point.counted_until == day
    assert {name: group.csat.n for name, group in (point.by or {}).items()} == {"(other)": 2}
    younger = query.report(lived, query.ReportQuery(since=day + timedelta(days=1)), EMPTY)
    assert not any(one.counted_until for one in younger.touchpoints)
    assert "only the counts are left." in query.shown(lived, found, "table", query.Screen(200, language="en"))
    assert f"counted_until,{day}" in query.shown(lived, found, "csv", query.Screen())
    told = extract(Source(lived, RowFilter(), EMPTY), "responses")
    assert (told.note, list(told.rows)) == (f"Of answers up to {day} only the counts are left.", [])


def test_no_number_leads_to_a_list_that_holds_fewer(lived: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    day = NOW.astimezone(lived.config.business.zone).date()
    pages = f"/staff/journey/purchase/delivery?from={day}&to={day}", f"/staff/sending/?day={day}"
    operator = staff.client(lived, Role.OPERATOR)
    assert all("/staff/invitations/?" in operator.get(page).text for page in pages)
    assert "only the counts are left" not in operator.get("/staff/invitations/").text
    look(lived, monkeypatch, EMPTY)
    assert not any("/staff/invitations/?" in operator.get(page).text for page in pages)
    assert "only the counts are left" in operator.get("/staff/invitations/").text


def test_several_workers_do_it_once_and_one_that_is_killed_has_lost_nothing(
    lived: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lived, NOW + timedelta(days=90))
    before = report(lived, EMPTY)
    monkeypatch.setattr(lived.timekeeper, "moment", lambda: EMPTY)
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "forget", Mock(side_effect=KeyboardInterrupt))    # in the middle of a step
        with pytest.raises(KeyboardInterrupt):
            Retention(lived).look()
    assert n(lived, invitation, invitation.c.customer.is_not(None)) == 6
    for steps in range(1, 4):    # and between two
        with pytest.raises(KeyboardInterrupt):
            Retention(lived).look(Mock(side_effect=[*[False] * steps, KeyboardInterrupt]))
    there = n(lived, response)
    with ThreadPoolExecutor(2) as workers:
        gone = sum(workers.map(lambda one: one.look(), [Retention(lived), Retention(lived)]), LetGo())
    assert gone.responses == there - n(lived, response)
    look(lived, monkeypatch, EMPTY)
    assert [n(lived, table) for table in (response, invitation, event, customer)] == [2, 0, 0, 0]    # which wait
    assert found(lived) == []
    assert report(lived, EMPTY) == before
    assert wrong(lived) == {}


def test_what_goes_tonight_is_told_before(lived: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    send(lived, NOW + timedelta(days=90))
    eve = NOW + timedelta(days=395 + 15)    # what was due at once left a day later, for 14 days
    told = [one.words.split(",")[0] for one in kept.findings(deployment(lived.root, eve, {}))]
    assert look(lived, monkeypatch, eve).invitations_unlinked == 0
    assert told == [
        *(f"tonight {n} to persons of {survey} will go" for survey, n in
          (("delivery", "2 links"), ("quiet", "1 link"), ("secret", "1 link"), ("support", "1 link"))),
        "tonight at most 7 events will go", "tonight at most 2 customers will go",
    ]    # fmt: skip
    assert look(lived, monkeypatch, eve + timedelta(days=1)).invitations_unlinked == 5
    look(lived, monkeypatch, EMPTY)
    told = [one.words for one in kept.findings(deployment(lived.root, EMPTY, {})) if one.kind == "only-counts"]
    assert told[0].endswith(", of 2 answers and 2 invitations")


def test_nothing_goes_while_the_clock_is_doubted_or_where_it_is_kept_for_good(
    lived: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lived.timekeeper, "moment", lambda: None)
    assert not Retention(lived).look()
    with (lived.root / "config.toml").open("a", encoding="utf-8") as config:
        config.write("\n[privacy]\nkeep_answers = 0\nkeep_contacts = 0\n")
    lived.library.publish(read(lived.root, lived.catalogs.languages), EMPTY)
    assert not look(lived, monkeypatch, EMPTY)


def test_who_is_still_in_contact_keeps_the_younger_part_and_an_opt_out_stays(
    lived: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(lived, NOW + timedelta(days=90))
    take(lived, [business.delivered("2", UNLINKED, "c-17")], UNLINKED)
    assert client.post(life.unsubscribing(lived, "delivery")).status_code == 200
    look(lived, monkeypatch, UNLINKED)
    assert (n(lived, customer), n(lived, invitation, invitation.c.customer == "c-17")) == (1, 1)
    with lived.database.read() as connection:
        assert addresses.left_at(connection, lived.hasher, life.EMAIL)
