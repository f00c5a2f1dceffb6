"""Weighted scores: what each answer stands for, and what may be concluded from that."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import isclose
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from werkzeug.datastructures import MultiDict

from benchmarks.coverage import summed
from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.responses import form
from surveyengine.results import query, score
from surveyengine.results.interval import wilson
from surveyengine.results.record import ABSENT, plain
from surveyengine.results.repeat import RECODED, design_effect
from surveyengine.results.report import Report, Touchpoint
from surveyengine.results.score import Histogram, Weighted
from surveyengine.results.weighting import TRIM, WeighedAnswers, csat, effective, of_mean, of_touchpoint
from surveyengine.store import responses
from surveyengine.store.engine.direct import Direct
from surveyengine.store.schema import customer, invitation
from surveyengine.values.enumeration import Role
from tests.invitations.test_delivery import Outbox, deliver
from tests.support import business, staff
from tests.support.business import CONFIG, asking

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WEIGHTED = CONFIG + "\n[results]\nweighted = true\n\n[journey.purchase]\ntarget = { csat = 50 }\n"


class Given(NamedTuple):
    """An answer: whose, with which chance they were asked, and whether they are satisfied."""

    customer: str
    chance: float
    good: int


def summed_up(answers: Sequence[Given], **occasions: int) -> WeighedAnswers:
    """The sums over answers, straight from what they mean."""
    weights = [1 / one.chance for one in answers]
    most = TRIM * sum(weights) / len(weights) if weights else 0
    own: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    trimmed = [min(one, most) for one in weights]
    for one, weight in zip(answers, trimmed, strict=True):
        own[one.customer][0] += weight
        own[one.customer][1] += weight * one.good
    return WeighedAnswers(
        n=len(answers), weights=sum(trimmed), squares=sum(w * w for w in trimmed), good=sum(s for _, s in own.values()),
        customers=len(own), own=sum(w * w for w, _ in own.values()), mixed=sum(w * s for w, s in own.values()),
        own_good=sum(s * s for _, s in own.values()), **occasions,
    )  # fmt: skip


@pytest.mark.parametrize(("weights", "expected"), [
    ([1, 1, 2], 2.667), ([0.5] * 40 + [1] * 40 + [2] * 20, 76.92), ([3] * 7, 7), ([], 0),
])
def test_the_effective_number_of_answers_is_kishs(weights: Sequence[float], expected: float) -> None:
    assert round(effective(sum(weights), sum(one * one for one in weights)), 3 if expected < 10 else 2) == expected


def test_a_weighted_score_is_this_one() -> None:
    answers = [Given(f"a{n}", 1, n < 30) for n in range(40)] + [Given(f"b{n}", 0.5, n < 10) for n in range(20)]
    found = csat(summed_up(answers))
    assert (found.value, found.n, found.state) == (62.5, 60, "ok")    # (30 + 2·10) / (40 + 2·20)
    # The linearised variance is (Σ S² − 2p Σ WS + p² Σ W²) / (Σ W)², of 40 customers of weight 1 and 20 of weight 2.
    variance = (30 + 10 * 4 - 2 * 0.625 * (30 + 10 * 4) + 0.625**2 * (40 + 20 * 4)) / 80**2
    assert isclose(found.independent, min(0.625 * 0.375 / variance, 80**2 / 120))
    interval = wilson(0.625 * found.independent, found.independent)
    assert (found.low, found.high) == (100 * interval.low, 100 * interval.high)


@given(
    st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=4), min_size=10, max_size=40),
    st.floats(0.01, 1),
)
def test_equal_weights_give_the_plain_score(given: list[list[int]], chance: float) -> None:
    found = csat(summed_up([Given(f"c{n}", chance, good) for n, own in enumerate(given) for good in own]))
    counts = Counter(good for own in given for good in own)
    histogram = {5: counts[1], 1: counts[0]}
    alike = score.csat(Histogram(histogram, design_effect(histogram, RECODED["csat"], summed(given))))
    assert (found.n, found.state) == (alike.n, alike.state)
    for part in ("value", "low", "high", "independent"):
        assert isclose(getattr(found, part), getattr(alike, part), rel_tol=1e-6, abs_tol=1e-6), part


def test_where_heavy_buyers_are_asked_more_rarely_only_the_weighted_score_is_right() -> None:
    """Every tenth customer buys ten times as often, is asked a fifth as often each time, and is less content."""
    chance, plains, weighted, covered, worlds = Random(15), 0.0, 0.0, 0, 150
    occasions = [(f"c{n}", 0.1 if n % 10 == 0 else 0.5, 0.5 if n % 10 == 0 else 0.8, 10 if n % 10 == 0 else 1)
                 for n in range(600)]    # fmt: skip
    truth = 100 * sum(rate * times for *_, rate, times in occasions) / sum(times for *_, times in occasions)
    for _ in range(worlds):
        asked = [Given(whose, pi, chance.random() < rate) for whose, pi, rate, times in occasions
                 for _ in range(times) if chance.random() < pi]    # fmt: skip
        plains += 100 * sum(one.good for one in asked) / len(asked) - truth
        found = csat(summed_up(asked))
        assert found.value is not None
        assert found.low is not None
        assert found.high is not None
        weighted += found.value - truth
        covered += found.low <= truth <= found.high
    assert plains / worlds > 8
    assert abs(weighted / worlds) < 1.5
    assert 0.88 <= covered / worlds <= 1


def test_no_weight_is_more_than_three_times_the_mean_one() -> None:
    answers = [*(Given(f"a{n}", 1, 0) for n in range(99)), Given("b", 0.001, 1)]
    most = 3 * (99 + 1000) / 100
    assert isclose(csat(summed_up(answers)).value or 0, 100 * most / (99 + most))


def test_the_target_is_compared_from_a_worth_of_a_hundred_answers_on() -> None:
    many, few = ([Given(f"a{n}", 0.5, n % 10 > 0) for n in range(size)] for size in (100, 99))
    assert of_touchpoint(summed_up(many), 50).verdict == "met"
    assert of_touchpoint(summed_up(many), 99).verdict == "missed"
    assert of_touchpoint(summed_up(many), None).verdict is ABSENT
    assert of_touchpoint(summed_up(few), 50).verdict is ABSENT


def test_a_stage_is_the_mean_of_its_weighted_touchpoints_by_the_same_weights() -> None:
    one = summed_up([Given(f"a{n}", 0.5, n < 40) for n in range(50)])
    other = summed_up([Given(f"b{n}", 0.25, n < 20) for n in range(50)])
    plains = {"purchase": {name: Weighted(weight, score.proportion(30, 50)) for name, weight in
                           (("one", 3), ("other", 1), ("secret", 1), ("nothing", 0))}}    # fmt: skip
    found = of_mean({"one": one, "other": other}, plains, 50)
    assert found.csat.value == 0.75 * 80 + 0.25 * 40
    assert (found.n_eff, found.without) == (round(1 / (0.75**2 / 50 + 0.25**2 / 50), 9), ["secret"])
    nothing = of_mean({}, plains)
    assert (nothing.csat.value, nothing.n_eff, nothing.without) == (None, 0, ["one", "other", "secret"])


# ── Answers that were given


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    surveys = {"purchase/delivery": asking(sample=0.5), "purchase/secret": 'mode = "confidential"\n' + asking(),
               "purchase/checkout": asking(), "post-purchase/links": asking()}    # fmt: skip
    engine = start(business.write(tmp_path / "shop", surveys, WEIGHTED, database=database_url))
    yield engine
    engine.close()


def ask(engine: Engine, survey: str, answers: Sequence[Given], prefix: str, **values: Any) -> None:
    """Invite customers with these chances, and store what they answered; some of the columns are others."""
    asked = engine.library.surveys[survey]
    row = {"survey": survey, "digest": asked.digest, "day": values.get("day", NOW.date())}
    sent = {"state": "sent", "planned_at": NOW, "due_at": NOW, "sent_at": NOW, "expires_at": NOW, "expires_after": 1}
    with engine.database.write() as connection:
        known = set(connection.execute(customer.select().with_only_columns(customer.c.id)).scalars())
        for id in sorted({one.customer for one in answers} - known):
            connection.execute(insert(customer).values(id=id, changed_at=NOW, known_at=NOW))
        for number, one in enumerate(answers):
            id = f"{prefix}{number}"
            whom = {"id": id, "token_hash": id, "customer": one.customer, "probability": one.chance}
            new = insert(invitation).values(**{**row, **sent, "channel": "email", **whom, **values})
            key = connection.execute(new.returning(invitation.c.key)).scalar_one()
            given = form.read(asked, MultiDict({"satisfaction": "4" if one.good else "3"}))
            held = {"id": id, "language": "he", "direction": "rtl", "context": {}, "customer": one.customer}
            test = {"test": values.get("test", False), "invitation": key, "invited": True}
            responses.add(Direct.within(connection), {**row, **held, **test}, [vars(each) for each in given.answers])


def refuse(engine: Engine, survey: str, *why: tuple[str, float]) -> None:
    digest = engine.library.surveys[survey].digest
    row = {"survey": survey, "digest": digest, "day": NOW.date(), "state": "refused", "planned_at": NOW,
           "expires_after": 1}    # fmt: skip
    with engine.database.write() as connection:
        for number, (reason, chance) in enumerate(why):
            id = f"no-{survey}-{number}"
            connection.execute(insert(invitation).values(
                **row, id=id, token_hash=id, reason=reason, probability=chance))    # fmt: skip


def told(engine: Engine, **wanted: Any) -> Report:
    return query.report(engine, query.ReportQuery(**wanted), NOW)


def at(report: Report, name: str) -> Touchpoint:
    return next(one for one in report.touchpoints if one.touchpoint == name)


def some(seed: int, size: int = 150) -> list[Given]:
    chance = Random(seed)
    return [Given(f"c{chance.randrange(60)}", chance.choice([1.0, 0.5, 0.25, 0.01]), chance.random() < 0.6)
            for _ in range(size)]    # fmt: skip


def test_the_report_weighs_what_invitations_brought_and_nothing_else(shop: Engine) -> None:
    delivery, checkout = some(1), some(2, 90)
    ask(shop, "delivery", delivery, "d")
    ask(shop, "checkout", checkout, "c")
    expected = {name: csat(summed_up(answers)) for name, answers in (("delivery", delivery), ("checkout", checkout))}
    ask(shop, "delivery", [Given("c1", 1, 1)] * 20, "test", test=True)
    ask(shop, "delivery", [Given("c1", 1, 1)] * 20, "hand", channel="link")
    ask(shop, "delivery", [Given("c1", 1, 1)] * 20, "past", day=NOW.date() - timedelta(days=400))
    ask(shop, "secret", some(3, 40), "s")
    ask(shop, "links", [Given("c2", 1, 1)] * 40, "l", channel="link")
    report = told(shop, since=NOW.date() - timedelta(days=30))
    for name, one in expected.items():
        found = at(report, name).weighted
        assert found
        assert found.csat.n == one.n
        for part in ("value", "low", "high", "independent"):
            assert isclose(getattr(found.csat, part), getattr(one, part)), (name, part)
    assert (at(report, "secret").weighted, at(report, "links").weighted) == (ABSENT, ABSENT)
    purchase = next(one for one in report.stages if one.stage == "purchase")
    assert purchase.weighted
    both = [one.value or 0 for one in expected.values()]
    assert isclose(purchase.weighted.csat.value or 0, sum(both) / 2)
    assert purchase.weighted.without == ["secret"]
    assert report.journey.weighted
    assert report.journey.weighted.without == ["purchase/secret", "post-purchase/links"]


def test_from_events_by_the_lot_and_by_answers_to_a_score_as_by_hand(tmp_path: Path) -> None:
    """Whom only the checkout can ask, and whom three others could ask before it, answer differently."""
    types = {"visit": "session.ended", "inquiry": "inquiry.closed", "cart": "cart.left", "checkout": "order.paid"}
    surveys = {f"purchase/{name}": asking(on=type) for name, type in types.items()}
    weighted = WEIGHTED.replace('cooldown = "0 days"', 'cooldown = "7 days"')
    engine = start(business.write(tmp_path / "shop", surveys, weighted))
    now = datetime.now(UTC)
    for type in types.values():
        rare = [f"a-{n}" for n in range(120)] if type == types["checkout"] else []
        events = [
            Event("shop", f"{type}-{whom}", type, now, {}, Customer(whom, f"{whom}@example.com"), False)
            for whom in (*rare, *(f"b-{n}" for n in range(200)))
        ]
        take(engine, events, now)
        sent = Outbox()
        deliver(engine, sent, now)
    browser = create_app(engine).test_client()
    asked = Counter(mail.to[0] for mail in sent.mails)
    for mail in sent.mails:
        link = re.findall(r"/r/[\w-]+", mail.text)[0]
        given = "5" if mail.to.startswith("a") else "2"
        assert business.answer(browser, link, satisfaction=given).status_code == 303
    found = at(query.report(engine, query.ReportQuery(), datetime.now(UTC)), "checkout")
    engine.close()
    # The chances: 0.3 of 256 tickets are 77; of those who were left out thrice 77, 77 and 76 are taken, and of the 26
    # that are left three quarters are given.
    happy, unhappy = asked["a"] * 256 / 77, asked["b"] * 256 / 20
    squares = asked["a"] * (256 / 77) ** 2 + asked["b"] * (256 / 20) ** 2
    assert asked["a"] > asked["b"] > 0
    assert found.csat.value == pytest.approx(100 * asked["a"] / asked.total())
    assert found.weighted
    assert found.weighted.csat.value == pytest.approx(100 * happy / (happy + unhappy))
    assert found.weighted.n_eff == pytest.approx((happy + unhappy) ** 2 / squares)
    assert (found.weighted.csat.n, found.weighted.uncovered) == (asked.total(), 0)


def test_uncovered_are_the_occasions_that_nothing_could_have_led_to(shop: Engine) -> None:
    ask(shop, "delivery", some(1, 20), "d")
    refuse(shop, "delivery", ("not_sampled", 0.5), ("cooldown", 0.0), ("at_most", 0.5), ("cooldown", 0.125),
           ("lot", 0.25), ("opted_out", 1.0), ("closed", 1.0))    # fmt: skip
    found = at(told(shop), "delivery").weighted
    assert found
    # 20 were asked, 5 could have been but for lot or limit: one had no chance, and one a limit alone forbade.
    assert found.uncovered == pytest.approx(100 * 2 / 25)


def test_an_erased_answer_counts_on_without_a_weight(shop: Engine) -> None:
    answers = [Given(f"c{number}", 0.5, number % 3 > 0) for number in range(30)]
    ask(shop, "delivery", answers, "d")
    before = at(told(shop), "delivery")
    erase(shop, "c1", Caller(NOW))
    after = at(told(shop), "delivery")
    assert (before.csat.n, after.csat.n) == (30, 30)
    assert before.weighted
    assert after.weighted
    assert (before.weighted.csat.n, after.weighted.csat.n) == (30, 29)


def test_nothing_is_read_where_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyengine.results.query.weighed", None)    # whoever called it would fail
    engine = start(business.write(tmp_path / "shop"))
    report = told(engine)
    engine.close()
    assert "weighted" not in str(plain(report))


WORDS = {
    "en": ("weighted 80% (", "worth 120 answers of equal weight", "weighted, target 50%: met so far",
           "Weighted by the chance that each customer had of being asked"),
    "he": ("משוקלל 80%", "שווה ערך ל־120 תשובות", "משוקלל, יעד 50%: הושג עד כה", "בשקלול הסיכוי לקבל הזמנה"),
    "fa": ("وزن‌دار ۸۰٪", "هم‌ارز ۱۲۰ پاسخ", "وزن‌دار، هدف ۵۰٪: تا اینجا محقق شد", "با وزن‌دهی بر پایهٔ شانس دعوت شدن"),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
def test_it_stands_beside_the_plain_score_wherever_that_does(shop: Engine, language: str) -> None:
    ask(shop, "delivery", [Given(f"c{number}", 0.5, number % 16 > 2) for number in range(120)], "d")
    report = told(shop)
    sheet = query.shown(shop, report, "csv", query.Screen())
    rows = [row.split(",") for row in sheet.splitlines() if row.startswith("purchase,delivery,weighted")]
    assert [row[2] for row in rows] == ["weighted_csat", "weighted_n_eff", "weighted_uncovered"]
    assert rows[1][3] == "120.0"
    table = query.shown(shop, report, "table", query.Screen(200, language=language))
    browser = staff.client(shop, Role.VIEWER, language)
    days = f"from={NOW.date()}&to={NOW.date()}"
    page = browser.get(f"/staff/journey/purchase/delivery?{days}").text
    for words in WORDS[language][:3]:
        assert words in table.replace("\u200e", "")
    assert WORDS[language][3] in page
    assert WORDS[language][1] in browser.get(f"/staff/?{days}").text
