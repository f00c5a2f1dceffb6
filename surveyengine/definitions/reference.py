"""Checks that the names in conditions and placeholders exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from . import comparison
from .condition import Condition, Test, holds
from .fault import Fault
from .kinds.registry import NOT_APPLICABLE, Matrix, Part, Question
from .leftover import MEANT
from .model import nearest
from .survey import SurveyDraft
from .text import LONGEST, Placeholder, parts
from .toml.document import Path

ALWAYS_KNOWN = ("business", "name", "language")
ALWAYS_FILLED = ("business", "language")
NO_EVENT = "no event starts this survey"
ABOUT_CUSTOMER = ("language", "account", "role")


def conditions(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the tests of what no earlier question answers, and those that no answer, or every answer, passes."""
    ids = [table.get("id") for table in draft.tables]
    for index, table in enumerate(draft.tables):
        for path, name, test in _tests(table.get("show_if")):
            at = ("question", index, "show_if", *path)
            if (asked := name.partition(".")[0]) not in ids[:index]:
                missing = name if "." in name and asked not in ids else asked
                yield draft.document.fault(at, *_absent(missing, ids, index))
                continue
            earlier = draft.questions.get(ids.index(asked))
            if earlier is not None and (complaint := _unanswered(earlier, name) or _unfit(earlier, name, test)):
                yield draft.document.fault(at, *complaint)
            elif earlier is not None and (idle := _idle(earlier, name, test)):
                yield draft.document.fault(at, *idle, "warning")


