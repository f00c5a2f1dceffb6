"""The clock of the engine: APScheduler ticks, and each tick is one call. The queue is our own table."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from .. import timekeeper
from ..channels.registry import open_all
from ..engine import Engine
from ..invitations.delivery import Post, deliver_one, recover
from ..invitations.recurring import plan_turns
from ..store import allowances, drafts, sendings, tallies
from ..store.engine.database import Unavailable
from .presence import PATIENCE, Presence, presence
from .signals import reach_main_thread
from .supervisor import give_up

BATCH = 500
SEND_EVERY, FOLD_EVERY, RECOVER_EVERY, TURNS_EVERY, FORGET_EVERY = 1, 5, 30, 60, 3600  # seconds
STOP_SECONDS = 21.0  # that what is under way has when the worker is to stop
IDLE = 5  # ticks of a job at once, of which all but one have nothing to do
LOST = 0  # stands for a signal: the database is lost

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
    post = _post(engine, address)
    with presence(_lock(engine)) as others:
        _begin(post, others)
        scheduler = _scheduler({
            lambda: send_all(post, stopping): SEND_EVERY,
            lambda: fold_all(engine, stopping): FOLD_EVERY,
            lambda: plan(engine, stopping.is_set): TURNS_EVERY,
            others.join: RECOVER_EVERY,
            lambda: settle(post, alone=False): RECOVER_EVERY,
            lambda: forget(engine): FORGET_EVERY,
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
    """Do all that is due now; return how many messages were tried, by the state that they are in now."""
    post = _post(engine, address)
    with presence(_lock(engine)) as others:
        _begin(post, others)
        plan(engine)
        tried = send_all(post, threading.Event())
        fold_all(engine, threading.Event())
        forget(engine)
        with engine.database.read() as connection:
            return sendings.states(connection, tried)


def send_all(post: Post, stopping: threading.Event) -> set[int]:
    """Send every message that is due; return the keys of those that were tried. None is while the clock is doubted."""
    moment, tried = post.engine.timekeeper.moment, set[int]()
    if now := moment():
        post.engine.library.refresh(now)
    while not stopping.is_set() and (now := moment()) and (key := deliver_one(post, now)):
        tried.add(key)
    return tried


def plan(engine: Engine, stopped: Callable[[], bool] = lambda: False) -> None:
    """Plan what is asked every so often, unless the clock is doubted."""
    if now := engine.timekeeper.moment():
        plan_turns(engine, now, stopped)


def settle(post: Post, alone: bool) -> None:
    """Settle what dead workers have left, unless the clock is doubted, by which nobody knows who is dead."""
    if now := post.engine.timekeeper.moment():
        recover(post, now, alone)


def fold_all(engine: Engine, stopping: threading.Event) -> None:
    """Fold all new answers into the counts, some hundred in a transaction."""
    folded = BATCH
    while folded == BATCH and not stopping.is_set():
        with engine.database.write() as connection:
            folded = tallies.fold(connection, BATCH)


def forget(engine: Engine) -> None:
    """Let go of what was written in forms that can no longer be sent, and of what is counted no more.

    Nothing is while the clock is doubted.
    """
    if now := engine.timekeeper.moment():
        with engine.database.write() as connection:
            drafts.drop_expired(connection, now)
            allowances.drop_past(connection, now)


def _post(engine: Engine, address: str) -> Post:
    return Post(engine, open_all(engine.config, engine.root), address)


class Every(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """So many seconds after the last time, by the clock as it is now.

    The library's own interval counts every tick that it missed: millions of them when a clock jumps ahead by a year.
    """

    def __init__(self, seconds: float) -> None:
        self.pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.pause if previous_fire_time else now


def _scheduler(jobs: Mapping[Callable[[], object], float]) -> BackgroundScheduler:
    """Return a clock that does each job now, and again so many seconds after it was last begun."""
    defaults = {"coalesce": True, "max_instances": IDLE, "misfire_grace_time": None}
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
    for job, seconds in jobs.items():
        scheduler.add_job(_ticking(job), Every(seconds), next_run_time=timekeeper.wall())
    return scheduler


def _ticking(job: Callable[[], object]) -> Callable[[], None]:
    """Return the job as one that a database which is away does not stop: the next tick tries again.

    A tick that comes while the job is at work does nothing: it goes on with whatever there is to do.
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
    """Settle what dead workers have left, and join those that live. On SQLite all of them are on this machine."""
    alone = others.is_alone() and post.engine.database.is_sqlite
    _ticking(lambda: settle(post, alone))()
    others.join(PATIENCE)


def _lock(engine: Engine) -> Path:
    return engine.root / "data" / "worker.lock"


def _stop_in(seconds: float) -> None:
    """End this process then, whatever it still waits for; it has claimed nothing that another one does not recover."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def _heard(signals: SimpleQueue[int], scheduler: BackgroundScheduler) -> int:
    """Return the signal that comes. Meanwhile, a clock that is set back does not make the scheduler wait for it."""
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
