"""The ways a mail leaves: SMTP, a folder of .eml files, the terminal."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import smtplib
import socket
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import unquote

from ..values.email_address import ascii_address
from .mime import Mail, as_bytes, body_text, header_text, message, sender
from .refusal import Blame, DeliveryError, SmtpStep, Uncertain, refusal
from .reply import Bounded

TIMEOUT = 30.0
GOODBYE = 2.0

_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_REPLY = re.compile(rb"([45]\d\d)[ -]([^\r\n]*)")
_SMTP = re.compile(
    r"(?P<scheme>smtps?)://((?P<user>[^:]+):(?P<password>.+)@)?(?P<host>\[[0-9a-f:.]+\]|[^\s:/@?#\[\]]+)(:(?P<port>\d{1,5}))?/?"
    r"(?P<private>\?starttls=required)?",
    re.IGNORECASE,
)


class Channel(Protocol):
    repeatable: ClassVar[bool]  # whether sending the same mail again cannot double it

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        """Deliver `mail` and return the receiver's reference to it; DeliveryError or Uncertain otherwise.

        `handing_over` is called once, right before the point of no return; when it raises, nothing is delivered.
        """


def channel(url: str, root: Path) -> Channel:
    """The channel that `url` describes, files relative to `root`; ValueError when it describes none."""
    scheme, _, rest = url.partition(":")
    if not url.isprintable() or scheme.lower() not in _CHANNELS:
        raise ValueError("the e-mail url must start with file:, console:, smtp:// or smtps://, like file:data/outbox")
    return _CHANNELS[scheme.lower()](url, rest, root)


@dataclass(frozen=True)
class FileChannel:
    """Writes `<key>.eml` into a folder; a mail that is sent again takes its own place."""

    repeatable: ClassVar[bool] = True
    folder: Path

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        body = as_bytes(_compose(mail, now))
        target = self.folder / f"{_file_name(mail.key)}.eml"
        with _written(self.folder, body) as temporary:
            handing_over()
            with _writing(self.folder):
                temporary.replace(target)
                _sync_folder(self.folder)
        return str(target)


@dataclass(frozen=True)
class ConsoleChannel:
    """Prints the headers and the text of each mail."""

    repeatable: ClassVar[bool] = True

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        composed = _compose(mail, now)
        headers = "\n".join(f"{name}: {value}" for name, value in composed.items())
        encoding = sys.stdout.encoding or "utf-8"
        shown = f"{headers}\n\n{body_text(mail.text)}\n".encode(encoding, "backslashreplace").decode(encoding)
        handing_over()
        with _writing("the terminal"):
            print(shown, flush=True)
        return str(composed["Message-ID"])


class _Plain(Bounded, smtplib.SMTP):
    """A connection to a server that must have replied in time: the socket's own limit begins anew with every byte."""

    def getreply(self) -> tuple[int, bytes]:
        end = time.monotonic() + self.timeout
        alarm = threading.Timer(self.timeout, _hang_up, [self.sock])
        alarm.start()
        try:
            reply = super().getreply()
        finally:
            alarm.cancel()
        if time.monotonic() >= end:  # what came of the line by then may look like a reply
            self.close()
            raise smtplib.SMTPServerDisconnected("it took too long to reply")
        return reply


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class SmtpChannel:
    """Hands each mail to one SMTP server, in a connection of its own; `timeout` in seconds holds for every reply."""

    repeatable: ClassVar[bool] = False
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    private: bool = False  # whether nothing is sent to a server that offers no TLS
    timeout: float = TIMEOUT
    context: ssl.SSLContext = field(default_factory=cache(ssl.create_default_context), repr=False, compare=False)

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        body = _stuffed(as_bytes(_compose(mail, now, seven_bit=True)))
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
            _leave(server)
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
            why = "the server offers no STARTTLS, which the e-mail url requires, so nothing was sent"
            raise DeliveryError(why, permanent=False, blame=Blame.SERVER)
        if self.user and not _is_private(server):
            why = "the server offers no TLS, so the password was not sent; smtps:// may be right"
            raise DeliveryError(why, permanent=False, blame=Blame.SERVER)
        if self.user:
            server.login(self.user, self.password)


