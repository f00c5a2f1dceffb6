"""The engine as it is operated: behind a proxy, started with what is missing, stopped in the middle of something."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

import psycopg
import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.channels.registry import CHANNELS
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.project.files import read
from surveyengine.store.engine.database import is_safe
from tests.conftest import missing
from tests.support import business, postgres
from tests.support.posts import by_mail
from tests.support.running import Running, command, free_port, program, running, until

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
AT_ONCE = business.DELIVERY.replace('after     = "12 hours"', 'after     = "0 hours"')
URL = "https://feedback.example.com"
PATH = "/feedback"
FORM = "application/x-www-form-urlencoded"
FORGED = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http",
          "X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil", "Forwarded": "host=evil.example"}  # fmt: skip


def below(root: Path, path: str = PATH, **more: str) -> Path:
    """A project whose pages are below a path."""
    config = business.CONFIG.replace(URL, "https://www.example.com" + path) + more.pop("config", "")
    return business.write(root, {"purchase/delivery": AT_ONCE}, config, **more)


# ── A path in business.url


@pytest.fixture(params=["feedback", "stage/feedback", "s", "שאלות"])
def mounted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[FlaskClient, str]]:
    """The pages of a business below a path; the last two look like a path of ours, and like no path at all."""
    engine = start(below(tmp_path, f"/{request.param}"))
    yield create_app(engine).test_client(), f"/{request.param}"
    engine.close()


@pytest.mark.parametrize("strips", [True, False])
def test_a_path_is_served_whether_or_not_a_proxy_takes_it_away(mounted: tuple[FlaskClient, str], strips: bool) -> None:
    client, path = mounted

    def asked(address: str) -> str:
        assert address.startswith(f"{path}/"), address
        return address.removeprefix(path) if strips else address

    here = f"{path}/s/delivery"
    page = client.get(asked(here))
    assert page.status_code == 200
    links = re.findall(r'(?:href|action|src)="(?!data:)([^"]+)"', page.text)
    assert len([link for link in links if link.startswith("?lang=")]) >= 3
    found = [client.get(asked(urljoin(here, link)), buffered=True).status_code for link in links]
    assert found == [200] * len(links)
    done = client.post(asked(here), data={"form": business.token(page.text), "satisfaction": "4"})
    assert done.status_code == 303
    thanks = client.get(asked(urljoin(here, done.headers["Location"]).encode().decode() if path.isascii() else
                              f"{path}/s/delivery/thanks"))  # fmt: skip
    assert thanks.status_code == 200
    assert client.get(asked(f"{path}/api/nowhere")).mimetype == "application/problem+json"


def test_only_a_whole_part_of_a_path_is_taken_away(tmp_path: Path) -> None:
    engine = start(below(tmp_path))
    client = create_app(engine).test_client()
    paths = ("/feedbacks/delivery", "/feedback", "/feedback/", "/feedback/feedback/s/delivery", "/feed/s/delivery")
    assert [client.get(path).status_code for path in paths] == [404, 200, 200, 404, 404]  # the home page is there too
    engine.close()


# ── Whoever asks, links lead to business.url


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = start(below(tmp_path, config="\n[web]\ntrusted_proxies = 1\n"))
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "path",
    ["/s/delivery", "/s//delivery", "/s/delivery/", "/s/nowhere", "/static/style.css", "/r/unknown", "/api/v1/report",
     "/\\evil.example"],
)  # fmt: skip
def test_a_forged_host_changes_nothing_in_an_answer(shop: Engine, path: str) -> None:
    client = create_app(shop).test_client()
    answers = [client.get(path, buffered=True), client.get(path, headers=FORGED, buffered=True)]
    assert len({answer.status_code for answer in answers}) == 1
    for answer in answers:
        assert answer.headers.get("Location") in (None, "/feedback/s/delivery")  # a path leads to no other host
        assert "evil.example" not in answer.text.replace(path, "")
    forms = [re.sub(r'name="form" value="[^"]+"', "", answer.text) for answer in answers]
    assert forms[0] == forms[1]


def test_a_forged_host_changes_no_link_after_an_answer_or_in_a_mail(shop: Engine) -> None:
    client = create_app(shop).test_client()
    now = datetime.now(UTC)
    form = business.token(client.get("/s/delivery", headers=FORGED).text)
    done = client.post("/s/delivery", data={"form": form, "satisfaction": "4"}, headers=FORGED)
    assert done.headers["Location"] == "/feedback/s/delivery/thanks?lang=he"
    take(shop, [business.delivered(time=now)], now)
    outbox = CHANNELS["email"].open("file:data/outbox", shop.root)
    assert deliver_one(by_mail(shop, outbox, shop.config.business.url or ""), now)
    (mail,) = (shop.root / "data" / "outbox").glob("*.eml")
    text = mail.read_text(encoding="utf-8")
    assert "evil" not in text
    links = set(re.findall(r"https?://[^\s\"<>?]+", text))
    assert links
    assert all(link.startswith(("https://www.example.com/feedback/r/", "https://www.example.com/feedback/u/",
                                "http://www.w3.org/")) for link in links), links  # fmt: skip


# ── nginx


class Proxied(NamedTuple):
    """An engine behind nginx."""

    engine: Running
    port: int
    logs: Path
    trusting: ssl.SSLContext

    def ask(self, method: str, path: str, body: bytes = b"", source: str = "127.0.0.1", **headers: str) -> Reply:
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=20, source_address=(source, 0), context=self.trusting
        )
        with closing(connection):
            connection.request(method, path, body or None, {name.replace("_", "-"): headers[name] for name in headers})
            answer = connection.getresponse()
            headers = {name.title(): value for name, value in answer.getheaders()}
            return Reply(answer.status, answer.read().decode(errors="replace"), headers)  # a font is no text

    def answer(self, source: str = "127.0.0.1", **headers: str) -> Reply:
        form = business.token(self.ask("GET", f"{PATH}/s/delivery").text)
        body = urlencode({"form": form, "satisfaction": "4"}).encode()
        return self.ask("POST", f"{PATH}/s/delivery", body, source, Content_Type=FORM, **headers)


class Reply(NamedTuple):
    status: int
    text: str
    headers: Mapping[str, str]


@pytest.fixture(scope="module", params=["keeps the path", "takes the path away"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """The example of deploy/nginx.conf at work, on other ports."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("no nginx")
    home = tmp_path_factory.mktemp("nginx")
    web = "\n[web]\ntrusted_proxies = 1\nanswers_per_hour = 2\n"
    with running(below(home / "shop", config=web), "--access-log") as engine:
        port, plain = free_port(), free_port()
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        changes = {
            "127.0.0.1:8000": engine.address.removeprefix("http://"),
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "listen 80": f"listen 127.0.0.1:{plain}",
            "/etc/letsencrypt/live/www.example.com": str(home),
            "/var/log/nginx": str(home),
        }
        if request.param == "takes the path away":
            changes["proxy_pass http://surveyengine;"] = "proxy_pass http://surveyengine/;"
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        _certificate(home)
        with _nginx(program, home, text, port):
            yield Proxied(engine, port, home, ssl.create_default_context(cafile=home / "fullchain.pem"))


