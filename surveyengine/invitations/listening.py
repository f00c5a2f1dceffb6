"""Which surveys listen to which events: pure, from the surveys alone."""

from __future__ import annotations

from collections.abc import Iterable

from ..definitions.survey import Survey
from ..events.event import Event
from ..events.fields import Faults, about


class Listening:
    """The surveys by the events that they ask about, and by those that undo; the first of each is that of priority."""

    def __init__(self, surveys: Iterable[Survey]) -> None:
        self.by_type: dict[str, list[Survey]] = {}
        self.by_counter: dict[str, list[Survey]] = {}
        self._undoing: dict[str, set[str]] = {}  # the counter-events of each draw, or of a survey without one
        for survey in sorted(
            surveys, key=lambda survey: (-(survey.invite.priority if survey.invite else 0), survey.id)
        ):
            if survey.invite and survey.invite.on:
                self.by_type.setdefault(survey.invite.on, []).append(survey)
                for type in survey.invite.cancel_on:
                    self.by_counter.setdefault(type, []).append(survey)
                    self._undoing.setdefault(_lot(survey), set()).add(type)

    def undoing(self, *surveys: Survey) -> set[str]:
        """Return the types of events that may undo what these surveys ask about; all surveys of a draw share them."""
        return set().union(*(self._undoing.get(_lot(survey), ()) for survey in surveys))

    def unrecognised(self, event: Event) -> str:
        """Return why a field that a survey's `about` names is not usable; "" where all are."""
        faults = Faults()
        surveys = (*self.by_type.get(event.type, ()), *self.by_counter.get(event.type, ()))
        for name in sorted({str(one.invite.about) for one in surveys if one.invite and one.invite.about}):
            faults.read(f"data.{name}", about, event.data.get(name), None)
            for reason in (one.reason for one in event.unused if one.name == name):
                faults.note(f"data.{name}", reason)
        return faults.reason()


def _lot(survey: Survey) -> str:
    return survey.invite.draw if survey.invite and survey.invite.draw else survey.id
