"""A question on the page: what is shown is decided here, how by the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from ...definitions.kinds.registry import (
    NOT_APPLICABLE,
    OTHER,
    SCALES,
    Matrix,
    Number,
    Option,
    Part,
    Picking,
    Question,
    Ranking,
    Rating,
    Scale,
    When,
    Writing,
)
from ...definitions.text import Values
from ...i18n import calendar
from ...i18n.speech import Speech
from ...look.markup import bare, sentence
from ...values.clean import LONGEST, digits
from ...values.msgid import N_
from ...values.period import day as day_of
from ...values.period import is_day
from .smiley import Smiley, smiley

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
    "matrix": "matrix",
    "ranking": "ranking",
    "text": "writing",
    "number": "number",
    "date": "day",
    "email": "email",
    "phone": "phone",
    "consent": "consent",
    "note": "note",
}
LOOKS = {"numbers": "grid", "stars": "stars", "smileys": "smileys"}
CONTROLLED = ("ranking", "day")  # layouts of several fields, each of which is a control
A_DAY = date(2026, 6, 1)  # whose year is the example where a question names none
MOST_COLUMNS = 8  # of a matrix that becomes a table where there is room; one with more stays a list of cards


@dataclass(frozen=True)
class ChoiceView:
    """One answer to press: its posted value, its words, its number where it has one, and its accessible name."""

    value: str
    label: Markup
    number: str
    name: str
    checked: bool
    face: Smiley | None = None

    @property
    def apart(self) -> bool:
        """Whether it is outside the scale, such as "does not apply"."""
        return self.value == NOT_APPLICABLE


@dataclass(frozen=True)
class Line:
    """A row of a matrix: its fields' name, its words, its answers, and what is wrong with it."""

    id: str
    text: Markup
    options: tuple[ChoiceView, ...]
    error: str


