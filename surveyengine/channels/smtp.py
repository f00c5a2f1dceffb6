"""The transport of `smtp:` and `smtps:`, which sends mails by SMTP."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from ..values.email_address import ascii_address
from . import failure
from .composing import composed
from .mime import Mail, as_bytes, header_text, sender
from .refusal import Blame, DeliveryError, SmtpStep, Uncertain, refusal
from .reply import Bounded

TIMEOUT = 30.0
GOODBYE = 2.0

_REPLY = re.compile(rb"([45]\d\d)[ -]([^\r\n]*)")
_SMTP = re.compile(
    r"(?P<scheme>smtps?)://((?P<user>[^:]+):(?P<password>.+)@)?(?P<host>\[[0-9a-f:.]+\]|[^\s:/@?#\[\]]+)(:(?P<port>\d{1,5}))?/?"
    r"(?P<private>\?starttls=required)?",
    re.IGNORECASE,
)


class _Plain(Bounded, smtplib.SMTP):
    """A connection with a time limit for each whole reply; the socket's own limit begins anew with every byte."""

    def getreply(self) -> tuple[int, bytes]:
        end = time.monotonic() + self.timeout
        alarm = threading.Timer(self.timeout, _hang_up, [self.sock])
        alarm.start()
        try:
            reply = super().getreply()
        finally:
            alarm.cancel()
        if time.monotonic() >= end:  # the part of the line that came by then may look like a reply
            self.close()
            raise smtplib.SMTPServerDisconnected(failure.SLOW)
        return reply


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class SmtpTransport:
    """Sends each mail in its own connection to one SMTP server.

    `timeout` is in seconds, for each reply; `goodbye` for the last one, when the mail is on its way.
    """

    repeatable: ClassVar[bool] = False
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    private: bool = False  # whether nothing is sent to a server that offers no TLS
    timeout: float = TIMEOUT
    goodbye: float = GOODBYE
    context: ssl.SSLContext = field(default_factory=cache(ssl.create_default_context), repr=False, compare=False)

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        body = _stuffed(as_bytes(composed(mail, now, seven_bit=True)))
        origin, recipient = sender(mail.from_)[1], ascii_address(mail.to)
        with contextlib.ExitStack() as stack:
            with _before_the_dot():
                server = stack.enter_context(contextlib.closing(self._connected(origin.rpartition("@")[2])))
                self._introduce(server)
                _begin(server, origin, recipient)
                server.send(body)
                _check_alive(server, self.timeout)
            handing_over()
            reference = _finish(server)
            _leave(server, self.goodbye)
        return reference

    def _connected(self, name: str) -> smtplib.SMTP:
        # The sender's domain greets: asking for this machine's own name can take seconds of DNS.
        if self.tls:
            return _Encrypted(self.host, self.port, name, timeout=self.timeout, context=self.context)
        return _Plain(self.host, self.port, name, timeout=self.timeout)

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not self.tls and server.has_extn("starttls"):
            server.starttls(context=self.context)
            server.ehlo_or_helo_if_needed()
        if self.private and not isinstance(server.sock, ssl.SSLSocket):
            why = failure.worded(failure.NO_STARTTLS, "STARTTLS")
            raise DeliveryError(why, permanent=False, blame=Blame.SERVER)
        if self.user and not _is_private(server):
            why = failure.worded(failure.NO_TLS, "it offers no TLS; smtps:// may be right")
            raise DeliveryError(why, permanent=False, blame=Blame.SERVER)
        if self.user:
            server.login(self.user, self.password)


@contextlib.contextmanager
def _before_the_dot() -> Iterator[None]:
    """Turn every failure in the block into a DeliveryError: the server has no mail yet, so it can be sent again.

    A refusal of the session (greeting, TLS, password) is the server's fault whatever its code: a mistyped password
    must not use up a day's invitations.
    """
    try:
        yield
    except smtplib.SMTPResponseException as fault:
        raise _refused(SmtpStep.SESSION, fault.smtp_code, fault.smtp_error) from fault
    except (OSError, ValueError) as fault:
        why = failure.worded(failure.UNUSABLE, header_text(str(fault)))
        raise DeliveryError(why, permanent=False, blame=Blame.SERVER) from fault


