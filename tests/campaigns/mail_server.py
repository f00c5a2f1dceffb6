"""A mail server that fails in sixteen ways and recovers: each invitation ends as it should, none is doubled."""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from random import Random
from typing import ClassVar

from surveyengine.channels.channel import Transport
from surveyengine.channels.mime import Mail
from surveyengine.channels.refusal import DeliveryError, Uncertain
from surveyengine.channels.smtp import SmtpTransport
from surveyengine.engine import Engine
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from tests.channels.test_channel import DRIP, DROP, ENDLESS, HANG, Script
from tests.support import business
from tests.support.posts import by_mail

from .figures import Figures
from .ground import Ground, stored

CUSTOMERS, CONVERSATIONS, TIMEOUT = 3, 8, 0.3
BEGIN = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
FAILING = tuple(timedelta(minutes=minutes) for minutes in (0, 2, 20))  # when it is tried while the server fails
MENDED = tuple(timedelta(hours=hours) for hours in (2, 4, 8, 24))


@dataclass(frozen=True)
class Mode:
    """What a server says at a step, and how the invitations that meet it may end."""

    says: dict[str, str]
    ends: tuple[str, ...] = ("sent",)
    port: bool = True  # whether anybody listens
    tls: bool = False


MODES = {
    "refuses connections": Mode({}, port=False),
    "hangs before its greeting": Mode({"greeting": HANG}),
    "greets with 421": Mode({"greeting": "421 busy"}),
    "greets with 554": Mode({"greeting": "554 no service"}),
    "has no TLS where TLS is wanted": Mode({}, tls=True),
    "breaks off at EHLO": Mode({"EHLO": DROP}),
    "refuses our sender": Mode({"MAIL": "550 not you"}),
    "greylists": Mode({"RCPT": "451 4.7.1 greylisted"}),
    "knows no such mailbox": Mode({"RCPT": "550 5.1.1 no such user"}, ("failed",)),
    "drips its reply": Mode({"RCPT": DRIP}),
    "never ends its reply": Mode({"RCPT": ENDLESS}),
    "refuses DATA for now": Mode({"DATA": "451 later"}),
    "is full": Mode({"dot": "452 4.3.1 insufficient system storage"}),
    "refuses the mail": Mode({"dot": "554 5.6.0 no"}, ("failed",)),
    "breaks off after the dot": Mode({"dot": DROP}, ("uncertain", "sent")),
    "hangs after the dot": Mode({"dot": HANG}, ("uncertain", "sent")),
}


class Server:
    """A mail server that does as it is told to, in several conversations at a time."""

    def __init__(self, says: dict[str, str]) -> None:
        self._says = says
        self.closing = threading.Event()
        self._scripts: list[Script] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve) for _ in range(CONVERSATIONS)]

    @property
    def mailed(self) -> list[str]:
        """Whom it took mails for."""
        bodies = [body for script in self._scripts for body in script.accepted]
        return [re.sub(r".*<|>.*", "", str(message_from_bytes(body)["To"])) for body in bodies]

    def _serve(self) -> None:
        while not self.closing.is_set():
            script = Script(self._says, closing=self.closing)
            self._scripts.append(script)
            with suppress(OSError, UnicodeDecodeError):  # who begins with TLS speaks no text
                script.serve(self._listener)

    def __enter__(self) -> Server:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes those who wait for somebody
        for thread in self._threads:
            thread.join()
        self._listener.close()


@dataclass(frozen=True)
class Careless:
    """For a control: a channel that takes for undelivered what may have been delivered."""

    channel: SmtpTransport
    repeatable: ClassVar[bool] = False

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        try:
            return self.channel.send(mail, now, handing_over)
        except Uncertain as error:
            raise DeliveryError(str(error), permanent=False) from error


def trial(ground: Ground, chance: Random, modes: Sequence[str] = tuple(MODES)) -> Figures:
    """Meet each mode in turn, in any order, each with customers of its own."""
    ground.project()
    total = Figures(trials=1)
    with ground.engine() as engine:
        for mode in chance.sample(modes, len(modes)):
            total += _meet(engine, mode, lambda channel: channel)
    return total


def control(ground: Ground, chance: Random) -> Figures:
    """A channel that sends again where the server broke off after the dot."""
    ground.project()
    with ground.engine() as engine:
        return Figures(trials=1) + _meet(engine, "breaks off after the dot", Careless)


def _meet(engine: Engine, name: str, kind: Callable[[SmtpTransport], Transport[Mail]]) -> Figures:
    """Send to a server that fails, and later on to the same one without a fault."""
    mode, prefix = MODES[name], name.replace(" ", "-").lower()
    take(engine, [business.delivered(f"{prefix}-{n}", BEGIN, f"{prefix}-{n}") for n in range(CUSTOMERS)], BEGIN)
    with Server(mode.says) as server, _nobody() as nowhere:
        port = server.port if mode.port else nowhere
        failing = SmtpTransport("127.0.0.1", port, tls=mode.tls, timeout=TIMEOUT)
        _send(engine, kind(failing), FAILING)
    with Server({}) as mended:
        _send(engine, kind(SmtpTransport("127.0.0.1", mended.port)), MENDED)
    messages = [one for one in stored(engine).messages if one[0].startswith(f"{prefix}-")]
    return judge(name, mode.ends, messages, [*server.mailed, *mended.mailed])


def judge(name: str, ends: Sequence[str], messages: Sequence[tuple[str, str]], mailed: Sequence[str]) -> Figures:
    """Return what is wrong with how the messages that met a mode ended."""
    counts = Counter(mailed)
    faults = [f"{name}: {state}" for _, state in messages if state not in ends]
    faults += [f"{name}: {state}, which the server knows otherwise" for whom, state in messages
               if state == ("failed" if counts[whom] else "sent")]  # fmt: skip
    doubled = sum(count > 1 for count in counts.values())
    seen = Counter(state for _, state in messages) + Counter(modes=1, mails=len(mailed))
    return Figures(doubled=doubled, faults=tuple(faults), seen=seen)


def _send(engine: Engine, channel: Transport[Mail], moments: Sequence[timedelta]) -> None:
    post = by_mail(engine, channel, "https://feedback.example.com")
    for moment in moments:
        while deliver_one(post, BEGIN + moment):
            pass


@contextmanager
def _nobody() -> Iterator[int]:
    """A port that is taken, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
