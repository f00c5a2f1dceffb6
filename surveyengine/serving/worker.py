"""The worker's jobs: APScheduler calls each at its interval. The queue of messages is our own table."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from .. import timekeeper
from ..channels.registry import open_all
from ..engine import Engine
from ..invitations.delivery import Post, deliver_one, recover
from ..invitations.recurring import plan_turns
from ..people import retention
from ..privacy.retention import Retention
from ..project.presence import PATIENCE, Presence, presence, workers
from ..store import allowances, drafts, funnel_tallies, segment_tallies, sendings, tallies
from ..store.engine.database import Unavailable
from .job import logged
from .signals import reach_main_thread
from .supervisor import give_up

BATCH = 500
SEND_EVERY, FOLD_EVERY, RECOVER_EVERY, TURNS_EVERY, FORGET_EVERY = 1, 5, 30, 60, 3600  # seconds
STOP_SECONDS = 21.0  # for what is under way when the worker is stopped
FOLDS = {"responses": tallies.fold, "": segment_tallies.advance, "invitations": funnel_tallies.fold}
IDLE = 5  # ticks of a job at once; all but one return at once
LOST = 0  # in place of a signal's number: the database is lost

log = logging.getLogger("surveyengine")


def work(engine: Engine, address: str) -> None:
    """Do what is due, again and again, until SIGTERM or SIGINT; what is under way is finished first.

    Exits with a status of 1 when the database is lost.
    """
    stopping = threading.Event()
    # A second signal may come while the first is handled, which an Event's lock would not survive.
    signals: SimpleQueue[int] = SimpleQueue()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda signum, _: signals.put(signum))
    reach_main_thread()
    engine.database.when_lost = lambda: signals.put(LOST)
    post, kept = _post(engine, address), Retention(engine)
    with presence(workers(engine.root)) as others:
        _begin(post, others)
        scheduler = _scheduler({
            lambda: send_all(post, stopping): SEND_EVERY,
            lambda: fold_all(engine, stopping): FOLD_EVERY,
            lambda: plan(engine, stopping.is_set): TURNS_EVERY,
            others.join: RECOVER_EVERY,
            lambda: settle(post, alone=False): RECOVER_EVERY,
            lambda: forget(engine): FORGET_EVERY,
            from_second(lambda: kept.look(stopping.is_set)): FORGET_EVERY,
        })  # fmt: skip
        scheduler.start()
        heard = _heard(signals, scheduler)
        stopping.set()
        _stop_in(STOP_SECONDS)
        scheduler.shutdown(wait=True)
    if heard == LOST:
        give_up()
        sys.exit(1)


def work_once(engine: Engine, address: str) -> Counter[str]:
    """Do all that is due now; return the number of messages that were tried by their state."""
    post = _post(engine, address)
    with presence(workers(engine.root)) as others:
        _begin(post, others)
        plan(engine)
        tried = send_all(post, threading.Event())
        fold_all(engine, threading.Event())
        forget(engine)
        Retention(engine).look()
        with engine.database.read() as connection:
            return sendings.states(connection, tried)


def send_all(post: Post, stopping: threading.Event) -> set[int]:
    """Send every message that is due and return the keys of those tried; nothing is sent while the clock is doubted."""
    moment, tried = post.engine.timekeeper.moment, set[int]()
    if now := moment():
        post.engine.library.refresh(now)
    with logged("send") as done:
        while not stopping.is_set() and (now := moment()) and (key := deliver_one(post, now)):
            tried.add(key)
        if tried:
            with post.engine.database.read() as connection:
                done.update(sendings.states(connection, tried))
    return tried


def plan(engine: Engine, stopped: Callable[[], bool] = lambda: False) -> None:
    """Plan recurring invitations, unless the clock is doubted."""
    with logged("plan") as done:
        if now := engine.timekeeper.moment():
            done["decided"] = plan_turns(engine, now, stopped)


def settle(post: Post, alone: bool) -> None:
    """Settle the messages of dead workers, unless the clock is doubted, which tells who is dead."""
    with logged("settle") as done:
        if now := post.engine.timekeeper.moment():
            done["settled"] = recover(post, now, alone)


def fold_all(engine: Engine, stopping: threading.Event) -> None:
    """Fold all new answers and changed invitations into the counts, BATCH of them in a transaction.

    Between the two, what a new field is said of is counted.
    """
    with logged("count") as done:
        for what, fold in FOLDS.items():
            folded = BATCH
            while folded == BATCH and not stopping.is_set():
                with engine.database.write() as connection:
                    folded = fold(connection, BATCH)
                done[what] += folded
        del done[""]


def forget(engine: Engine) -> None:
    """Delete expired drafts, past counts and what is past of people's doings, unless the clock is doubted."""
    if now := engine.timekeeper.moment():
        with logged("forget") as done, engine.database.write() as connection:
            done["drafts"] = drafts.drop_expired(connection, now)
            allowances.drop_past(connection, now)
            retention.drop_past(connection, now)


def _post(engine: Engine, address: str) -> Post:
    return Post(engine, open_all(engine.config, engine.root), address)


class Every(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Fires that many seconds after the last time, by the current clock.

    The library's own interval counts every tick that it missed: millions of them when a clock jumps ahead by a year.
    """

    def __init__(self, seconds: float) -> None:
        self.pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.pause if previous_fire_time else now


def _scheduler(jobs: Mapping[Callable[[], object], float]) -> BackgroundScheduler:
    """Return a scheduler that starts each job now, and again that many seconds after its last start."""
    defaults = {"coalesce": True, "max_instances": IDLE, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
    for job, seconds in jobs.items():
        scheduler.add_job(_ticking(job), Every(seconds), next_run_time=timekeeper.wall())
    return scheduler


def from_second(job: Callable[[], object]) -> Callable[[], object]:
    """Return the job without its first time: after an upgrade `doctor` can tell what will go before anything does."""
    times = itertools.count()
    return lambda: job() if next(times) else None


def _ticking(job: Callable[[], object]) -> Callable[[], None]:
    """Return the job as a tick that logs errors instead of raising them; the next tick tries again.

    A tick does nothing while an earlier one of the same job is at work.
    """
    is_idle = threading.Lock()

    def tick() -> None:
        if not is_idle.acquire(blocking=False):
            return
        try:
            job()
        except Unavailable:
            pass  # the database has told the log
        except Exception:
            log.exception("a job failed, and is tried again")
        finally:
            is_idle.release()

    return tick


def _begin(post: Post, others: Presence) -> None:
    """Settle the messages of dead workers, and join the living ones. On SQLite all workers are on this machine."""
    alone = others.is_alone() and post.engine.database.is_sqlite
    _ticking(lambda: settle(post, alone))()
    others.join(PATIENCE)


def _stop_in(seconds: float) -> None:
    """End this process after that many seconds, whatever it waits for; other workers recover what it has claimed."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def _heard(signals: SimpleQueue[int], scheduler: BackgroundScheduler) -> int:
    """Return the first signal; until then, jobs keep running when the clock is set back."""
    before = timekeeper.wall()
    while True:
        try:
            return signals.get(timeout=1)
        except Empty:
            now = timekeeper.wall()
        if now < before:
            for job in scheduler.get_jobs():
                job.modify(next_run_time=now)
        before = now