def _certificate(home: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", home / "privkey.pem", "-out", home / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def _nginx(program: str, home: Path, site: str, port: int) -> Iterator[None]:
    (home / "site.conf").write_text(site, encoding="utf-8")
    temporary = "".join(f"{kind}_temp_path {home}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    user = "user root;" if os.geteuid() == 0 else ""
    (home / "nginx.conf").write_text(
        f"{user} daemon off; pid {home}/pid; error_log {home}/error.log; events {{}}"
        f"http {{ access_log {home}/access.log; {temporary} include {home}/site.conf; }}"
    )
    process = subprocess.Popen([program, "-c", home / "nginx.conf", "-p", home], stderr=subprocess.PIPE)
    try:
        until(lambda: _listens(port) or process.poll() is not None, "nginx did not start")
        assert process.poll() is None, process.communicate()[1]
        yield
    finally:
        process.terminate()
        process.communicate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_behind_nginx_a_customer_goes_from_the_mail_to_the_thank_you(proxied: Proxied) -> None:
    root = proxied.logs / "shop"
    who = {"id": "c-1", "email": "sara@example.com", "language": "fa"}
    event = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1", "data": {"customer": who}}
    assert command(root, "events", "-", given=json.dumps(event)).exit_code == 0
    outbox = root / "data" / "outbox"
    until(lambda: outbox.is_dir() and any(outbox.glob("*.eml")), "no mail was written")
    mail = next(outbox.glob("*.eml")).read_text(encoding="utf-8")
    found = re.search(r"https://www\.example\.com(/feedback/r/([\w-]+)\S*)", mail)
    assert found
    page = proxied.ask("GET", found[1])
    assert (page.status, 'lang="fa" dir="rtl"' in page.text) == (200, True)
    assert page.headers["Strict-Transport-Security"]
    for link in re.findall(r'(?:href|src)="(?!data:)([^"]+)"', page.text):
        assert proxied.ask("GET", urljoin(found[1], link)).status == 200, link
    body = urlencode({"form": business.token(page.text), "satisfaction": "۵"}).encode()
    done = proxied.ask("POST", found[1], body, Content_Type=FORM)
    assert (done.status, done.headers["Location"]) == (303, f"{PATH}/s/delivery/thanks?lang=fa")
    assert proxied.ask("GET", done.headers["Location"]).status == 200
    leave = re.search(r"List-Unsubscribe: <https://www\.example\.com([^>]+)>", mail)
    assert leave
    one_click = proxied.ask("POST", leave[1], b"List-Unsubscribe=One-Click", Content_Type=FORM)
    assert one_click.status == 200
    logs = proxied.engine.log() + "".join(log.read_text() for log in proxied.logs.glob("*.log"))
    assert f"GET {PATH}/r/***" in logs
    assert [secret for secret in (found[2], leave[1].partition("/u/")[2][:40], "lang=fa") if secret in logs] == []


def test_behind_nginx_every_customer_has_an_allowance_and_nobody_can_forge_another(proxied: Proxied) -> None:
    statuses = [proxied.answer("127.0.0.2", X_Forwarded_For=f"198.51.100.{n}").status for n in range(4)]
    assert statuses == [303, 303, 429, 429]
    assert proxied.answer("127.0.0.2", X_FORWARDED_FOR="198.51.100.9", X_Real_IP="198.51.100.9").status == 429
    assert proxied.answer("127.0.0.3").status == 303


def test_behind_nginx_a_forged_host_changes_no_link(proxied: Proxied) -> None:
    page = proxied.ask("GET", f"{PATH}/s/delivery?lang=en", X_Forwarded_Host="evil.example", X_Forwarded_Prefix="/evil")
    assert page.status == 200
    assert "evil" not in page.text
    assert proxied.answer("127.0.0.4", X_Forwarded_Host="evil.example").headers["Location"].startswith(f"{PATH}/s/")


def test_behind_nginx_the_limits_are_the_engines(proxied: Proxied) -> None:
    assert proxied.ask("POST", f"{PATH}/api/v1/events", b"x" * 8_300_000).status == 401
    assert proxied.ask("POST", f"{PATH}/api/v1/events", b"x" * 8_400_000).status == 413
    assert proxied.ask("POST", f"{PATH}/s/delivery", b"x" * 1_100_000).status == 413
    assert [proxied.ask("GET", PATH + path).status for path in ("/healthz", "/readyz")] == [200, 404]


# ── Without a proxy, as the real server hears it


def raw(engine: Running, *lines: str, body: bytes = b"") -> bytes:
    with socket.create_connection(("127.0.0.1", int(engine.address.rpartition(":")[2])), 10) as connection:
        connection.sendall("\r\n".join((*lines, f"Content-Length: {len(body)}", "Connection: close", "", "")).encode())
        connection.sendall(body)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_the_server_passes_on_what_a_proxy_appends_in_one_header_or_in_several(tmp_path: Path) -> None:
    web = "\n[web]\ntrusted_proxies = 1\nanswers_per_hour = 1\n"
    with running(below(tmp_path, config=web)) as engine:

        def answered(*headers: str) -> int:
            body = urlencode({"form": business.token(engine.get("/s/delivery")[1]), "satisfaction": "4"}).encode()
            first = ("POST /s/delivery HTTP/1.1", "Host: x", f"Content-Type: {FORM}")
            return int(raw(engine, *first, *headers, body=body).split()[1])

        assert answered("X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 198.51.100.1") == 303
        assert answered("X-Forwarded-For: 192.0.2.2", "X-Forwarded-For: 198.51.100.1") == 429
        assert answered("X-Forwarded-For: 192.0.2.3, 198.51.100.1") == 429
        assert answered("X-Forwarded-For: 198.51.100.2") == 303


@pytest.mark.parametrize(
    "request_lines",
    [
        ("GET http://evil.example/s/delivery HTTP/1.1", "Host: evil.example"),
        ("GET //evil.example/s/delivery HTTP/1.1", "Host: evil.example"),
        ("GET /s/delivery HTTP/1.1", "Host: evil.example", "Host: other.example"),
        ("GET /s/delivery HTTP/1.0",),
    ],
)
def test_no_form_of_a_request_gets_a_foreign_link(plain: Running, request_lines: tuple[str, ...]) -> None:
    said = raw(plain, *request_lines)
    assert said.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200", b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert b"evil.example" not in said


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(below(tmp_path_factory.mktemp("plain"), "")) as engine:
        yield engine


# ── The end


def send_slowly(engine: Running, begun: threading.Event, go_on: threading.Event) -> bytes:
    """Send the first half of an answer, and the second one when told to; return the reply."""
    page = engine.get("/s/delivery")[1]
    body = urlencode({"form": business.token(page), "satisfaction": "4"}).encode()
    head = f"POST /s/delivery HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(engine.address.rpartition(":")[2])), 20) as connection:
        connection.sendall(head.encode() + body[:20])
        begun.set()
        go_on.wait(20)
        connection.sendall(body[20:])
        return connection.recv(65_536)


def counted(root: Path) -> int:
    with closing(sqlite3.connect(root / "data" / "surveyengine.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM response").fetchone()[0])


def test_a_server_that_is_told_to_stop_finishes_the_answers_under_way(tmp_path: Path) -> None:
    root = below(tmp_path, "")
    begun, go_on, replies = threading.Event(), threading.Event(), []
    with running(root) as engine:
        slow = threading.Thread(target=lambda: replies.append(send_slowly(engine, begun, go_on)))
        slow.start()
        assert begun.wait(10)
        time.sleep(0.3)
        engine.process.send_signal(signal.SIGTERM)
        until(lambda: engine.get("/healthz")[0] == 0, "new requests were still taken")
        assert engine.process.poll() is None
        go_on.set()
        slow.join(10)
        began = time.monotonic()
        assert engine.process.wait(20) == 0
        assert time.monotonic() - began < 5
    assert replies[0].startswith(b"HTTP/1.1 303 ")
    assert counted(root) == 1


def test_an_answer_that_waits_for_the_database_when_the_server_is_told_to_stop_is_kept(tmp_path: Path) -> None:
    root = below(tmp_path, "")
    statuses: list[int] = []
    with running(root) as engine:
        form = business.token(engine.get("/s/delivery")[1])
        with closing(sqlite3.connect(root / "data" / "surveyengine.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = threading.Thread(
                target=lambda: statuses.append(engine.submit("/s/delivery", form=form, satisfaction="4"))
            )
            waiting.start()
            time.sleep(0.5)
            engine.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            other.execute("COMMIT")
        waiting.join(10)
        assert engine.process.wait(20) == 0
    assert statuses == [303]
    assert counted(root) == 1


# ── A start that says what is missing


def refused(root: Path, *arguments: str, **environment: str) -> str:
    """What a start says that is refused: one line. A program ends so too: see `refused_program`."""
    done = command(root, *(arguments or ("serve",)), **environment)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    return single(done.stderr)


def refused_program(root: Path, *arguments: str) -> str:
    """The same of a program."""
    done = program(root, *(arguments or ("serve",)))
    assert done.returncode == 1, done.stdout
    return single(done.stderr)


def single(said: str) -> str:
    """The line that is all that was said."""
    assert "Traceback" not in said
    (line,) = said.splitlines()
    assert "hunter2" not in line
    return line


NOWHERE = f"postgresql+psycopg://shop:hunter2@127.0.0.1:{free_port()}/shop"
DATABASE, EMAIL, FROM = 'url = "{database}"', 'url  = "{email}"', 'from = "Nava Home <hello@example.com>"'


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        (DATABASE, 'url = "postgres://shop:hunter2@db/shop"', "8:1", "must be the address of a database; write"),
        (DATABASE, 'url = "postgresql://shop:hunter2@db/shop"', "8:1", "is not supported; write"),
        (DATABASE, 'url = "sqlite://"', "8:1", "forgets; write"),
        (EMAIL, 'url = "smtp://shop:hunter2"', "11:1", "smtp://user:password@host:port"),
        (EMAIL, 'url = "file:"', "11:1", "needs a folder"),
        (EMAIL, 'url = "console:there"', "11:1", "console: alone would be right"),
        (FROM, 'from = "Nava Home"', "12:1", 'mails come from; write one such as "Nava Home <hello@example.com>"'),
        (FROM, 'from = "a@example.com, b@example.com"', "12:1", "must be the address that mails come from"),
    ],
)
def test_a_wrong_way_to_database_or_mail_server_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, place: str, said: str
) -> None:
    project = read(business.write(tmp_path, config=business.CONFIG.replace(old, new)), ("he", "fa", "en"))
    (fault,) = project.errors
    assert str(fault).startswith(f"config.toml:{place}: error: ")
    assert said in str(fault)
    assert "hunter2" not in str(fault)
    assert project.config is None