def _refused(step: SmtpStep, code: int, reply: bytes | str) -> DeliveryError:
    return refusal(step, code, _text(reply), _said(code, reply))


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply


def _said(code: int, reply: bytes | str) -> str:
    return header_text(f"{code} {_text(reply)}")[:300]


def _begin(server: smtplib.SMTP, origin: str, recipient: str) -> None:
    """Name the sender and the one recipient and open the data phase."""
    steps: tuple[tuple[SmtpStep, Callable[[str], tuple[int, bytes]], str, int], ...] = (
        (SmtpStep.SENDER, server.mail, origin, 2),
        (SmtpStep.RECIPIENT, server.rcpt, recipient, 2),
        (SmtpStep.MAIL, server.docmd, "DATA", 3),
    )
    for step, command, argument, welcome in steps:
        code, reply = command(argument)
        if code // 100 != welcome:
            _leave(server)
            raise _refused(step, code, reply)


def _stuffed(body: bytes) -> bytes:
    """Return the body with CRLF line ends and leading dots doubled (RFC 5321 4.5.2), so that no line can end it."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
    return re.sub(rb"(?m)^\.", b"..", lines if lines.endswith(b"\r\n") else lines + b"\r\n")


def _check_alive(server: smtplib.SMTP, timeout: float) -> None:
    """Raise when the server hung up or replied while the body was written; it has no mail yet."""
    if server.sock is None:
        raise smtplib.SMTPServerDisconnected(failure.BROKEN)
    server.sock.settimeout(0)
    try:
        early = server.sock.recv(512)
    except (BlockingIOError, ssl.SSLWantReadError):
        server.sock.settimeout(timeout)
        return
    found = _REPLY.match(early)
    if found:
        raise _refused(SmtpStep.MAIL, int(found[1]), found[2])
    said = header_text(_text(early)) or failure.HUNG_UP
    why = failure.worded(failure.BROKE_OFF, said)
    raise DeliveryError(why, permanent=False, blame=Blame.SERVER)


def _finish(server: smtplib.SMTP) -> str:
    """Write the final dot and return the server's reply; raises Uncertain where no readable reply comes."""
    try:
        server.send(b".\r\n")
        code, reply = server.getreply()
    except OSError as fault:
        raise Uncertain(failure.worded(failure.NO_REPLY, header_text(str(fault)))) from fault
    if 200 <= code <= 299:
        return _said(code, reply)
    if 400 <= code <= 599:
        raise _refused(SmtpStep.MAIL, code, reply)
    raise Uncertain(failure.worded(failure.UNREADABLE, _said(code, reply)))


def _leave(server: smtplib.SMTP, timeout: float = GOODBYE) -> None:
    """Say goodbye, and wait `timeout` seconds for the same; a failure of that is ignored."""
    with contextlib.suppress(OSError):
        if server.sock is not None:
            server.sock.settimeout(timeout)
        server.quit()


def _is_private(server: smtplib.SMTP) -> bool:
    """Whether the connection is encrypted, or stays on this machine."""
    sock = server.sock
    return isinstance(sock, ssl.SSLSocket) or bool(sock and ipaddress.ip_address(sock.getpeername()[0]).is_loopback)


def open_smtp(url: str, root: Path) -> SmtpTransport:
    """Return the transport to the server of the URL; raises ValueError for a wrong one."""
    # The URL may hold a password, so no message repeats any of it.
    found = _SMTP.fullmatch(url)
    if found is None or not 0 < int(found["port"] or 1) <= 65535:
        raise ValueError(
            "the e-mail url is not smtp://user:password@host:port, behind which only ?starttls=required may stand; "
            "in a user name or a password write % as %25, : as %3A and @ as %40"
        )
    user, password = unquote(found["user"] or ""), unquote(found["password"] or "")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise ValueError("the user name and the password in the e-mail url must be printable ASCII")
    tls, private = found["scheme"].lower() == "smtps", bool(found["private"])
    if tls and private:
        raise ValueError("the e-mail url is smtps://, which is encrypted anyway; leave ?starttls=required out")
    port = int(found["port"] or (465 if tls else 587))
    return SmtpTransport(found["host"].strip("[]"), port, user, password, tls, private)
