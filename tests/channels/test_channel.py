"""Channels against real servers: a well-behaved one, and one that fails at each step of the conversation."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from surveyengine.channels.channel import Transport
from surveyengine.channels.console import ConsoleTransport
from surveyengine.channels.email import EMAIL
from surveyengine.channels.folder import FolderTransport
from surveyengine.channels.mime import Mail
from surveyengine.channels.refusal import Blame, DeliveryError, SmtpStep, Uncertain, whose
from surveyengine.channels.smtp import SmtpTransport
from tests.support.mails import MAIL, NOW

TOO_BIG_TO_BUFFER = replace(MAIL, text=("x" * 900 + "\n") * 7_000, html="")
DROP, RESET, HANG, DRIP, ENDLESS = "drop", "reset", "hang", "drip", "endless"


@dataclass
class Hand:
    """Stands where a caller commits that the mail is about to be handed over."""

    calls: int = 0
    fails: bool = False

    def __call__(self) -> None:
        self.calls += 1
        if self.fails:
            raise RuntimeError("the database is away")


# The scripted server


@dataclass
class Script:
    """An SMTP server for one conversation that answers a step as it is told: with a line, or by failing."""

    answers: dict[str, str]
    accepted: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    normal = {
        "greeting": "220 here", "EHLO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on",
        "dot": "250 queued as 17", "QUIT": "221 bye",
    }  # fmt: skip

    def serve(self, listener: socket.socket) -> None:
        connection = listener.accept()[0]
        with connection, connection.makefile("rb") as lines:
            if not self.answer(connection, "greeting"):
                return
            while line := lines.readline():
                verb = line[:4].decode().upper()
                self.heard.append(line.decode().rstrip())
                if not self.answer(connection, verb) or (verb == "DATA" and not self.data(connection, lines.readline)):
                    return

    def data(self, connection: socket.socket, readline: Callable[[], bytes]) -> bool:
        if self.answers.get("DATA", "354")[0] != "3":
            return True
        body = b""
        while (line := readline()) != b".\r\n":
            if not line or self.answers.get("body"):
                return line != b"" and self.answer(connection, "body") and all(iter(readline, b""))
            body += line
        if self.answers.get("dot", "250")[0] not in "45":
            self.accepted.append(body)
        return self.answer(connection, "dot")

    def answer(self, connection: socket.socket, step: str) -> bool:
        """Whether the conversation goes on."""
        said = self.answers.get(step, self.normal.get(step, ""))
        if said == HANG:
            self.closing.wait(5)
        if said == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if said == DRIP:
            with suppress(OSError):
                while not self.closing.wait(0.05):
                    connection.sendall(b"2")
        if said == ENDLESS:
            with suppress(OSError):
                while not self.closing.is_set():
                    connection.sendall(b"250-" + b"x" * 500 + b"\r\n")
        if said in {DROP, RESET, HANG, DRIP, ENDLESS}:
            return False
        connection.sendall(f"{said}\r\n".encode())
        return not said.startswith("421")


@contextmanager
def scripted(**answers: str) -> Iterator[tuple[Script, SmtpTransport]]:
    script = Script(answers)
    timeout = 0.2 if {HANG, DRIP} & set(answers.values()) else 10
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        thread = threading.Thread(target=script.serve, args=[listener])
        thread.start()
        try:
            yield script, SmtpTransport("127.0.0.1", listener.getsockname()[1], timeout=timeout)
        finally:
            script.closing.set()
            thread.join()


def outcome(channel: Transport[Mail], mail: Mail, hand: Hand) -> str:
    try:
        channel.send(mail, NOW, hand)
    except DeliveryError as error:
        return error.blame.value if error.blame is not Blame.MAIL else "permanent" if error.permanent else "temporary"
    except Uncertain:
        return "uncertain"
    return "sent"


@pytest.mark.parametrize(
    ("answers", "expected", "handed", "accepted"),
    [
        ({}, "sent", 1, 1),
        ({"greeting": "421 busy"}, "server", 0, 0),
        ({"greeting": "554 no service"}, "server", 0, 0),
        ({"greeting": DROP}, "server", 0, 0),
        ({"greeting": HANG}, "server", 0, 0),
        ({"greeting": "GET / HTTP/1.1"}, "server", 0, 0),
        ({"EHLO": "421 busy"}, "server", 0, 0),
        ({"EHLO": DROP}, "server", 0, 0),
        ({"MAIL": "451 later"}, "server", 0, 0),
        ({"MAIL": "550 not you"}, "us", 0, 0),
        ({"MAIL": "530 authentication required"}, "us", 0, 0),
        ({"MAIL": DROP}, "server", 0, 0),
        ({"RCPT": "421 shutting down"}, "server", 0, 0),
        ({"RCPT": "451 greylisted"}, "temporary", 0, 0),
        ({"RCPT": "550 no such user"}, "permanent", 0, 0),
        ({"RCPT": "250 " + "x" * 9000}, "server", 0, 0),
        ({"RCPT": HANG}, "server", 0, 0),
        ({"DATA": "451 later"}, "temporary", 0, 0),
        ({"DATA": "554 no"}, "permanent", 0, 0),
        ({"DATA": DROP}, "server", 0, 0),
        ({"dot": "250 ok"}, "sent", 1, 1),
        ({"dot": "421 shutting down"}, "server", 1, 0),
        ({"dot": "451 later"}, "temporary", 1, 0),
        ({"dot": "554 spam"}, "permanent", 1, 0),
        ({"dot": "552 too much"}, "server", 1, 0),
        ({"dot": "554 5.7.1 you are on a blocklist"}, "us", 1, 0),
        ({"RCPT": "550 5.7.1 relaying denied"}, "us", 0, 0),
        ({"RCPT": "451 4.7.1 greylisted"}, "temporary", 0, 0),
        ({"dot": DROP}, "uncertain", 1, 1),
        ({"dot": RESET}, "uncertain", 1, 1),
        ({"dot": HANG}, "uncertain", 1, 1),
        ({"dot": "what?"}, "uncertain", 1, 1),
        ({"dot": "250 " + "x" * 9000}, "uncertain", 1, 1),
        ({"QUIT": DROP}, "sent", 1, 1),
        ({"QUIT": "421 bye"}, "sent", 1, 1),
    ],
)
def test_what_became_of_a_mail_is_known_or_said_to_be_unknown(
    answers: dict[str, str], expected: str, handed: int, accepted: int
) -> None:
    hand = Hand()
    with scripted(**answers) as (script, smtp):
        assert outcome(smtp, MAIL, hand) == expected
    assert (hand.calls, len(script.accepted)) == (handed, accepted)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        *[({"RCPT": f"550 5.1.{detail} no such user"}, True) for detail in (1, 2, 3, 6, 10)],
        ({"RCPT": "556 5.1.10 no mail here"}, True),
        ({"RCPT": "550-5.1.1 The account does not exist.\r\n550 5.1.1 Try another."}, True),
        *[({"RCPT": f"550 5.1.{detail} no"}, False) for detail in (0, 4, 5, 7, 8, 9, 11, 100)],
        ({"RCPT": "550 5.1.1.2 no"}, False),
        ({"RCPT": "550 no such user 5.1.1"}, False),
        ({"RCPT": "550 no such user"}, False),
        ({"RCPT": "552 5.2.2 mailbox full"}, False),
        ({"RCPT": "550 5.7.1 blocked"}, False),
        ({"RCPT": "450 4.1.1 not now"}, False),
        ({"RCPT": "450 5.1.1 a temporary code"}, False),
        ({"RCPT": "530 5.1.1 authentication required"}, False),
        ({"greeting": "554 5.1.1 no"}, False),
        ({"EHLO": "550 5.1.1 no"}, False),
        ({"MAIL": "550 5.1.1 no"}, False),
        ({"DATA": "550 5.1.1 no"}, False),
        ({"dot": "550 5.1.1 no"}, False),
    ],
)
def test_what_is_wrong_with_the_address_itself_is_told_apart(answers: dict[str, str], expected: bool) -> None:
    with scripted(**answers) as (_, smtp), pytest.raises(DeliveryError) as refused:
        smtp.send(MAIL, NOW, Hand())
    assert refused.value.no_mailbox is expected


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(DROP, "server"), (RESET, "server"), ("421 shutting down", "server"), ("451 later", "temporary"),
     ("552 too big", "server"), ("554 5.6.0 no", "permanent")],
)  # fmt: skip
def test_a_server_that_breaks_off_in_the_middle_of_the_body_was_never_handed_it(fault: str, expected: str) -> None:
    hand = Hand()
    with scripted(body=fault) as (script, smtp):
        assert outcome(smtp, TOO_BIG_TO_BUFFER, hand) == expected
    assert (hand.calls, script.accepted) == (0, [])


def test_a_break_that_nobody_could_notice_in_time_is_never_taken_for_a_delivery() -> None:
    with scripted(body=RESET) as (script, smtp):
        assert outcome(smtp, MAIL, Hand()) in {"server", "uncertain"}
    assert script.accepted == []


@pytest.mark.parametrize(
    ("step", "reply", "expected"),
    [
        (SmtpStep.SESSION, "535 5.7.8 wrong password", Blame.SERVER),
        (SmtpStep.SENDER, "550 5.1.1 no such user", Blame.US),
        (SmtpStep.SENDER, "553 5.7.1 not owned by you", Blame.US),
        (SmtpStep.SENDER, "452 4.3.1 disk full", Blame.SERVER),
        (SmtpStep.RECIPIENT, "550 5.1.1 no such user", Blame.MAIL),
        (SmtpStep.RECIPIENT, "550 5.1.8 sender's domain has no record", Blame.US),
        (SmtpStep.RECIPIENT, "450 4.1.8 sender's domain not found", Blame.US),
        (SmtpStep.RECIPIENT, "552 5.2.2 mailbox full", Blame.MAIL),
        (SmtpStep.RECIPIENT, "552 mailbox full", Blame.MAIL),
        (SmtpStep.RECIPIENT, "452 4.2.2 mailbox full", Blame.MAIL),
        (SmtpStep.RECIPIENT, "452 insufficient system storage", Blame.SERVER),
        (SmtpStep.RECIPIENT, "451 4.3.0 mail system is in trouble", Blame.SERVER),
        (SmtpStep.RECIPIENT, "450 4.7.1 greylisted", Blame.MAIL),
        (SmtpStep.RECIPIENT, "554 5.7.1 Client host blocked", Blame.US),
        (SmtpStep.RECIPIENT, "550 5.7.26 unauthenticated mail", Blame.US),
        (SmtpStep.RECIPIENT, "571 blocked", Blame.US),
        (SmtpStep.RECIPIENT, "530 5.5.1 authentication required", Blame.US),
        (SmtpStep.RECIPIENT, "550 5.70.1 no subject that is known", Blame.MAIL),
        (SmtpStep.RECIPIENT, "501 5.1.3 bad address", Blame.MAIL),
        (SmtpStep.RECIPIENT, "503 say MAIL first", Blame.SERVER),
        (SmtpStep.RECIPIENT, "354 go on", Blame.SERVER),
        (SmtpStep.MAIL, "552 5.3.4 too big for the system", Blame.SERVER),
        (SmtpStep.MAIL, "554 5.6.0 malformed", Blame.MAIL),
        (SmtpStep.MAIL, "421 4.7.0 try again later", Blame.SERVER),
    ],
)
def test_a_reply_says_whose_fault_it_is(step: SmtpStep, reply: str, expected: Blame) -> None:
    code, _, text = reply.partition(" ")
    assert whose(step, int(code), text) is expected


def test_a_server_that_hangs_on_quit_has_the_mail() -> None:
    with scripted(QUIT=HANG) as (script, smtp):
        assert outcome(replace(smtp, goodbye=0.1), MAIL, Hand()) == "sent"
    assert len(script.accepted) == 1


@pytest.mark.parametrize(("step", "expected"), [("greeting", "server"), ("RCPT", "server"), ("dot", "uncertain")])
def test_a_server_that_replies_a_byte_at_a_time_does_not_hold_the_worker(step: str, expected: str) -> None:
    with scripted(**{step: DRIP}) as (_, smtp):
        assert outcome(smtp, MAIL, Hand()) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [(step, "server") for step in ("greeting", "EHLO", "RCPT")] + [("dot", "uncertain")],
)
def test_a_reply_without_end_is_not_read_to_its_end(step: str, expected: str) -> None:
    with scripted(**{step: ENDLESS}) as (_, smtp):
        assert outcome(smtp, MAIL, Hand()) == expected


def test_a_reply_of_many_lines_is_read() -> None:
    long = "\r\n".join(["250-" + "x" * 500] * 100 + ["250 ok"])
    with scripted(EHLO=long, dot=long) as (_, smtp):
        assert len(smtp.send(MAIL, NOW, Hand())) <= 300


def test_nothing_is_delivered_when_the_handing_over_cannot_be_recorded() -> None:
    with scripted() as (script, smtp), pytest.raises(RuntimeError):
        smtp.send(MAIL, NOW, Hand(fails=True))
    assert script.accepted == []
    assert script.heard[-1] == "DATA"


def test_nobody_listening_is_the_servers_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    hand = Hand()
    assert outcome(SmtpTransport("127.0.0.1", port), MAIL, hand) == "server"
    assert hand.calls == 0


def test_a_refusal_repeats_what_the_server_said_in_one_line() -> None:
    with scripted(RCPT="550-no\r\n550 such \x1b[31muser") as (_, smtp), pytest.raises(DeliveryError) as refused:
        smtp.send(MAIL, NOW, Hand())
    assert str(refused.value) == "the server refused the recipient: 550 no such [31muser"


@pytest.mark.parametrize("to", ["x@y.example\r\nRCPT TO:<z@y.example>", "a@b.example,c@d.example", "a＠b.example", ""])
def test_an_address_that_is_not_one_address_never_reaches_the_wire(to: str) -> None:
    hand = Hand()
    assert outcome(SmtpTransport("127.0.0.1", 1), replace(MAIL, to=to), hand) == "permanent"
    assert hand.calls == 0


# A server that behaves


@dataclass
class Sink:
    """Keeps what a real SMTP server accepted; who is `unknown` there is refused."""

    mails: list[Envelope] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    async def handle_RCPT(
        self, server: object, session: object, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return "250 2.0.0 queued as 42"


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def serving(
    loop: asyncio.AbstractEventLoop, tls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[tuple[Sink, int]]:
    sink = Sink()

    async def start() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(sink, loop=loop, **options), "127.0.0.1", 0, ssl=tls)

    async def stop() -> None:
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield sink, server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()


def only(sink: Sink) -> Envelope:
    assert len(sink.mails) == 1
    return sink.mails[0]


def test_a_mail_arrives_whole_and_once(loop: asyncio.AbstractEventLoop) -> None:
    hand = Hand()
    with serving(loop) as (sink, port):
        reference = EMAIL.open(f"smtp://127.0.0.1:{port}", Path()).send(MAIL, NOW, hand)
    envelope = only(sink)
    mail = message_from_bytes(envelope.original_content or b"", policy=default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == MAIL.text
    assert mail["Subject"] == MAIL.subject
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@example.com", ["dana@example.com"])
    assert (reference, hand.calls) == ("250 2.0.0 queued as 42", 1)


@pytest.mark.parametrize("line", [".", "..", ".x", "\n.\r\nMAIL FROM:<x@y.example>", "\r.\r", "x\n.\n", "\r\n.\n"])
def test_no_body_can_end_itself(loop: asyncio.AbstractEventLoop, line: str) -> None:
    with serving(loop) as (sink, port):
        SmtpTransport("127.0.0.1", port).send(replace(MAIL, text=f"a\n{line}\nb", html=line), NOW, Hand())
    content = only(sink).original_content or b""
    body = message_from_bytes(content, policy=default).get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == f"a\n{line}\nb".splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "Hi =?UTF-8?Q?=0A?=Bcc: x@y 😀",
        "a\r\nBcc: x@y",
        "a\u2028Bcc: x@y",
        "a\x85Bcc: x@y",
        "a\x00b",
        "x@y, z@y",
        "\n.\r\n",
    ],
)
def test_hostile_text_adds_no_header_no_recipient_and_no_mail(loop: asyncio.AbstractEventLoop, text: str) -> None:
    with serving(loop) as (sink, port):
        SmtpTransport("127.0.0.1", port).send(replace(MAIL, to_name=text, subject=text), NOW, Hand())
    envelope = only(sink)
    assert envelope.rcpt_tos == ["dana@example.com"]
    assert {*message_from_bytes(envelope.original_content or b"").keys()} == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
        "MIME-Version", "Content-Type", "Content-Language",
    }  # fmt: skip


def knows(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    login = (getattr(data, "login", b""), getattr(data, "password", b""))
    return AuthResult(success=login == (b"me@x.com", b"p/w %"), handled=False)


AUTHENTICATED: dict[str, Any] = {"authenticator": knows, "auth_required": True, "auth_require_tls": False}
asks_in_the_clear = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # as this server does


@asks_in_the_clear
def test_a_password_is_given_to_a_server_on_this_machine(loop: asyncio.AbstractEventLoop) -> None:
    with serving(loop, **AUTHENTICATED) as (sink, port):
        EMAIL.open(f"smtp://me%40x.com:p%2Fw %25@127.0.0.1:{port}", Path()).send(MAIL, NOW, Hand())
    only(sink)


@asks_in_the_clear
@pytest.mark.parametrize("login", ["", "me%40x.com:wrong@"])
def test_a_wrong_or_missing_password_is_no_fault_of_the_mail(loop: asyncio.AbstractEventLoop, login: str) -> None:
    hand = Hand()
    with serving(loop, **AUTHENTICATED) as (sink, port):
        assert outcome(EMAIL.open(f"smtp://{login}127.0.0.1:{port}", Path()), MAIL, hand) in {"server", "us"}
    assert (sink.mails, hand.calls) == ([], 0)


def test_a_password_never_travels_without_tls_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "getpeername", lambda connection: ("192.0.2.1", 587))
    with scripted(EHLO="250-here\r\n250 AUTH PLAIN LOGIN") as (script, smtp), pytest.raises(DeliveryError, match="TLS"):
        replace(smtp, user="me", password="secret").send(MAIL, NOW, Hand())
    assert [line[:4] for line in script.heard] == ["ehlo"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", file],
        check=True, capture_output=True,
    )  # fmt: skip
    return file


def tls_server(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def test_starttls_is_used_where_it_is_offered(loop: asyncio.AbstractEventLoop, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    options: dict[str, Any] = {"tls_context": tls_server(certificate), "require_starttls": True}
    with serving(loop, **options, authenticator=knows, auth_required=True) as (sink, port):
        SmtpTransport("127.0.0.1", port, "me@x.com", "p/w %", context=trusting).send(MAIL, NOW, Hand())
    only(sink)


def test_a_server_without_starttls_gets_nothing_where_it_is_required() -> None:
    with scripted(EHLO="250-here\r\n250 SIZE 100") as (script, smtp), pytest.raises(DeliveryError) as refused:
        replace(smtp, private=True).send(MAIL, NOW, Hand())
    assert str(refused.value) == "the server offers no STARTTLS, which the e-mail url requires, so nothing was sent"
    assert (refused.value.permanent, refused.value.blame) == (False, Blame.SERVER)
    assert [line[:4] for line in script.heard] == ["ehlo"]


def test_a_real_server_without_starttls_gets_nothing_where_it_is_required(
    loop: asyncio.AbstractEventLoop, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(loop) as (sink, port), pytest.raises(DeliveryError, match="no STARTTLS"):
        SmtpTransport("127.0.0.1", port, private=True, context=trusting).send(MAIL, NOW, Hand())
    assert not sink.mails
    with serving(loop, tls_context=tls_server(certificate)) as (sink, port):
        SmtpTransport("127.0.0.1", port, private=True, context=trusting).send(MAIL, NOW, Hand())
    only(sink)


def test_smtps_is_encrypted_from_the_first_byte(loop: asyncio.AbstractEventLoop, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(loop, tls=tls_server(certificate)) as (sink, port):
        SmtpTransport("127.0.0.1", port, tls=True, context=trusting).send(MAIL, NOW, Hand())
    only(sink)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    loop: asyncio.AbstractEventLoop, certificate: Path, scheme: str
) -> None:
    context = tls_server(certificate)
    options: dict[str, Any] = {"tls": context} if scheme == "smtps" else {"tls_context": context}
    hand = Hand()
    with serving(loop, **options) as (sink, port):
        assert outcome(EMAIL.open(f"{scheme}://127.0.0.1:{port}", Path()), MAIL, hand) == "server"
    assert (sink.mails, hand.calls) == ([], 0)


# Files and the terminal


def test_a_mail_becomes_a_file_named_by_its_key(tmp_path: Path) -> None:
    hand = Hand()
    reference = EMAIL.open("file:data/outbox", tmp_path).send(MAIL, NOW, hand)
    assert reference == str(tmp_path / "data/outbox/invitation-17.eml")
    assert message_from_bytes(Path(reference).read_bytes(), policy=default)["Subject"] == MAIL.subject
    assert hand.calls == 1


def test_a_mail_that_is_sent_again_takes_its_own_place(tmp_path: Path) -> None:
    FolderTransport(tmp_path).send(MAIL, NOW, Hand())
    FolderTransport(tmp_path).send(replace(MAIL, subject="again"), NOW, Hand())
    assert [file.name for file in tmp_path.iterdir()] == ["invitation-17.eml"]
    assert "Subject: again" in (tmp_path / "invitation-17.eml").read_text("utf-8")


def test_no_file_appears_when_the_handing_over_cannot_be_recorded(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        FolderTransport(tmp_path).send(MAIL, NOW, Hand(fails=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/b", "..", ".", "", ".hidden", "a\x00b", "ש", "\ud800", "x" * 300])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "outbox"
    reference = FolderTransport(folder).send(replace(MAIL, key=key), NOW, Hand())
    assert [str(file) for file in folder.iterdir()] == [reference]
    assert [file.name for file in tmp_path.iterdir()] == ["outbox"]


def test_a_folder_that_cannot_be_written_is_a_temporary_fault(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file in its place")
    hand = Hand()
    with pytest.raises(DeliveryError, match="cannot write into .*outbox") as fault:
        FolderTransport(tmp_path / "outbox").send(MAIL, NOW, hand)
    assert (fault.value.permanent, hand.calls) == (False, 0)


def test_the_console_shows_the_headers_and_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    hand = Hand()
    reference = EMAIL.open("console:", Path()).send(replace(MAIL, text="שלום\x1b[31m\n"), NOW, hand)
    shown = capsys.readouterr().out
    assert f"Subject: {MAIL.subject}\n" in shown
    assert "To: דנה <dana@example.com>\n" in shown
    assert "\n\nשלום[31m\n" in shown
    assert f"Message-ID: {reference}\n" in shown
    assert hand.calls == 1


# Addresses of channels


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("file:data/outbox", FolderTransport(Path("/project/data/outbox"))),
        ("file:/var/outbox", FolderTransport(Path("/var/outbox"))),
        ("file:///var/out%20box", FolderTransport(Path("/var/out box"))),
        ("console:", ConsoleTransport()),
        ("smtp://host", SmtpTransport("host", 587)),
        ("smtps://host", SmtpTransport("host", 465, tls=True)),
        ("SMTP://host:25/", SmtpTransport("host", 25)),
        ("smtp://[::1]:2525", SmtpTransport("::1", 2525)),
        ("smtp://host:25?starttls=required", SmtpTransport("host", 25, private=True)),
        ("smtp://me:a?starttls=required@host/?STARTTLS=required",
         SmtpTransport("host", 587, "me", "a?starttls=required", private=True)),
        ("smtp://me:p%40ss@host:587", SmtpTransport("host", 587, "me", "p@ss")),
        ("smtp://me@x.com:p@/#?:s@host:587", SmtpTransport("host", 587, "me@x.com", "p@/#?:s")),
        ("smtps://me%40x.com:100%25@host", SmtpTransport("host", 465, "me@x.com", "100%", tls=True)),
    ],
)
def test_a_url_says_how_mail_leaves(url: str, expected: Transport[Mail]) -> None:
    assert EMAIL.open(url, Path("/project")) == expected


@pytest.mark.parametrize(
    "url",
    ["", "data/outbox", "http://host", "file:", "file://host/path", "file://", "file:a\x00b", "file:a%00b", "console:x",
     "smtp:", "smtp://", "smtp:host", "smtp://secret@host", "smtp://me:secret@", "smtp://me:secret@host:port",
     "smtp://me:secret@host:99999", "smtp://me:secret@host:0", "smtp://host/path", "smtp://host?x", "smtp://ho st", "smtps://me:secret@host?starttls=required",
     "smtp://host?starttls=no", "smtp://host?starttls=required&x",
     "smtp://host\r\n", "smtp://me:secret\n@host", "smtp://me:secret%0A@host", "smtp://me:secretש@host", "smtp://[::1"],
)  # fmt: skip
def test_an_unreadable_url_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="e-mail url") as refused:
        EMAIL.open(url, Path("/project"))
    assert "secret" not in str(refused.value)


def test_a_channel_does_not_show_its_password() -> None:
    assert "secret" not in repr(EMAIL.open("smtp://me:secret@host", Path()))
