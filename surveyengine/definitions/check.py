"""What one table cannot know: whether the parts of a survey, and the surveys of a business, fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .condition import Condition, Test
from .fault import Fault
from .model import nearest
from .question import NOT_APPLICABLE, Question, Scale
from .survey import Draft, Invite
from .text import Placeholder, parts
from .wording import faults as wording_faults

RESERVED = frozenset({"form", "lang", "embed", "kiosk", "any"})
ALWAYS_KNOWN = ("business", "name", "language")
ABOUT_CUSTOMER = ("language", "account", "role")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Surroundings:
    """What a survey stands among: the declared events with their fields."""

    events: Mapping[str, Sequence[str]]


def inside(draft: Draft, around: Surroundings) -> Iterator[Fault]:
    """Yield what does not fit together inside one survey."""
    yield from _ids(draft)
    yield from _core(draft)
    yield from _conditions(draft)
    if draft.head and draft.head.invite:
        yield from _invite(draft, draft.head.invite, around)
    yield from _texts(draft, around)


def between(drafts: Sequence[Draft]) -> Iterator[Fault]:
    """Yield what does not fit together between the surveys of a business."""
    seen: dict[str, Draft] = {}
    for draft in drafts:
        if (first := seen.setdefault(draft.id, draft)) is not draft:
            yield draft.document.fault(
                (), f"the survey id `{draft.id}` is taken by {first.document.file}", "rename one of the files"
            )
    stages: dict[str, Draft] = {}
    for draft in drafts:
        touchpoint = draft.head.touchpoint or draft.id if draft.head else draft.id
        if (first := stages.setdefault(touchpoint, draft)).stage != draft.stage and first.id != draft.id:
            message = f"the touchpoint `{touchpoint}` belongs to the stage {first.stage} in {first.document.file}"
            yield draft.document.fault(("touchpoint",), message, "a touchpoint has one stage")
    yield from _draws(drafts)


def _draws(drafts: Sequence[Draft]) -> Iterator[Fault]:
    shares: dict[str, float] = {}
    occasions: dict[str, str | None] = {}
    for draft in drafts:
        invite = draft.head.invite if draft.head else None
        if invite is None or invite.draw is None:
            continue
        shares[invite.draw] = shares.get(invite.draw, 0.0) + invite.sample
        if shares[invite.draw] > 1 + 1e-9:
            hint = f"surveys that share the draw `{invite.draw}` may not sum to more than 1"
            yield draft.document.fault(
                ("invite", "sample"), f"the chances of the draw sum to {shares[invite.draw]:g}", hint
            )
        if occasions.setdefault(invite.draw, invite.on) != invite.on:
            message = f"the draw `{invite.draw}` is about `{occasions[invite.draw]}` in another survey"
            yield draft.document.fault(("invite", "on"), message, "surveys share a draw only for the same event")


def _tables(draft: Draft) -> list[dict[str, Any]]:
    tables = draft.document.data.get("question")
    return [table if isinstance(table, dict) else {} for table in tables] if isinstance(tables, list) else []


def _ids(draft: Draft) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, table in enumerate(_tables(draft)):
        id = table.get("id")
        if not isinstance(id, str):
            continue
        if id in RESERVED:
            hint = f"reserved are {', '.join(sorted(RESERVED))}"
            yield draft.document.fault(("question", index, "id"), f"the id `{id}` is the engine's own", hint)
        if first.setdefault(id, index) != index:
            line = draft.document.position(("question", first[id], "id"))[0]
            hint = "each question needs an id of its own"
            yield draft.document.fault(
                ("question", index, "id"), f"the id `{id}` is taken by the question in line {line}", hint
            )


def _core(draft: Draft) -> Iterator[Fault]:
    core = [index for index, table in enumerate(_tables(draft)) if table.get("core") is True]
    for index in core[1:]:
        line = draft.document.position(("question", core[0], "core"))[0]
        hint = f"the question in line {line} is core already"
        yield draft.document.fault(("question", index, "core"), "a survey has one core question", hint)
    if not core and draft.head and draft.head.scored and draft.head.mode != "anonymous":
        hint = "mark its csat question with `core = true`, or the survey with `scored = false`"
        yield draft.document.fault((), "no question is core, so the survey has no CSAT", hint, "warning")
    if draft.questions and not any(question.asks for question in draft.questions.values()):
        yield draft.document.fault(("question",), "the survey asks nothing", "add a question that can be answered")


def _conditions(draft: Draft) -> Iterator[Fault]:
    ids = [table.get("id") for table in _tables(draft)]
    for index, question in draft.questions.items():
        if question.show_if is None:
            continue
        for path, name, test in question.show_if.walk():
            at = ("question", index, "show_if", *path)
            if name not in ids[:index]:
                yield _absent(draft, at, name, [one for one in ids[:index] if isinstance(one, str)], name in ids)
                continue
            earlier = draft.questions.get(ids.index(name))
            if earlier is not None and (complaint := _unfit(earlier, test)):
                yield draft.document.fault(at, *complaint)


def _absent(draft: Draft, at: Path, name: str, earlier: Iterable[str], later: bool) -> Fault:
    if later:
        return draft.document.fault(
            at, f"the question `{name}` does not come earlier", "a condition looks back; move the question down"
        )
    return draft.document.fault(at, f"no question `{name}` comes earlier", nearest(name, earlier))


def _unfit(question: Question, test: Test) -> tuple[str, str] | None:
    """Return why a question's answers could never meet the test, and what would be right; None where they could."""
    if not question.asks:
        return f"`{question.id}` is a note, which has no answer", "name a question that is answered"
    if test.compares and not isinstance(question, Scale) and question.kind != "number":
        return (
            f"`{question.id}` is of the kind {question.kind}, which has no size",
            'test it with its options, such as "…" or ["…", "…"]',
        )
    values = {option.value for option in question.offered}
    if not values or question.kind == "number":
        return None
    for value in test.named:
        if str(value) not in values or isinstance(value, bool):
            return f"`{question.id}` never has the answer `{value}`", nearest(str(value), values)
        if isinstance(question, Scale) and isinstance(value, str) and value != NOT_APPLICABLE:
            return f"`{question.id}` has numbers for answers", f"write {value} without quotes"
    return None


