"""What is wrong with the shares that surveys want of the invitations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from .fault import Fault
from .survey import Invite, SurveyDraft

MEANING = "the share is a part of the invitations for which surveys compete"


def inside(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield why a survey that has a share cannot have one."""
    invite, at = draft.invite or {}, ("invite", "share")
    if "share" not in invite:
        return
    if "every" in invite or "on" not in invite:
        message = f"`share` is for surveys that an event starts; {MEANING}"
        yield draft.document.fault(at, message, "delete it")
    elif invite.get("exempt") is True:
        message = f"`share` stands beside `exempt`, which takes no part; {MEANING}"
        yield draft.document.fault(at, message, "delete one of them")


def faults(drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    """Yield a warning where the shares of all surveys cannot hold together."""
    competing = [
        (draft, draft.head.invite)
        for draft in drafts
        if draft.head and draft.head.invite and draft.head.invite.on and not draft.head.invite.exempt
        if not draft.head.closed
    ]
    named = [(draft, invite.share) for draft, invite in competing if invite.share]
    total = sum(share for _, share in named)
    if total > 1 + 1e-9:
        message = f"the shares of all surveys add up to {total:g}"
        hint = "make them 1 together, or less where other surveys have none; until then they hold in proportion"
        yield named[-1][0].document.fault(("invite", "share"), message, hint, "warning")
    elif total > 1 - 1e-9 and len(named) < len(competing):
        message = "the shares add up to 1, and leave nothing to the surveys that have none"
        yield named[-1][0].document.fault(("invite", "share"), message, "make it smaller", "warning")


def shut_out(drafts: Sequence[SurveyDraft], cooldown: timedelta) -> Iterator[Fault]:
    """Yield a warning for each exempt survey that leaves others about its event no customer to ask.

    It asks every time, before they are decided about, and they would ask within the cooldown of that.
    """
    asking = [
        (draft, draft.head.invite)
        for draft in drafts
        if draft.head and draft.head.invite and draft.head.invite.on and not draft.head.closed
    ]
    for draft, invite in asking:
        if invite.exempt and invite.sample == 1 and not (invite.when or invite.draw):
            shut = [one.id for one, other in asking if _is_shut((draft.id, invite), (one.id, other), cooldown)]
            if shut:
                others = ", ".join(shut)
                message = f"`exempt` asks about every `{invite.on}`: within the cooldown nobody is left for {others}"
                hint = f"give it a `sample` below 1, or a higher `priority` to {others}"
                yield draft.document.fault(("invite", "exempt"), message, hint, "warning")


def _is_shut(first: tuple[str, Invite], second: tuple[str, Invite], cooldown: timedelta) -> bool:
    """Whether the limits forbid the second survey's invitation about an event because of the first one's."""
    (id, invite), (other_id, other) = first, second
    is_later = (-other.priority, other_id) > (-invite.priority, id)
    is_near = abs(other.after - invite.after) < cooldown
    return other.on == invite.on and not other.exempt and is_later and is_near
