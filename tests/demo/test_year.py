"""A demo, as whoever makes one finds it: what happened in the year is in its report, and nothing is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from surveyengine.cli import main
from surveyengine.demo import filling
from surveyengine.demo.story import LATE_COURIER
from surveyengine.demo.words import LANGUAGES, SLOT, words
from surveyengine.engine import Engine, start
from surveyengine.health import sendings
from surveyengine.project import scaffold
from surveyengine.project.files import read
from surveyengine.results import query
from surveyengine.results.report import Report, Touchpoint
from surveyengine.store import recount
from surveyengine.store.schema import answer, draft, invitation, opt_out, response, sending
from surveyengine.values.enumeration import TrendUnit

SPRING = filling.Wish(1900, 4, date(2026, 3, 31), months=2)    # enough answers in February to compare March with
SUMMER = filling.Wish(1300, 1, date(2026, 6, 30), months=1)
HALF_SPACE = "\u200c"


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root = tmp_path_factory.mktemp("demo") / "spring"
    filling.fill(root, SPRING)
    with closing(start(root)) as engine:
        yield engine


def reported(engine: Engine, wish: filling.Wish, by: str | None = None) -> Report:
    """The report of a wish's last month."""
    wanted = query.ReportQuery(wish.until.replace(day=1), wish.until, by)
    return query.report(engine, wanted, datetime.combine(wish.until, datetime.min.time(), UTC) + timedelta(days=90))


def touchpoint(report: Report, name: str) -> Touchpoint:
    return next(one for stage in report.stages for one in stage.touchpoints if one.touchpoint == name)


def test_march_shows_the_courier_that_was_late(spring: Engine) -> None:
    delivery = touchpoint(reported(spring, SPRING, "courier"), "delivery")
    assert (delivery.change.state, delivery.change.value < 0) == ("changed", True)    # type: ignore[union-attr, operator]
    by = {name: group.csat.value or 0 for name, group in delivery.by.items()}    # type: ignore[union-attr]
    assert by[LATE_COURIER] + 30 < max(by.values())
    accuracy = touchpoint(reported(spring, SPRING), "order-accuracy")
    assert accuracy.change.state != "changed"    # type: ignore[union-attr]


def test_june_shows_that_the_checkout_was_mended(tmp_path: Path) -> None:
    filling.fill(tmp_path / "summer", SUMMER)
    with closing(start(tmp_path / "summer")) as engine:
        checkout = touchpoint(reported(engine, SUMMER), "checkout")
    assert (checkout.change.state, checkout.change.value > 0) == ("changed", True)    # type: ignore[union-attr, operator]


def test_there_is_something_of_everything_that_pages_show(spring: Engine) -> None:
    report = reported(spring, SPRING)
    assert {one.csat.state for stage in report.stages for one in stage.touchpoints} >= {"ok", "indicative", "few"}
    with spring.database.read() as connection:

        def kinds(column: Any) -> set[Any]:
            return set(connection.execute(select(column).distinct()).scalars())

        assert kinds(invitation.c.state) == {"planned", "sent", "refused", "failed", "uncertain"}
        assert kinds(invitation.c.reason) >= {
            "cancelled", "cooldown", "late", "no_customer", "not_drawn", "not_sampled", "opted_out", "unreachable",
        }
        assert kinds(sending.c.state) >= {"planned", "sent", "failed", "uncertain", "withdrawn"}
        assert kinds(response.c.language) == {*LANGUAGES}
        assert kinds(response.c.layout) == {"page", "embed", "kiosk"}
        assert {mode.head.mode for mode in spring.library.surveys.values()} >= {"confidential", "anonymous"}
        assert {"b2b-checkin", "respect", "yearly", "feedback"} <= kinds(response.c.survey)
        twice = select(response.c.customer).group_by(response.c.customer).having(func.count() > 1)
        assert len(connection.execute(twice).all()) > 20
        assert all(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (draft, opt_out))


