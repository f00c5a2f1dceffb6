"""What does not fit how long things are kept: limits that look back further, answers that go too soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from ..definitions.fault import Fault
from ..definitions.survey import SurveyDraft
from ..definitions.toml.document import Document, Path
from ..settings.config import Config

NONE = timedelta(0)


def faults(document: Document, settings: Config, drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    """Yield a warning for each span that is shorter than what it has to reach. A span of no time is no limit."""
    limits: dict[Path, timedelta] = {("sending", "cooldown"): settings.sending.cooldown}
    limits[("sending", "at_most")] = max((window for window, _ in settings.sending.at_most), default=NONE)
    kept = settings.privacy.keep_contacts
    for path, span in limits.items():
        if NONE < kept < span:
            at = ("privacy", "keep_contacts") if ("privacy", "keep_contacts") in document.positions else path
            yield _short(document, at, kept, (path[-1], span))
    for draft in drafts:
        yield from _of(draft, settings, limits)


def _of(draft: SurveyDraft, settings: Config, limits: Mapping[Path, timedelta]) -> Iterator[Fault]:
    if (head := draft.head) is None or (invite := head.invite) is None:
        return
    contacts = settings.privacy.keep_contacts if head.keep_contacts is None else head.keep_contacts
    looking: dict[Path, timedelta] = {
        ("invite", "cooldown"): invite.cooldown,
        ("invite", "every"): invite.every or NONE,
    }
    if head.keep_contacts is not None and not invite.exempt:
        looking |= limits
    for path, span in looking.items():
        if NONE < contacts < span:
            at = path if head.keep_contacts is None else ("keep_contacts",)
            yield _short(draft.document, at, contacts, (path[-1], span))
    answers = settings.privacy.keep_answers if head.keep_answers is None else head.keep_answers
    if NONE < answers < (waiting := invite.after + invite.expires):
        at = ("keep_answers",) if head.keep_answers is not None else ("invite", "expires")
        message = f"answers go after {_days(answers)}, and customers can answer for {_days(waiting)}"
        hint = f"each counts, and is gone the night after; keep them for {_days(waiting)} or longer"
        yield draft.document.fault(at, message, hint, "warning")


def _short(document: Document, at: Path, kept: timedelta, limit: tuple[object, timedelta]) -> Fault:
    name, span = limit
    message = f"who was asked is forgotten after {_days(kept)}, and `{name}` looks back {_days(span)}"
    hint = f'customers would be asked again too early; write keep_contacts = "{_days(span)}" or longer'
    return document.fault(at, message, hint, "warning")


def _days(span: timedelta) -> str:
    days = -(-span // timedelta(days=1))
    return f"{days} day{'' if days == 1 else 's'}"
