"""Questions that are answered by a step of a scale."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ..text import Text
from .anchors import ANCHORS
from .base import Option, Question, with_aside

SCALES: dict[str, tuple[int, ...]] = {
    "csat": tuple(range(1, 6)),
    "nps": tuple(range(11)),
    "ease": tuple(range(1, 8)),
    "ces": tuple(range(1, 8)),
    "expectation": tuple(range(1, 6)),
    "amount": tuple(range(1, 6)),
    "likely": tuple(range(1, 6)),
}


class Scale(Question):
    """Whole numbers from `low` to `high`, each with its words where the scale has them."""

    measured = True
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
        return with_aside(scale, self.not_applicable)


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
                "middle", "needs a value in the middle of the scale; make `min` and `max` both even or both odd"
            )
        return middle
