"""A survey that asks in every way there is, and the pages made of surveys."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from surveyengine.channels.channel import Content
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.survey import Survey, draft
from surveyengine.definitions.text import Values
from surveyengine.definitions.toml.document import parse
from surveyengine.i18n.speech import speech
from surveyengine.look.markup import LanguageLink
from surveyengine.settings.config import Business, Config
from surveyengine.web.forms.form_page import FormView

LANGUAGES = ("he", "fa", "en")
SPOKEN = {"languages": LANGUAGES, "known": LANGUAGES}
BUSINESS = Business.model_validate(
    {"name": {"en": "Nava Home", "he": "נאווה הום", "fa": "ناوا هوم"}, "languages": ["he", "fa", "en"]}, context=SPOKEN
)
ANSWER_LINK, UNSUBSCRIBE_LINK = "https://feedback.example.com/r/abc", "https://feedback.example.com/u/abc"
LINKS = (
    LanguageLink("he", "עברית", "?lang=he", True),
    LanguageLink("fa", "فارسی", "?lang=fa"),
    LanguageLink("en", "English", "?lang=en"),
)
TITLE = 'title = { en = "How was it?", he = "איך היה?", fa = "چطور بود؟" }\n'
OPTIONS = """
options = [
  { id = "early", text = { en = "Earlier than promised", he = "מוקדם מהמובטח", fa = "زودتر از موعد" } },
  { id = "late", text = { en = "Later than promised", he = "באיחור", fa = "دیرتر از موعد" } },
  { id = "never", text = { en = "It has not arrived", he = "עדיין לא הגיע", fa = "هنوز نرسیده است" } },
]"""
ENDS = """
low = { en = "Poor", he = "גרוע", fa = "ضعیف" }
high = { en = "Excellent", he = "מצוין", fa = "عالی" }"""
ROWS = """
rows = [
  { id = "speed", text = { en = "How fast it came", he = "מהירות ההגעה", fa = "سرعت رسیدن" } },
  { id = "care", text = { en = "How it was packed", he = "האריזה", fa = "بسته‌بندی" } },
]"""
NEEDS = {
    "choice": OPTIONS, "choices": OPTIONS, "rating": ENDS, "ranking": OPTIONS, "matrix": f'{ROWS}\nscale = "csat"',
}  # fmt: skip


def question(id: str, kind: str, more: str = "") -> str:
    """Return a question as it stands in a file."""
    text = f'text = {{ en = "About {id}?", he = "לגבי {id}?", fa = "دربارهٔ {id}؟" }}'
    return f'[[question]]\nid = "{id}"\nkind = "{kind}"\n{text}{NEEDS.get(kind, "")}\n{more}\n'


def survey(*questions: str, head: str = TITLE) -> Survey:
    """Return the survey that these questions make."""
    found = draft("sample", "purchase", parse((head + "".join(questions)).encode(), "sample.toml"), SPOKEN)
    assert not found.faults, found.faults
    return found.survey()


def content(asked: Survey, language: str = "en", values: Values | None = None) -> Content:
    """Return what an invitation to the survey is made of."""
    config = Config(business=BUSINESS)
    links = (ANSWER_LINK, UNSUBSCRIBE_LINK)
    return Content("abc", "dana@example.com", None, asked, speech(language), values or {}, *links, config, Path())


def every_kind() -> Survey:
    """Return a survey that has every kind, every look of a rating, and scales of every length."""
    kinds = [question(kind, kind) for kind in KINDS]
    looks = [question(look, "rating", f'look = "{look}"') for look in ("stars", "smileys")]
    lengths = [question(f"to_{high}", "rating", f"min = 0\nmax = {high}") for high in range(2, 11)]
    aside = [question(f"{kind}_na", kind, "not_applicable = true") for kind in ("csat", "nps", "yes_no", "choices")]
    tables = [
        question(f"rows_{scale}", "matrix", f'scale = "{scale}"\nnot_applicable = true').replace('scale = "csat"\n', "")
        for scale in ("nps", "ease", "yes_partly_no")
    ]
    own = [question("rows_own", "matrix").replace('scale = "csat"', OPTIONS)]
    others = [question(f"{kind}_other", kind, "other = true\nnot_applicable = true") for kind in ("choice", "choices")]
    return survey(*kinds, *looks, *lengths, *aside, *tables, *own, *others)


def form(survey: Survey, language: str = "en", **more: Any) -> FormView:
    """Return the page of a survey's form."""
    plain = {"values": {}, "given": {}, "errors": {}, "token": "TOKEN", "action": "/s/sample", "languages": LINKS}
    return FormView(survey=survey, speech=speech(language), business=BUSINESS, **{**plain, **more})


class Tags(HTMLParser):
    """The tags of a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, tag: str, **wanted: str) -> Iterator[dict[str, str]]:
        """Yield the attributes of the tags that have all that is wanted."""
        for name, attributes in self.found:
            if name == tag and wanted.items() <= attributes.items():
                yield attributes
