"""The shapes of what machines are answered beside the report, as Python and the OpenAPI document know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from ...results.report import StageId
from ...values.enumeration import FormLayout, InvitationState, SurveyMode
from .record_shape import CLOSED

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Texts = Annotated[dict[str, str], Field(description="A sentence in each language of the business.")]
Next = Annotated[str | None, Field(description="The address of the next page; null on the last one.")]


def _closed(shape: type) -> type:
    shape.__pydantic_config__ = CLOSED  # type: ignore[attr-defined]  # where pydantic looks for it
    return shape


def _told_as(name: str) -> Callable[[type], type]:
    """Give a shape the name that the document knows it by, where the engine has another thing of that name."""

    def named(shape: type) -> type:
        shape.__name__ = shape.__qualname__ = name
        return shape

    return named


class Problem(TypedDict):
    """Why a request was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Planned(TypedDict):
    """An invitation that was planned."""

    survey: str
    due: Moment


class NotPlanned(TypedDict):
    """An invitation that was refused."""

    survey: str
    reason: str


class Unused(TypedDict):
    """A detail of an event that is not kept as it came, and why; the reason goes on from its name."""

    name: str
    reason: str


class Outcome(TypedDict):
    """What came of an event; a duplicate answers as the first did."""

    outcome: Literal["accepted", "duplicate", "refused"]
    reason: NotRequired[str]
    source: NotRequired[str]
    id: NotRequired[str]
    planned: NotRequired[list[Planned]]
    refused: NotRequired[list[NotPlanned]]
    unused: NotRequired[list[Unused]]
    respelled: NotRequired[list[Unused]]


class Intake(TypedDict):
    """What came of all events; `planned` and `not_asked` count invitations, `no_survey` events nobody asks about."""

    accepted: int
    duplicate: int
    refused: int
    planned: int
    no_survey: int
    not_asked: dict[str, int]


class Outcomes(TypedDict):
    """One outcome per event, in their order; and hints on what was not understood of them, each once."""

    events: list[Outcome]
    summary: Intake
    hints: list[str]


@_told_as("Option")
class ListedOption(TypedDict):
    """An answer to choose: the value that is stored, and its words."""

    value: str
    text: Texts


class Row(TypedDict):
    """A row of a matrix: the name that its answers are stored under, and its words."""

    id: str
    text: Texts


@_told_as("Question")
class ListedQuestion(TypedDict):
    """A question; answers of one series can be compared. A matrix is answered by its rows."""

    id: str
    kind: str
    series: str
    text: Texts
    core: bool
    required: bool
    options: list[ListedOption]
    rows: list[Row]


@_told_as("Survey")
class ListedSurvey(TypedDict):
    """A survey in the version that is served."""

    id: str
    stage: StageId
    touchpoint: str
    version: str
    name: Texts
    title: Texts
    goal: str
    mode: Annotated[str, Field(json_schema_extra={"enum": [*SurveyMode]})]
    scored: bool
    closed: bool
    target: float | None
    questions: list[ListedQuestion]


class Surveys(TypedDict):
    """A page of surveys, by their ids."""

    surveys: list[ListedSurvey]
    next: Next


class Origin(TypedDict):
    """The event that an invitation follows."""

    source: str
    id: str


@_told_as("Invitation")
class ListedInvitation(TypedDict):
    """An invitation, planned, sent or refused; if its survey is not identified, without whether it was answered.

    `reminders` counts those that left, and `reminded_at` is when the last of them did; both null where that would tell
    who has answered.
    """

    id: str
    survey: str
    stage: StageId
    touchpoint: str
    version: str | None
    customer: str | None
    event: Origin | None
    state: Annotated[str, Field(json_schema_extra={"enum": [*InvitationState]})]
    reason: str | None
    channel: str | None
    language: str | None
    probability: Annotated[float, Field(ge=0, le=1)]
    day: Day
    planned_at: Moment
    due_at: Moment | None
    sent_at: Moment | None
    expires_at: Moment | None
    answered_at: Moment | None
    reminders: Annotated[int, Field(ge=0)] | None
    reminded_at: Moment | None


class Invitations(TypedDict):
    """A page of invitations, in the order in which they were planned."""

    invitations: list[ListedInvitation]
    next: Next


class Response(TypedDict):
    """A response; if it is not identified, nothing is told that leads to anybody."""

    id: str
    survey: str
    stage: StageId
    touchpoint: str
    version: str | None
    day: Day | None
    answered_at: Moment | None
    language: str | None
    customer: str | None
    invitation: str | None
    context: dict[str, str]
    claimed: Annotated[bool, Field(description="Whether the context came with an unsigned link.")]
    layout: Annotated[
        Annotated[str, Field(json_schema_extra={"enum": [*FormLayout]})] | None,
        Field(description="Where the form stood: on a page of its own, in another page, on a tablet in a shop."),
    ]
    shuffled: Annotated[
        dict[str, list[str]] | None, Field(description="By question: its options in the order that was shown.")
    ]
    answers: Annotated[
        dict[str, int | float | str | list[str]],
        Field(description="By question: a number, an option's id, several of them, or a text."),
    ]


class Responses(TypedDict):
    """A page of responses, in no order of time."""

    responses: list[Response]
    next: Next


SHAPES = (
    Problem, Planned, NotPlanned, Unused, Outcome, Intake, Outcomes, ListedOption, Row, ListedQuestion, ListedSurvey,
    Surveys, Origin, ListedInvitation, Invitations, Response, Responses,
)  # fmt: skip
for _shape in SHAPES:
    _closed(_shape)