def test_a_touchpoint_read_alone_is_told_as_in_the_whole_report(spring: Engine) -> None:
    now, seen = datetime.combine(SPRING.until, datetime.min.time(), UTC) + timedelta(days=90), 0
    for every in TrendUnit:
        wanted = query.ReportQuery(SPRING.until - timedelta(days=75), SPRING.until, questions=True, every=every)
        whole = query.report(spring, wanted, now)
        for place, one in [((stage.stage, one.touchpoint), one) for stage in whole.stages for one in stage.touchpoints]:
            alone = query.touchpoint_course(spring, place, wanted, now)
            assert (alone.points, alone.renewed) == (one.trend, one.new_versions or [])
            assert query.touchpoint_questions(spring, place, wanted, now) == one.questions
            page = query.report(spring, replace(wanted, at=place), now)
            assert one in page.touchpoints
            assert page == whole.with_questions({place: one.questions or ()})
            seen += sum(point.csat.n or 0 for point in alone.points)
    assert seen > 100


def test_nothing_is_wrong_with_it(spring: Engine) -> None:
    assert read(spring.root, spring.catalogs.languages).faults == ()
    with spring.database.read() as connection:
        assert recount.differences(connection) == {}
    assert not (spring.root / "data" / "outbox").exists()


def test_customers_write_in_their_language_and_each_in_other_words(spring: Engine) -> None:
    query = select(response.c.language, answer.c.value).join(answer, answer.c.response == response.c.id)
    with spring.database.read() as connection:
        said = [tuple(row) for row in connection.execute(query.where(answer.c.series == "text"))]
    script = {"he": "[\u05d0-\u05ea]", "fa": "[\u0600-\u06ff]", "en": "[a-z]"}
    for language in LANGUAGES:
        written = [text for one, text in said if one == language]
        assert len(set(written)) > 0.75 * len(written) > 20
        assert [text for text in written if not re.search(script[language], text)] == []
    assert [text for _, text in said if re.search(r"[{}\[\]|]", text)] == []
    assert any(HALF_SPACE in text for one, text in said if one == "fa")


def test_every_question_that_is_answered_in_words_has_them_in_every_language(spring: Engine) -> None:
    surveys = spring.library.surveys.values()
    asked = {(one.id, each.id) for one in surveys for each in one.questions if each.kind == "text"}
    facts = {"courier", "late", "product", "handled_by"}
    for language, (survey, question) in product(LANGUAGES, sorted(asked)):
        parts = words(language)["said"][survey][question]
        assert len(parts["bad"]) >= 5, (language, survey, question)
        named = {name for mood in ("good", "bad") for part in parts.get(mood, ()) for name in SLOT.findall(part)}
        assert named <= facts, (language, survey, question)
    assert all({*words(one)["couriers"]} == {*words("en")["couriers"]} for one in LANGUAGES)


def test_a_seed_tells_the_same_year_again(spring: Engine) -> None:
    def told(customers: int, seed: int) -> list[str]:
        records = filling.lived(spring, filling.Wish(customers, seed, SPRING.until, months=1))
        return [f"{one.event} {one.row['state']} {one.row['sent_at']}" for one in records.invitations if one.cause]

    known = [one for one in told(6, 4) if "c-1" in one]
    assert known
    assert told(6, 4) == told(6, 4)
    assert told(6, 5) != told(6, 4)
    assert {*known} <= {*told(9, 4)}    # more customers change nothing for these


def test_the_command_says_what_it_made_and_where_to_look(tmp_path: Path) -> None:
    shop = tmp_path / "a shop"
    made = CliRunner().invoke(main, ["demo", str(shop), "--customers", "3"])
    assert made.exit_code == 0, made.output
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert f"with a year up to {yesterday}: " in made.output
    assert f"--project '{shop}' run" in made.output
    assert (shop / "data" / sendings.SEEN).exists()  # what failed in a year that never was is no news to `doctor`
    again = CliRunner().invoke(main, ["demo", str(shop), "--customers", "3"])
    assert (again.exit_code, "is there already and not empty" in again.output) == (1, True)


def test_what_is_broken_off_leaves_no_files(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filling.fill(tmp_path / "shop", filling.Wish(2, 1, SPRING.until), stop)
    assert not (tmp_path / "shop").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()
    with pytest.raises(scaffold.Occupied):
        filling.fill(tmp_path / "mine", SPRING)
    assert (tmp_path / "mine" / "letter").exists()
