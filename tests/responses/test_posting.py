"""A form on its way through its pages, and back to whoever left it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyengine.engine import Engine, start
from surveyengine.store.schema import draft
from tests.support import business
from tests.support.samples import Tags, question
from tests.web.test_respond import away, browser, checked, content, invite, stored

HEAD = 'title = { en = "Your delivery", he = "המשלוח שלך", fa = "تحویل سفارش شما" }\n{0}\n'
INVITE = '[invite]\non = "shipment.delivered"\nafter = "12 hours"\n'
QUESTIONS = (
    question("satisfaction", "csat", "core = true\nrequired = true"),
    question("reason", "text", "show_if = { satisfaction = { at_most = 3 } }\nlimit = 40"),
    question("broken", "yes_no", "show_if = { reason = { contains = 'broken' } }\nrequired = true"),
    question("unhappy", "choices", "page = 2\nother = true\nshow_if = { satisfaction = { at_most = 2 } }"),
    question("again", "likely", "page = 3\nrequired = true"),
    question("cost", "number"),
    question("mail", "email"),
    question("born", "date"),
)
OPEN = "/s/visit"
KEPT = "What you wrote is kept and not shown here."


def paged(invite: str = "") -> str:
    return HEAD.replace("{0}", invite) + "".join(QUESTIONS)


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """A business whose surveys have pages, by an open link and by invitation."""
    business.change(engine, {"purchase/visit": paged(), "purchase/delivery": paged(INVITE)})
    return engine


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Engine]:
    """The same on SQLite, for what has nothing to do with the database."""
    started = start(business.write(tmp_path / "shop", {"purchase/visit": paged()}))
    yield started
    started.close()


def hidden(html: str) -> list[tuple[str, str]]:
    """What a browser sends of a page whatever its customer does."""
    fields = Tags(html).named("input", type="hidden")
    return [(field["name"], field["value"]) for field in fields if "disabled" not in field]


class Customer:
    """Somebody without JavaScript: opens a link, answers, and presses a button."""

    def __init__(self, engine: Engine, link: str = OPEN) -> None:
        self.client, self.link = browser(engine), link
        self.page = self.client.get(link)

    @property
    def text(self) -> str:
        return str(self.page.text)

    @property
    def said(self) -> str:
        """What stands on the page, without markup."""
        return unescape(re.sub(r"<[^>]+>", "", self.text))

    @property
    def asked(self) -> list[str]:
        """The questions of the page, of which CSS and the script may hide some."""
        return [attributes["data-question"] for _, attributes in Tags(self.text).found if "data-question" in attributes]

    def sends(self, **answers: Any) -> Customer:
        """Press the button with these answers on the page."""
        return self.presses([], **answers)

    def goes_back(self, **answers: Any) -> Customer:
        return self.presses([("form.go", "back")], **answers)

    def leaves(self, **answers: Any) -> Customer:
        """Leave the page, as the script tells it."""
        return self.presses([("form.go", "draft")], **answers)

    def presses(self, button: list[tuple[str, str]], **answers: Any) -> Customer:
        written = [(name.replace("__", "."), value) for name, value in answers.items()]
        data: dict[str, list[str]] = {}
        for name, value in [*hidden(self.text), *written, *button]:
            data.setdefault(name, []).append(value)
        self.page = self.client.post(self.link, data=data)
        return self


# ── Pages


def test_a_form_is_answered_page_by_page(shop: Engine) -> None:
    customer = Customer(shop)
    assert customer.asked == ["satisfaction", "reason", "broken"]
    assert customer.sends(satisfaction="2", reason="late").asked == ["unhappy"]
    assert customer.page.status_code == 200
    assert stored(shop) == []
    assert customer.sends(unhappy="late").asked == ["again", "cost", "mail", "born"]
    assert customer.sends(again="5", cost="۱۲").page.status_code == 303
    assert stored(shop) == [
        {"satisfaction": ["2"], "reason": ["late"], "unhappy": ["late"], "again": ["5"], "cost": ["12"]}
    ]


def test_progress_is_said_and_shown(open_shop: Engine) -> None:
    customer = Customer(open_shop, f"{OPEN}?lang=en")
    assert "Page 1 of 3" in customer.said
    assert list(Tags(customer.text).named("progress", value="0", max="3"))
    customer.sends(satisfaction="5")
    assert "Page 3 of 3" in customer.said
    assert "Page 3 of 3" in re.findall("<title>(.*?)</title>", customer.text)[0]


def test_a_page_of_which_nothing_is_asked_is_skipped_both_ways(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="5")
    assert customer.asked == ["again", "cost", "mail", "born"]
    assert customer.goes_back().asked == ["satisfaction", "reason", "broken"]


def test_back_keeps_everything_also_what_is_wrong(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="2", reason='"late"\nא & <b>')
    customer.sends(unhappy="other", unhappy__other="rude").goes_back(cost="much", again="3")
    customer.goes_back(unhappy="other", unhappy__other="rude")
    assert customer.page.status_code == 200
    assert checked(customer.text, "satisfaction") == ["2"]
    assert '"late"\nא & <b>' in unescape(customer.text)
    customer.sends(satisfaction="2", reason="late")
    assert checked(customer.text, "unhappy") == ["other"]
    customer.sends(unhappy="other", unhappy__other="rude")
    assert list(Tags(customer.text).named("input", name="cost", value="much"))
    assert checked(customer.text, "again") == ["3"]
    assert customer.sends(again="3", cost="much").page.status_code == 422
    assert customer.sends(again="3", cost="5").page.status_code == 303
    assert stored(open_shop)[0]["unhappy.other"] == ["rude"]


def test_a_page_is_complained_about_when_it_is_sent_and_not_before(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends()
    assert customer.page.status_code == 422
    assert customer.asked == ["satisfaction", "reason", "broken"]
    assert "#satisfaction-1" in customer.text
    assert customer.sends(satisfaction="5").page.status_code == 200
    assert customer.sends(cost="5").page.status_code == 422
    assert customer.asked == ["again", "cost", "mail", "born"]


def test_an_answer_of_another_page_that_is_wrong_leads_to_its_page(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="5")
    forged = [(name, "7" if name == "satisfaction" else value) for name, value in hidden(customer.text)]
    customer.page = customer.client.post(OPEN, data={**dict(forged), "again": "5"})
    assert customer.page.status_code == 422
    assert customer.asked[0] == "satisfaction"
    assert customer.sends(satisfaction="4").sends(again="5").page.status_code == 303


def test_answers_to_what_is_not_asked_in_the_end_are_not_stored(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="1", reason="late").sends(unhappy="late").goes_back().goes_back()
    customer.sends(satisfaction="5", reason="late").sends(again="2")
    assert stored(open_shop) == [{"satisfaction": ["5"], "again": ["2"]}]


def test_a_late_question_is_asked_on_a_page_that_follows(open_shop: Engine) -> None:
    customer = Customer(open_shop)
    assert list(Tags(customer.text).named("div", **{"data-late": "broken"}))[0].get("hidden") == ""
    customer.sends(satisfaction="3", reason="it is broken")
    assert customer.asked == ["broken"]
    assert customer.sends().page.status_code == 422
    assert customer.asked == ["broken"]
    assert customer.sends(broken="no").asked == ["again", "cost", "mail", "born"]
    customer.sends(again="1")
    assert stored(open_shop) == [{"satisfaction": ["3"], "reason": ["it is broken"], "broken": ["no"], "again": ["1"]}]


def test_back_from_it_shows_the_page_with_it(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="3", reason="broken").goes_back(broken="yes")
    assert customer.asked == ["satisfaction", "reason", "broken"]
    box = list(Tags(customer.text).named("div", **{"data-late": "broken"}))[0]
    assert "hidden" not in box
    assert checked(customer.text, "broken") == ["yes"]
    assert customer.sends(satisfaction="3", reason="broken", broken="yes").asked[0] == "again"


def test_a_form_that_is_sent_at_once_needs_no_pages(open_shop: Engine) -> None:
    customer = Customer(open_shop)
    form = dict(hidden(customer.text))["form"]
    answers = {"satisfaction": "3", "reason": "broken", "broken": "yes", "again": "1"}
    assert customer.client.post(OPEN, data={"form": form, **answers}).status_code == 303
    assert stored(open_shop) == [{name: [value] for name, value in answers.items()}]


def test_a_form_that_was_begun_changes_its_language_without_losing_anything(open_shop: Engine) -> None:
    customer = Customer(open_shop, f"{OPEN}?lang=en").sends(satisfaction="2", reason="late")
    assert "<nav" not in customer.text
    other = next(Tags(customer.text).named("button", lang="fa"))
    customer.link = f"{OPEN}{other['formaction']}"
    customer.presses([(other["name"], other["value"])], unhappy="late")
    assert 'lang="fa"' in customer.text
    assert (customer.page.status_code, customer.asked) == (200, ["unhappy"])
    assert checked(customer.text, "unhappy") == ["late"]
    assert customer.sends(unhappy="late").sends(again="1").page.status_code == 303
    assert stored(open_shop)[0] == {"satisfaction": ["2"], "reason": ["late"], "unhappy": ["late"], "again": ["1"]}


def test_the_button_that_enter_presses_goes_forward(open_shop: Engine) -> None:
    customer = Customer(open_shop).sends(satisfaction="5")
    buttons = list(Tags(customer.text).named("button"))
    assert [button.get("name") for button in buttons] == [None, "form.go", *["form.go"] * 3]


def test_a_link_may_choose_what_stands_on_a_later_page(open_shop: Engine) -> None:
    customer = Customer(open_shop, f"{OPEN}?satisfaction=5")
    assert checked(customer.text, "satisfaction") == ["5"]
    later = Customer(open_shop, f"{OPEN}?again=5&satisfaction=4")
    assert later.asked[0] == "satisfaction"
    assert checked(later.sends(satisfaction="4").text, "again") == ["5"]


@pytest.mark.parametrize(
    "extra", [{"form.page": "99"}, {"form.page": "x"}, {"form.late": "nothing"}, {"form.go": "up"}]
)
def test_a_forged_page_stores_nothing_that_is_wrong(open_shop: Engine, extra: dict[str, str]) -> None:
    customer = Customer(open_shop)
    form = dict(hidden(customer.text))["form"]
    assert customer.client.post(OPEN, data={"form": form, "satisfaction": "9", **extra}).status_code == 422
    assert stored(open_shop) == []


# ── Whoever left comes back


def saved(engine: Engine) -> list[Any]:
    with engine.database.read() as connection:
        return list(connection.execute(select(draft)))


def test_a_personal_link_leads_to_where_one_was(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="2", reason="late").sends(unhappy="other", unhappy__other="rude")
    again = Customer(shop, link)
    assert again.asked == ["again", "cost", "mail", "born"]
    assert "late" not in dict(hidden(again.text)).values()
    assert "rude" not in again.text
    assert again.sends(again="4").page.status_code == 303
    assert stored(shop) == [
        {"satisfaction": ["2"], "reason": ["late"], "unhappy": ["other"], "unhappy.other": ["rude"], "again": ["4"]}
    ]


def test_what_was_chosen_is_filled_in_and_what_was_written_is_only_kept(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="5").leaves(
        again="2", cost="1200", mail="dana@example.com", born__day="1", born__month="2", born__year="1990"
    )
    again = Customer(shop, f"{link}?lang=en")
    assert checked(again.text, "again") == ["2"]
    for secret in ("1200", "dana@example.com", "1990"):
        assert secret not in re.sub(r'name="form" value="[^"]*"', "", again.text)
    assert again.said.count(KEPT) == 3
    again.sends(again="2", cost="7")
    kept = {"mail": ["dana@example.com"], "born": ["1990-02-01"], "cost": ["7"]}
    assert stored(shop) == [{"satisfaction": ["5"], "again": ["2"], **kept}]


def test_what_is_kept_stays_kept_from_page_to_page(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="2", reason="it is broken").sends(broken="yes").sends(unhappy="late")
    again = Customer(shop, link).goes_back().goes_back()
    assert again.asked == ["satisfaction", "reason", "broken"]
    assert "it is" not in again.text
    once_more = Customer(shop, link)
    assert once_more.asked == again.asked
    once_more.sends(satisfaction="2", broken="yes").sends(unhappy="late").sends(again="1")
    assert stored(shop)[0]["reason"] == ["it is broken"]


def test_what_is_kept_and_wrong_is_asked_for_again(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="5").leaves(cost="much", again="1")
    again = Customer(shop, f"{link}?lang=en")
    assert KEPT not in again.said
    assert again.sends(again="1").page.status_code == 303


def test_words_beside_other_are_not_kept_when_something_else_is_chosen_now(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="1", reason="late").leaves(unhappy="other", unhappy__other="rude")
    Customer(shop, link).goes_back().sends(satisfaction="1").sends(unhappy="early").sends(again="1")
    assert stored(shop)[0]["unhappy"] == ["early"]
    assert "unhappy.other" not in stored(shop)[0]


def test_a_draft_dies_with_its_answer(shop: Engine) -> None:
    link = invite(shop)
    customer = Customer(shop, link).sends(satisfaction="5")
    assert [row.page for row in saved(shop)] == [3]
    customer.sends(again="5")
    assert saved(shop) == []
    assert "draft" in content(shop)


def test_a_draft_that_comes_after_the_answer_stores_nothing(shop: Engine) -> None:
    link = invite(shop)
    late, customer = Customer(shop, link), Customer(shop, link)
    customer.sends(satisfaction="5").sends(again="5")
    before = content(shop)
    late.leaves(satisfaction="1")
    assert content(shop) == before


def test_a_draft_needs_a_form_of_ours(shop: Engine) -> None:
    link = invite(shop)
    forged = {"form": "forged", "form.go": "draft", "form.page": "1", "satisfaction": "1"}
    response = browser(shop).post(link, data=forged)
    assert response.status_code == 204
    assert saved(shop) == []


def test_what_a_link_has_chosen_comes_before_the_draft(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="5")
    again = Customer(shop, f"{link}?satisfaction=1")
    assert again.asked[0] == "satisfaction"
    assert checked(again.text, "satisfaction") == ["1"]


def test_open_links_previews_and_anonymous_forms_keep_no_draft(shop: Engine) -> None:
    Customer(shop, OPEN).sends(satisfaction="5").leaves(again="2")
    business.change(shop, {"purchase/delivery": paged('mode = "anonymous"\n' + INVITE).replace("core = true", "")})
    link = invite(shop, id="2")
    customer = Customer(shop, link)
    assert "data-draft" not in customer.text
    customer.sends(satisfaction="5").leaves(again="2")
    assert saved(shop) == []
    assert Customer(shop, link).asked[0] == "satisfaction"


def test_while_the_database_is_away_the_answers_stay_on_the_page(shop: Engine) -> None:
    link = invite(shop)
    customer = Customer(shop, link).sends(satisfaction="2", reason="late")
    with away(shop):
        customer.sends(unhappy="late")
    assert customer.page.status_code == 503
    assert customer.asked == ["unhappy"]
    assert checked(customer.text, "unhappy") == ["late"]
    customer.sends(unhappy="late").sends(again="5")
    assert stored(shop) == [{"satisfaction": ["2"], "reason": ["late"], "unhappy": ["late"], "again": ["5"]}]


def test_an_outage_does_not_lose_what_is_kept(shop: Engine) -> None:
    link = invite(shop)
    Customer(shop, link).sends(satisfaction="2", reason="late").sends(unhappy="late")
    customer = Customer(shop, link)
    with away(shop):
        customer.sends(again="5")
    assert customer.page.status_code == 503
    assert customer.sends(again="5").page.status_code == 303
    assert stored(shop)[0]["reason"] == ["late"]


def test_an_answered_invitation_says_so_on_every_page(shop: Engine) -> None:
    link = invite(shop)
    late = Customer(shop, link)
    Customer(shop, link).sends(satisfaction="5").sends(again="5")
    assert late.sends(satisfaction="1", reason="x").asked == []
    assert late.page.status_code == 200
    assert len(stored(shop)) == 1


def test_an_expired_invitation_says_so_on_every_page(shop: Engine) -> None:
    link = invite(shop, ago=timedelta(days=14, hours=11))
    customer = Customer(shop, link)
    assert customer.page.status_code == 200
    with shop.database.write() as connection:
        connection.exec_driver_sql("UPDATE invitation SET expires_at = '2020-01-01 00:00:00'")
    assert customer.sends(satisfaction="5").page.status_code == 410
    assert saved(shop) == []


def test_a_page_that_is_sent_wrongly_is_shown_in_its_own_language(open_shop: Engine) -> None:
    client = browser(open_shop)
    response = client.post(f"{OPEN}/thanks?lang=fa", data={})
    assert response.status_code == 405
    assert 'lang="fa"' in response.text
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.put(OPEN).status_code == 405
