"""One survey: what is asked at one touchpoint, and when somebody is invited to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ..values import label, name
from ..values.anonymity import Cohort
from ..values.enumeration import DEFAULT_MODE, SurveyMode
from . import questionnaire, text, validation_errors
from .condition import Condition
from .duration import Duration
from .fault import Fault
from .kinds.registry import KINDS, Listing, Part, Question
from .model import Former, Many, Model, slug, spelled
from .plain import spelled_out
from .text import Text
from .toml.document import Document, Path

APART = "post-resolution"
"""A touchpoint that only complainers meet: shown in its stage, but no part of its score."""


def hyphened(words: str) -> str:
    """Return words as the id of a survey or a touchpoint; "" where no letter or digit of them can stand in one."""
    return slug(words, "-")


Name = Annotated[str, spelled(name.SURVEY, "write small letters a-z, digits and hyphens", hyphened)]
MOST_PRIORITY = 100_000
LONGEST_SENDER = 60  # characters; more are cut by mail programs, and by us
EventType = Annotated[str, StringConstraints(min_length=1, max_length=label.LONGEST)]


class Target(Model):
    """What a stage or a touchpoint is meant to reach, in percent."""

    csat: Annotated[float, Field(ge=0, le=100)]

    @classmethod
    def instead(cls, value: object, languages: Sequence[str]) -> str:
        found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*%?\s*", str(value), re.ASCII)
        csat = float(found[1]) if found else 85
        return f"write target = {{ csat = {csat if csat > 1 else 100 * csat:g} }}"


def _about(value: object) -> object:
    if value is False or isinstance(value, str) and value.strip() and value != "customer":
        return value
    hint = 'write one in quotes, such as "ticket", or false where every event is an occasion of its own'
    raise PydanticCustomError("about", "must name a field of the event's data; {hint}", {"hint": hint})


def _share(value: object, info: ValidationInfo) -> object:
    found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,9})?)\s*%?\s*", str(value), re.ASCII)
    percent = float(found[1]) if found and not isinstance(value, bool) else 0.0
    if 2 <= percent <= 100:
        hint = f"write {info.field_name} = {percent / 100:g} for {percent:g} %"
        raise PydanticCustomError("sample", "must be a share between 0 and 1; {hint}", {"hint": hint})
    return value


class Invite(Model):
    """When a customer is invited to a survey."""

    on: EventType | None = None
    every: Duration | None = None
    when: Condition | None = None
    about: Annotated[str | Literal[False] | None, BeforeValidator(_about)] = None  # None: as the event's type says
    after: Duration = timedelta(0)
    expires: Duration = timedelta(days=14)
    cancel_on: Many[EventType] = ()
    channels: Annotated[Many[str], Field(min_length=1)] = ("email",)
    remind: Many[Duration] = ()
    sample: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)] = 1.0
    share: Annotated[float, Field(gt=0, le=1), BeforeValidator(_share)] | None = None  # of what the lot gives
    draw: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    cooldown: Duration = timedelta(0)
    exempt: bool = False
    priority: Annotated[int, Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0
    subject: Text | None = None
    body: Text | None = None  # what the mail says below its title; without: that an answer helps
    from_name: Text | None = None  # who the mail is from; without: as config.toml says

    @classmethod
    def astray(cls, key: str) -> str:
        at_top = key in Head.known_keys()
        return "move it to the top of the file, before the first [table]" if at_top else super().astray(key)

    @field_validator("subject", "from_name")
    @classmethod
    def _on_one_line(cls, text: Text | None) -> Text | None:
        """Refuse what would end a header of the mail; whatever leaves is made one line again."""
        if text and any(len(said.splitlines()) > 1 for said in text.values()):
            raise PydanticCustomError("one_line", "stands in one line of the mail; write it without line breaks")
        return text

    @field_validator("from_name")
    @classmethod
    def _is_a_name(cls, text: Text | None) -> Text | None:
        for said in text.values() if text else ():
            if "{" in said:
                hint = "write the name itself, because it must not change with the event"
                raise PydanticCustomError("sender", "has no placeholders; {hint}", {"hint": hint})
            if "@" in said or "<" in said:
                hint = "write the name alone; the address is `email.from` in config.toml"
                raise PydanticCustomError("sender", "holds an address; {hint}", {"hint": hint})
            if len(said) > LONGEST_SENDER:
                filling = {"n": len(said), "hint": f"{LONGEST_SENDER} are the most"}
                raise PydanticCustomError("sender", "is {n} characters long; {hint}", filling)
        return text

    @field_validator("expires")
    @classmethod
    def _not_at_once(cls, span: timedelta) -> timedelta:
        if not span:
            raise PydanticCustomError("expires", "must be longer than 0; leave it out for 14 days")
        return span


_LANGUAGES = "each text names its language, and config.toml lists all of them"
_FOLDER = "delete it: the folder is the stage, as in surveys/purchase/"
_FILE = "delete it: the file's name is the id of the survey"
ELSEWHERE = {  # what other programs write at the top of a survey
    **dict.fromkeys(("language", "languages", "lang", "locale"), _LANGUAGES),
    **dict.fromkeys(("stage", "folder", "phase", "journey"), _FOLDER),
    **dict.fromkeys(("id", "survey", "survey_id", "key", "slug"), _FILE),
    **dict.fromkeys(("version", "author", "date", "created", "updated"), "write it in a comment, which begins with #"),
}


class Head(Model):
    """A survey file without its questions."""

    beside: ClassVar[tuple[str, ...]] = ("question",)
    title: Text
    name: Text | None = None  # what the business calls it; without: the title
    intro: Text | None = None
    thanks: Text | None = None
    was: Former[Name] = ()
    goal: str = ""
    target: Target | None = None
    scored: bool = True
    touchpoint: Name | None = None
    closed: bool = False
    mode: Annotated[SurveyMode, Field(strict=False)] = DEFAULT_MODE
    keep_answers: Duration | None = None  # as [privacy] says
    keep_contacts: Duration | None = None
    invite: Invite | None = None

    @field_validator("name")
    @classmethod
    def _of_no_event(cls, name: Text | None) -> Text | None:
        if name and any(map(text.has_placeholder, name.values())):
            raise PydanticCustomError("name", "is shown where no customer is known; write it without placeholders")
        return name

    @classmethod
    def astray(cls, key: str) -> str:
        if key in Invite.known_keys():
            return "move it below [invite]"
        if key in ELSEWHERE:
            return ELSEWHERE[key]
        kinds: tuple[type[Model], ...] = (Question, *KINDS.values())
        return "move it below [[question]]" if any(key in kind.known_keys() for kind in kinds) else super().astray(key)


@dataclass(frozen=True)
class Survey:
    """An immutable version of a survey; its digest identifies it."""

    id: str
    stage: str
    digest: str
    head: Head
    questions: tuple[Question, ...]
    content: Mapping[str, Any] = field(repr=False, hash=False, compare=False)

    @property
    def was(self) -> tuple[str, ...]:
        """The ids of the surveys that it continues, from `was`."""
        return self.head.was

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Its id, and those that it continues: whoever was asked under one of them was asked this."""
        return self.id, *self.head.was

    @property
    def touchpoint(self) -> str:
        """The kind of encounter that the survey measures."""
        return self.head.touchpoint or self.id

    @property
    def name(self) -> Text:
        """What the business calls the survey, in each language: its `name`, or else its title."""
        return self.head.name or self.head.title

    @cached_property
    def invite(self) -> Invite | None:
        """When customers are invited; None where only links lead to the survey."""
        return self.head.invite

    @property
    def is_anonymous(self) -> bool:
        """Whether no answer may be traced to a customer."""
        return self.head.mode == SurveyMode.ANONYMOUS

    @cached_property
    def asks(self) -> str:
        """A hash of what is asked, of whom, with which answers to choose from; however that is worded."""
        asked = [
            (part.id, part.series, sorted(option.value for option in part.offered), repr(question.show_if))
            for question in self.questions
            for part in question.parts
        ]
        return hashlib.sha256(repr(sorted(asked)).encode()).hexdigest()

    @property
    def cohort(self) -> Cohort:
        """The responses with which its own come out in blocks."""
        mode = self.head.mode
        return Cohort(self.id, mode, self.asks if mode is SurveyMode.CONFIDENTIAL else "")

    @property
    def core(self) -> Question | None:
        """The question whose answer is the touchpoint's score."""
        return next((question for question in self.questions if question.core), None)

    def question(self, id: str) -> Question | None:
        """Return the question of that id."""
        return next((question for question in self.questions if question.id == id), None)

    def part(self, id: str) -> Part | None:
        """Return what is answered under that id, such as a question or a row of a matrix."""
        return next((part for question in self.questions for part in question.parts if part.id == id), None)

    @cached_property
    def pages(self) -> tuple[tuple[Question, ...], ...]:
        """The questions of each page; a changed `page` number starts the next page."""
        found: list[list[Question]] = [[]]
        current = 1
        for question in self.questions:
            if question.page is not None and question.page != current:
                current = question.page
                if found[-1]:
                    found.append([])
            found[-1].append(question)
        return tuple(map(tuple, found))

    @cached_property
    def shuffles(self) -> bool:
        """Whether some question shows its options in random order."""
        return any(isinstance(question, Listing) and question.shuffle for question in self.questions)


