"""A customer's page: what it tells of whom, to whom, and that what they ask for can be done from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.store.schema import customer, invitation, response
from surveyengine.values.enumeration import Role
from tests.results.test_export import give
from tests.support import staff
from tests.support.business import DELIVERY, change, delivered

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
ODD = "c/17 ?x"
PAGE = "/staff/customers/c/17%20%3Fx"


def asked(engine: Engine) -> str:
    """Invite a customer with an odd id, and return the id of the invitation."""
    take(engine, [delivered(customer=ODD, time=NOW - 13 * HOUR)], NOW)
    with engine.database.read() as connection:
        return str(connection.execute(select(invitation.c.id)).scalar_one())


def post(browser: FlaskClient, what: str, **said: str) -> TestResponse:
    csrf = staff.token(browser.get("/staff/account").text)
    return browser.post(f"/staff/customers/{what}", data={"csrf": csrf, "customer": ODD, **said})


def test_an_operator_reads_the_story_and_the_answers(engine: Engine) -> None:
    give(engine, 1, "delivery", {"satisfaction": "2", "reason": "late"}, NOW, invitation=asked(engine))
    page = staff.client(engine, Role.OPERATOR).get(PAGE)
    assert page.status_code == 200
    for said in (ODD, "Dana", "shipment.delivered", "/staff/responses/"):
        assert said in page.text
    assert "Erase" not in page.text    # which is for admins
    assert staff.told(engine)[-1][1:] == ("viewed", f"customer {ODD}")


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_no_page_tells_whether_they_answered_what_is_promised_not_to_be_told(engine: Engine, mode: str) -> None:
    change(engine, {"purchase/delivery": DELIVERY.replace("[invite]", f'mode = "{mode}"\n[invite]', 1)})
    id = asked(engine)
    browser = staff.client(engine, Role.ADMIN)
    before = staff.without_tokens(browser.get(PAGE).text)
    give(engine, 1, "delivery", {"satisfaction": "2", "reason": "a word of theirs"}, NOW, invitation=id)
    assert staff.without_tokens(browser.get(PAGE).text) == before


def test_a_detail_is_corrected_and_a_wrong_one_is_said(engine: Engine) -> None:
    asked(engine)
    browser = staff.client(engine, Role.OPERATOR)
    done = post(browser, "correct", name="דנה", email="new@example.com", language="he")
    assert (done.status_code, done.headers["Location"]) == (303, f"{PAGE}?corrected")
    assert "new@example.com" in browser.get(PAGE).text
    wrong = post(browser, "correct", name="דנה", email="no address")
    assert (wrong.status_code, "as it is written: E-mail address. Nothing" in wrong.text) == (422, True)
    assert 'value="no address"' in wrong.text    # what was written stays
    with engine.database.read() as connection:
        assert connection.execute(select(customer.c.name, customer.c.email)).one() == ("דנה", "new@example.com")


def test_an_admin_hands_out_the_file_and_erases_who_asks_for_it(engine: Engine) -> None:
    give(engine, 1, "delivery", {"satisfaction": "2", "reason": "late"}, NOW, invitation=asked(engine))
    admin = staff.client(engine, Role.ADMIN)
    file = post(admin, "file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="customer.html"'
    assert "late" in file.text
    assert post(admin, "erase").status_code == 422    # the box was not ticked
    gone = post(admin, "erase", sure="on")
    assert (gone.status_code, "was erased" in gone.text) == (200, True)
    with engine.database.read() as connection:
        assert connection.execute(select(response.c.customer)).scalars().all() == [None]
    assert admin.get(PAGE).status_code == 410
    assert post(admin, "erase", sure="on").status_code == 410
    assert admin.get("/staff/customers/nobody").status_code == 404