@dataclass(frozen=True)
class Control:
    """A field among several of one question: its name and id, its label, its value, whether that is at fault, and
    what it offers to choose.
    """

    name: str
    id: str
    label: str
    value: str
    faulty: bool
    options: tuple[ChoiceView, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A question as it stands on the page.

    `limits` says what may be written, `ends` names the ends of a grid, `lines` are the rows of a matrix, `controls`
    the places of a ranking, the parts of a day or the words beside `other`.
    """

    id: str
    kind: str
    layout: str
    text: Markup
    hint: Markup
    required: bool
    options: tuple[ChoiceView, ...]
    ends: tuple[ChoiceView, ...]
    value: str
    error: str
    limits: Markup
    lines: tuple[Line, ...] = ()
    controls: tuple[Control, ...] = ()

    @property
    def remark(self) -> str:
        """The error above the answers; "" where a row says it."""
        return "" if any(line.error for line in self.lines) else self.error

    @property
    def count(self) -> int:
        """How many steps a scale has."""
        return sum(not option.apart for option in self.options)

    @property
    def numbered(self) -> bool:
        """Whether its answers are numbers of which only some have words."""
        return len(self.ends) < self.count

    @property
    def tabular(self) -> bool:
        """Whether its rows make a table where there is room."""
        return len(self.options) <= MOST_COLUMNS

    @property
    def has_aside(self) -> bool:
        """Whether an answer is offered outside the scale."""
        return any(option.apart for option in self.options)

    @property
    def target(self) -> str:
        """The id of the field that a link to the question leads to."""
        if self.lines:
            line = next((line for line in self.lines if line.error), self.lines[0])
            return f"{line.id}-{self.options[0].value}"
        if self.layout in CONTROLLED:
            return self.controls[0].id
        return f"{self.id}-{self.options[0].value}" if self.options else self.id


class QuestionRenderer:
    """What a page's questions are shown with: its language, the values of placeholders, and what came back."""

    def __init__(
        self,
        speech: Speech,
        values: Values,
        given: Mapping[str, tuple[str, ...]],
        errors: Mapping[str, str],
    ) -> None:
        self.speech, self.values, self.given, self.errors = speech, values, given, errors

    def shown(self, question: Question, order: Sequence[str] = ()) -> Shown:
        """Return the question with the answers given so far, its options in that order where there is one."""
        offered = sorted(question.offered, key=lambda option: order.index(option.value)) if order else question.offered
        options = self._choices(question, offered, question.id)
        answers = self.given.get(question.id, ())
        return Shown(
            id=question.id,
            kind=question.kind,
            layout=LOOKS[question.look] if isinstance(question, Rating) else LAYOUTS[question.kind],
            text=self._sentence(question.text),
            hint=self._sentence(question.hint) if question.hint else Markup(""),
            required=question.required,
            options=options,
            ends=tuple(option for option in options if option.label and not option.apart),
            value=answers[0] if answers else "",
            error=self.errors.get(question.id, ""),
            limits=_limits(question, self.speech),
            lines=tuple(map(self._line, question.parts)) if isinstance(question, Matrix) else (),
            controls=tuple(self._controls(question, options)),
        )

    def _line(self, part: Part) -> Line:
        options = self._choices(part.question, part.offered, part.id)
        return Line(part.id, self._sentence(part.text), options, self.errors.get(part.id, ""))

    def _controls(self, question: Question, options: tuple[ChoiceView, ...]) -> Iterable[Control]:
        if isinstance(question, Ranking):
            return self._places(question, options)
        if isinstance(question, When):
            return self._days(question)
        if isinstance(question, Picking) and question.other:
            name, label = f"{question.id}.{OTHER}", self.speech.gettext("In your own words")
            return [Control(name, name, label, "".join(self.given.get(name, ())[:1]), name in self.errors)]
        return ()

    def _places(self, question: Ranking, options: tuple[ChoiceView, ...]) -> Iterable[Control]:
        given = self.given.get(question.id, ())
        for place in range(len(options)):
            label = self.speech.gettext("Place {number}", number=place + 1)
            chosen = given[place] if place < len(given) else ""
            yield Control(question.id, f"{question.id}-{place + 1}", label, chosen, question.id in self.errors, options)

    def _days(self, question: When) -> Iterable[Control]:
        """Yield the fields of a day in the language's calendar; what is not a day stays as it was typed."""
        speech = self.speech
        day, month, year = ("".join(self.given.get(name, ())[:1]) for name in question.fields[1:])
        written = "".join(self.given.get(question.id, ())[:1])
        if is_day(written) and not (day or month or year):
            said = calendar.parts(day_of(written), speech.language)
            day, month, year = speech.digits(str(said.day)), str(said.month), speech.digits(str(said.year))
        months = tuple(
            ChoiceView(str(number), Markup.escape(name), "", name, digits(month).strip() == str(number))
            for number, name in enumerate(speech.months, 1)
        )
        labels = (speech.gettext("Day"), speech.gettext("Month"), speech.gettext("Year"))
        for name, label, value, options in zip(
            question.fields[1:], labels, (day, month, year), ((), months, ()), strict=True
        ):
            yield Control(name, name, label, value, question.id in self.errors, options)

    def _choices(self, question: Question, offered: Iterable[Option], field: str) -> tuple[ChoiceView, ...]:
        given = {digits(answer) for answer in self.given.get(field, ())}
        return tuple(self._choice(question, option, option.value in given) for option in offered)

    def _choice(self, question: Question, option: Option, checked: bool) -> ChoiceView:
        speech = self.speech
        words = speech.words(option.text) if option.text else ""
        name, label = bare(words, self.values, speech), sentence(words, self.values, speech)
        is_step = isinstance(question, Scale) or (isinstance(question, Matrix) and question.scale in SCALES)
        if not is_step or option.value == NOT_APPLICABLE:
            return ChoiceView(option.value, label, "", name, checked)
        number = speech.number(int(option.value))
        # Translators: how a step of a scale is read out, as "0, Not at all likely".
        spoken = speech.gettext("{number}, {words}").format(number=number, words=name) if name else number
        face = _face(question, option) if isinstance(question, Scale) else None
        return ChoiceView(option.value, label, number, spoken, checked, face)

    def _sentence(self, text: Mapping[str, str] | str) -> Markup:
        return sentence(self.speech.words(text), self.values, self.speech)


def _face(question: Scale, option: Option) -> Smiley:
    """Return the face of a step, from sad to glad."""
    low, high = question.bounds
    return smiley((int(option.value) - low) / (high - low))


def _limits(question: Question, speech: Speech) -> Markup:
    """Return what may be written, in a sentence or two."""
    bounds = _bounds(question, speech)
    if not isinstance(question, When):
        return bounds
    year = calendar.parts(question.max or question.min or A_DAY, speech.language).year
    text = speech.gettext("The year in four digits, such as {year}.")
    return Markup(" ").join(filter(None, (bounds, sentence(text, {"year": speech.digits(str(year))}, speech))))


def _bounds(question: Question, speech: Speech) -> Markup:
    if isinstance(question, Writing) and question.limit < LONGEST:
        return sentence(speech.gettext("At most {limit} characters."), {"limit": question.limit}, speech)
    if not isinstance(question, Number | When):
        return Markup("")
    between, least, most = (
        (
            N_("A number from {minimum} to {maximum}."),
            N_("A number of at least {minimum}."),
            N_("A number of at most {maximum}."),
        )
        if isinstance(question, Number)
        else (N_("From {minimum} to {maximum}."), N_("From {minimum} onwards."), N_("Up to {maximum}."))
    )
    text = {(True, True): between, (True, False): least, (False, True): most}.get(
        (question.min is not None, question.max is not None)
    )
    bounds = {"minimum": _bound(question.min, speech), "maximum": _bound(question.max, speech)}
    return sentence(speech.gettext(text), bounds, speech) if text else Markup("")


def _bound(bound: float | date | None, speech: Speech) -> str | float | None:
    return speech.date(bound) if isinstance(bound, date) else bound
