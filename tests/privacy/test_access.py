"""Whoever asks gets all that is kept of them, in words, and nobody else's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from surveyengine.engine import Engine
from surveyengine.people.caller import Caller
from surveyengine.privacy import sheet
from surveyengine.privacy.access import access
from surveyengine.privacy.record import CustomerRecord
from surveyengine.privacy.whom import NoCustomer
from surveyengine.results.record import plain
from surveyengine.store import audit
from surveyengine.store.schema import invitation
from surveyengine.values.enumeration import AuditAction
from tests.privacy import life
from tests.privacy.life import EMAIL, ID, MARKS, NOW

CALLER = Caller(NOW + timedelta(days=2))


def written(engine: Engine, record: CustomerRecord) -> list[str]:
    speech, zone = engine.catalogs.speech(record.language), engine.config.business.zone
    told = json.dumps(plain(record), ensure_ascii=False)
    return [told, sheet.html(record, speech, zone), sheet.text(record, speech, zone)]


@pytest.mark.parametrize(("language", "said"), [
    (None, ("המידע עליך השמור אצל", "מאוד לא", "באיחור")),
    ("en", ("What Nava Home keeps about you", "Dissatisfied", "Late", "answered on")),
    ("fa", ("نگه می‌دارد", "دیرتر از موعد")),
])    # fmt: skip
def test_all_that_is_kept_is_told_in_words(lived: Engine, language: str | None, said: tuple[str, ...]) -> None:
    record = access(lived, EMAIL, CALLER, language)
    for told in written(lived, record):
        assert [mark for mark in MARKS if mark not in told and mark != life.BORN] == []
        assert "c-17" not in told
    assert [one for one in said if one not in written(lived, record)[1]] == []
    modes = [("delivery", "identified"), ("quiet", "confidential")]
    assert [(one.survey, one.mode) for one in record.responses] == modes
    assert len(record.events) == 6
    draft = next(one.draft for one in record.invitations if one.survey == "support")
    assert isinstance(draft, list)
    assert [one.answers for one in draft][1] == [life.BEGUN]


def test_an_anonymous_answer_is_not_there_and_it_says_so(lived: Engine) -> None:
    record = access(lived, ID, CALLER, "en")
    told = next(plain(one) for one in record.invitations if one.survey == "secret")
    assert "answered_at" not in told
    assert told["outcome"].endswith("; whether it was answered is not told")
    assert "secret" not in {one.survey for one in record.responses}
    assert record.anonymous == ["Your visit"]
    assert all("nobody can find yours" in one for one in written(lived, record)[1:])


def test_it_says_why_not_and_by_which_message(lived: Engine) -> None:
    with lived.database.write() as connection:
        refused = update(invitation).where(invitation.c.survey == "later")
        connection.execute(refused.values(state="refused", reason="cooldown"))
    by_survey = {one.survey: one for one in access(lived, ID, CALLER, "en").invitations}
    assert by_survey["later"].outcome == "not asked, because the customer was invited to some survey too recently"
    assert [(one.channel, one.state) for one in by_survey["quiet"].messages] == [("email", "sent")]


def test_handing_out_is_told_to_the_audit_log_and_nobody_is_nobody(lived: Engine) -> None:
    access(lived, ID, CALLER)
    with pytest.raises(NoCustomer):
        access(lived, "nobody", CALLER)
    with lived.database.read() as connection:
        [(_, entry)] = audit.newest(connection, 1)
    assert (entry.at, entry.action, entry.subject) == (CALLER.now, AuditAction.CUSTOMER_TOLD, f"customer {ID}")
