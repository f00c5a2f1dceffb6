"""Surveys on pages: how they stand, what `check` says, their links, and what they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.i18n.speech import speech
from surveyengine.invitations.planning import take
from surveyengine.invitations.rules import rules
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import surveys
from surveyengine.web.staff.definition import KINDS as WORDS
from surveyengine.web.staff.definition import definition
from tests.support import business, staff
from tests.support.samples import LANGUAGES, every_kind

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One survey is live, one closed, one's file is gone, one is retired, one has faults, and one never was good."""
    root = tmp_path_factory.mktemp("surveys") / "shop"
    names = ("closed", "gone", "retired", "broken")
    files = {f"purchase/{name}": business.asking(name == "closed") for name in names}
    start(business.write(root, {"purchase/delivery": business.DELIVERY, **files})).close()
    for name in ("gone", "retired"):
        (root / f"surveys/purchase/{name}.toml").unlink()
    CliRunner().invoke(main, ["--project", str(root), "retire", "retired"])
    (root / "surveys/purchase/broken.toml").write_text("title = 5\n", encoding="utf-8")
    (root / "surveys/purchase/never.toml").write_text("titel = 5\n", encoding="utf-8")
    engine = start(root)
    yield engine
    engine.close()


def test_faults_stand_on_the_page_as_check_prints_them(shop: Engine) -> None:
    done = CliRunner().invoke(main, ["--project", str(shop.root), "check"])
    printed = [line for line in done.output.splitlines() if re.match(r"\S+:\d+:\d+: ", line)]
    page = staff.client(shop, Role.VIEWER).get("/staff/surveys/").text
    shown = [unescape(one) for one in re.findall(r'<code class="line" lang="en">(.*?)</code>', page)]
    assert len(shown) >= 3
    assert shown == printed
    mine = staff.client(shop, Role.VIEWER).get("/staff/surveys/broken").text
    assert "surveys/purchase/broken.toml:1" in mine
    assert "surveys/purchase/never.toml" not in mine


@pytest.mark.parametrize(
    ("survey", "said"),
    [("delivery", ""), ("closed", "closed"), ("gone", "its file is gone"), ("retired", "retired"), ("broken", "")],
)
def test_each_survey_says_how_it_stands(shop: Engine, survey: str, said: str) -> None:
    page = staff.client(shop, Role.VIEWER).get("/staff/surveys/").text
    row = re.search(rf'<a class="whole" href="/staff/surveys/{survey}">.*?</li>', page, re.DOTALL)
    assert row
    assert (f'<span class="chip">{said}</span>' in row[0]) if said else 'class="chip"' not in row[0]
    assert ("its file has faults" in row[0]) == (survey == "broken")
    assert "2 surveys are live" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_survey_is_told_in_words_with_links_that_work(shop: Engine, language: str) -> None:
    browser = staff.client(shop, Role.VIEWER, language)
    page = browser.get("/staff/surveys/delivery").text
    survey = shop.library.surveys["delivery"]
    for rule in rules(survey.invite, shop.config.sending, speech(language)):
        assert rule.split("`")[0] in unescape(page)
    previews = re.findall(r'href="(/t/[^"]+)" lang="(\w+)"', page)
    assert [code for _, code in previews] == ["he", "fa", "en"]
    for link, code in previews:
        form = staff.stranger(shop).get(unescape(link))
        assert f'<html lang="{code}"' in form.text
    assert 'href="https://feedback.example.com/s/delivery"' in page
    assert 'viewBox="0 0 ' in page


@pytest.mark.parametrize(("path", "kind"), [
    ("code.svg", "image/svg+xml"), ("poster.html?lang=he", "text/html"), ("poster.svg?lang=fa", "image/svg+xml"),
])  # fmt: skip
def test_what_is_printed_is_a_file(shop: Engine, path: str, kind: str) -> None:
    answer = staff.client(shop, Role.VIEWER).get(f"/staff/surveys/delivery/{path}")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["none", "none/code.svg", "delivery/poster.html?lang=xx", "none/poster.svg?lang=he"])
def test_an_unknown_survey_or_language_leads_on(shop: Engine, path: str) -> None:
    answer = staff.client(shop, Role.VIEWER).get(f"/staff/surveys/{path}")
    assert answer.status_code == 404
    assert 'class="onward" href="/staff/surveys/"' in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_question_has_words(language: str) -> None:
    told = definition(every_kind(), speech(language))
    assert {question.kind for question in every_kind().questions} <= set(WORDS)
    assert [one for one in told.questions if not one.text or not all(one.remarks)] == []


def test_a_project_without_surveys_says_how_to_begin(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop")
    (root / "surveys/purchase/delivery.toml").unlink()
    engine = start(root)
    page = staff.client(engine, Role.VIEWER).get("/staff/surveys/").text
    engine.close()
    assert "There is no survey yet." in page
    assert "surveys/purchase/delivery.toml" in page


def test_what_takes_long_for_many_invitations_is_left_to_check(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    take(shop, [business.delivered("1", NOW)], NOW)
    browser, said = staff.client(shop, Role.VIEWER), "limits leave too few invitations"
    assert said not in browser.get("/staff/surveys/").text
    monkeypatch.setattr(surveys, "MOST", 0)
    assert said in browser.get("/staff/surveys/").text
