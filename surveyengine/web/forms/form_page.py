"""The page with a survey's form: what it shows, decided here; how, by the templates."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from markupsafe import Markup

from ...definitions.effort import Needed, needed
from ...definitions.shuffle import orders
from ...definitions.survey import Survey
from ...definitions.text import Values
from ...i18n.speech import Speech
from ...look import palette
from ...look.foot import ways
from ...look.markup import LanguageLink, bare, render, sentence
from ...responses.paging import FormPage, leaf
from ...settings.config import Business
from ...values.enumeration import FormLayout, SurveyMode
from ...values.msgid import N_
from ..assets import FONTS, address
from . import preface
from .conditions_css import condition_css
from .icon import icon
from .question_view import QuestionRenderer, Shown
from .script import Script

PATIENCE = 300  # seconds after which a tablet without JavaScript gives a form up, in whatever state it is


@dataclass(frozen=True, kw_only=True)
class PageFrame:
    """What is around every page: its language, the business, and links to the same page in other `languages`.

    `static` is the address of the static files, `logo` that of the business's picture, `restart` that of a tablet's
    next form.
    """

    speech: Speech
    business: Business
    languages: tuple[LanguageLink, ...] = ()
    static: str = "/static"
    logo: str | None = None
    layout: str = FormLayout.PAGE
    scripts: tuple[Script, ...] = ()
    restart: str | None = None


@dataclass(frozen=True, kw_only=True)
class FormView(PageFrame):
    """A page with a form. `values` fill placeholders, `given` holds answers so far, `errors` one per question.

    `leaf` is the page of the form that is shown, `carried` holds the answers of the others; of `withheld` questions
    something is kept that is not shown. A form that is `begun` is sent to change its language, so that nothing of it is
    lost. What its link has `chosen` waits to be sent, which could be at once where the form is `complete`.

    `token` stands exactly once in the page. `personal` says that the link belongs to a customer. `seed` decides the
    order of shuffled options. A script shows the form `by_steps`, one question at a time.
    """

    survey: Survey
    values: Values
    given: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    token: str
    action: str
    notice: str | None = None
    preview: bool = False
    seed: str = ""
    personal: bool = False
    by_steps: bool = False
    leaf: FormPage | None = None
    carried: Sequence[tuple[str, str]] = ()
    withheld: Collection[str] = ()
    begun: bool = False
    chosen: Collection[str] = ()
    complete: bool = False

    @property
    def shown(self) -> FormPage:
        """The page of the form that is shown; the first one where none is given."""
        return self.leaf or leaf(self.survey, 1, {})

    @property
    def asked(self) -> Survey:
        """The survey with the questions of this page alone."""
        return replace(self.survey, questions=self.shown.questions)


def form_html(page: FormView) -> str:
    """Return the page with the form."""
    speech, head = page.speech, page.survey.head
    values = {"business": speech.words(page.business.name), **page.values}
    sheet, order = QuestionRenderer(speech, values, page.given, page.errors), orders(page.survey, page.seed)
    questions = [_noted(sheet.shown(question, order.get(question.id, ())), page) for question in page.shown.questions]
    problems = [question for question in questions if question.error]
    summary = _problems(len(problems), speech)
    title, progress = speech.words(head.title), _progress(page.shown, speech)
    window = bare(title, values, speech)
    return render(
        "form.html",
        speech,
        **frame(replace(page, languages=()) if page.begun else page, PATIENCE),
        window=" ".join(filter(None, [summary.striptags() if problems else "", window, progress.striptags()])),
        progress=progress,
        style=style(page.business, page.asked),
        title=sentence(title, values, speech),
        intro=sentence(speech.words(head.intro), values, speech) if head.intro else "",
        length=preface.length(page.survey, speech),
        arrival=preface.arrival(questions, page.chosen, page.complete, speech),
        marks_required=needed(page.survey) is Needed.SOME,
        questions=questions,
        problems=problems,
        summary=summary,
        privacy=speech.gettext(privacy(page)),
        page=page,
        leaf=page.shown,
        tongues=page.languages if page.begun and len(page.languages) > 1 else (),
    )


def frame(view: PageFrame, patience: int) -> dict[str, object]:
    """Return what templates show around every page; a tablet without scripts restarts after `patience`, in seconds."""
    name = view.speech.words(view.business.name)
    letter = name.strip()[:1].upper()
    return {
        "business": name,
        "letter": letter,
        "icon": icon(letter, view.business.color),
        "languages": view.languages,
        "stylesheet": f"{view.static}/{address('style.css')}",
        "fonts": [f"{view.static}/{address(name)}" for name in FONTS.get(view.speech.language, ())],
        "logo": view.logo,
        "ways": ways(view.speech, view.business),
        "layout": view.layout,
        "scripts": view.scripts,
        "restart": view.restart,
        "patience": patience,
    }


def style(business: Business, survey: Survey | None = None) -> str:
    """Return the page's inline CSS: the colours of the business and the conditions of the survey."""
    return palette.css(business.color) + (condition_css(survey) if survey else "")


def style_hash(css: str) -> str:
    """Return the source expression, quotes included, that allows this inline style in a Content-Security-Policy."""
    return f"'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def privacy(page: FormView) -> str:
    """Return the msgid of the sentence that says what happens with an answer; it promises what the mode does."""
    if page.survey.is_anonymous:
        return N_("Your answer is not linked to you.")
    if page.survey.head.mode is SurveyMode.CONFIDENTIAL:
        return confidential_promise(page)
    if page.values.get("order"):
        return N_("Your answer is linked to your order; only the service team sees it.")
    if page.personal:
        return N_("Your answer is linked to you; only the service team sees it.")
    return N_("Only the service team sees your answer.")


def confidential_promise(page: FormView) -> str:
    """Return the msgid of what a confidential form promises: nobody at the business is shown whose an answer is."""
    if page.values.get("order"):
        return N_("Your answer is linked to your order; only the service team sees it, without your name or order.")
    if page.personal:
        return N_("Your answer is linked to you; only the service team sees it, without your name.")
    return N_("Only the service team sees your answer, together with those of others.")


def _noted(question: Shown, page: FormView) -> Shown:
    """Return the question with a word about what is kept of its answer."""
    if question.id not in page.withheld:
        return question
    kept = page.speech.gettext("What you wrote is kept and not shown here.")
    return replace(question, limits=Markup(" ").join(filter(None, (question.limits, Markup.escape(kept)))))


def _progress(leaf: FormPage, speech: Speech) -> Markup:
    """Return which page of how many it is; nothing where there is one."""
    if leaf.count == 1:
        return Markup("")
    return sentence(speech.gettext("Page {number} of {count}"), {"number": leaf.number, "count": leaf.count}, speech)


def _problems(count: int, speech: Speech) -> Markup:
    text = speech.ngettext("There is {count} problem on this page.", "There are {count} problems on this page.", count)
    return sentence(text, {"count": count}, speech)