def occasion(draft: SurveyDraft, events: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Yield the fields in `when` and `about` that the event does not carry."""
    fields = _fields(draft, events)
    yield from _spelled(draft)
    if draft.invite is None or fields is None:
        return
    known = (*fields, *ABOUT_CUSTOMER)
    for path, name, _ in _tests(draft.invite.get("when")):
        if name not in known:
            event = draft.invite.get("on")
            message = f"the event `{event}` carries no `{name}`" if event else f"{NO_EVENT}, so there is no `{name}`"
            yield draft.document.fault(("invite", "when", *path), message, nearest(name, known))
    event, about = draft.invite.get("on"), draft.invite.get("about")
    if event and isinstance(about, str) and about.strip() and about not in (*fields, "customer"):
        message = f"the event `{event}` carries no `{about}`, so each is an occasion of its own"
        yield draft.document.fault(("invite", "about"), message, nearest(about, fields))


def placeholders(draft: SurveyDraft, events: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Yield the placeholders that nothing fills."""
    fields = _fields(draft, events)
    for path, text in draft.texts():
        for language, sentence in text.items():
            for part in parts(sentence) if isinstance(sentence, str) and len(sentence) <= LONGEST else ():
                if isinstance(part, Placeholder):
                    yield from _placeholder(draft, (*path, language), part, fields)


def _fields(draft: SurveyDraft, events: Mapping[str, Sequence[str]]) -> Sequence[str] | None:
    """Return the fields of the survey's event: () where the calendar starts it, None where they are not declared."""
    if draft.invite and "every" in draft.invite and "on" not in draft.invite:
        return ()
    event = draft.invite.get("on") if draft.invite else None
    return events.get(event) if isinstance(event, str) else None


def _tests(raw: Any) -> list[tuple[Path, str, Test]]:
    """Return the tests of a condition in the file; [] where the condition itself is invalid."""
    try:
        return list(Condition.model_validate(raw).walk()) if raw is not None else []
    except ValidationError:
        return []


def _absent(name: str, ids: Sequence[object], index: int) -> tuple[str, str]:
    """Return why the question at `index` of `ids` cannot depend on the one called `name`, and what would be right."""
    if name == ids[index]:
        return f"the question `{name}` cannot depend on its own answer", "name an earlier question"
    if name in ids:
        return f"the question `{name}` comes later", f"a condition looks back: move this question below `{name}`"
    earlier = [one for one in ids[:index] if isinstance(one, str)]
    return f"there is no question `{name}`", nearest(name, earlier) or "no question comes earlier than this one"


def _unanswered(question: Question, name: str) -> tuple[str, str] | None:
    """Return why the question has no answer of that name, and what would be right; None where it has."""
    if not question.asks:
        return f"`{question.id}` is a note, which has no answer", "name a question that is answered"
    parts = [part.id for part in question.parts]
    if name in parts:
        return None
    if isinstance(question, Matrix):
        hint = nearest(name, parts) if "." in name else f'name one of its rows, in quotes: "{parts[0]}"'
        return f"`{name}` has no answer, because `{question.id}` is a matrix that is answered row by row", hint
    return f"there is nothing called `{name}`", nearest(name, parts)


def _unfit(question: Question, name: str, test: Test) -> tuple[str, str] | None:
    """Return why no answer passes the test, and what would be right; None where one may."""
    part = next(part for part in question.parts if part.id == name)
    if test.compares and not part.measured:
        hint = "name its options instead: [ … ]" if part.offered else "write { answered = true }"
        return f"the answer to `{name}` ({question.kind}) has no size to compare", hint
    for value in test.named:
        if isinstance(value, str) and part.measured and value != NOT_APPLICABLE:
            meant = comparison.meant(value)
            hint = f"write {meant}" if meant else "write a number, without quotes"
            return f"`{name}` is answered by a number, not by a text", hint
        if part.offered and not any(_equal(option.value, value) for option in part.offered):
            return f"`{name}` never has the answer {_toml(value)}", _offered(part, value)
    if part.offered and test.compares and not any(_passes(test, value) for value in _steps(part)):
        return f"no answer to `{name}` passes this", _range(part)
    return None


def _idle(question: Question, name: str, test: Test) -> tuple[str, str] | None:
    """Return why every answer passes the comparison, and what would be right; None where one may not."""
    part = next(part for part in question.parts if part.id == name)
    steps = _steps(part) if part.offered and test.compares else []
    if steps and not test.named and all(_passes(test, value) for value in steps):
        hint = f"{_range(part)}; for whoever answered at all write {{ answered = true }}"
        return f"every answer to `{name}` passes this", hint
    return None


def _spelled(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the tests of `when` that compare with a text such as "> 100" where a number is meant."""
    for path, name, test in _tests((draft.invite or {}).get("when")):
        for value in test.named:
            if isinstance(value, str) and (meant := comparison.signed(value)):
                message = f"`{name}` is compared with the text `{value}`, which no event carries"
                yield draft.document.fault(("invite", "when", *path), message, f"write {meant}")


def _equal(offered: str, value: object) -> bool:
    """Whether an offered value, always a text, equals the value of a test."""
    if isinstance(value, bool | str):
        return offered == value
    return offered.isdecimal() and int(offered) == value


def _steps(part: Part) -> list[int]:
    return [int(option.value) for option in part.offered if option.value.isdecimal()]


def _range(part: Part) -> str:
    return f"the answers are {_steps(part)[0]} to {_steps(part)[-1]}"


def _passes(test: Test, value: int) -> bool:
    sizes = Test(at_least=test.at_least, at_most=test.at_most, above=test.above, below=test.below)
    return holds(Condition.model_construct(tests={"": sizes}, any_=()), {"": value})


def _offered(part: Part, value: object) -> str:
    if part.measured:
        return _range(part)
    word = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    return nearest(str(word), [option.value for option in part.offered])


def _toml(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _placeholder(draft: SurveyDraft, at: Path, part: Placeholder, fields: Sequence[str] | None) -> Iterator[Fault]:
    hole = f"{{{part.name}}}"
    if fields is not None and part.name not in (*fields, *ALWAYS_KNOWN):
        hint = nearest(part.name, (*fields, *ALWAYS_KNOWN))
        why = f"the event carries no `{part.name}`" if (draft.invite or {}).get("on") else NO_EVENT
        yield draft.document.fault(at, f"nothing fills {hole}: {why}", hint)
    elif fields is None and MEANT.get(part.name) in ALWAYS_KNOWN:
        ours = f"{{{MEANT[part.name]}}}" if part.fallback is None else f"{{{MEANT[part.name]}|{part.fallback}}}"
        message = f"{hole} is empty wherever no event and no link carries a `{part.name}`"
        yield draft.document.fault(at, message, f"write {ours}, which the engine fills itself", "warning")
    elif draft.invite is None and part.fallback is None and part.name not in ALWAYS_FILLED:
        message, hint = f"{hole} stays empty for those who come by an open link", f"write {{{part.name}|…}}"
        yield draft.document.fault(at, message, hint, "warning")
