"""Conditions as CSS: questions that are not asked are hidden without JavaScript. The server decides what counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...definitions.condition import Condition, Test, holds
from ...definitions.kinds.registry import NOT_APPLICABLE, Part, Question, Ranking
from ...definitions.survey import Survey

# A formula is a compound selector that matches the form while it is true.
ALWAYS, NEVER = "", ":not(*)"
SIZES = ("at_least", "at_most", "above", "below")
DEMANDS, EXCLUSIONS = (SIZES, ("is_",), ("in_",), ("contains",)), (("is_not",), ("not_in",))


def condition_css(survey: Survey) -> str:
    """Return the rules that hide each question while its condition does not hold.

    What is written (texts and numbers) cannot be seen by CSS: a question that hangs on it stays shown. So does
    everything in a browser that does not know `:has`.
    """
    page = AskedSoFar()
    rules = []
    for question in survey.questions:
        if (formula := page.add(question)) != ALWAYS:
            rules.append(f'form{_not(formula)} [data-question="{question.id}"]{{display:none}}')
    # Without :has, the forgiving :is() would be empty and so hide what should be shown.
    return f"@supports selector(:has(*)){{{''.join(rules)}}}" if rules else ""


@dataclass(frozen=True)
class Placed:
    """A part with two selectors: `surely` matches only while it is certainly asked, `maybe` while it might be."""

    part: Part
    surely: str
    maybe: str

    def visible(self, sure: bool) -> str:
        return self.surely if sure else self.maybe


class AskedSoFar:
    """The questions so far; a condition looks back at them.

    Where something cannot be known, a formula that has to be `sure` is false, and any other is true.
    """

    def __init__(self) -> None:
        self._placed: dict[str, Placed] = {}

    def add(self, question: Question) -> str:
        """Add the next question, and return the selector under which it may have to be asked."""
        surely, maybe = (self._holds(question.show_if, sure) for sure in (True, False))
        self._placed |= {part.id: Placed(part, surely, maybe) for part in question.parts}
        return maybe

    def _holds(self, condition: Condition | None, sure: bool) -> str:
        if condition is None:
            return ALWAYS
        every = _all(self._passes(name, test, sure) for name, test in condition.tests.items())
        alternatives = [self._holds(one, sure) for one in condition.any_]
        return _all((every, _any(alternatives))) if alternatives else every

    def _passes(self, name: str, test: Test, sure: bool) -> str:
        placed = self._placed.get(name)
        if placed is None:
            return ALWAYS if test.answered is False else NEVER
        if not placed.part.offered:
            return NEVER if sure else ALWAYS
        if _holds_for(test, name, None):
            return _any((_not(_checked(placed.part, _answers(placed.part))), _not(placed.visible(not sure))))
        return _all((*_met(placed.part, test), placed.visible(sure)))


def _met(part: Part, test: Test) -> Iterable[str]:
    """Yield the options that must be checked, and those that must not, for an answer to pass the test."""
    answers = _answers(part)
    yield NEVER if test.answered is False else _checked(part, answers)
    given = [fields for fields in (*DEMANDS, *EXCLUSIONS) if any(getattr(test, one) is not None for one in fields)]
    for fields in given:
        some = Test.model_construct(**{field: getattr(test, field) for field in fields})
        passing = [value for value in answers if _holds_for(some, part.id, _typed(part, value))]
        excluded = [value for value in answers if value not in passing]
        yield _not(_checked(part, excluded)) if fields in EXCLUSIONS else _checked(part, passing)


def _answers(part: Part) -> list[str]:
    return [option.value for option in part.offered]


def _typed(part: Part, value: str) -> object:
    """Return the posted value as conditions see it: a scale's as a number, several options as a tuple."""
    if part.several:
        return (value,)
    return int(value) if part.measured and value != NOT_APPLICABLE else value


def _holds_for(test: Test, name: str, value: object) -> bool:
    return holds(Condition.model_construct(tests={name: test}, any_=()), {name: value})


def _checked(part: Part, values: list[str]) -> str:
    listed = ",".join(f'[value="{value}"]' for value in values)
    child = ">" if isinstance(part.question, Ranking) else ""  # there the name is the select's, and options are checked
    return f':has([name="{part.id}"]{child}:is({listed}):checked)' if values else NEVER


def _all(formulas: Iterable[str]) -> str:
    parts = list(dict.fromkeys(formulas))
    return NEVER if NEVER in parts else "".join(parts)


def _any(formulas: Iterable[str]) -> str:
    parts = [one for one in dict.fromkeys(formulas) if one != NEVER]
    if ALWAYS in parts:
        return ALWAYS
    return f":is({','.join(parts)})" if parts else NEVER


def _not(formula: str) -> str:
    return {ALWAYS: NEVER, NEVER: ALWAYS}.get(formula, f":not({formula})")
