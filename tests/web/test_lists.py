from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from surveyengine import keys
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.store.schema import invitation
from surveyengine.web.api import schemas
from surveyengine.web.api.openapi import document
from tests.results.test_export import ALL, NOW, SECRET, SPRING, TEST, anonymous, give
from tests.support import business
from tests.web.test_api import Api, problem

SURVEYS, INVITATIONS, RESPONSES = (f"/api/v1/{name}" for name in ("surveys", "invitations", "responses"))
SHAPES: dict[str, Any] = {
    SURVEYS: TypeAdapter(schemas.Surveys), INVITATIONS: TypeAdapter(schemas.Invitations),
    RESPONSES: TypeAdapter(schemas.Responses),
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Api]:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": ALL, "purchase/delivery": business.DELIVERY}))
    yield Api(engine, "read")
    engine.close()


def rows(api: Api, path: str, **query: object) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    following: str | None = path + "?" + "&".join(f"{name.strip('_')}={value}" for name, value in query.items())
    while following:
        response = api.get(following)
        assert response.status_code == 200, response.text
        page = json.loads(response.data)
        SHAPES[path].validate_python(page)
        found += page[path.rpartition("/")[2]]
        following = page["next"]
    return found


# ── What is in them


def test_surveys_are_listed_with_what_they_ask(shop: Api) -> None:
    first, second = rows(shop, SURVEYS)
    assert (first["id"], second["id"]) == ("all", "delivery")
    assert (second["stage"], second["mode"]) == ("purchase", "identified")
    assert [one["id"] for one in second["questions"]] == ["satisfaction", "timing", "reason"]
    core = second["questions"][0]
    assert core["core"]
    words = {"he": "מרוצה מאוד", "fa": "بسیار راضی", "en": "Very satisfied"}
    assert core["options"][4] == {"value": "5", "text": words}
    assert second["questions"][1]["options"][1]["value"] == "late"
    assert rows(shop, SURVEYS, survey="delivery") == [second]


def test_a_response_is_listed_with_its_answers(shop: Api) -> None:
    give(shop.engine, 1, "all", {"csat": "4", "number": "-12.5", "choices": ["late", "early"], "text": "=1\n<b>"})
    give(shop.engine, 2, "all", {"choices": ["late"], "number": "7"})
    first, second = rows(shop, RESPONSES)
    assert first["answers"] == {"csat": 4, "number": -12.5, "choices": ["late", "early"], "text": "=1\n<b>"}
    assert second["answers"] == {"choices": ["late"], "number": 7}
    assert (first["day"], first["answered_at"], first["language"]) == ("2026-11-20", "2026-11-20T12:00:00+00:00", "he")


def test_an_invitation_is_listed_with_its_event_and_reason(engine: Engine) -> None:
    api = Api(engine, "read")
    take(engine, [business.delivered("1"), business.delivered("2", NOW - timedelta(days=30))], NOW)
    first, second = rows(api, INVITATIONS)
    assert (first["customer"], first["event"], first["state"]) == ("c-17", {"source": "shop", "id": "o-1"}, "planned")
    assert (second["state"], second["reason"]) == ("refused", "late")


def test_no_list_holds_an_address_a_token_or_a_test(engine: Engine) -> None:
    api = Api(engine, "read")
    take(engine, [business.delivered("1"), TEST], NOW)
    hashes = business.give_links_out(engine)
    with engine.database.read() as connection:
        stored = connection.execute(invitation.select().order_by(invitation.c.key)).all()
    for number, row in enumerate(stored):
        give(engine, number, "delivery", {"satisfaction": "4"}, invitation=row.id)
    text = json.dumps([rows(api, path) for path in SHAPES], ensure_ascii=False)
    assert [one for one in ("@example.com", "Dana", "o-3", *hashes) if one in text] == []
    assert len(rows(api, INVITATIONS)) == len(rows(api, RESPONSES)) == 1


# ── Pages and filters


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 500])
def test_pages_hold_every_row_once(engine: Engine, limit: int) -> None:
    api = Api(engine, "read")
    take(engine, [business.delivered(str(number), customer=f"c-{number}") for number in range(7)], NOW)
    for number in range(7):
        give(engine, number, "delivery", {"satisfaction": "4"})
    for path in (INVITATIONS, RESPONSES, SURVEYS):
        assert rows(api, path, limit=limit) == rows(api, path)
    assert len({row["id"] for row in rows(api, INVITATIONS, limit=limit)}) == 7
    assert len({row["id"] for row in rows(api, RESPONSES, limit=limit)}) == 7


def test_the_next_page_keeps_what_was_asked_for(shop: Api) -> None:
    for number in range(4):
        give(shop.engine, number, "all", {"csat": "4"}, NOW + timedelta(days=number % 2))
    page = json.loads(shop.get(f"{RESPONSES}?limit=1&from=2026-11-21&survey=all").data)
    assert page["next"].startswith(f"{RESPONSES}?limit=1&from=2026-11-21&survey=all&after=")
    assert len(rows(shop, RESPONSES, limit=1, from_="2026-11-21", survey="all")) == 2


def test_filters_choose_the_rows(engine: Engine) -> None:
    api = Api(engine, "read")
    take(engine, [business.delivered(str(day), NOW - timedelta(days=day), f"c-{day % 2}") for day in range(4)], NOW)
    assert len(rows(api, INVITATIONS, customer="c-1")) == 2
    assert len(rows(api, INVITATIONS, from_="2026-11-18", to="2026-11-19")) == 2
    assert rows(api, INVITATIONS, survey="nothing") == rows(api, INVITATIONS, customer="nobody") == []