def test_a_start_and_a_check_name_the_same_fault(tmp_path: Path) -> None:
    root = business.write(tmp_path, config=business.CONFIG.replace(EMAIL, 'url = "smtp://shop:hunter2"'))
    line = refused(root)
    assert line.startswith("config.toml:11:1: error: ")
    assert command(root, "check").stderr.splitlines() == [line]


def test_smtp_needs_a_sender_and_files_do_not(tmp_path: Path) -> None:
    config = business.CONFIG.replace('from = "Nava Home <hello@example.com>"\n', "")
    root = business.write(tmp_path, config=config, email="smtp://mail.example.com")
    assert "config.toml:11:1: error: mails that leave by SMTP need a sender; add `from = " in refused(root)
    assert read(business.write(tmp_path, config=config), ("he", "fa", "en")).errors == ()


@pytest.mark.parametrize("arguments", [("run",), ("work", "--once"), ("report",)])
def test_a_database_that_nobody_serves_is_said_in_a_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    line = refused_program(business.write(tmp_path, database=NOWHERE), *arguments)
    assert line.startswith("surveyengine: the database cannot be used: ")
    assert "refused" in line
    assert "check [database] url" in line


def test_a_database_that_does_not_exist_is_said_in_a_line(tmp_path: Path, postgres_server: postgres.Postgres) -> None:
    with postgres_server.fresh_database() as url:
        name = url.partition("surveyengine_test_")[2].partition("?")[0]
        line = refused(business.write(tmp_path, database=url.replace(name, "nowhere")))
    assert '"surveyengine_test_nowhere" does not exist' in line


