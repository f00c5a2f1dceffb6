"""The ready surveys: complete in every language, reached by the events they name, and stored as they are answered."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.definitions.condition import holds
from surveyengine.definitions.kinds.registry import Question
from surveyengine.definitions.survey import Survey
from surveyengine.engine import Engine, start
from surveyengine.i18n.speech import speech
from surveyengine.invitations.recurring import plan_turns
from surveyengine.project.files import Project, read
from surveyengine.store.schema import answer, invitation
from tests.support.business import token
from tests.support.running import command

ROOT = Path(__file__).parents[1]
LANGUAGES = ("he", "fa", "en")
NAMES = sorted(path.stem for path in (ROOT / "surveys").glob("*/*.toml"))
EXAMPLES = [json.loads(line) for line in (ROOT / "tests/examples.jsonl").read_text(encoding="utf-8").splitlines()]
EVENTS = (
    "lead.created", "session.ended", "inquiry.closed", "order.paid", "order.cancelled", "shipment.delivered",
    "ticket.solved", "ticket.reopened", "return.requested", "return.refunded", "case.opened", "case.resolved",
    "account.renewal_due", "customer.inactive",
)  # fmt: skip


@cache
def project() -> Project:
    return read(ROOT, LANGUAGES, {})


@cache
def survey(name: str) -> Survey:
    return next(one for one in project().surveys if one.id == name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The example business, in a directory of its own."""
    root = tmp_path_factory.mktemp("shop")
    shutil.copytree(ROOT / "surveys", root / "surveys")
    shutil.copy(ROOT / "config.toml", root)
    engine = start(root)
    yield engine
    engine.close()


def texts(value: object) -> Iterator[Mapping[str, str]]:
    """Every text of a file: the tables in it that have a sentence in some language."""
    if isinstance(value, dict) and "en" in value:
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def test_nothing_is_said_against_the_catalogue_not_even_about_its_wording() -> None:
    assert [str(fault) for fault in project().faults] == []
    assert sorted(one.id for one in project().surveys) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_every_language(name: str) -> None:
    found = list(texts(json.loads(json.dumps(survey(name).content))))
    assert len(found) > len(survey(name).questions)
    assert [text for text in found if {one for one in text if text[one].strip()} != set(LANGUAGES)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_survey_is_short_and_says_what_it_is_for(name: str) -> None:
    asked = survey(name)
    assert asked.head.goal
    assert sum(question.asks for question in asked.questions) <= (6 if asked.stage == "relationship" else 5)
    assert [question.id for question in asked.questions if question.required][1:] == []


@pytest.mark.parametrize("name", NAMES)
def test_whoever_is_invited_reads_in_the_subject_what_it_is_about(name: str) -> None:
    invite = survey(name).invite
    assert invite is None or (invite.subject and set(invite.subject) == set(LANGUAGES))


def test_the_journey_has_every_touchpoint_of_the_field() -> None:
    journey = {stage: {one.touchpoint for one in project().surveys if one.stage == stage} for stage in stages()}
    assert journey == {
        "pre-purchase": {"advertising", "website", "sales-service"},
        "purchase": {"checkout", "delivery", "order-accuracy"},
        "post-purchase": {"support", "returns", "follow-up", "post-resolution"},
        "relationship": {"b2b-checkin", "yearly", "quiet-customer", "feedback"},
    }


def stages() -> set[str]:
    return {one.stage for one in project().surveys}


def test_there_is_an_example_of_every_event_and_it_carries_what_is_declared() -> None:
    assert tuple(example["type"] for example in EXAMPLES) == EVENTS
    declared = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))["events"]
    carried = {example["type"]: sorted(set(example["data"]) - {"customer"}) for example in EXAMPLES}
    assert carried == {type: sorted(event["fields"]) for type, event in declared.items()}


def test_every_survey_is_reached_by_an_event_or_the_calendar_or_its_link(shop: Engine) -> None:
    said = command(shop.root, "events", str(ROOT / "tests/examples.jsonl"))
    assert said.stdout.startswith(f"accepted {len(EVENTS)} · planned ")
    assert (said.stdout.count("refused"), said.stderr) == (0, "")
    assert plan_turns(shop, datetime.now(UTC) + timedelta(days=366)) == len(EVENTS)
    with shop.database.read() as connection:
        reached = set(connection.execute(select(invitation.c.survey)).scalars())
    assert reached == {name for name in NAMES if survey(name).invite}
    assert set(NAMES) - reached == {"feedback"}


def test_a_delivery_is_drawn_for_one_survey_at_once() -> None:
    drawn = [one.invite for one in project().surveys if one.invite and one.invite.draw == "shipment"]
    assert [(invite.on, invite.sample) for invite in drawn] == [("shipment.delivered", 0.5)] * 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_kth_answer_on_the_page_is_stored_as_the_kth_value(shop: Engine, name: str, language: str) -> None:
    client, asked = create_app(shop).test_client(), survey(name)
    for k in range(max(len(question.offered) for question in asked.questions)):
        page = client.get(f"/s/{name}?lang={language}").text
        given = {question.id: chosen(page, question, k, language) for question in asked.questions if question.asks}
        before = stored(shop)
        assert send(client, name, language, page, given) == 303
        meant = {id: value for id, value in given.items() if is_asked(asked, id, given)}
        assert {id: value for key, (id, value) in stored(shop).items() if key not in before} == meant


def chosen(page: str, question: Question, k: int, language: str) -> str:
    """What stands on the page as the k-th answer, or the last one, to a question; a text where it is to be written."""
    if not question.offered:
        return f"{k} · {language}"
    labels: list[tuple[str, str]] = re.findall(rf'name="{question.id}" value="([^"]*)"(.*?)</label>', page, re.DOTALL)
    assert [value for value, _ in labels] == [option.value for option in question.offered]
    for option, (_, label) in zip(question.offered, labels, strict=True):
        assert speech(language).words(option.text) in unescape(label)
    return labels[min(k, len(labels) - 1)][0]


def send(client: FlaskClient, name: str, language: str, page: str, given: Mapping[str, str]) -> int:
    return client.post(f"/s/{name}?lang={language}", data={"form": token(page), **given}).status_code


def is_asked(asked: Survey, id: str, given: Mapping[str, str]) -> bool:
    values: dict[str, Any] = {name: int(value) if value.isdecimal() else value for name, value in given.items()}
    question = asked.question(id)
    return question is not None and holds(question.show_if, values)


def stored(engine: Engine) -> dict[tuple[str, str], tuple[str, str]]:
    columns = (answer.c.response, answer.c.question, answer.c.value)
    with engine.database.read() as connection:
        return {(row.response, row.question): (row.question, row.value) for row in connection.execute(select(*columns))}
