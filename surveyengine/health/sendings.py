"""Messages that do not get on, and whether anybody sends them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..project.presence import workers
from ..store import backlog, clock, stoppages, surveys
from ..store.backlog import Held
from ..store.stoppages import Stoppage
from ..values.enumeration import SendingState
from .deployment import Deployment
from .finding import Finding, counted, error, note, warning

PATIENCE = timedelta(hours=1)  # a message that was due so long ago is stuck
LEASE = timedelta(minutes=5)  # a claim is settled half a minute after its lease, where a worker runs
SILENCE = timedelta(minutes=5)  # after which a worker elsewhere is taken for gone; it tells every half minute
SEEN = "doctor.json"  # in data/: what was given up when `doctor` last looked
ARE, WERE = ("is", "are"), ("was", "were")
START = "start `surveyengine work` or `run`"
UNCERTAIN = (
    "find out by the mail server's log whether they left; `surveyengine retry --uncertain` sends them again, and"
    " some customers then get two"
)
RETRY = "when the cause is mended, `surveyengine retry --failed` gives them another chance"

Ended = Mapping[tuple[str, str], int]
"""How many messages were given up, by state and reason."""


@dataclass(frozen=True)
class Dispatch:
    """What is to be sent, and whether somebody does it."""

    stoppage: Stoppage
    works: bool
    held: Sequence[Held]
    per_minute: int


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is stuck, what was given up since the last look, and that nobody sends."""
    with deployment.reading() as connection:
        found = stoppages.stoppage(connection, deployment.now, PATIENCE, LEASE)
        beat, held = clock.beat(connection), backlog.held(connection)
        ended, planned = stoppages.given_up(connection), stoppages.planned_by_survey(connection)
        known = {one.survey for one in surveys.current(connection)}
    beats = deployment.file is None and beat is not None and beat.at > deployment.now - SILENCE
    works = beats or deployment.runs(workers(deployment.root))
    yield from waiting(Dispatch(found, works, held, deployment.config.sending.per_minute), deployment.now)
    yield from given_up(ended, _seen(deployment.data / SEEN))
    yield from orphaned(planned, {*deployment.project.files}, known)
    _remember(deployment.data / SEEN, ended)


def waiting(found: Dispatch, now: datetime) -> Iterator[Finding]:
    """Yield what does not leave."""
    stuck = found.stoppage
    if not found.works and stuck.due:
        yield error("no-worker", f"no worker runs, and {counted(stuck.due, 'message', ARE)} due", START)
    elif not found.works:
        yield warning("no-worker", "no worker runs: what falls due will not be sent", START)
    elif stuck.overdue and stuck.oldest:
        minutes = max(1, round(stuck.overdue / found.per_minute))
        words = f"a worker runs, but {counted(stuck.overdue, 'message', WERE)} due over an hour ago, the oldest since"
        advice = f"late ones leave at {found.per_minute} a minute, these in about {minutes}; else `surveyengine status`"
        yield error("overdue", f"{words} {stuck.oldest:%Y-%m-%d %H:%M} (UTC)", f"{advice} says what holds them up")
    if stuck.stranded:
        words = f"{counted(stuck.stranded, 'message', WERE)} taken by a worker that did not come back"
        advice = "a worker settles them within a minute; where one runs, its log or its clock says why it does not"
        yield error("stranded", words, advice if found.works else START)
    for one in found.held:
        whose = "refused for now" if one.is_own else "held up by the mail server or the network"
        words = f"{counted(one.n, 'message', WERE if one.is_own else ARE)} {whose}: {one.reason}"
        yield warning("held-up", words, "what is held up is tried again by itself")


def given_up(ended: Ended, seen: Ended | None) -> Iterator[Finding]:
    """Yield what failed or became uncertain since the last look, by reason; and how much had before."""
    fresh, since = Counter(ended) - Counter(seen or {}), "" if seen is None else " since the last look"
    for (state, reason), n in sorted(fresh.items(), key=lambda one: (-one[1], one[0])):
        if state == SendingState.FAILED:
            yield error("failed", f"{counted(n, 'message')} failed{since}: {reason}", RETRY)
        else:
            words = f"{counted(n, 'message')} may or may not have left{since}: {reason}"
            yield warning("uncertain", words, UNCERTAIN)
    both = ((SendingState.FAILED, "failed", RETRY), (SendingState.UNCERTAIN, "may or may not have left", UNCERTAIN))
    for state, verb, advice in both:
        before = sum(n for (one, reason), n in ended.items() if one == state) - sum(
            n for (one, reason), n in fresh.items() if one == state
        )
        if before:
            words = f"{counted(before, 'message')} {verb}, before the last look"
            yield note(f"{state.value}-before", words, advice)


def orphaned(planned: Mapping[str, int], files: Collection[str], known: Collection[str]) -> Iterator[Finding]:
    """Yield the invitations that wait for surveys which have no file, or were never served."""
    for survey, n in sorted(planned.items()):
        if survey not in files:
            gone = "whose file is gone" if survey in known else "which is not known"
            waiting = counted(n, "invitation", ("waits", "wait"))
            words = f"{waiting} for the survey {survey}, {gone}: nothing of it will be sent"
            yield warning("orphaned", words, "put the file back, or `surveyengine retire` the survey")


def remember(deployment: Deployment) -> None:
    """Take note of what was given up, as a look does, so that the next one tells only of what was since."""
    with deployment.reading() as connection:
        _remember(deployment.data / SEEN, stoppages.given_up(connection))


def _seen(path: Path) -> Ended | None:
    """Return what was given up at the last look; None where there was none."""
    try:
        return {(state, reason): int(n) for state, reason, n in json.loads(path.read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError):
        return None


def _remember(path: Path, ended: Ended) -> None:
    with suppress(OSError):  # the next look says the same again
        path.touch(mode=0o600)
        path.write_text(json.dumps([[*key, n] for key, n in ended.items()], ensure_ascii=False), encoding="utf-8")