@dataclass(frozen=True)
class SurveyDraft:
    """A survey file as far as it could be read: its valid questions by their index in the file, and its faults."""

    id: str
    stage: str
    document: Document
    head: Head | None
    questions: Mapping[int, Question]
    faults: tuple[Fault, ...]

    @property
    def tables(self) -> list[dict[str, Any]]:
        """The tables of the questions as they stand in the file; {} for an entry that is not a table."""
        return questionnaire.tables(self.document.data)

    @property
    def invite(self) -> dict[str, Any] | None:
        """The [invite] table as it stands in the file."""
        table = self.document.data.get("invite")
        return table if isinstance(table, dict) else None

    @property
    def touchpoint(self) -> str:
        """The touchpoint in the file, or else the survey's id."""
        name = self.document.data.get("touchpoint")
        return name if isinstance(name, str) else self.id

    def texts(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Yield every text of the file with its path."""
        yield from ((path, one) for path, one in _places(self.document.data) if isinstance(one, dict))

    def survey(self) -> Survey:
        """Return the version that the file defines; raises ValueError where the draft has faults."""
        if self.head is None or self.faults:
            raise ValueError(f"{self.document.file} has faults")
        version = digest(self.id, self.stage, self.document.data)
        content = json.loads(json.dumps(self.document.data, default=str))  # a day as text, as it will be stored
        return Survey(self.id, self.stage, version, self.head, tuple(self.questions.values()), content)


def digest(id: str, stage: str, data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a survey's content in hexadecimal; comments and layout of the file do not count."""
    content = json.dumps([id, stage, data], sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def draft(id: str, stage: str, document: Document, languages: Mapping[str, Sequence[str]]) -> SurveyDraft:
    """Read a survey from its document.

    `languages` holds the `languages` that every text needs and those that the engine has `known`. Where texts need
    only one language, they may leave it out.
    """
    needed = languages.get("languages", ())
    if len(needed) == 1:
        document = spelled_out(document, _places(document.data), needed[0])
    found: list[Fault] = []
    head = _head(document, found, needed)
    questions = questionnaire.read(document, found, needed)
    read = SurveyDraft(id, stage, document, head, questions, ())
    for path, one in read.texts():
        found += text.faults(document.at(*path), one, needed, languages.get("known", ()))
    return replace(read, faults=tuple(found))


def _places(data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield every value where a survey has a text, valid or not, with its path."""
    yield from text.places(Head, data)
    for index, table in enumerate(questionnaire.tables(data)):
        yield from text.places(questionnaire.model(table), table, ("question", index))


def _head(document: Document, found: list[Fault], languages: Sequence[str]) -> Head | None:
    try:
        return Head.model_validate({key: value for key, value in document.data.items() if key != "question"})
    except ValidationError as error:
        found += validation_errors.faults(error, document.at(), Head, languages)
        return None
