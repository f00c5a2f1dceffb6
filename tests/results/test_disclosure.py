"""What each mode promises is kept wherever an answer could be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyengine.engine import Engine, start
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.results import query
from surveyengine.results.disclosure import Detail, may, may_answer, may_tell_answered
from surveyengine.results.export.extract import RowFilter, Source, extract
from surveyengine.store.schema import customer, invitation, response
from surveyengine.values.anonymity import steps
from surveyengine.values.enumeration import DEFAULT_MODE, SurveyMode
from tests.results.test_export import give
from tests.support import business

IDENTIFIED, CONFIDENTIAL, ANONYMOUS = SurveyMode
DUE = datetime(2026, 10, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mode", "what", "n", "allowed"),
    [
        (IDENTIFIED, Detail.PERSON, None, True), (IDENTIFIED, Detail.GROUP, 1, True),
        (CONFIDENTIAL, Detail.PERSON, None, False), (CONFIDENTIAL, Detail.ANSWERED, None, False),
        (CONFIDENTIAL, Detail.ROW, None, False), (CONFIDENTIAL, Detail.AT_ONCE, None, False),
        (CONFIDENTIAL, Detail.GROUP, 9, False), (CONFIDENTIAL, Detail.GROUP, 10, True),
        (ANONYMOUS, Detail.ROW, None, False), (ANONYMOUS, Detail.GROUP, 1000, False),
        (ANONYMOUS, Detail.PERSON, None, False), (ANONYMOUS, Detail.RELEASED, None, True),
    ],
)  # fmt: skip
def test_the_mode_says_what_may_be_shown(mode: SurveyMode, what: Detail, n: int | None, allowed: bool) -> None:
    assert may(mode, what, n) is allowed


def test_that_nobody_answered_is_told_only_where_that_somebody_did_is() -> None:
    assert may_tell_answered({IDENTIFIED}, None)
    assert may_tell_answered({IDENTIFIED, CONFIDENTIAL}, IDENTIFIED)
    assert not may_tell_answered({IDENTIFIED, CONFIDENTIAL}, None)
    assert not may_tell_answered({IDENTIFIED, ANONYMOUS}, ANONYMOUS)
    assert DEFAULT_MODE is IDENTIFIED
    assert may_answer(CONFIDENTIAL, "text")
    assert not may_answer(CONFIDENTIAL, "email")


def test_a_step_holds_ten_and_what_comes_after_it_waits() -> None:
    days = [date(2026, 10, day) for day in range(1, 8)]
    found = steps(dict(zip(days, (3, 6, 1, 12, 0, 9, 0), strict=True)))
    assert [(one.since.day, one.until.day, one.n) for one in found] == [(1, 3, 10), (4, 4, 12)]


# ── Byte by byte: what is promised not to be there is looked for in everything that leaves the engine

ASKED = 24


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    surveys = {f"purchase/{mode}": moded(mode) for mode in SurveyMode}
    engine = start(business.write(tmp_path / "shop", surveys))
    yield engine
    engine.close()


def moded(mode: SurveyMode) -> str:
    extra = '\n[[question]]\nid = "mail"\nkind = "email"\ntext = { en = "Mail", he = "דואר", fa = "ایمیل" }\n'
    return f'mode = "{mode}"\n{business.DELIVERY}{extra}'


def answered(engine: Engine, every: int = 2) -> None:
    """Ask customers of each survey, and have every second one answer."""
    take(engine, [business.delivered(f"{n}-secret", DUE + timedelta(days=n), f"whose-{n}") for n in range(ASKED)], DUE)
    with engine.database.read() as connection:
        rows = connection.execute(select(*invitation.c["id", "survey", "customer"]).order_by(invitation.c.key)).all()
    for number, (id, survey, whose) in enumerate(rows):
        if int(whose.partition("-")[2]) % every == 0:
            said = {"satisfaction": "3", "reason": "slow", "mail": "whose-mail@example.com"}
            give(engine, number, survey, said, DUE + timedelta(days=number // 3, hours=1), invitation=id)


def leaving(engine: Engine, survey: str, **wanted: Any) -> str:
    """Return everything that leaves the engine as rows about a survey, in one text."""
    source = Source(engine, RowFilter(survey=survey, **wanted), NOW)
    found = {subject: [*extract(source, subject).rows] for subject in ("responses", "answers")}
    return json.dumps({**found, "listed": [*source.responses()]}, default=str, ensure_ascii=False)


PROMISED = ("whose-", "secret", "example.com", "Dana", "shop", "A-")


@pytest.mark.parametrize("mode", [CONFIDENTIAL, ANONYMOUS])
def test_no_row_leads_to_anybody(shop: Engine, mode: SurveyMode) -> None:
    answered(shop)
    named, unnamed = leaving(shop, IDENTIFIED), leaving(shop, mode)
    assert [word for word in PROMISED if word not in named] == ["Dana", "shop"]  # the search finds what is there
    assert "slow" in unnamed
    assert [word for word in PROMISED if word in unnamed] == []
    with shop.database.read() as connection:
        ids = connection.execute(select(*invitation.c["id", "key"])).all()
    assert [id for id, _ in ids if id in unnamed] == []
    assert "slow" not in leaving(shop, mode, customer="whose-0")
    assert "slow" not in leaving(shop, mode, since=date(2026, 10, 3), until=date(2026, 10, 4))


def test_nothing_stored_of_an_anonymous_answer_leads_back(shop: Engine) -> None:
    answered(shop)
    with shop.database.read() as connection:
        rows = connection.execute(select(response).where(response.c.survey == ANONYMOUS)).mappings().all()
        people = [dict(row) for row in connection.execute(select(customer)).mappings()]
    assert len(rows) == ASKED // 2
    assert len(people) == ASKED
    for row in rows:
        assert (row["invitation"], row["customer"], row["answered_at"], row["context"]) == (None, None, None, {})
    stored = json.dumps([dict(row) for row in rows], default=str)
    assert [word for word in ("whose-", "Dana", "o-", "A-") if word in stored] == []


@pytest.mark.parametrize("mode", SurveyMode)
def test_explain_and_lists_tell_who_was_asked_not_who_answered(shop: Engine, mode: SurveyMode) -> None:
    answered(shop)
    rows = [row for _, row in Source(shop, RowFilter(survey=mode), NOW).invitations()]
    assert len(rows) == ASKED
    assert {row.customer for row in rows} == {f"whose-{n}" for n in range(ASKED)}
    with shop.database.write() as connection:
        connection.execute(update(invitation).values(state="sent", sent_at=DUE, expires_at=NOW))
    lines = [line for whose in ("whose-0", "whose-1") for line in explain(shop, whose, NOW) if mode in line]
    one, other = (line.partition("; ")[2] for line in lines if "asked on" in line or "asked by" in line)
    if mode is IDENTIFIED:
        assert sum(row.answered_at is not None for row in rows) == ASKED // 2
        assert (one[:11], other[:12]) == ("answered on", "not answered")
    else:
        assert {(row.answered_at, row.digest) for row in rows} == {(None, "")}
        assert (one, other) == ("whether it was answered is not told.",) * 2


def test_the_first_who_get_a_new_question_are_not_set_apart(shop: Engine) -> None:
    for number in range(20):
        give(shop, number, CONFIDENTIAL, {"satisfaction": "5"})
    asked = '\n[[question]]\nid = "again"\nkind = "yes_no"\ntext = { en = "Again?", he = "שוב?", fa = "دوباره؟" }\n'
    business.change(shop, {"purchase/confidential": moded(CONFIDENTIAL).replace("Mail", "E-mail")})
    for number in range(20, 24):
        give(shop, number, CONFIDENTIAL, {"satisfaction": "4"})
    business.change(shop, {"purchase/confidential": moded(CONFIDENTIAL) + asked})
    for number in range(24, 28):
        give(shop, number, CONFIDENTIAL, {"satisfaction": "1", "again": "no"})
    report = query.report(shop, query.ReportQuery(questions=True), NOW)
    (found,) = (one for one in report.touchpoints if one.touchpoint == CONFIDENTIAL)
    counts = {one.id: one.n for one in found.questions or ()}
    assert (found.csat.n, counts["satisfaction"], counts["again"]) == (24, 24, None)
    rows = [row for _, row in Source(shop, RowFilter(survey=CONFIDENTIAL), NOW).responses()]
    assert [one.value for row in rows for one in row.answers].count("no") == 0
    assert len(rows) == 24
