"""Checks across tables: within one survey, and between the surveys of a business."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..values.enumeration import SurveyMode
from ..values.name import LONGEST, RESERVED
from . import former, later, oddity, proof, reach, reference, schedule, shares
from .fault import Fault
from .kinds.registry import NOT_APPLICABLE, OTHER, Rating
from .model import nearest
from .survey import Invite, SurveyDraft
from .toml.document import Path
from .validation_errors import unlisted

ITEMS = 3  # ratings of a satisfaction index
INDEXED = (1, 10)  # their scale


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of a survey: the declared events with their fields, the channels, and the business.

    `amounts` are the numeric fields of each event; `names` is the name of the business in each language.
    """

    events: Mapping[str, Sequence[str]]
    amounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    channels: Collection[str] = field(kw_only=True)

    def fitting(self, event: object) -> set[str]:
        """Return the placeholders whose values begin with a digit or a Latin letter in Hebrew."""
        numbers = self.amounts.get(event, ()) if isinstance(event, str) else ()
        return {*numbers, *(["business"] if proof.is_fitting(self.names.get("he", "")) else [])}


def inside(draft: SurveyDraft, around: Surroundings) -> Iterator[Fault]:
    """Yield what does not fit together inside one survey."""
    yield from _question_ids(draft)
    yield from _option_ids(draft)
    yield from _long_ids(draft)
    yield from former.inside(draft)
    yield from _core(draft)
    yield from _index(draft)
    yield from _pages(draft)
    yield from _notes(draft)
    yield from schedule.reminders(draft)
    yield from _channels(draft, around)
    yield from _invite(draft, around)
    yield from reference.conditions(draft)
    yield from reach.faults(draft)
    yield from reference.occasion(draft, around.events)
    yield from reference.placeholders(draft, around.events)
    yield from oddity.inside(draft)
    yield from _words(draft, around)


def between(drafts: Sequence[SurveyDraft], files: Collection[str] = ()) -> Iterator[Fault]:
    """Yield what does not fit together between the surveys of a business; `files` are the ids of all their files."""
    yield from _names(drafts)
    yield from former.between(drafts, files)
    yield from _touchpoints(drafts)
    yield from _targets(drafts)
    yield from shares.faults(drafts)
    yield from _draws([(draft, draft.head.invite) for draft in drafts if draft.head and draft.head.invite])


def _words(draft: SurveyDraft, around: Surroundings) -> Iterator[Fault]:
    fitting = around.fitting((draft.invite or {}).get("on"))
    for path, text in draft.texts():
        yield from proof.faults(draft.document.at(*path), text, fitting)
    for index, table in enumerate(draft.tables):
        for key in ("options", "rows"):
            yield from proof.twins(draft.document, ("question", index, key), table.get(key))


