"""What pages keep to themselves: from viewers, from whoever writes what they show, and from whoever counts twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.settings.config import Config, EventDeclaration
from surveyengine.store.schema import customer, invitation, sending
from surveyengine.values.bidi import CONTROLS
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import comparison
from tests.invitations.test_delivery import Outbox, deliver
from tests.results.test_export import give
from tests.support import business, staff
from tests.support.samples import BUSINESS
from tests.web.staff.test_responses import POLYGLOTS

NOW = datetime.now(UTC).replace(microsecond=0)
DAYS = f"?from={(NOW - timedelta(days=3)).date()}&to={(NOW + timedelta(days=1)).date()}"
BAD = " ".join(POLYGLOTS)
PLACE = "journey/purchase/delivery"
SCORES = ("", "journey.csv", "journey.json", PLACE, f"{PLACE}.csv", f"{PLACE}.json", f"{PLACE}.svg")


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Four customers of yesterday who answered, with facts and words that are hostile."""
    couriers = [BAD, "=1+1", "Kav", "Kav"]
    happened = NOW - timedelta(hours=13)
    take(engine, [business.delivered(str(n), happened, f"c-{n}", courier=one) for n, one in enumerate(couriers)], NOW)
    with engine.database.write() as connection:
        ids = list(connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars())
        connection.execute(update(customer).values(name=BAD, phone=BAD[:64]))
    for n, id in enumerate(ids):
        give(engine, n, "delivery", {"satisfaction": "2", "reason": BAD}, NOW, invitation=id)
    return engine


def test_a_viewer_gets_no_answer_and_no_customer_by_an_address(shop: Engine) -> None:
    """Split by the number of an order, each group were somebody's answer; a mail server's words name addresses."""
    with shop.database.write() as connection:
        connection.execute(update(sending).values(state="planned", attempt=1, reason="450 <c-1@example.com>: full"))
    viewer, operator = (staff.client(shop, role) for role in (Role.VIEWER, Role.OPERATOR))
    for path in SCORES:
        for by, status in {"language": 200, "order": 403, "customer": 403, "courier": 403, "anything": 403}.items():
            assert viewer.get(f"/staff/{path}{DAYS}&by={by}").status_code == status, (path, by)
    assert staff.told(shop)[-1][1:] == ("refused", f"GET /staff/{PLACE}.svg")
    for path in ("journey.json", PLACE):
        assert "A-1" in operator.get(f"/staff/{path}{DAYS}&by=order").text
    assert ["450" in who.get("/staff/sending/").text for who in (viewer, operator)] == [False, True]


@pytest.mark.parametrize(("field", "is_offered"), [
    ("courier", True), ("language", True), ("order", False), ("shipment", False), ("price", False), ("zip", False),
])  # fmt: skip
def test_fields_that_name_an_occasion_are_not_offered(field: str, is_offered: bool) -> None:
    told = EventDeclaration(fields=("order", "courier", "price", "shipment"), amounts=("price",))
    assert comparison.is_offered(Config(business=BUSINESS, events={"shipment.delivered": told}), field) == is_offered


def test_what_others_wrote_is_inert_where_scores_and_the_log_are_shown(shop: Engine) -> None:
    viewer, operator, admin = (staff.client(shop, role) for role in Role)
    for odd in ("responses/\u202e\0<b>x", "invitations/\0", "settings/keys\0", "responses/" + 2_000 * "x"):
        assert viewer.get(f"/staff/{odd}").status_code in (403, 404), odd
        assert operator.get(f"/staff/{odd}").status_code in (403, 404), odd
    for path in ("first/\0", "surveys/\0", "sending/?who=%00", "responses/?after=2026-01-01.%00", "?by=%00"):
        assert operator.get(f"/staff/{path}").status_code == 404, path
    pages = [operator.get(f"/staff/{path}{DAYS}&by=courier") for path in SCORES if "." not in path]
    pages += [admin.get(f"/staff/settings/audit?before={n}") for n in (0, -10**30, 10**30)]
    for page in pages:
        assert page.status_code == 200
        assert [one for one in ("<script", "<img", "<b>x", "</bdi></dd>", "style=") if one in page.text] == []
        assert not CONTROLS & set(page.text) - {"\u2068", "\u2069"}
    for path in SCORES[1], SCORES[4]:
        cells = re.findall(r'(?:^|,)"?([^,"\r\n]*)', operator.get(f"/staff/{path}{DAYS}&by=courier").text, re.MULTILINE)
        assert [cell for cell in cells if re.match(r"[=@+]", cell)] == []


def test_who_looked_at_whose_answers_is_in_the_log(shop: Engine) -> None:
    staff.client(shop, Role.OPERATOR).get("/staff/responses/?score=dissatisfied")
    assert staff.told(shop)[-1][1:] == ("viewed", "responses?score=dissatisfied")


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_an_answer_that_is_not_shown_yet_changes_no_page(engine: Engine, mode: str) -> None:
    """Not for anybody: neither a number, nor a bar, nor a word is another one after it."""
    business.change(engine, {"purchase/delivery": f'mode = "{mode}"\n{business.DELIVERY}'})
    take(engine, [business.delivered(str(n), NOW - timedelta(hours=13), f"c-{n}", courier="Kav") for n in (1, 2)], NOW)
    deliver(engine, Outbox(), NOW)
    with engine.database.read() as connection:
        ids = list(connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars())
    browser = staff.client(engine, Role.ADMIN)
    paths = [f"{path}{DAYS}&by={by}" for path in SCORES for by in ("courier", "order", "language")]
    paths += [f"{PLACE}/comments{DAYS}", f"{PLACE}/comments.csv{DAYS}", f"{PLACE}/comments.json{DAYS}",
              "responses/", "responses.csv", "responses.json", "sending/", "sending.json", "sending.csv", "surveys/",
              "sending/?who=c-1", "responses/r000001", *(f"invitations/{id}" for id in ids)]  # fmt: skip

    def seen() -> dict[str, str]:
        return {path: re.sub(r'value="[^"]*"|\d?\d:\d\d', "", browser.get(f"/staff/{path}").text) for path in paths}

    before = seen()
    give(engine, 1, "delivery", {"satisfaction": "2", "reason": "late"}, NOW, invitation=ids[0])
    assert {path: text for path, text in seen().items() if text != before[path]} == {}
