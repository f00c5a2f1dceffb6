"""Every kind of question through the real form: what is pressed or written is what is stored."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.definitions.shuffle import orders
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.project.files import read
from surveyengine.store.schema import answer, invitation, response
from tests.support import business
from tests.support.samples import LANGUAGES, OPTIONS, TITLE, Tags, every_kind, question

CONFIG = business.CONFIG.replace('timezone  = "Asia/Jerusalem"', 'timezone  = "Asia/Jerusalem"\ncountry = "IL"')
EXTRAS = [
    question("choice_other", "choice", "other = true\nnot_applicable = true"),
    question("choices_other", "choices", "other = true"),
    question("rows_ease", "matrix", 'scale = "ease"\nnot_applicable = true').replace('scale = "csat"\n', ""),
    question("rows_own", "matrix").replace('scale = "csat"', OPTIONS),
    question("bounded", "date", "min = 2026-01-01\nmax = 2026-12-31"),
]
KINDS = [question(one.id, one.kind) for one in every_kind().questions if one.id == one.kind]
INVITE = '[invite]\non = "shipment.delivered"\n'
SHUFFLED = question("liked", "choices", "shuffle = true") + question("best", "ranking", "shuffle = true")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    surveys = {
        "purchase/all": f"{TITLE}scored = false\n{''.join([*KINDS, *EXTRAS])}",
        "purchase/mixed": f"{TITLE}scored = false\n{INVITE}{SHUFFLED}",
        "purchase/hidden": f'{TITLE}scored = false\nmode = "anonymous"\n{INVITE}{SHUFFLED}',
        "purchase/chain": TITLE + "scored = false\n" + question("rows", "matrix") + question(
            "why", "text", 'show_if = { "rows.care" = { at_most = 2 } }\nrequired = true'
        ) + question("where", "choice", "other = true") + question(
            "more", "csat", 'show_if = { "where.other" = { answered = true } }\nrequired = true'
        ),
        "purchase/needed": TITLE + "scored = false\n" + question("rows", "matrix", "required = true")
        + question("places", "ranking", "required = true"),
    }  # fmt: skip
    engine = start(business.write(tmp_path_factory.mktemp("shop"), surveys, CONFIG))
    yield engine
    engine.close()


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


def stored(engine: Engine, survey: str) -> dict[str, list[str]]:
    """The answers of the only response to a survey, which is taken away."""
    with engine.database.write() as connection:
        (found,) = connection.execute(select(response.c.id).where(response.c.survey == survey)).scalars()
        rows = connection.execute(
            select(answer).where(answer.c.response == found).order_by(answer.c.question, answer.c.position)
        ).all()
        connection.execute(answer.delete())
        connection.execute(response.delete())
    values: dict[str, list[str]] = {}
    for row in rows:
        values.setdefault(row.question, []).append(row.value)
    return values


def send(client: FlaskClient, link: str, **fields: Any) -> Any:
    return business.answer(client, link, **{name.replace("__", "."): value for name, value in fields.items()})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kth_answer_that_a_page_offers_is_stored_as_the_kth_value(
    shop: Engine, client: FlaskClient, language: str
) -> None:
    link = f"/s/all?lang={language}"
    tags = Tags(client.get(link).text)
    for part in (part for one in shop.library.surveys["all"].questions for part in one.parts if part.offered):
        fields = [one["value"] for one in tags.named("input", name=part.id)]
        fields = fields or [f"{place}" for place in range(len(list(tags.named("select", name=part.id))))]
        assert len(fields) == len(part.offered)
        for k, option in ((0, part.offered[0]), (len(fields) - 1, part.offered[-1])):
            posted = option.value if part.question.kind == "ranking" else fields[k]
            assert business.answer(client, link, **{part.id: posted}).status_code == 303
            assert stored(shop, "all") == {part.id: [option.value]}


DATES = [
    ({"date": "2026-11-22"}, "2026-11-22"), ({"date": "1405-09-01"}, "2026-11-22"),
    ({"date": "۱۴۰۵/۹/۱"}, "2026-11-22"),
    ({"date.day": "22", "date.month": "11", "date.year": "2026"}, "2026-11-22"),
    ({"date.day": "۱", "date.month": "9", "date.year": "۱۴۰۵"}, "2026-11-22"),
    ({"date.day": " ٣٠", "date.month": "12", "date.year": "1403"}, "2025-03-20"),
    ({"date": "", "date.day": "1", "date.month": "1", "date.year": "1600"}, "1600-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "day"), DATES)
def test_a_day_of_either_calendar_is_stored_as_iso(
    shop: Engine, client: FlaskClient, fields: dict[str, str], day: str
) -> None:
    assert business.answer(client, "/s/all", **fields).status_code == 303
    assert stored(shop, "all") == {"date": [day]}


WRITTEN = [
    ("email", " Dana@Example.com ", "Dana@Example.com"), ("email", "\u200fdana@example.com", "dana@example.com"),
    ("phone", "050-123-4567", "+972501234567"), ("phone", "+98 912 345 6789", "+989123456789"),
    ("phone", "۰۵۰۱۲۳۴۵۶۷", "+972501234567"), ("phone", "00972 50 1234567", "+972501234567"),
    ("phone", "(03) 123-4567", "+97231234567"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "written", "kept"), WRITTEN)
def test_addresses_and_numbers_are_stored_as_machines_use_them(
    shop: Engine, client: FlaskClient, kind: str, written: str, kept: str | None
) -> None:
    done = business.answer(client, "/s/all", **{kind: written})
    if kept is None:
        assert done.status_code == 422
    else:
        assert done.status_code == 303
        assert stored(shop, "all") == {kind: [kept]}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"date": "2026-02-29"}, "date", "There is no such day"), ({"date": "22.11.2026"}, "date", "There is no such day"),
    ({"date": "1404-12-30"}, "date", "There is no such day"), ({"date": "2026-1-1T0"}, "date", "There is no such day"),
    ({"date.day": "22", "date.month": "11"}, "date", "Please give the day, the month and the year."),
    ({"date.day": "22", "date.month": "11", "date.year": "26"}, "date", "with four digits"),
    ({"date.day": "22", "date.month": "11", "date.year": "9" * 40}, "date", "There is no such day"),
    ({"date.day": "22", "date.month": "x", "date.year": "2026"}, "date", "There is no such day"),
    ({"date.day": ["1", "2"], "date.month": "1", "date.year": "2026"}, "date", "answered twice"),
    ({"date": "2026-11-22", "date.day": "1", "date.month": "1", "date.year": "2026"}, "date", "answered twice"),
    ({"bounded": "2025-12-31"}, "bounded", "must not be before January 1, 2026"),
    ({"bounded": "1405-10-11"}, "bounded", "must not be after December 31, 2026"),
    ({"email": "dana"}, "email", "An e-mail address looks like"),
    ({"email": "a@b@example.com"}, "email", "An e-mail address looks like"),
    ({"email": "a@example.com\nBcc: x@y.example"}, "email", "An e-mail address looks like"),
    ({"phone": "050-123-456"}, "phone", "This does not look like a complete phone number."),
    ({"phone": "x"}, "phone", "complete phone"),
    ({"phone": "9" * 5_000}, "phone", "Please write at most"), ({"phone": "+999 123"}, "phone", "the country code"),
    ({"ranking": ["late", "late"]}, "ranking", "one place only"), ({"ranking": "lost"}, "ranking", "not one of"),
    ({"matrix.speed": "6"}, "matrix.speed", "not one of"), ({"matrix.care": ["1", "2"]}, "matrix.care", "twice"),
    ({"choice_other": "other", "choice_other.other": "x" * 501}, "choice_other", "at most 500 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "at", "said"), WRONG)
def test_what_is_wrong_is_said_at_its_question_with_everything_filled_in(
    shop: Engine, client: FlaskClient, fields: dict[str, Any], at: str, said: str
) -> None:
    page = business.answer(client, "/s/all?lang=en", **{"matrix.care": "2", **fields, "csat": "4"})
    assert page.status_code == 422
    tags = Tags(page.text)
    assert said in page.text.partition(f'id="{at}-error"')[2].partition("</p>")[0]
    assert list(tags.named("input", id="csat-4", checked=""))
    assert "matrix.care" in fields or list(tags.named("input", id="matrix.care-2", checked=""))
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) and len(values) < 60 and "\n" not in values else []:
            shown = [*tags.named("input", name=name), *tags.named("option", selected="")]
            whole = name in ("date", "bounded") or value in ("lost", "6", "other", "x") or ".month" in name
            assert whole or value in [one["value"] for one in shown]


def test_a_day_comes_back_in_the_calendar_of_the_page(client: FlaskClient) -> None:
    for language, day, month, year in (("fa", "۱", "9", "۱۴۰۵"), ("he", "22", "11", "2026")):
        page = business.answer(client, f"/s/all?lang={language}", date="2026-11-22", csat="9").text
        tags = Tags(page)
        assert list(tags.named("input", name="date.day", value=day))
        assert list(tags.named("input", name="date.year", value=year))
        assert list(tags.named("option", value=month, selected=""))


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"choice_other": "other", "choice_other.other": " Lost\r\nit "},
         {"choice_other": ["other"], "choice_other.other": ["Lost it"]}),
        ({"choice_other": "", "choice_other.other": "Lost"},
         {"choice_other": ["other"], "choice_other.other": ["Lost"]}),
        ({"choice_other": "late", "choice_other.other": "Lost"}, {"choice_other": ["late"]}),
        ({"choice_other": "late", "choice_other.other": "x" * 9_000}, {"choice_other": ["late"]}),
        ({"choice_other": "other", "choice_other.other": "  "}, {"choice_other": ["other"]}),
        ({"choices_other": ["late"], "choices_other.other": "Lost"},
         {"choices_other": ["late", "other"], "choices_other.other": ["Lost"]}),
        ({"choices_other": ["other", "late"]}, {"choices_other": ["other", "late"]}),
        ({"ranking": ["late", "", "early"]}, {"ranking": ["late", "early"]}),
        ({"ranking": ["", "", "early"]}, {"ranking": ["early"]}),
        ({"rows_ease.speed": "na", "rows_ease.care": "۷"}, {"rows_ease.speed": ["na"], "rows_ease.care": ["7"]}),
    ],
)  # fmt: skip
def test_what_is_beside_a_list_and_the_order_of_places_are_stored(
    shop: Engine, client: FlaskClient, fields: dict[str, Any], kept: dict[str, list[str]]
) -> None:
    assert business.answer(client, "/s/all", **fields).status_code == 303
    assert stored(shop, "all") == kept


def test_required_means_every_row_and_every_place(client: FlaskClient) -> None:
    page = send(client, "/s/needed?lang=en", rows__speed="3", places=["late", "early"]).text
    assert 'id="rows.care-error"' in page
    assert 'id="rows.speed-error"' not in page
    assert "Please choose an option for every place." in page
    links = [one["href"] for one in Tags(page).named("a") if one["href"].startswith("#")]
    assert links == ["#rows.care-1", "#places-1"]
    done = send(client, "/s/needed", rows__speed="3", rows__care="5", places=["late", "early", "never"])
    assert done.status_code == 303


def test_a_condition_sees_a_row_and_the_words_beside_other(shop: Engine, client: FlaskClient) -> None:
    shop.database.read()
    assert send(client, "/s/chain", rows__care="2").status_code == 422
    assert send(client, "/s/chain", rows__care="3", why="hidden").status_code == 303
    assert stored(shop, "chain") == {"rows.care": ["3"]}
    assert send(client, "/s/chain", where="other", where__other="x").status_code == 422
    assert send(client, "/s/chain", where="other", where__other="x", more="4").status_code == 303
    assert stored(shop, "chain") == {"where": ["other"], "where.other": ["x"], "more": ["4"]}


def order_of(html: str, name: str) -> list[str]:
    return [one["value"] for one in Tags(html).named("input", name=name)]


def shuffled(engine: Engine, survey: str) -> Any:
    with engine.database.write() as connection:
        kept = connection.execute(select(response.c.shuffled).where(response.c.survey == survey)).scalar_one()
        connection.execute(answer.delete())
        connection.execute(response.delete())
        return kept


def test_an_open_form_has_an_order_of_its_own_which_is_kept_and_stays(shop: Engine, client: FlaskClient) -> None:
    seen = set()
    for _ in range(12):
        page = client.get("/s/mixed?lang=en").text
        order = order_of(page, "liked")
        again = client.post("/s/mixed?lang=en", data={"form": business.token(page), "best": ["late", "late"]})
        assert order_of(again.text, "liked") == order
        assert client.post("/s/mixed", data={"form": business.token(page), "liked": order[0]}).status_code == 303
        kept = shuffled(shop, "mixed")
        assert kept["liked"] == order
        assert sorted(kept["best"]) == ["early", "late", "never"]
        seen.add(tuple(order))
    assert len(seen) > 2


@pytest.mark.parametrize("survey", ["mixed", "hidden"])
def test_a_personal_link_shows_one_order_that_leads_to_nobody(shop: Engine, client: FlaskClient, survey: str) -> None:
    asked, found = shop.library.surveys[survey], []
    for n in range(4):    # that a single order is another one's by chance is nothing rare
        event = business.delivered(f"{survey}-{n}", customer=f"c-{survey}-{n}")
        take(shop, [event], event.time + timedelta(minutes=1))
        with shop.database.read() as connection:
            wanted = (invitation.c.survey == survey) & (invitation.c.customer == f"c-{survey}-{n}")
            (id,) = connection.execute(select(invitation.c.id).where(wanted)).scalars()
        link = business.personal_link(shop, id)
        orders_seen = {tuple(order_of(client.get(link).text, "liked")) for _ in range(12)}
        assert (len(orders_seen) == 1) is (survey == "mixed")
        assert business.answer(client, link, liked="late").status_code == 303
        found.append({name: tuple(order) for name, order in shuffled(shop, survey).items()} == orders(asked, id))
    assert all(found) is (survey == "mixed")


def test_a_survey_that_shuffles_nothing_stores_no_order(shop: Engine, client: FlaskClient, tmp_path: Path) -> None:
    assert business.answer(client, "/s/all", csat="4").status_code == 303
    assert shuffled(shop, "all") is None


ROWS = TITLE + "scored = false\n" + question("rows", "matrix") + question("best", "ranking") + question(
    "where", "choice", "other = true"
) + question("since", "date") + question("phone", "phone")  # fmt: skip


def exported(engine: Engine) -> list[dict[str, str]]:
    done = CliRunner().invoke(main, ["--project", str(engine.root), "export", "responses", "--format", "csv"])
    assert done.exit_code == 0
    return list(csv.DictReader(done.output.lstrip("\ufeff").splitlines()))


def test_an_export_has_a_column_for_each_row_across_scales_and_versions(tmp_path: Path) -> None:
    shop = start(business.write(tmp_path, {"purchase/rows": ROWS}, CONFIG))
    client = create_app(shop).test_client()
    first = {"rows.speed": "4", "best": ["late", "early"], "where.other": "=1+1", "since": "۱۴۰۵/۹/۱"}
    assert business.answer(client, "/s/rows", **first, phone="050-1234567").status_code == 303
    business.write(tmp_path, {"purchase/rows": ROWS.replace('scale = "csat"', 'scale = "ease"')}, CONFIG)
    shop.library.publish(read(shop.root, shop.catalogs.languages), datetime.now(UTC))
    assert business.answer(client, "/s/rows", **{"rows.speed": "7", "rows.care": "1"}).status_code == 303
    rows = sorted(exported(shop), key=lambda row: row["rows.speed"], reverse=True)
    shop.close()
    assert [row["rows.speed"] for row in rows] == ["4", ""]
    assert [row["rows.speed__matrix_ease"] for row in rows] == ["", "7"]
    assert [row["rows.care__matrix_ease"] for row in rows] == ["", "1"]
    plain = {name: rows[0][name] for name in ("best", "where", "where.other", "since", "phone")}
    assert plain == {
        "best": "late,early", "where": "other", "where.other": "'=1+1", "since": "2026-11-22",
        "phone": "+972501234567",
    }  # fmt: skip


def test_the_list_of_surveys_names_the_rows_that_answers_are_stored_under(shop: Engine) -> None:
    key = keys.add(shop, "reader", "read", datetime.now(UTC))
    listed: Any = create_app(shop).test_client().get("/api/v1/surveys", headers={"Authorization": f"Bearer {key}"}).json
    asked = {one["id"]: one for survey in listed["surveys"] for one in survey["questions"]}
    assert [row["id"] for row in asked["matrix"]["rows"]] == ["matrix.speed", "matrix.care"]
    assert asked["matrix"]["rows"][0]["text"]["he"] == "מהירות ההגעה"
    assert [option["value"] for option in asked["choice_other"]["options"]][-2:] == ["other", "na"]
    assert asked["csat"]["rows"] == []


def test_both_databases_keep_the_order_that_was_shown(engine: Engine) -> None:
    business.change(engine, {"purchase/mixed": f"{TITLE}scored = false\n{SHUFFLED}"})
    page = create_app(engine).test_client().get("/s/mixed")
    done = create_app(engine).test_client().post(
        "/s/mixed", data={"form": business.token(page.text), "best": ["never", "late"]}
    )
    assert done.status_code == 303
    assert shuffled(engine, "mixed")["liked"] == order_of(page.text, "liked")