def _invite(draft: Draft, invite: Invite, around: Surroundings) -> Iterator[Fault]:
    fault = draft.document.fault
    if invite.on in invite.cancel_on:
        yield fault(
            ("invite", "cancel_on"), f"`{invite.on}` would cancel what it starts", "name the event that undoes it"
        )
    for path, event in (
        (("invite", "on"), invite.on),
        *((("invite", "cancel_on", i), e) for i, e in enumerate(invite.cancel_on)),
    ):
        if event and around.events and event not in around.events:
            yield fault(
                path, f"no event `{event}` is declared in config.toml", nearest(event, around.events), "warning"
            )
    if invite.when is not None and invite.on is not None and invite.on in around.events:
        yield from _when(draft, invite.when, (*around.events[invite.on], *ABOUT_CUSTOMER))
    for key, value in (("every", invite.every), ("remind", invite.remind), ("channels", "sms" in invite.channels)):
        if value:
            hint = "it is read, and has no effect yet"
            what = "text messages are" if key == "channels" else f"`{key}` is"
            yield fault(("invite", key), f"{what} for a later version of the engine", hint, "warning")


def _when(draft: Draft, when: Condition, known: Sequence[str]) -> Iterator[Fault]:
    for path, name, _ in when.walk():
        if name not in known:
            yield draft.document.fault(
                ("invite", "when", *path), f"the event carries no `{name}`", nearest(name, known)
            )


def _texts(draft: Draft, around: Surroundings) -> Iterator[Fault]:
    invite = draft.head.invite if draft.head else None
    fields = around.events.get(invite.on or "") if invite else None
    for path, language, sentence in _sentences(draft.document.data, ()):
        for part in parts(sentence):
            if isinstance(part, Placeholder) and part.name not in ALWAYS_KNOWN:
                yield from _placeholder(draft, path, part, fields, invite)
        for complaint in wording_faults(language, sentence):
            yield draft.document.fault(path, complaint, "", "warning")


def _placeholder(
    draft: Draft, path: Path, part: Placeholder, fields: Sequence[str] | None, invite: Invite | None
) -> Iterator[Fault]:
    if fields is not None and part.name not in fields:
        hint = nearest(part.name, (*fields, *ALWAYS_KNOWN))
        yield draft.document.fault(path, f"the event carries no `{part.name}` for the placeholder", hint)
    elif invite is None and part.fallback is None:
        hint = f"write {{{part.name}|…}} for those who come by an open link"
        yield draft.document.fault(path, f"`{{{part.name}}}` has no fallback", hint, "warning")


def _sentences(value: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield every text of the file: its path, its language, its sentence."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _sentences(item, (*path, index))
    elif isinstance(value, dict):
        is_text = bool(value) and all(isinstance(one, str) and len(key) == 2 for key, one in value.items())
        for key, one in value.items():
            if is_text:
                yield (*path, key), key, one
            else:
                yield from _sentences(one, (*path, key))