def _names(drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    seen: dict[str, SurveyDraft] = {}
    for draft in drafts:
        if (first := seen.setdefault(draft.id, draft)) is not draft:
            message = f"the survey id `{draft.id}` is taken by {first.document.file}"
            yield draft.document.fault((), message, "give one of the files another name")


def _touchpoints(drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    stages: dict[str, SurveyDraft] = {}
    for draft in drafts:
        first = stages.setdefault(draft.touchpoint, draft)
        if first.stage != draft.stage and first.id != draft.id:
            message = f"the touchpoint `{draft.touchpoint}` belongs to the stage {first.stage} in {first.document.file}"
            yield draft.document.fault(("touchpoint",), message, "a touchpoint has one stage")


def _targets(drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    """Yield the targets that differ between surveys of the same touchpoint."""
    aimed: dict[str, tuple[SurveyDraft, float]] = {}
    for draft in drafts:
        if draft.head is None or draft.head.target is None or not draft.head.scored:
            continue
        first, csat = aimed.setdefault(draft.touchpoint, (draft, draft.head.target.csat))
        if csat != draft.head.target.csat:
            message = f"the touchpoint `{draft.touchpoint}` has the target {csat:g} in {first.document.file}"
            hint = "a touchpoint has one target, and that one holds; write the same here, or none"
            yield draft.document.fault(("target", "csat"), message, hint, "warning")


def _draws(drawn: Sequence[tuple[SurveyDraft, Invite]]) -> Iterator[Fault]:
    chances: dict[str, float] = {}
    events: dict[str, str | None] = {}
    occasions: dict[str, str | bool | None] = {}
    for draft, invite in drawn:
        if invite.draw is None:
            continue
        chances[invite.draw] = chances.get(invite.draw, 0.0) + invite.sample
        if chances[invite.draw] > 1 + 1e-9:
            message = f"the chances of the draw `{invite.draw}` sum to {chances[invite.draw]:g}"
            hint = "give its surveys a `sample` that sums to 1 at most"
            yield draft.document.fault(("invite", "sample"), message, hint)
        if events.setdefault(invite.draw, invite.on) != invite.on:
            message = f"the draw `{invite.draw}` is about `{events[invite.draw]}` in another survey"
            yield draft.document.fault(("invite", "on"), message, "surveys share a draw only for the same event")
        elif occasions.setdefault(invite.draw, invite.about) != invite.about:
            message = f"the draw `{invite.draw}` is about another occasion in another survey"
            yield draft.document.fault(("invite", "about"), message, "give all surveys of a draw the same `about`")


def _question_ids(draft: SurveyDraft) -> Iterator[Fault]:
    places = [(("question", index, "id"), table.get("id")) for index, table in enumerate(draft.tables)]
    yield from _twice(draft, places)
    for path, id in places:
        if isinstance(id, str) and id in RESERVED:
            hint = f"the engine keeps {', '.join(sorted(RESERVED))} for itself"
            yield draft.document.fault(path, f"`{id}` cannot be the id of a question", hint)


def _option_ids(draft: SurveyDraft) -> Iterator[Fault]:
    for index, table in enumerate(draft.tables):
        for key in ("options", "rows"):
            yield from _twice(draft, _ids(index, table, key))
        for path, id in _ids(index, table, "options"):
            if id == NOT_APPLICABLE:
                hint = "write `not_applicable = true` instead of this option, or name it otherwise"
                yield draft.document.fault(path, f"`{id}` cannot be the id of an option", hint)
            elif id == OTHER and table.get("other") is True:
                hint = "`other = true` adds it; delete this option, or name it otherwise"
                yield draft.document.fault(path, f"`{id}` cannot be the id of an option", hint)


def _long_ids(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the ids that together make too long a name to store an answer under."""
    for index, table in enumerate(draft.tables):
        question = table.get("id")
        for path, row in _ids(index, table, "rows"):
            if len(name := f"{question}.{row}") > LONGEST:
                hint = f"{LONGEST} characters are the most; shorten one of its two ids"
                yield draft.document.fault(path, f"`{name}` is too long a name for a row's answers", hint)
        if table.get("other") is True and len(f"{question}.{OTHER}") > LONGEST:
            hint = f"shorten the question's id to {LONGEST - len(OTHER) - 1} characters"
            yield draft.document.fault(("question", index, "other"), "the question's id is too long for `other`", hint)


def _ids(index: int, table: Mapping[str, Any], key: str) -> list[tuple[Path, object]]:
    """Return the ids in a list of tables, each with its place in the file."""
    listed = table.get(key)
    tables = [one if isinstance(one, dict) else {} for one in listed] if isinstance(listed, list) else []
    return [(("question", index, key, at, "id"), one.get("id")) for at, one in enumerate(tables)]


def _twice(draft: SurveyDraft, places: Sequence[tuple[Path, object]]) -> Iterator[Fault]:
    first: dict[str, Path] = {}
    for path, id in places:
        if isinstance(id, str) and (taken := first.setdefault(id, path)) != path:
            line = draft.document.position(taken)[0]
            yield draft.document.fault(path, f"the id `{id}` is taken in line {line}", "give each an id of its own")


def _core(draft: SurveyDraft) -> Iterator[Fault]:
    core = [index for index, table in enumerate(draft.tables) if table.get("core") is True]
    for index in core[1:]:
        line = draft.document.position(("question", core[0], "core"))[0]
        hint = f"the question of line {line} is core already"
        yield draft.document.fault(("question", index, "core"), "a survey can have only one core question", hint)
    is_whole = 0 < len(draft.questions) == len(draft.tables)
    indexed = any(table.get("index") for table in draft.tables)
    if (
        is_whole
        and not (core or indexed)
        and draft.head
        and draft.head.scored
        and draft.head.mode != SurveyMode.ANONYMOUS
    ):
        hint = "mark its csat question with `core = true`, or the survey with `scored = false`"
        yield draft.document.fault((), "no question is core, so the survey has no CSAT", hint, "warning")
    if draft.questions and not any(question.asks for question in draft.questions.values()):
        yield draft.document.fault(("question",), "the survey asks nothing", "add a question that can be answered")


def _index(draft: SurveyDraft) -> Iterator[Fault]:
    items = [index for index, table in enumerate(draft.tables) if table.get("index") == "csi"]
    if len(items) not in (0, ITEMS):
        message = f"the satisfaction index is made of {ITEMS} ratings, and here {_are(len(items))} marked"
        hint = 'mark the ratings of satisfaction, of expectations and of the ideal with index = "csi", or none'
        yield draft.document.fault(("question", items[min(len(items), ITEMS + 1) - 1], "index"), message, hint)
    for index, rating in draft.questions.items():
        if not isinstance(rating, Rating):
            continue
        if rating.index and rating.bounds != INDEXED:
            message = f"a rating of the satisfaction index has the scale 1 to 10, not {rating.min} to {rating.max}"
            yield draft.document.fault(("question", index, "index"), message, "write min = 1 and max = 10")
        if "weight" in rating.model_fields_set and not rating.index:
            message = "`weight` says how much a rating counts in the satisfaction index, and this one is not in it"
            yield draft.document.fault(("question", index, "weight"), message, 'write index = "csi" too, or delete it')


def _are(n: int) -> str:
    return f"{n} {'is' if n == 1 else 'are'}"


def _pages(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the questions whose page number is lower than that of an earlier question."""
    current = 1
    for index, question in draft.questions.items():
        if question.page is not None and question.page < current:
            message = f"page {question.page} is over: the questions above are on page {current}"
            hint = f"write page = {current} or more, or move this question up"
            yield draft.document.fault(("question", index, "page"), message, hint)
        current = max(current, question.page or 1)


def _notes(draft: SurveyDraft) -> Iterator[Fault]:
    for index, question in draft.questions.items():
        for key in ("required", "was"):
            if not question.asks and getattr(question, key):
                message = f"`{key}` is about answers, and a {question.kind} has none"
                yield draft.document.fault(("question", index, key), message, "delete it", "warning")


def _channels(draft: SurveyDraft, around: Surroundings) -> Iterator[Fault]:
    """Yield the channels that are unknown or not available yet."""
    channels = (draft.invite or {}).get("channels")
    for index, one in enumerate(channels if isinstance(channels, list) else ()):
        at = ("invite", "channels", index)
        if not isinstance(one, str) or one in around.channels:
            continue
        if one in later.CHANNELS:
            message, hint = f"{later.CHANNELS[one]} are for a later version of the engine", "nobody gets any"
            yield draft.document.fault(at, message, f"{later.NO_EFFECT}: {hint}", "warning")
        else:
            message, hint = unlisted(one, sorted({*around.channels, *later.CHANNELS}))
            yield draft.document.fault(at, f"`channels` {message}", hint)


def _invite(draft: SurveyDraft, around: Surroundings) -> Iterator[Fault]:
    invite, fault = draft.invite, draft.document.fault
    if invite is None:
        return
    if ("on" in invite) == ("every" in invite):
        message = "an invitation has one occasion: either `on` or `every`"
        yield fault(("invite",), message, 'write on = "…" with the type of an event, or every = "180 days"')
    if "every" in invite and "on" not in invite:
        for key in ("cancel_on", "draw", "about"):
            if key in invite:
                message = f"`{key}` is about events, and no event starts this survey"
                yield fault(("invite", key), message, "delete it", "warning")
    yield from shares.inside(draft)
    undoing = invite.get("cancel_on")
    cancels = list(enumerate(undoing)) if isinstance(undoing, list) else []
    for path, event in ((("on",), invite.get("on")), *((("cancel_on", index), one) for index, one in cancels)):
        if isinstance(event, str) and around.events and event not in around.events:
            hint = nearest(event, around.events)
            yield fault(("invite", *path), f"no event `{event}` is declared in config.toml", hint, "warning")
    for index, event in cancels:
        if event == invite.get("on"):
            message = f"`{event}` would cancel what it starts"
            yield fault(("invite", "cancel_on", index), message, "name the event that undoes it")
