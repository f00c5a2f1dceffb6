"""The page with a survey's form: what it shows, decided here; how, by the templates."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from markupsafe import Markup

from .. import palette
from ..config import Business
from ..definitions.question import NOT_APPLICABLE, Number, Option, Question, Rating, Scale, Writing
from ..definitions.survey import Survey
from ..i18n.speech import Speech
from ..markup import LanguageLink, bare, render, sentence
from ..responses.clean import LONGEST, digits
from .assets import FONTS, address
from .icon import icon
from .script import Script
from .visibility import condition_css

# The macro in fields.html that shows a kind. A new kind is an entry here.
LAYOUTS = {
    "csat": "rows",
    "nps": "grid",
    "ease": "grid",
    "ces": "grid",
    "expectation": "rows",
    "amount": "rows",
    "likely": "rows",
    "rating": "grid",
    "yes_no": "rows",
    "yes_partly_no": "rows",
    "choice": "rows",
    "choices": "checks",
    "text": "writing",
    "number": "number",
    "consent": "consent",
    "note": "note",
}
LOOKS = {"numbers": "grid", "stars": "stars", "smileys": "smileys"}

SECONDS = {"text": 20, "choices": 12, "note": 4}  # what a question takes, reading it included
SECONDS_EACH = 8
PATIENCE = 300  # seconds after which a tablet without JavaScript gives a form up, in whatever state it is


@dataclass(frozen=True)
class Choice:
    """One answer to press: its posted value, its words, its number where it has one, and its accessible name."""

    value: str
    label: Markup
    number: str
    name: str
    checked: bool
    mouth: str = ""  # the path of a smiley's mouth

    @property
    def apart(self) -> bool:
        """Whether it stands outside the scale."""
        return self.value == NOT_APPLICABLE


@dataclass(frozen=True)
class Shown:
    """A question as it stands on the page; `limits` says what may be written, `ends` names the ends of a grid."""

    id: str
    kind: str
    layout: str
    text: Markup
    hint: Markup
    required: bool
    options: tuple[Choice, ...]
    ends: tuple[Choice, ...]
    value: str
    error: str
    limits: Markup

    @property
    def count(self) -> int:
        """How many steps a scale has."""
        return sum(not option.apart for option in self.options)

    @property
    def target(self) -> str:
        """The id of the field that a link to the question leads to."""
        return f"{self.id}-{self.options[0].value}" if self.options else self.id


@dataclass(frozen=True)
class FormPage:
    """All that a form depends on. `values` fill placeholders, `given` holds answers so far, `errors` one per question.

    `token` stands exactly once in the page. `personal` says that the link belongs to a customer; `static` is the
    address of the static files, `logo` that of the business's picture, `restart` that of a tablet's next form.
    """

    survey: Survey
    speech: Speech
    business: Business
    values: Mapping[str, object]
    given: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    token: str
    action: str
    languages: tuple[LanguageLink, ...] = ()
    notice: str | None = None
    preview: bool = False
    personal: bool = False
    static: str = "/static"
    logo: str | None = None
    layout: str = "page"
    scripts: tuple[Script, ...] = ()
    restart: str | None = None


def form_html(page: FormPage) -> str:
    """Return the page with the form."""
    speech, head = page.speech, page.survey.head
    values = {"business": speech.words(page.business.name), **page.values}
    questions = [shown(question, speech, values, page.given, page.errors) for question in page.survey.questions]
    problems = [question for question in questions if question.error]
    summary = _problems(len(problems), speech)
    title = speech.words(head.title)
    window = bare(title, values, speech)
    return render(
        "form.html",
        speech,
        **frame(speech, page.business, page.languages, page.static, page.logo),
        **around(page.layout, page.scripts, page.restart, PATIENCE),
        window=f"{summary.striptags()} {window}" if problems else window,
        style=style(page.business, page.survey),
        title=sentence(title, values, speech),
        intro=_intro(page.survey, speech),
        questions=questions,
        problems=problems,
        summary=summary,
        privacy=speech.gettext(privacy(page)),
        page=page,
    )


def around(
    layout: str, scripts: Sequence[Script] = (), restart: str | None = None, patience: int = 0
) -> dict[str, object]:
    """Return what a page shows because of its place; it restarts after `patience`, in seconds."""
    return {"layout": layout, "scripts": scripts, "restart": restart, "patience": patience}


def frame(
    speech: Speech,
    business: Business,
    languages: tuple[LanguageLink, ...] = (),
    static: str = "/static",
    logo: str | None = None,
) -> dict[str, object]:
    """Return what is around every page."""
    name = speech.words(business.name)
    letter = name.strip()[:1].upper()
    return {
        "business": name,
        "letter": letter,
        "icon": icon(letter, business.color),
        "languages": languages,
        "stylesheet": f"{static}/{address('style.css')}",
        "fonts": [f"{static}/{address(name)}" for name in FONTS.get(speech.language, ())],
        "logo": logo,
    }


def shown(
    question: Question,
    speech: Speech,
    values: Mapping[str, object],
    given: Mapping[str, tuple[str, ...]],
    errors: Mapping[str, str],
) -> Shown:
    """Return the question as the page shows it, with the answers given so far."""
    answers = given.get(question.id, ())
    layout = LOOKS[question.look] if isinstance(question, Rating) else LAYOUTS[question.kind]
    options = _choices(question, speech, values, {digits(answer) for answer in answers})
    return Shown(
        id=question.id,
        kind=question.kind,
        layout=layout,
        text=sentence(speech.words(question.text), values, speech),
        hint=sentence(speech.words(question.hint), values, speech) if question.hint else Markup(""),
        required=question.required,
        options=options,
        ends=tuple(option for option in options if option.label and not option.apart),
        value=answers[0] if answers else "",
        error=errors.get(question.id, ""),
        limits=_limits(question, speech),
    )


def style(business: Business, survey: Survey | None = None) -> str:
    """Return the page's inline CSS: the colours of the business and the conditions of the survey."""
    return palette.css(business.color) + (condition_css(survey) if survey else "")