def _compose(mail: Mail, now: datetime, seven_bit: bool = False) -> EmailMessage:
    try:
        sender(mail.from_)
    except ValueError as fault:
        raise DeliveryError(f"[email] from is {fault}", permanent=False, blame=Blame.US) from fault
    try:
        return message(mail, now, seven_bit)
    except ValueError as fault:
        raise DeliveryError(str(fault), permanent=True) from fault


def _file_name(key: str) -> str:
    return key if _FILE_NAME.fullmatch(key) else sha256(key.encode("utf-8", "replace")).hexdigest()


@contextlib.contextmanager
def _written(folder: Path, body: bytes) -> Iterator[Path]:
    """A file in `folder` that holds `body` durably, gone at the end unless it was renamed."""
    with _writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with _writing(folder), os.fdopen(number, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def _writing(place: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        why = f"cannot write into {place}: {fault.strerror or fault}"
        raise DeliveryError(why, permanent=False, blame=Blame.US) from fault


@contextlib.contextmanager
def _before_the_dot() -> Iterator[None]:
    """Whatever goes wrong in here, the server has no mail and it may be sent again.

    A refusal of the session itself (greeting, TLS, password) says nothing about the mail, whatever its code: a mistyped
    password must not use up a day's invitations.
    """
    try:
        yield
    except smtplib.SMTPResponseException as fault:
        raise _refused(SmtpStep.SESSION, fault.smtp_code, fault.smtp_error) from fault
    except (OSError, ValueError) as fault:
        why = f"the mail server could not be used: {header_text(str(fault))}"
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
    """The body with CRLF line ends only and its leading dots doubled (RFC 5321 4.5.2), so that no line can end it."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
    return re.sub(rb"(?m)^\.", b"..", lines if lines.endswith(b"\r\n") else lines + b"\r\n")


def _check_alive(server: smtplib.SMTP, timeout: float) -> None:
    """Raise when the server has hung up, or spoken out of turn, while the body was written: it still has no mail."""
    if server.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection broke while the mail was written")
    server.sock.settimeout(0)
    try:
        early = server.sock.recv(512)
    except (BlockingIOError, ssl.SSLWantReadError):
        server.sock.settimeout(timeout)
        return
    found = _REPLY.match(early)
    if found:
        raise _refused(SmtpStep.MAIL, int(found[1]), found[2])
    said = header_text(_text(early)) or "it hung up"
    why = f"the server broke off before the mail was complete: {said}"
    raise DeliveryError(why, permanent=False, blame=Blame.SERVER)


def _finish(server: smtplib.SMTP) -> str:
    """Write the final dot and return the server's reply; from here on silence means that nobody knows."""
    try:
        server.send(b".\r\n")
        code, reply = server.getreply()
    except OSError as fault:
        raise Uncertain(f"the connection broke after the mail was handed over: {header_text(str(fault))}") from fault
    if 200 <= code <= 299:
        return _said(code, reply)
    if 400 <= code <= 599:
        raise _refused(SmtpStep.MAIL, code, reply)
    raise Uncertain(f"the server's answer to the mail is unreadable: {_said(code, reply)}")


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; what becomes of that changes nothing."""
    with contextlib.suppress(OSError):
        if server.sock is not None:
            server.sock.settimeout(GOODBYE)
        server.quit()


def _is_private(server: smtplib.SMTP) -> bool:
    """Whether nobody on the way can read along: the connection is encrypted, or stays on this machine."""
    sock = server.sock
    return isinstance(sock, ssl.SSLSocket) or bool(sock and ipaddress.ip_address(sock.getpeername()[0]).is_loopback)


def _file_channel(url: str, rest: str, root: Path) -> Channel:
    path = unquote(rest.removeprefix("//") if rest.startswith("///") else rest)
    if not path or path.startswith("//") or not path.isprintable():
        raise ValueError("the e-mail url names no folder; one like file:data/outbox would be right")
    return FileChannel(root / path)


def _console_channel(url: str, rest: str, root: Path) -> Channel:
    if rest.strip("/"):
        raise ValueError("the e-mail url has something after console:; console: alone would be right")
    return ConsoleChannel()


def _smtp_channel(url: str, rest: str, root: Path) -> Channel:
    # The url may hold a password: no message of ours repeats any of it.
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
    return SmtpChannel(found["host"].strip("[]"), port, user, password, tls, private)


_CHANNELS = {"file": _file_channel, "console": _console_channel, "smtp": _smtp_channel, "smtps": _smtp_channel}