def test_invitations_are_chosen_by_their_state(engine: Engine) -> None:
    api = Api(engine, "read")
    late = business.delivered("late", NOW - timedelta(days=30))
    take(engine, [late, *(business.delivered(str(number)) for number in range(3))], NOW)
    assert [row["reason"] for row in rows(api, INVITATIONS, state="refused")] == ["late"]
    assert {row["state"] for row in rows(api, INVITATIONS, state="planned", limit=1)} == {"planned"}
    assert len(rows(api, INVITATIONS, state="planned", limit=2)) == 3
    assert rows(api, INVITATIONS, state="sent") == []


@pytest.mark.parametrize(
    ("state", "hint"),
    [("refsued", "did you mean `refused`?"), ("Sent", "did you mean `sent`?"), ("", "known are `failed`, ")],
)
def test_a_state_that_there_is_not_is_answered_with_those_there_are(shop: Api, state: str, hint: str) -> None:
    said = problem(shop.get(f"{INVITATIONS}?state={state}"), 400)
    assert said.startswith(f"state must be a state of an invitation; {hint}")
    assert "unknown parameter 'state'" in problem(shop.get(f"{RESPONSES}?state={state}"), 400)


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=", "limit=%DB%B5", "limit=+5", "limit=5.0", "limit=1_0",
     "after=zz", "after=abc", "after=" + "00" * 65, "survey=A", "survey=a%00", "survey=", "wanted=1",
     "limit=1&limit=2", "after=%00"],
)  # fmt: skip
def test_a_wrong_parameter_is_named(shop: Api, path: str, query: str) -> None:
    assert query.partition("=")[0] in problem(shop.get(f"{path}?{query}"), 400)


@pytest.mark.parametrize("path", [INVITATIONS, RESPONSES])
@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=20261120", "to=2026-02-30", "from=", "customer=", "customer=%20",
              "customer=a%00b", "customer=%0a", "customer=" + "a" * 256],
)  # fmt: skip
def test_a_wrong_filter_is_named(shop: Api, path: str, query: str) -> None:
    assert query.partition("=")[0] in problem(shop.get(f"{path}?{query}"), 400)
    assert "after" in problem(shop.get(f"{path}?from=2026-11-21&to=2026-11-20"), 400)


@pytest.mark.parametrize("cursor", ["00", "ff" * 64, "27" * 40, "e2808f", "7f" * 8])
def test_a_cursor_that_we_did_not_make_does_no_harm(engine: Engine, cursor: str) -> None:
    api = Api(engine, "read")
    for path in SHAPES:
        assert api.get(f"{path}?after={cursor}").status_code == 200


# ── Anonymity and keys


@pytest.mark.parametrize(("n", "shown"), [(9, 0), (10, 10)])
def test_below_the_minimum_no_anonymous_response_is_listed(tmp_path: Path, n: int, shown: int) -> None:
    api = Api(start(anonymous(tmp_path, *[0] * n).root), "read")
    found = [row for row in rows(api, RESPONSES, limit=3) if row["survey"] == "all"]
    assert len(found) == shown
    assert {row[name] for row in found for name in ("answered_at", "customer", "invitation")} <= {None}
    api.engine.close()


def test_who_answered_an_anonymous_survey_is_not_listed(tmp_path: Path) -> None:
    survey = SECRET.replace("[[question]]", '[invite]\non = "shipment.delivered"\n[[question]]', 1)
    engine = start(business.write(tmp_path / "shop", {"purchase/all": survey}))
    take(engine, [business.delivered(str(number), customer=f"c-{number}") for number in range(12)], NOW)
    with engine.database.read() as connection:
        ids = [row.id for row in connection.execute(invitation.select())]
    for number, id in enumerate(ids[:11]):
        give(engine, number, "all", {"csat": "4"}, SPRING + timedelta(days=number // 10), invitation=id)
    api = Api(engine, "read")
    assert {row["answered_at"] for row in rows(api, INVITATIONS)} == {None}
    found = rows(api, RESPONSES)
    assert len(found) == 11
    assert {(row["day"], row["version"]) for row in found} == {("2026-03-31", None)}
    assert rows(api, RESPONSES, customer="c-1") == rows(api, RESPONSES, from_="2026-04-01") == []
    engine.close()


def test_a_key_opens_exactly_what_is_declared(shop: Api) -> None:
    paths = document(shop.client.application)["paths"]
    for scope in (*keys.ALLOWS, None):
        machine = Api(shop.engine, scope) if scope and scope != "read" else shop
        sent = {} if scope else {"Authorization": ""}
        for path, methods in paths.items():
            for method, operation in methods.items():
                needed = operation.get("x-scope")
                status = machine.call(method.upper(), path, None, **sent).status_code
                if needed is None:
                    assert status == 200
                elif scope is None:
                    assert status == 401
                else:
                    assert (status == 403) == (needed not in keys.ALLOWS[scope]), (scope, path)


@pytest.mark.parametrize("path", SHAPES)
def test_a_list_is_only_read(shop: Api, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert problem(shop.call(method, path), 405)


def test_while_the_database_is_away_lists_say_so(engine: Engine) -> None:
    from tests.web.test_respond import away

    api = Api(engine, "read")
    with away(engine):
        for path in SHAPES:
            assert api.get(path).headers["Retry-After"] == "5"


def test_a_parameter_that_no_address_knows_is_refused(shop: Api) -> None:
    keyed = Api(shop.engine, "admin")
    for path, methods in document(shop.client.application)["paths"].items():
        for method in methods:
            told = problem(keyed.call(method.upper(), f"{path.replace('{id}', 'c-1')}?nonsense=1"), 400)
            assert told.startswith("unknown parameter 'nonsense'; "), (method, path)
