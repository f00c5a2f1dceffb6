"""One survey: what is asked at one touchpoint, and when somebody is invited to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from .condition import Condition
from .document import Document
from .duration import Duration
from .fault import Fault
from .model import Many, Model, faults, nearest
from .question import KINDS, Question
from .text import Text

STAGES = ("pre-purchase", "purchase", "post-purchase", "relationship")
CORE_STAGES = STAGES[:3]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
EventType = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Target(Model):
    """What a stage or a touchpoint is meant to reach, in percent."""

    csat: Annotated[float, Field(ge=0, le=100)]


class Invite(Model):
    """When a customer is invited to a survey."""

    on: EventType | None = None
    every: Duration | None = None
    when: Condition | None = None
    after: Duration = timedelta(0)
    expires: Duration = timedelta(days=14)
    cancel_on: Many[EventType] = ()
    channels: Annotated[Many[Literal["email", "sms"]], Field(min_length=1)] = ("email",)
    remind: Many[Duration] = ()
    sample: Annotated[float, Field(ge=0, le=1)] = 1.0
    draw: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    cooldown: Duration = timedelta(0)
    exempt: bool = False
    priority: int = 0
    subject: Text | None = None

    @model_validator(mode="after")
    def _one_occasion(self) -> Invite:
        if (self.on is None) == (self.every is None):
            raise PydanticCustomError(
                "occasion", "needs either `on`, an event's type, or `every`, a span of time; give one of them"
            )
        if not self.expires:
            raise PydanticCustomError("expires", "would expire at once; leave `expires` out for 14 days")
        return self


class Head(Model):
    """A survey file without its questions."""

    beside: ClassVar[tuple[str, ...]] = ("question",)
    title: Text
    goal: str = ""
    target: Target | None = None
    scored: bool = True
    touchpoint: Name | None = None
    closed: bool = False
    mode: Literal["identified", "confidential", "anonymous"] = "confidential"
    invite: Invite | None = None


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
    def touchpoint(self) -> str:
        """The kind of encounter that the survey measures."""
        return self.head.touchpoint or self.id

    @property
    def invite(self) -> Invite | None:
        """When customers are invited; None where only links lead to the survey."""
        return self.head.invite

    @property
    def core(self) -> Question | None:
        """The question whose answer is the touchpoint's score."""
        return next((question for question in self.questions if question.core), None)

    def question(self, id: str) -> Question | None:
        """Return the question of that id."""
        return next((question for question in self.questions if question.id == id), None)


@dataclass(frozen=True)
class Draft:
    """A survey file as far as it could be read: its valid questions by their place in the file, and its faults."""

    id: str
    stage: str
    document: Document
    head: Head | None
    questions: Mapping[int, Question]
    faults: tuple[Fault, ...]

    def survey(self) -> Survey:
        """Return the version that the file defines; only for a draft without errors."""
        if self.head is None:
            raise ValueError(f"{self.document.file} has faults")
        content = self.document.data
        version = digest(self.id, self.stage, content)
        return Survey(self.id, self.stage, version, self.head, tuple(self.questions.values()), content)


def digest(id: str, stage: str, data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a survey's content in hexadecimal; comments and layout of the file do not count."""
    content = json.dumps([id, stage, data], sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def draft(id: str, stage: str, document: Document, languages: Mapping[str, Sequence[str]]) -> Draft:
    """Read a survey from its document; `languages` holds the `languages` that every text needs and those `known` at all."""
    found: list[Fault] = []
    head = _head(document, languages, found)
    questions: dict[int, Question] = {}
    for index, table in enumerate(_tables(document, found)):
        if question := _question(document, index, table, languages, found):
            questions[index] = question
    return Draft(id, stage, document, head, questions, tuple(found))


def _head(document: Document, languages: Mapping[str, Sequence[str]], found: list[Fault]) -> Head | None:
    try:
        return Head.model_validate(
            {key: value for key, value in document.data.items() if key != "question"}, context=languages
        )
    except ValidationError as error:
        found += faults(error, document, Head)
        return None


def _tables(document: Document, found: list[Fault]) -> list[Any]:
    tables = document.data.get("question")
    if isinstance(tables, list) and tables:
        return tables
    found.append(document.fault(("question",), "the survey asks nothing", "add a [[question]] table"))
    return []


def _question(
    document: Document, index: int, table: Any, languages: Mapping[str, Sequence[str]], found: list[Fault]
) -> Question | None:
    at = ("question", index)
    kind = table.get("kind") if isinstance(table, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        where = (*at, "kind") if isinstance(table, dict) and "kind" in table else at
        found.append(
            document.fault(
                where, f"`{kind}` is no kind of question" if kind else "`kind` is missing", nearest(str(kind), KINDS)
            )
        )
        return None
    try:
        return KINDS[kind].model_validate(table, context=languages)
    except ValidationError as error:
        found += faults(error, document, KINDS[kind], at)
        return None