def test_a_user_who_may_not_make_tables_is_said_in_a_line(tmp_path: Path, postgres_server: postgres.Postgres) -> None:
    name = f"guest_{os.getpid()}"
    with postgres_server.fresh_database() as url, psycopg.connect(url.replace("+psycopg", "")) as admin:
        admin.autocommit = True
        admin.execute(f"CREATE ROLE {name} LOGIN")
        try:
            line = refused_program(business.write(tmp_path, database=url.replace("//postgres@", f"//{name}@")))
        finally:
            admin.execute(f"DROP ROLE {name}")
    assert "permission denied for schema public" in line


def test_a_missing_driver_is_said_with_what_to_install(tmp_path: Path) -> None:
    without = "import sys; sys.modules['psycopg'] = None; from surveyengine.cli import main; main()"
    root = business.write(tmp_path, database=NOWHERE)
    starting = [sys.executable, "-c", without, "--project", str(root), "serve"]
    done = subprocess.run(starting, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "config.toml:1:1: error: [database] url needs the PostgreSQL driver; "
        "install it with: pip install 'surveyengine[postgres]'\n"
    )


def test_an_old_sqlite_is_warned_of(tmp_path: Path) -> None:
    without = "import sys; sys.modules['pysqlite3'] = None; from surveyengine.cli import main; main()"
    root = business.write(tmp_path)
    done = subprocess.run([sys.executable, "-c", without, "--project", str(root), "work", "--once"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0
    assert ("this SQLite can lose data" in done.stderr) is not is_safe(sqlite3.sqlite_version_info)


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False),
     ((3, 50, 7), True), ((3, 51, 2), False), ((3, 51, 3), True), ((4, 0, 0), True)],
)  # fmt: skip
def test_the_versions_of_sqlite_that_lose_data_are_known(version: tuple[int, ...], safe: bool) -> None:
    assert is_safe(version) is safe


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere", "where nobody may write"])
def test_a_data_folder_that_cannot_be_written_is_said_in_a_line(tmp_path: Path, kind: str) -> None:
    root = business.write(tmp_path)
    if kind == "a file":
        (root / "data").write_text("")
    else:
        (root / "data").symlink_to("/nowhere/there" if kind == "a link to nowhere" else "/proc")
    assert refused(root).startswith("data:1:1: error: cannot be written: ")


