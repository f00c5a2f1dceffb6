"""Checks of when an invitation's reminders leave."""

from __future__ import annotations

from collections.abc import Iterator

from ..values.enumeration import JourneyStage
from .fault import Fault
from .oddity import span
from .survey import SurveyDraft

MOST_OF_AN_EVENT, MOST_OF_A_RELATIONSHIP = 1, 2
"""Reminders that are usual: of one encounter, and of how somebody gets on with the business."""


def reminders(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the reminders that cannot leave as they are written, and a warning where they are many."""
    invite = draft.head.invite if draft.head else None
    if invite is None:
        return
    for index, wait in enumerate(invite.remind):
        at = ("invite", "remind", index)
        if not wait:
            hint = 'write how long after the invitation, such as "3 days"'
            yield draft.document.fault(at, "a reminder cannot leave with its invitation", hint)
        elif wait >= invite.expires:
            message = f"a reminder after {span(wait)} comes too late: the link works for {span(invite.expires)}"
            yield draft.document.fault(at, message, "remind earlier, or write a longer `expires`")
        elif index and wait <= invite.remind[index - 1]:
            message = f"this reminder does not come after the one before it, at {span(invite.remind[index - 1])}"
            yield draft.document.fault(at, message, "each counts from the invitation; write the earlier one first")
    is_relationship = draft.stage == JourneyStage.RELATIONSHIP or bool(invite.every)
    most = MOST_OF_A_RELATIONSHIP if is_relationship else MOST_OF_AN_EVENT
    if (n := len(invite.remind)) > most:
        message = f"{n} reminders bother those who do not want to answer, and bring few answers"
        usual = "two are the most that is usual" if is_relationship else "one is usual after an event"
        yield draft.document.fault(("invite", "remind"), message, usual, "warning")