def style_hash(css: str) -> str:
    """Return the source expression, quotes included, that allows this inline style in a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def privacy(page: FormPage) -> str:
    """Return the msgid of the sentence that says what happens with an answer; it promises what the mode does."""
    if page.survey.head.mode == "anonymous":
        return "Your answer is not linked to you."
    if page.values.get("order"):
        return "Your answer is linked to your order; only the service team sees it."
    if page.personal:
        return "Your answer is linked to you; only the service team sees it."
    return "Only the service team sees your answer."


def _choices(
    question: Question, speech: Speech, values: Mapping[str, object], given: set[str]
) -> tuple[Choice, ...]:
    return tuple(_choice(question, option, speech, values, option.value in given) for option in question.offered)


def _choice(
    question: Question, option: Option, speech: Speech, values: Mapping[str, object], checked: bool
) -> Choice:
    words = speech.words(option.text) if option.text else ""
    name = bare(words, values, speech)
    if not isinstance(question, Scale) or option.value == NOT_APPLICABLE:
        return Choice(option.value, sentence(words, values, speech), "", name, checked)
    number = speech.number(int(option.value))
    # Translators: how a step of a scale is read out, as "0, Not at all likely".
    spoken = speech.gettext("{number}, {words}").format(number=number, words=name) if name else number
    return Choice(option.value, sentence(words, values, speech), number, spoken, checked, _mouth(question, option))


def _mouth(question: Scale, option: Option) -> str:
    """Return the SVG path of a mouth in a box of 24 × 24, from sad to glad."""
    low, high = question.bounds
    gladness = (int(option.value) - low) / (high - low)
    corner, middle = 16.6 - 2.2 * gladness, 11.6 + 8 * gladness
    return f"M7.6 {corner:.1f}Q12 {middle:.1f} 16.4 {corner:.1f}"


def _limits(question: Question, speech: Speech) -> Markup:
    if isinstance(question, Writing) and question.limit < LONGEST:
        return sentence(speech.gettext("At most {limit} characters."), {"limit": question.limit}, speech)
    if not isinstance(question, Number):
        return Markup("")
    bounds = {"minimum": question.min, "maximum": question.max}
    text = {
        (True, True): "A number from {minimum} to {maximum}.",
        (True, False): "A number of at least {minimum}.",
        (False, True): "A number of at most {maximum}.",
    }.get((question.min is not None, question.max is not None))
    return sentence(speech.gettext(text), bounds, speech) if text else Markup("")


def _intro(survey: Survey, speech: Speech) -> Markup:
    """Return how many questions there are and how long they take, in one sentence."""
    count = sum(question.asks for question in survey.questions)
    seconds = sum(SECONDS.get(question.kind, SECONDS_EACH) for question in survey.questions)
    minutes = max(round(seconds / 60), 1)
    if seconds <= 45:
        text = speech.ngettext(
            "One question, about half a minute.", "{count} questions, about half a minute.", count
        )
    elif minutes == 1:
        text = speech.ngettext("One question, about a minute.", "{count} questions, about a minute.", count)
    else:
        text = speech.ngettext(
            "One question, about {minutes} minutes.", "{count} questions, about {minutes} minutes.", count
        )
    return sentence(text, {"count": count, "minutes": minutes}, speech)


def _problems(count: int, speech: Speech) -> Markup:
    text = speech.ngettext(
        "There is {count} problem on this page.", "There are {count} problems on this page.", count
    )
    return sentence(text, {"count": count}, speech)
