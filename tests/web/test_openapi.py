"""What the document says of the addresses, held against the addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from pydantic import TypeAdapter
from schemathesis.specs.openapi.checks import positive_data_acceptance

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.web.api.openapi import document
from surveyengine.web.api.operation import OPERATIONS
from tests.support import business

NOW = datetime.now(UTC)
UNSAYABLE = {"/events": [positive_data_acceptance]}  # which times and time zones there are, no schema can say
ADDRESSES = (
    "/customers/{id}", "/customers/{id}/story", "/events", "/invitations", "/openapi.json", "/report", "/responses",
    "/surveys",
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A business with something in every list."""
    started = start(business.write(tmp_path_factory.mktemp("openapi") / "shop"))
    take(started, [business.delivered(str(number), NOW) for number in range(3)], NOW)
    client = create_app(started).test_client()
    for satisfaction in range(1, 5):
        business.answer(client, "/s/delivery", satisfaction=str(satisfaction), timing="late")
        business.answer(client, "/s/delivery", satisfaction=str(satisfaction), timing="late")
    yield started
    started.close()


@pytest.fixture(scope="module")
def found(engine: Engine) -> dict[str, Any]:
    """The document as a machine gets it."""
    response = create_app(engine).test_client().get("/api/v1/openapi.json")
    return dict(json.loads(response.data))


def undescribed(app: Flask) -> list[str]:
    """The addresses for machines that nothing is declared of."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")]
    return [rule.rule for rule in rules if app.view_functions[rule.endpoint] not in OPERATIONS]


def test_every_address_is_described(engine: Engine, found: dict[str, Any]) -> None:
    app = create_app(engine)
    assert undescribed(app) == []
    assert tuple(found["paths"]) == tuple(f"/api/v1{path}" for path in ADDRESSES)

    app.add_url_rule("/api/v1/secret", "secret", lambda: "")
    assert undescribed(app) == ["/api/v1/secret"]


def test_the_document_is_openapi_3_1(found: dict[str, Any]) -> None:
    assert found["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(found).validate()
    scheme = found["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("path", ADDRESSES)
def test_an_address_names_its_statuses_each_with_an_example(found: dict[str, Any], path: str) -> None:
    for operation in found["paths"][f"/api/v1{path}"].values():
        answers = operation["responses"]
        needed = {"500"} if path == "/openapi.json" else {"400", "401", "403", "500", "503"}
        assert needed <= answers.keys()
        assert len(answers.keys() & {"200", "202"}) == 1
        for answer in answers.values():
            assert all("example" in content for content in answer["content"].values())


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: str(one.summary))
def test_an_example_is_what_it_is_an_example_of(operation: Any) -> None:
    TypeAdapter(operation.answer).validate_python(operation.example)


def test_the_example_of_an_event_is_taken(engine: Engine, found: dict[str, Any]) -> None:
    client = create_app(engine).test_client()
    key = keys.add(engine, "example", "events", NOW)
    content = found["paths"]["/api/v1/events"]["post"]["requestBody"]["content"]
    for media, body in content.items():
        response = client.post("/api/v1/events", data=json.dumps(body["example"]), content_type=media,
                               headers={"Authorization": f"Bearer {key}"})  # fmt: skip
        assert response.status_code == 202, response.text


def test_below_a_path_the_document_says_so(engine: Engine) -> None:
    assert document(create_app(engine), "/feedback")["servers"] == [{"url": "/feedback"}]


@pytest.fixture(scope="module")
def schema(engine: Engine) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(engine))


@pytest.fixture(scope="module")
def key(engine: Engine) -> str:
    return keys.add(engine, "everything", "admin", NOW) or ""


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
@pytest.mark.parametrize("path", [*ADDRESSES, f"DELETE {ADDRESSES[0]}"])
def test_the_document_holds_for_whatever_is_sent(schema: Any, key: str, path: str, mode: Any) -> None:
    method, _, path = path.rpartition(" ")
    operation = schema[f"/api/v1{path}"][method or ("POST" if path == "/events" else "GET")]
    if path == "/openapi.json" and mode is schemathesis.GenerationMode.NEGATIVE:
        pytest.skip("nothing that is sent there can be wrong")

    @settings(max_examples=25, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        days = case.query or {}
        # Which no schema can say.
        assume(mode.is_negative or not days.get("from", "") > days.get("to", "9"))
        assume(mode.is_negative or days.get("against") != "year")  # of a period that is longer
        assume(mode.is_negative or "every" not in days)  # of a period that has more points than are told
        if mode.is_positive or case.headers.get("Authorization"):
            case.headers["Authorization"] = f"Bearer {key}"
        case.call_and_validate(excluded_checks=UNSAYABLE.get(path))

    check()
