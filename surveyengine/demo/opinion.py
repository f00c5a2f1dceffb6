"""What a customer thinks of an encounter, and how they fill in its survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..definitions.condition import holds
from ..definitions.kinds.choice import Listing, Pick
from ..definitions.kinds.registry import NOT_APPLICABLE, Question
from ..definitions.kinds.scale import Scale
from ..definitions.survey import Survey
from ..i18n.digits import native
from . import luck as chances
from .luck import Luck
from .story import LATE_COURIER
from .words import comment, words
from .year import BAD_MONTH, Year

# How much better than usual a touchpoint is, in logits: at 0, some 82 % are satisfied.
USUAL: Mapping[str, float] = {
    "advertising": -0.25,
    "b2b-checkin": 0.3,
    "checkout": 0.35,
    "delivery": 1.0,
    "follow-up": 0.25,
    "order-accuracy": 0.75,
    "post-resolution": -0.75,
    "quiet-customer": -0.7,
    "respect": 0.5,
    "returns": -0.3,
    "sales-service": 0.45,
    "support": 0.1,
    "website": -0.1,
    "yearly": 0.25,
    "feedback": -0.6,
}
UNMENDED, UNMENDED_APP = -1.15, -0.5  # the checkout, and in the app, until it was mended
CONTACT: Mapping[str, float] = {"phone": 0.35, "chat": 0.1, "mail": -0.4}
CUTS = (-3.2, -2.3, -1.5, 0.25)  # between the five steps of satisfaction
SPREAD = CUTS[-1] - CUTS[0]
CENTRE = -1.0  # where a scale without a meaning of its own is in the middle
WRITES = {"good": 0.3, "bad": 0.62}  # how many write something, where they may
YES, PARTLY = -1.6, -2.6  # below which they say "partly", and "no"


@dataclass(frozen=True)
class Encounter:
    """A customer at a touchpoint: what is known of it, and how it was, in logits."""

    survey: Survey
    facts: Mapping[str, Any]
    lean: float
    language: str
    is_woman: bool


def lean(survey: str, facts: Mapping[str, Any], day: date, year: Year) -> float:
    """Return how much better than usual everybody finds a touchpoint under these circumstances, in logits."""
    found = USUAL.get(survey, 0.0)
    if survey == "checkout" and day < year.mended:
        found += UNMENDED + (UNMENDED_APP if facts.get("channel") == "app" else 0.0)
    late = int(facts.get("days_late", 0))
    if survey == "delivery":
        found -= 1.0 * min(late, 4)
        found -= 0.3 if facts.get("region") == "south" else 0.0
        found -= 1.3 if facts.get("courier") == LATE_COURIER and day.month == BAD_MONTH else 0.0
    if survey in ("support", "sales-service", "post-resolution"):
        found += CONTACT.get(str(facts.get("channel")), 0.0)
        found -= 0.45 if facts.get("solved") == "later" else 0.0
    return found


def filled(encounter: Encounter, chance: Luck) -> dict[str, str]:
    """Return the fields of a survey as the customer fills them in: what is asked of them, and not always all of it."""
    fields: dict[str, str] = {}
    values: dict[str, object] = {}
    score = _satisfaction(encounter, chance)
    mood = "good" if score >= 4 else "bad"
    for question in encounter.survey.questions:
        if question.show_if and not holds(question.show_if, values):
            continue
        if question.kind == "text":
            said = _comment(encounter, question, mood, chance)
        else:
            said = str(score) if question.core else _chosen(encounter, question, score, chance)
            said = said if question.required or chance.random() < 0.93 else ""
        if said:
            fields[question.id] = said
            values[question.id] = int(said) if question.measured and said.isdigit() else said
    return fields


def _satisfaction(encounter: Encounter, chance: Luck) -> int:
    return 1 + chances.step(chance, encounter.lean, CUTS)


def _chosen(encounter: Encounter, question: Question, score: int, chance: Luck) -> str:
    """Return an answer that goes with how satisfied the customer is."""
    own = CENTRE + (score - 3) * 1.3 + chance.gauss(0, 0.45)
    if isinstance(question, Scale):
        low, high = question.bounds
        if question.kind == "expectation":  # most find what they expected
            return str(1 + chances.step(chance, own + 1.0, (-2.6, -1.1, 1.3, 3.0)))
        return str(low + chances.step(chance, 1.6 * own, tuple(_cuts(high - low))))
    if isinstance(question, Listing):
        return _listed(encounter, question, mood="good" if score >= 4 else "bad", chance=chance)
    if isinstance(question, Pick):
        return _agreed(encounter, question, own, chance)
    return ""


def _cuts(steps: int) -> Iterator[float]:
    """Yield where one step of a scale ends and the next one begins: most answers are in its upper half."""
    yield from (-4.6 + 5.0 * n / (steps - 1) for n in range(steps))


def _agreed(encounter: Encounter, question: Pick, own: float, chance: Luck) -> str:
    offered = [one.value for one in question.offered]
    if question.kind == "yes_no":  # both are asked of the dissatisfied: whether they want to be called
        return "yes" if own < YES and chance.random() < 0.55 else "no"
    if NOT_APPLICABLE in offered and chance.random() < 0.02:
        return NOT_APPLICABLE
    drawn = own + chance.gauss(0.4, 1.0)
    return "yes" if drawn > YES else "partly" if drawn > PARTLY else "no"


def _listed(encounter: Encounter, question: Listing, mood: str, chance: Luck) -> str:
    if question.id == "timing":
        late = int(encounter.facts.get("days_late", 0))
        if late:
            return chances.weighted(chance, {"late": 0.93, "on_time": 0.07})
        return chances.weighted(chance, {"on_time": 0.68, "early": 0.29, "late": 0.02, "missing": 0.01})
    if question.id == "kind":
        return chances.weighted(
            chance, {"praise": 0.75, "idea": 0.25} if mood == "good" else {"problem": 1.0, "idea": 0.3}
        )
    return str(chance.choice(question.listed).value)


def _comment(encounter: Encounter, question: Question, mood: str, chance: Luck) -> str:
    if not question.required and chance.random() > WRITES[mood]:
        return ""
    return comment(_said(encounter, question), mood, _slots(encounter), chance)


def _said(encounter: Encounter, question: Question) -> Mapping[str, Sequence[str]]:
    """Return what is said to a question, with the openings and ends that go with every answer."""
    known = words(encounter.language)
    own: Mapping[str, Sequence[str]] = known["said"].get(encounter.survey.id, {}).get(question.id, {})
    return {**known["around"], **own} if own.get("around", True) else own


def _slots(encounter: Encounter) -> dict[str, str]:
    """Return what comments may name, as it is written in their language."""
    facts, late = encounter.facts, int(encounter.facts.get("days_late", 0))
    slots = {name: str(facts[name]) for name in ("product", "handled_by") if facts.get(name)}
    slots |= {"courier": words(encounter.language)["couriers"][facts["courier"]]} if facts.get("courier") else {}
    slots |= {"late": native(str(late), words(encounter.language)["digits"])} if late > 1 else {}
    return {**slots, "speaker": "woman" if encounter.is_woman else "man"}
