"""Settings that are allowed but rarely meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ..values.enumeration import SurveyMode
from .fault import Fault
from .kinds.registry import CONTACTS
from .survey import Invite, SurveyDraft
from .toml.document import Document, Path

LONG_AFTER = timedelta(days=28)
SOON_OVER = timedelta(hours=12)
OFTEN = timedelta(days=7)
LONG_BODY, LONG_SUBJECT = 300, 90  # characters


def inside(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield a warning for each unusual setting of a survey."""
    yield from share(draft.document, ("target",), draft.document.data.get("target"))
    if draft.head and draft.head.invite:
        for key, message, hint in _invite(draft.head.invite):
            yield draft.document.fault(("invite", key), message, hint, "warning")
    yield from _contacts(draft)


def _contacts(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield a warning for each question for an address where nobody is to learn whose an answer is."""
    if draft.head is None or draft.head.mode is SurveyMode.IDENTIFIED:
        return
    for index, question in draft.questions.items():
        if question.kind in CONTACTS:
            message = f'`mode = "{draft.head.mode}"` promises that nobody is shown whose an answer is, and this asks it'
            hint = "delete it, or ask in an identified survey; such an answer is shown to nobody here"
            yield draft.document.fault(("question", index, "kind"), message, hint, "warning")


def share(document: Document, path: Path, target: Any) -> Iterator[Fault]:
    """Yield a warning where a target in percent was written as a share of 1."""
    csat = target.get("csat") if isinstance(target, dict) else None
    if isinstance(csat, int | float) and not isinstance(csat, bool) and 0 < csat <= 1:
        few = "one" if csat == 1 else "less than one"
        message = f"`csat` is in percent, so {csat:g} asks for {few} satisfied customer in a hundred"
        yield document.fault((*path, "csat"), message, f"write csat = {100 * csat:g}")


def _invite(invite: Invite) -> Iterator[tuple[str, str, str]]:
    """Yield the key of each unusual setting, what is unusual about it, and what would be usual."""
    if invite.after >= LONG_AFTER:
        message = f"the mail leaves {span(invite.after)} after the event, when most have forgotten how it was"
        yield "after", message, 'usual are "1 hour" to "14 days"; only what is used for long can wait longer'
    if invite.expires < SOON_OVER:
        message = f"the link in the mail works for {span(invite.expires)} only, and few read their mail that soon"
        yield "expires", message, 'usual are "3 days" to "21 days"'
    if invite.every and invite.every < OFTEN:
        message = f"the same customer would be asked again after {span(invite.every)}"
        yield "every", message, 'usual are "90 days" to "365 days"'
    if invite.body and (longest := max(map(len, invite.body.values()))) > LONG_BODY:
        message = f"`body` stands above the question in the mail, and {longest} characters push it out of sight"
        yield "body", message, f"up to {LONG_BODY} are read at a glance; the form has an `intro` for more"
    if invite.subject and (longest := max(map(len, invite.subject.values()))) > LONG_SUBJECT:
        message = f"`subject` has {longest} characters, and mail programs cut it off"
        yield "subject", message, f"up to {LONG_SUBJECT} fit, and the first 40 on a phone"
    if invite.sample == 0:
        yield "sample", "with `sample = 0` nobody is ever invited", "1 invites everybody, 0.5 every second customer"


def span(time: timedelta) -> str:
    """Return a span of time in words: "30 days", "1 minute"."""
    seconds = int(time.total_seconds())
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    unit, size = next(((unit, size) for unit, size in units if seconds >= size and seconds % size == 0), units[-1])
    n = seconds // size
    return f"{n} {unit}{'' if n == 1 else 's'}"
