"""The kinds of question that a survey can ask. A new kind is a class here and an entry in KINDS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from .anchor import ANCHORS
from .condition import Condition
from .model import Many, Model, spelled
from .text import Text

Id = Annotated[
    str,
    spelled(r"[a-z][a-z0-9_]{0,63}", "write small letters a-z, digits and _, with a letter first, such as on_time"),
]
NOT_APPLICABLE = "na"


@dataclass(frozen=True)
class Option:
    """One answer that is offered: the value that is stored, and its words.

    Words are a text of the file, or an engine msgid; "" where there are none.
    """

    value: str
    text: Text | str


class Question(Model):
    """What every question has."""

    asks: ClassVar[bool] = True
    id: Id
    kind: str
    text: Text
    hint: Text | None = None
    required: bool = False
    show_if: Condition | None = None
    page: Annotated[int, Field(ge=1)] | None = None  # later, as `shuffle` and `other` below

    @classmethod
    def astray(cls, key: str) -> str:
        owners = [kind for kind, model in KINDS.items() if key in model.known_keys()]
        return f"it belongs to the kind {', '.join(owners)}" if owners else super().astray(key)

    @property
    def core(self) -> bool:
        """Whether the answer is the touchpoint's score."""
        return False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        """The answers to choose from, in reading order; empty where the customer writes."""
        return ()

    @property
    def series(self) -> str:
        """What answers must share to be added up; a changed kind or scale is another series."""
        return self.kind


class Scale(Question):
    """Whole numbers from `low` to `high`, each with its words where the scale has them."""

    not_applicable: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest value."""
        values = SCALES[self.kind]
        return values[0], values[-1]

    def words(self, value: int) -> Text | str:
        """Return the words that stand beside a value; "" where it has none."""
        return ANCHORS[self.kind].get(str(value), "")

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        low, high = self.bounds
        scale = tuple(Option(str(value), self.words(value)) for value in range(low, high + 1))
        return (*scale, Option(NOT_APPLICABLE, "Not applicable")) if self.not_applicable else scale


class Csat(Scale):
    """Satisfaction, 1 to 5; the only kind that can be core."""

    kind: Literal["csat"]
    is_core: bool = Field(False, alias="core")

    @property
    def core(self) -> bool:
        return self.is_core


class Nps(Scale):
    """Likelihood to recommend, 0 to 10."""

    kind: Literal["nps"]


class Ease(Scale):
    """How easy it was, 1 to 7."""

    kind: Literal["ease"]


class Ces(Scale):
    """Agreement that it was made easy (CES 2.0), 1 to 7."""

    kind: Literal["ces"]


class Expectation(Scale):
    """Compared with what was expected, 1 to 5."""

    kind: Literal["expectation"]


class Amount(Scale):
    """To what degree, 1 to 5."""

    kind: Literal["amount"]


class Likely(Scale):
    """How likely, 1 to 5."""

    kind: Literal["likely"]


class Rating(Scale):
    """A scale of the survey's own, named at its ends."""

    kind: Literal["rating"]
    min: Annotated[int, Field(ge=0, le=1)] = 1
    max: Annotated[int, Field(ge=2, le=10)] = 5
    low: Text
    middle: Text | None = None
    high: Text
    look: Literal["numbers", "stars", "smileys"] = "numbers"
    index: Literal["csi"] | None = None  # three such ratings make a satisfaction index
    weight: Annotated[float, Field(ge=0.01, le=1_000)] = 1.0  # in the index

    @property
    def bounds(self) -> tuple[int, int]:
        return self.min, self.max

    @property
    def series(self) -> str:
        return f"rating:{self.min}-{self.max}"

    def words(self, value: int) -> Text | str:
        middle = {(self.min + self.max) // 2: self.middle} if self.middle and (self.min + self.max) % 2 == 0 else {}
        return {**middle, self.min: self.low, self.max: self.high}.get(value) or ""

    @field_validator("middle")
    @classmethod
    def _middle_exists(cls, middle: Text | None, info: ValidationInfo) -> Text | None:
        if "min" in info.data and "max" in info.data and (info.data["min"] + info.data["max"]) % 2:
            raise PydanticCustomError(
                "middle", "has no value in the middle to stand at; make `min` and `max` both even or both odd"
            )
        return middle


class Pick(Question):
    """One of several answers."""

    not_applicable: bool = False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        words = ANCHORS[self.kind]
        known = tuple(Option(value, text) for value, text in words.items())
        return (*known, Option(NOT_APPLICABLE, "Not applicable")) if self.not_applicable else known


class YesNo(Pick):
    """Yes or no."""

    kind: Literal["yes_no"]


class YesPartlyNo(Pick):
    """Yes, partly or no."""

    kind: Literal["yes_partly_no"]


class Listed(Model):
    """An option as it stands in the file."""

    id: Id
    text: Text


class Listing(Question):
    """Options of the file."""

    options: Annotated[Many[Listed], Field(min_length=2, max_length=50)]
    not_applicable: bool = False
    other: bool = False
    shuffle: bool = False

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        listed = tuple(Option(option.id, option.text) for option in self.options)
        return (*listed, Option(NOT_APPLICABLE, "Not applicable")) if self.not_applicable else listed


class Choice(Listing):
    """One of the options."""

    kind: Literal["choice"]


class Choices(Listing):
    """Any number of the options."""

    kind: Literal["choices"]


class Writing(Question):
    """A free text."""

    kind: Literal["text"]
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class Number(Question):
    """A number, in digits of any script."""

    kind: Literal["number"]
    min: float | None = None
    max: float | None = None

    @field_validator("max")
    @classmethod
    def _bounds(cls, largest: float | None, info: ValidationInfo) -> float | None:
        smallest = info.data.get("min")
        if smallest is not None and largest is not None and smallest > largest:
            raise PydanticCustomError("bounds", "is below `min`; make it at least as large")
        return largest


class Consent(Question):
    """A sentence to agree to."""

    kind: Literal["consent"]

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        return (Option("yes", self.text),)


class Note(Question):
    """A sentence to read; nothing to answer."""

    asks: ClassVar[bool] = False
    kind: Literal["note"]


SCALES: dict[str, tuple[int, ...]] = {
    "csat": tuple(range(1, 6)),
    "nps": tuple(range(11)),
    "ease": tuple(range(1, 8)),
    "ces": tuple(range(1, 8)),
    "expectation": tuple(range(1, 6)),
    "amount": tuple(range(1, 6)),
    "likely": tuple(range(1, 6)),
}

KINDS: dict[str, type[Question]] = {
    "csat": Csat,
    "nps": Nps,
    "ease": Ease,
    "ces": Ces,
    "expectation": Expectation,
    "amount": Amount,
    "likely": Likely,
    "rating": Rating,
    "yes_no": YesNo,
    "yes_partly_no": YesPartlyNo,
    "choice": Choice,
    "choices": Choices,
    "text": Writing,
    "number": Number,
    "consent": Consent,
    "note": Note,
}
LATER = ("matrix", "ranking", "date", "email", "phone")