def test_a_database_folder_that_cannot_be_made_is_said_in_a_line(tmp_path: Path) -> None:
    line = refused(business.write(tmp_path, database="sqlite:////proc/nowhere/shop.db"))
    assert "config.toml:1:1: error: [database] url leads to a folder that cannot be made: /proc/nowhere" in line


@pytest.mark.parametrize("content", ["", "short\n"])
def test_a_secret_that_is_too_short_is_no_secret(tmp_path: Path, content: str) -> None:
    root = business.write(tmp_path)
    assert "SURVEYENGINE_SECRET:1:1: error: is too short" in refused(root, SURVEYENGINE_SECRET="hunter2")
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / "secret").write_text(content)
    assert refused(root).startswith("data/secret:1:1: error: is too short to be a secret; bring it back")


def test_a_file_that_is_no_database_is_said_in_a_line(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    (root / "data").mkdir()
    (root / "data" / "surveyengine.db").write_bytes(b"not a database, but long enough to be read as one" * 100)
    assert "file is not a database" in refused(root)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_tables_of_a_newer_engine_are_left_alone(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:///data/surveyengine.db"
    with request.getfixturevalue("postgres_server").fresh_database() if database == "postgres" else _given(url) as url:
        root = business.write(tmp_path, database=url)
        engine = start(root)
        with engine.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        engine.close()
        assert "holds the tables of a newer surveyengine (revision 9999)" in refused_program(root)


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


def test_a_port_that_cannot_be_had_is_said_in_a_line(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    assert "cannot be served on: " in refused(root, "serve", "--host", "192.0.2.1")


# ── What is delivered


@pytest.mark.parametrize(("language", "name"), [("he", "נאווה הום"), ("fa", "ناوا هوم"), ("en", "Nava Home")])
def test_an_address_alone_sends_in_the_name_of_the_business(tmp_path: Path, language: str, name: str) -> None:
    config = business.CONFIG.replace("Nava Home <hello@example.com>", "hello@example.com")
    engine = start(business.write(tmp_path, {"purchase/delivery": AT_ONCE}, config))
    now = datetime.now(UTC)
    take(engine, [business.delivered(time=now, language=language)], now)
    assert deliver_one(by_mail(engine, CHANNELS["email"].open("file:data/outbox", engine.root), URL), now)
    engine.close()
    (mail,) = (tmp_path / "data" / "outbox").glob("*.eml")
    assert message_from_bytes(mail.read_bytes(), policy=policy.default)["From"] == f"{name} <hello@example.com>"


def parsed(line: str) -> None:
    """Parse a command line of ours without running it; wrong usage raises."""
    name, *arguments = shlex.split(line)
    main.commands[name].make_context(name, arguments)


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_commands_of_the_examples_are_ours() -> None:
    unit = (DEPLOY / "surveyengine.service").read_text(encoding="utf-8")
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    image = json.loads(dict(instructions())["CMD"])
    for line in (re.findall(r"^ExecStart=\S+ (.*)$", unit, re.M) + re.findall(r"^    command: (.*)$", compose, re.M)
                 + [shlex.join(image)]):  # fmt: skip
        parsed(line)


def test_the_image_is_made_of_what_there_is_and_runs_as_nobody_in_particular() -> None:
    steps = instructions()
    assert {step for step, _ in steps} <= {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE",
                                           "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    copied = [name for step, rest in steps if step == "COPY" and "--from" not in rest for name in rest.split()[:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    assert [name for name in copied if f"!{name}\n" not in kept] == []
    assert dict(steps)["USER"] not in ("root", "0")
    for step, rest in steps:
        if step == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)


def test_the_wheel_holds_all_that_the_engine_needs(tmp_path: Path) -> None:
    building = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(building, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"surveyengine"}
    shipped = (path.relative_to(ROOT) for path in (ROOT / "surveyengine").rglob("*") if path.is_file())
    assert [path for path in shipped if "__pycache__" not in path.parts and path.as_posix() not in names] == []
    checking = [sys.executable, "-m", "surveyengine", "--project", str(business.write(tmp_path / "shop")), "check"]
    done = subprocess.run(checking, cwd=tmp_path / "site", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1 good survey, 0 errors, 0 warnings\n"), done.stderr


def test_the_look_at_the_health_of_the_container_tells_alive_from_dead(plain: Running) -> None:
    look = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    look[0] = sys.executable
    here = [part.replace("http://127.0.0.1:8000", plain.address) for part in look]
    there = [part.replace("8000", str(free_port())) for part in look]
    assert [subprocess.run(one, capture_output=True).returncode for one in (here, there)] == [0, 1]


def test_systemd_understands_the_unit_and_finds_it_well_guarded(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    unit = tmp_path / "surveyengine.service"
    text = (DEPLOY / "surveyengine.service").read_text(encoding="utf-8")
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M), encoding="utf-8")
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    guarded = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
                             capture_output=True, text=True)  # fmt: skip
    assert guarded.returncode == 0, guarded.stdout[-500:]
