"""The shapes of what machines are answered, as Python and the OpenAPI document know them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

CLOSED = ConfigDict(extra="forbid")  # nothing is ever told that does not stand here

Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Texts = Annotated[dict[str, str], Field(description="A sentence in each language of the business.")]
Stage = Literal["pre-purchase", "purchase", "post-purchase", "relationship"]
Next = Annotated[str | None, Field(description="The address of the next page; null on the last one.")]


def _closed(shape: type) -> type:
    shape.__pydantic_config__ = CLOSED  # type: ignore[attr-defined]  # where pydantic looks for it
    return shape


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


class Score(TypedDict):
    """A score with its 95 % interval; null below ten answers (`few`), and all of it where anonymity withholds it.

    The interval alone is null where all answers are equal.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int | None
    state: Literal["ok", "indicative", "few"]
    withheld: NotRequired[Literal[True]]


class Period(TypedDict("_Period", {"from": Day | None})):  # `from` is a word of Python
    """Both days are included."""

    to: Day | None
    timezone: str


class Journey(TypedDict):
    """The mean of the three stages that have a score."""

    csat: Score


class Funnel(TypedDict):
    """What became of the events that a touchpoint's surveys could have followed; each counts once.

    `refused` counts them by reason, `uncertain` those of the `sent` that may not have arrived.
    """

    eligible: int
    refused: dict[str, int]
    invited: int
    failed: int
    sent: int
    uncertain: int
    answered: int | None


class Group(TypedDict):
    """The answers of one value of the field that the report is split by; without a score where it was only claimed."""

    csat: Score
    counts: dict[str, int]


class Summary(TypedDict):
    """Where the numbers lie that were answered."""

    min: float
    median: float
    max: float
    mean: float


class Distribution(TypedDict):
    """How often each answer was given to a question; `n` are those who answered, but for what does not apply (`na`).

    A changed kind or scale is another series, with an entry of its own. Of words only `n` is told; of numbers the most
    frequent ones, and `(other)`. A ranking counts first places, and at `places` each option's at every place.
    """

    id: str
    kind: str
    text: str
    series: str
    options: dict[str, str]
    n: int | None
    counts: NotRequired[dict[str, int]]
    places: NotRequired[dict[str, list[int]]]
    summary: NotRequired[Summary]
    withheld: NotRequired[Literal[True]]


class Touchpoint(TypedDict):
    """A touchpoint's scores; `withheld` where there are anonymous answers only, and none of them is out."""

    touchpoint: str
    name: Annotated[str, Field(description="What people call it, in the report's language.")]
    asks: Annotated[
        list[Literal["csat", "nps", "ease", "ces", "expectation", "csi"]],
        Field(description="The scores that its surveys of today ask for."),
    ]
    scored: NotRequired[bool]
    responses: NotRequired[int | None]  # where it is not scored
    csat: Score
    dsat: Score
    mean: Score
    nps: NotRequired[Score]
    ease: NotRequired[Score]
    ces: NotRequired[Score]
    expectation: NotRequired[Score]
    csi: NotRequired[Score]
    target: float | None
    verdict: Literal["met", "missed", "undecided", "none"]
    so_far: NotRequired[Literal[True]]
    counts: NotRequired[dict[str, int]]
    withheld: NotRequired[Literal[True]]
    funnel: Funnel
    response_rate: Score
    provisional_until: Day | None
    by: NotRequired[dict[str, Group]]
    included: bool
    weight: NotRequired[float]
    excluded: NotRequired[Literal["few", "weight", "apart"]]
    questions: NotRequired[list[Distribution]]


class StageReport(TypedDict):
    """A stage: the weighted mean of its touchpoints, and every answer counted once (`pooled`)."""

    stage: Stage
    name: Annotated[str, Field(description="What people call it, in the report's language.")]
    csat: Score
    pooled: Score
    target: float | None
    verdict: Literal["met", "missed", "undecided", "none"]
    so_far: NotRequired[Literal[True]]
    touchpoints: list[Touchpoint]


class Report(TypedDict):
    """The scores of the journey."""

    period: Period
    language: Annotated[str, Field(description="Of names, and of the questions' words.")]
    journey: Journey
    stages: list[StageReport]


class Option(TypedDict):
    """An answer to choose: the value that is stored, and its words."""

    value: str
    text: Texts


class Row(TypedDict):
    """A row of a matrix: the name that its answers are stored under, and its words."""

    id: str
    text: Texts


class Question(TypedDict):
    """A question; answers of one series can be compared. A matrix is answered by its rows."""

    id: str
    kind: str
    series: str
    text: Texts
    core: bool
    required: bool
    options: list[Option]
    rows: list[Row]


class Survey(TypedDict):
    """A survey in the version that is served."""

    id: str
    stage: Stage
    touchpoint: str
    version: str
    name: Texts
    title: Texts
    goal: str
    mode: Literal["identified", "confidential", "anonymous"]
    scored: bool
    closed: bool
    target: float | None
    questions: list[Question]


class Surveys(TypedDict):
    """A page of surveys, by their ids."""

    surveys: list[Survey]
    next: Next


class Origin(TypedDict):
    """The event that an invitation follows."""

    source: str
    id: str


class Invitation(TypedDict):
    """An invitation, planned, sent or refused; to an anonymous survey without whether it was answered."""

    id: str
    survey: str
    stage: Stage
    touchpoint: str
    version: str
    customer: str | None
    event: Origin | None
    state: Literal["planned", "sent", "refused", "failed", "uncertain"]
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


class Invitations(TypedDict):
    """A page of invitations, in the order in which they were planned."""

    invitations: list[Invitation]
    next: Next


class Response(TypedDict):
    """A response; of an anonymous one nothing is told that leads to anybody."""

    id: str
    survey: str
    stage: Stage
    touchpoint: str
    version: str | None
    day: Day | None
    answered_at: Moment | None
    language: str | None
    customer: str | None
    invitation: str | None
    context: dict[str, str]
    claimed: Annotated[bool, Field(description="Whether the context came with a link for which nobody vouches.")]
    layout: Annotated[
        Literal["page", "embed", "kiosk"] | None,
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
    Problem, Planned, NotPlanned, Unused, Outcome, Intake, Outcomes, Score, Period, Journey, Funnel, Group, Summary,
    Distribution, Touchpoint, StageReport, Report, Option, Row, Question, Survey, Surveys, Origin, Invitation,
    Invitations, Response, Responses,
)  # fmt: skip
for _shape in SHAPES:
    _closed(_shape)
