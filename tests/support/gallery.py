"""Every page that a customer can see, at a real address: for checkers, and for whoever wants to look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import select, update

from surveyengine.app import create_app
from surveyengine.channels.channel import Content
from surveyengine.channels.email import EMAIL
from surveyengine.channels.message import invitation as mail
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.engine import start
from surveyengine.i18n.language import name as own_name
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.invitations.unsubscribe import opt_down, opt_out
from surveyengine.project import scaffold
from surveyengine.store.schema import invitation
from surveyengine.values.link_tokens import answer_token, preview_token, unsubscribe_token
from tests.support import business
from tests.support.posts import by_mail
from tests.support.samples import TITLE, Tags, question
from tests.support.site import Site

EVERY = "every-kind"    # a survey that asks in every way there is
CLOSED = "over"
OWN = """
intro = { en = "We ask in every way there is.", he = "שאלות בכל הדרכים שיש.", fa = "از همهٔ راه‌ها می‌پرسیم." }
thanks = { en = "We read it today.", he = "נקרא את זה היום.", fa = "همین امروز آن را می‌خوانیم." }
"""
DAY = timedelta(days=1)
ADDRESS = "https://feedback.example.com"
WAYS = 'contact = "mailto:care@example.com"\nprivacy = "https://example.com/privacy"\n'


@dataclass(frozen=True)
class Sight:
    """A page: its address, and whether the button is pressed there with nothing filled in.

    Where it is shown `again`, another answer from the same form was saved before this one is sent.
    """

    name: str
    path: str
    pressed: bool = False
    again: bool = False


class Gallery:
    """The example business at work, with a survey of every kind, and one customer in each state."""

    def __init__(self, root: Path) -> None:
        scaffold.create(root)
        config = (root / "config.toml").read_text(encoding="utf-8")
        (root / "config.toml").write_text(config.replace("[business]\n", f"[business]\n{WAYS}"), encoding="utf-8")
        self.surveys = tuple(sorted(path.stem for path in root.glob("surveys/*/*.toml")))
        asked = (question(kind, kind, "" if kind == "note" else "required = true") for kind in KINDS)
        (root / f"surveys/purchase/{EVERY}.toml").write_text(TITLE + OWN + "".join(asked), encoding="utf-8")
        closed = business.asking(closed=True, on="return.requested")
        (root / f"surveys/purchase/{CLOSED}.toml").write_text(closed, encoding="utf-8")
        self.engine = start(root)
        assert {EVERY, CLOSED} <= self.engine.library.surveys.keys()
        self.client: FlaskClient = create_app(self.engine).test_client()
        self._open, self._answered, self._expired, self._left, self._reduced = self._invited(5)
        opt_out(self.engine, unsubscribe_token(self.engine.secret, self._left), datetime.now(UTC))
        less = unsubscribe_token(self.engine.secret, self._reduced)
        if (found := opt_out(self.engine, less, None)) and found.survey:
            opt_down(self.engine, less, found.survey.touchpoint, datetime.now(UTC))
        self._answer()
        self._expire()
        self.site = Site(self.engine)

    def close(self) -> None:
        self.site.stop()
        self.engine.close()

    def sights(self) -> list[Sight]:
        """All pages, in no particular language."""
        secret, until = self.engine.secret, datetime.now(UTC) + DAY
        forms = [Sight(f"form-{survey}", f"/s/{survey}") for survey in (*self.surveys, EVERY)]
        faulty = [Sight(f"faulty-{survey}", f"/s/{survey}", True) for survey in (*self.surveys, EVERY)]
        ids = self._open, self._left, self._reduced
        stop, left, reduced = (f"/u/{unsubscribe_token(secret, id)}" for id in ids)
        return [
            *forms,
            *faulty,
            Sight("chosen", "/s/delivery?satisfaction=2"),
            Sight("chosen-of-several", f"/s/{EVERY}?csat=4&nps=9"),
            Sight("kiosk", "/s/delivery?kiosk=1"),
            Sight("popup", f"/s/{EVERY}?embed=popup"),
            Sight("personal", f"/r/{answer_token(secret, self._open)}"),
            Sight("preview", f"/t/{preview_token(secret, EVERY, until)}"),
            Sight("thanks", "/s/delivery/thanks"),
            Sight("thanks-of-its-own", f"/s/{EVERY}/thanks"),
            Sight("answered", f"/r/{answer_token(secret, self._answered)}"),
            Sight("expired", f"/r/{answer_token(secret, self._expired)}"),
            Sight("taken", "/s/delivery", again=True),
            Sight("closed", f"/s/{CLOSED}"),
            Sight("unknown", "/s/nowhere"),
            Sight("unsubscribe", stop),
            Sight("unsubscribed", left),
            Sight("reduced", reduced),
            Sight("home", "/"),
        ]

    def show(self, tab: Page, sight: Sight, language: str) -> None:
        """Open a page in a browser."""
        tab.goto(self.site.origin + _in(sight.path, language))
        if sight.again:
            self._save(_in(sight.path, language), tab.locator('input[name="form"]').input_value(), "5")
            tab.locator('input[type="radio"][value="2"]').first.check(force=True)
        if sight.pressed or sight.again:
            with tab.expect_navigation():
                tab.locator("main button").last.click()

    def _save(self, path: str, token: str, value: str) -> str:
        """Answer a form's first question; return the page that follows."""
        page = self.client.get(path).text
        asked = re.search(r'name="(\w+)" value="4"', page)
        assert asked
        return self.client.post(_action(path, page), data={"form": token, asked[1]: value}).text

    def html(self, sight: Sight, language: str) -> str:
        """Return the source of a page."""
        path = _in(sight.path, language)
        page = self.client.get(path).text
        if sight.again:
            self._save(path, business.token(page), "5")
            return self._save(path, business.token(page), "2")
        if not sight.pressed:
            return page
        tags = Tags(page)
        hidden = {field["name"]: field["value"] for field in tags.named("input", type="hidden")}
        return self.client.post(_action(path, page), data=hidden).text

    def mails(self, language: str) -> Mapping[str, str]:
        """Return the invitations as HTML, by survey."""
        values = {"order": "A-1001", "name": "Dana", "language": own_name(language)}
        speech, config, root = self.engine.catalogs.speech(language), self.engine.config, self.engine.root
        links = (f"{ADDRESS}/r/abc", f"{ADDRESS}/u/abc")
        return {
            id: mail(Content("abc", "dana@example.com", "Dana", survey, speech, values, *links, config, root))[2]
            for id, survey in self.engine.library.surveys.items()
            if survey.invite
        }

    def _invited(self, count: int) -> list[str]:
        """Return the ids of invitations that were sent about parcels of an hour ago."""
        happened = datetime.now(UTC) - timedelta(hours=13)
        take(self.engine, [business.delivered(str(n), happened, f"c-{n}") for n in range(count)], happened)
        post = by_mail(self.engine, EMAIL.open("file:data/outbox", self.engine.root), ADDRESS)
        assert [deliver_one(post, datetime.now(UTC)) is not None for _ in range(count)] == [True] * count
        with self.engine.database.read() as connection:
            return list(connection.execute(select(invitation.c.id).where(invitation.c.state == "sent")).scalars())

    def _answer(self) -> None:
        link = f"/r/{answer_token(self.engine.secret, self._answered)}"
        asked = re.search(r'name="(\w+)" value="4"', self.client.get(link).text)
        assert asked
        assert business.answer(self.client, link, **{asked[1]: "4"}).status_code == 303

    def _expire(self) -> None:
        with self.engine.database.write() as connection:
            mine = update(invitation).where(invitation.c.id == self._expired)
            connection.execute(mine.values(expires_at=datetime.now(UTC) - DAY))


def _action(path: str, page: str) -> str:
    """Where the form of a page is sent to."""
    (form,) = Tags(page).named("form")
    action = form.get("action", "")
    return path.partition("?")[0] + action if action else path


def pairwise(*factors: Sequence[object]) -> list[tuple[object, ...]]:
    """Return rows in which any two values of two factors meet: greedily, few rather than fewest."""
    columns = [(a, b) for b in range(len(factors)) for a in range(b)]
    rows = [tuple(row) for row in product(*map(range, map(len, factors)))]
    missing = {(a, b, x, y) for a, b in columns for x in range(len(factors[a])) for y in range(len(factors[b]))}
    chosen: list[tuple[object, ...]] = []
    while missing:
        best = max(rows, key=lambda row: sum((a, b, row[a], row[b]) in missing for a, b in columns))
        missing -= {(a, b, best[a], best[b]) for a, b in columns}
        chosen.append(tuple(factor[place] for factor, place in zip(factors, best, strict=True)))
    return chosen


def _in(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"
