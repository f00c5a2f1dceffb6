"""A customer's data by the API: for admins' keys alone, as often as it is asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import update

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.invitations.explain import explain_on_page
from surveyengine.invitations.story import CustomerStory
from surveyengine.log import redacted
from surveyengine.privacy.erasure import Erased
from surveyengine.privacy.record import CustomerRecord
from surveyengine.store import audit
from surveyengine.store.schema import sending
from surveyengine.web.api.record_shape import shape
from tests.privacy import life
from tests.privacy.life import EMAIL, ID, found, live
from tests.support import business
from tests.web.test_api import Api

NOW = datetime.now(UTC).replace(microsecond=0)
HERE, NOWHERE = f"/api/v1/customers/{ID}", "/api/v1/customers/nobody"


@pytest.fixture
def api(engine: Engine) -> Api:
    business.change(engine, life.SURVEYS, cooldown="0 days")
    live(engine, create_app(engine).test_client(), NOW)
    return Api(engine, "admin")


def content(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return json.loads(response.data)


def test_what_is_kept_is_handed_out_and_told_to_the_audit_log(api: Api) -> None:
    told = content(api.get(f"{HERE}?language=en"))
    TypeAdapter(shape(CustomerRecord)).validate_python(told)
    assert (told["customer"]["email"], told["language"], len(told["events"])) == (EMAIL, "en", 6)
    assert content(api.get(f"/api/v1/customers/{EMAIL}"))["customer"]["id"] == ID
    with api.engine.database.read() as connection:
        entries = [entry for _, entry in audit.newest(connection, 2)]
    assert {(one.who, one.subject) for one in entries} == {("API key key-admin", f"customer {ID}")}


def test_a_customer_is_erased_once_however_often_it_is_asked_for(api: Api) -> None:
    once = content(api.call("DELETE", f"{HERE}?answers=1"))
    TypeAdapter(shape(Erased)).validate_python(once)
    assert (once["events"], once["responses"], once["with_answers"]) == (6, 2, True)
    assert found(api.engine) == []
    again = content(api.call("DELETE", HERE))
    assert (again["at"], again["events"], again["responses"]) == (once["at"], 0, 0)
    assert content(api.get(HERE), 404)["detail"] == f"customer `{ID}` was erased on {datetime.now(UTC):%Y-%m-%d}"


def test_nobody_is_not_found(api: Api) -> None:
    for method in ("GET", "DELETE"):
        assert content(api.call(method, NOWHERE), 404)["detail"] == "there is no customer `nobody`"
        unknown = content(api.call(method, f"{HERE}?who=me"), 400)["detail"]
        assert unknown.startswith("unknown parameter 'who'; known is ")


@pytest.mark.parametrize("language", ["he", "fa", "en"])
def test_a_customer_s_story_is_told_as_explain_tells_it(api: Api, language: str) -> None:
    told = content(api.get(f"{HERE}/story?language={language}"))
    TypeAdapter(shape(CustomerStory)).validate_python(told)
    lines = [line for one in told["story"] for line in (one["head"], *one["lines"])]
    explained = explain_on_page(api.engine, ID, datetime.now(UTC), api.engine.catalogs.speech(language))
    assert [line.strip() for line in explained if line] == lines
    assert (told["customer"], told["language"]) == (ID, language)
    with api.engine.database.read() as connection:
        entry = next(one for _, one in audit.newest(connection, 1))
    assert entry.subject == f"why customer {ID}"


def test_a_story_is_told_in_a_language_of_the_business_and_of_a_customer_alone(api: Api) -> None:
    for query in ("", "?language=ar"):
        assert content(api.get(f"{HERE}/story{query}"))["language"] == api.engine.config.languages[0]
    assert content(api.get(f"{NOWHERE}/story"), 404)["detail"] == "there is no customer `nobody`"


def test_a_message_that_is_just_leaving_is_waited_for(api: Api) -> None:
    with api.engine.database.write() as connection:
        later = datetime.now(UTC).replace(year=2099)
        connection.execute(update(sending).values(state="handed_over", sent_at=None, lease_until=later))
    refused = api.call("DELETE", HERE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (409, "60")


@pytest.mark.parametrize("scope", ["read", "events"])
def test_other_keys_may_neither(api: Api, scope: str) -> None:
    other = Api(api.engine, scope)
    assert [other.call(method, HERE).status_code for method in ("GET", "DELETE")] == [403, 403]


def test_the_log_names_nobody() -> None:
    assert redacted(f"DELETE {HERE} 200") == "DELETE /api/v1/customers/*** 200"
