"""Which surveys listen to which events at some moment, and by which rules: pure, from the surveys that are served."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from ..definitions.survey import Survey
from ..engine import Engine
from ..events.event import Event
from ..store.customers import Person
from .decision import Occasion, Rules, shares
from .facts import Concern
from .interaction import Interaction, condition_values
from .listening import Listening
from .occasion import Trigger, drawn_from
from .past import History, Past


class Listeners(Listening):
    """The surveys by the events that they listen to; `scales` are those of the surveys that compete today.

    While the clock is not sure (`is_sure`), each event counts as if it had come at once.
    """

    def __init__(
        self, engine: Engine, now: datetime, is_sure: bool = True, scales: Mapping[str, float] | None = None
    ) -> None:
        self.engine, self.now, self._is_sure = engine, now, is_sure
        surveys = engine.library.live.values()
        self.rules = Rules(engine.config.sending, engine.config.calendar, shares(surveys), scales or {})
        super().__init__(surveys)

    def concern(self, event: Event, person: Person | None) -> Concern | None:
        """Return whom the event concerns, and how; None for nobody."""
        asking, undone = self.by_type.get(event.type, ()), self.by_counter.get(event.type, ())
        if person is None or not (asking or undone):
            return None
        return Concern(person, asking, undone, self.is_contest(asking, event.test))

    def is_contest(self, surveys: Collection[Survey], test: bool) -> bool:
        """Whether one of the surveys competes with others for what customers can bear; tests do not."""
        return not test and any(one.id in self.rules.scales for one in surveys)

    def past(self, history: History | None, survey: Survey, test: bool) -> Past:
        """Return what of a customer's history bears on the survey."""
        if history is None or not (history.invited or history.counters):  # as of most customers
            return Past(history.customer if history else "")
        return history.past(survey, self.undoing(survey), test)

    def occasion(self, happened: Interaction, known: Past, mine: Trigger | None) -> Occasion:
        """Return the event in its circumstances, as the survey sees them that it may trigger."""
        event, person = happened.event, happened.person
        now = self.now if self._is_sure else event.time
        if person is None or mine is None:
            return Occasion(event, None, event.data, False, now)
        values, lot = condition_values(person, event.data), drawn_from(person.id, mine, known.counters)
        if not known.triggers and not known.counters:  # as of most customers
            return Occasion(event, happened.contact, values, False, now, False, lot)
        gone = known.undone(mine)
        return Occasion(event, happened.contact, values, mine.key in gone, now, known.repeats(mine, gone), lot)
