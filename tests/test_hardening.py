"""What other survey tools suffered from, one row of attacks after another, tried on the whole way through the engine.

A test is named after its row. Rows, or parts of rows, that the tests of a module prove already are not repeated here:

    2  answers in exports and lists        test_export, test_table (a group cannot command the terminal)
    3  faults on one safe line             test_document (a fault never breaks its line), test_mutants, test_log
    4  expanded once, never markup         test_text, test_markup, test_page
    5  catalogs are no format strings      test_speech (a translation is no format string), test_translations
    8  keys and scopes of every address    test_lists (a key opens exactly what is declared), test_api
    10 one spelling of a signature         test_respond (a signature has one spelling only)
    12 races of one token                  test_respond (fifty forms of one invitation at once give one answer)
    15 every letter of a token changed     test_respond, test_link (a look cannot be guessed), test_intake
    18 the Host header                     test_production (a forged host changes nothing, also behind nginx)
    19 headers and the SMTP conversation   test_mail, test_channel (no body can end itself)
    20 names that look like links          test_message (a name that could become a link); at_most in test_decision
    22 formulas in CSV and XLSX            test_export, test_report (a sheet names groups without letting them act)
    23 looking changes nothing             test_respond, test_delivery (one click ends invitations, looking does not)
    24 framing                             test_respond (every answer is secured, only named origins may frame)
    27 X-Forwarded-For                     test_respond (nobody chooses the network they come from), test_production
    29 JSON and TOML that cost too much    test_payload, test_document (a hostile megabyte), test_api, test_cloudevents
    32 addresses in other spellings        test_event (customers), test_mail (what may reach another), test_intake
    33 direction overrides                 test_clean, test_markup, test_mail, test_table
    36 repeats of an event                 test_intake (by source and id; there is no other idempotency key)
    38 logs                                test_log

There is nothing yet that these could be tried on: 9 and 37 (nobody signs in; API keys have no owners), 11 (a miss among
2^128 tokens is not worth counting), 16 (nothing fetches an address), 21 (no text messages), 25 (no embed.js), 40 (what
is installed is the installer's choice; nothing is pinned).
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Dialog, Page
from sqlalchemy import select

from surveyengine import keys, log
from surveyengine.app import create_app
from surveyengine.channels import email, mime
from surveyengine.definitions import duration, text, wording
from surveyengine.definitions.fault import visible
from surveyengine.definitions.toml.document import Unreadable, parse
from surveyengine.engine import Engine, start
from surveyengine.events import event, http
from surveyengine.i18n import language
from surveyengine.i18n.speech import speech
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.look.markup import sentence
from surveyengine.project import files
from surveyengine.responses.ticket import FormTokens
from surveyengine.results.export import report_csv
from surveyengine.store.schema import response
from surveyengine.values import clean, email_address, link_tokens, strict_json
from surveyengine.web.wsgi import body
from tests.support import business
from tests.support.business import DELIVERY, answer, delivered
from tests.support.posts import by_mail
from tests.support.running import Running, command, running
from tests.support.samples import Tags
from tests.support.site import Site
from tests.web.test_respond import FORM, browser, content, invite, stored, ticket

POLYGLOTS = [
    '"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "</title></textarea></style><svg onload=alert(1)>",
    "javascript:alert(1)//", "<!--", "--!><iframe src=javascript:alert(1)>", "]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href=//evil.example>x</a>", '" autofocus onfocus=alert(1) x="', "' style=position:fixed '", "\\x3cscript\\x3e",
    "<base href=//evil.example>", "<meta http-equiv=refresh content=0;url=//evil.example>",
]  # fmt: skip
BOMB = " ".join(POLYGLOTS)
LITERALS = ["{order}", "{{7*7}}", "{0.__class__}", "{x!r:>999999999}", "%(name)s", "$&", "${7*7}", "{% x %}",
            "{name|a}"]  # fmt: skip
HOSTILE = """\
title = { en = X, he = X, fa = X }
goal = X

[invite]
on = "shipment.delivered"
subject = { en = X, he = X, fa = X }

[[question]]
id = "satisfaction"
kind = "csat"
core = true
text = { en = X, he = X, fa = X }
hint = { en = X, he = X, fa = X }

[[question]]
id = "mark"
kind = "rating"
text = { en = X, he = X, fa = X }
low = { en = X, he = X, fa = X }
high = { en = X, he = X, fa = X }

[[question]]
id = "which"
kind = "choices"
text = { en = X, he = X, fa = X }
options = [{ id = "one", text = { en = X, he = X, fa = X } }, { id = "two", text = { en = X, he = X, fa = X } }]

[[question]]
id = "why"
kind = "text"
text = { en = "{order|} {name|}", he = "{order|} {name|}", fa = "{order|} {name|}" }

[[question]]
id = "how_much"
kind = "number"
text = { en = X, he = X, fa = X }

[[question]]
id = "may_we"
kind = "consent"
text = { en = X, he = X, fa = X }

[[question]]
id = "by_the_way"
kind = "note"
text = { en = X, he = X, fa = X }
"""


def shop_of(root: Path, words: str) -> Engine:
    """A business in whose files every text is these words."""
    survey, written = re.sub(r"\bX\b", lambda _: business.toml(words), HOSTILE), business.toml(words)
    config = business.CONFIG
    for name in ('"Nava Home"', '"נאווה הום"', '"ناوا هوم"'):
        config = config.replace(name, written)
    return start(business.write(root, {"purchase/delivery": survey}, config))


def mailed(engine: Engine, **event: Any) -> EmailMessage:
    """Take an event of yesterday, send what is due, and read the mail."""
    happened = datetime.now(UTC) - timedelta(days=1)
    customer = event.pop("customer_name", "Dana")
    made = delivered(time=happened, **event)
    assert made.customer
    take(engine, [replace(made, customer=replace(made.customer, name=customer))], happened)
    assert deliver_one(by_mail(engine, email.EMAIL.open("file:data/outbox", engine.root), ADDRESS), datetime.now(UTC))
    newest = max((engine.root / "data/outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return message_from_bytes(newest.read_bytes(), policy=default)


ADDRESS = "https://feedback.example.com"


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found
    return str(found.get_content())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = shop_of(tmp_path_factory.mktemp("hostile"), BOMB)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = shop_of(tmp_path_factory.mktemp("harmless"), "x")
    yield engine
    engine.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path / "shop"))
    yield engine
    engine.close()


# ── 1 to 5: texts that would like to be more


def skeleton(html: str) -> list[tuple[str, frozenset[str]]]:
    """The elements of a page and the names of their attributes: what a text must not change."""
    return [(tag, frozenset(attributes) - {"checked"}) for tag, attributes in Tags(html).found]


LEADING = ("href", "src", "action", "formaction", "content", "xlink:href")


def leaves(address: str | None) -> bool:
    """Whether an attribute leads to a script or to a stranger."""
    return bool(re.match(r"(?i)\s*(javascript:|data:|//|https?://(?!feedback\.example\.com/))", address or ""))


def seen(engine: Engine, words: str, spoken: str) -> dict[str, str]:
    """What a customer sees of that business, who writes these words wherever words can be written."""
    client, path = browser(engine), f"/s/delivery?lang={spoken}"
    wild = f"{path}&why={quote(words)}&satisfaction={quote(words)}&mark={quote(words)}&x={quote(words)}"
    posted = {"form": ticket(client, path), "satisfaction": words, "which": words, "why": words, "how_much": words}
    someone = f"c-{token_hex(4)}"    # else it would be the same occasion again
    facts = {"language": spoken, "customer_name": words[:40], "order": words, "page": words}
    message = mailed(engine, id=token_hex(4), customer=someone, **facts)
    link = part(message, "plain").partition(f"{ADDRESS}/r/")[2].split()[0]
    return {
        "form": client.get(path).text,
        "prefilled": client.get(wild, headers={"User-Agent": words, "Referer": words, "Cookie": words}).text,
        "faulty": client.post(path, data=posted).text,
        "thanks": client.get(f"/s/delivery/thanks?lang={spoken}").text,
        "nowhere": client.get(f"/s/{quote(words)}?lang={spoken}").text,
        "personal": client.get(f"/r/{link}").text,
        "mail": part(message, "html"),
    }


@pytest.mark.parametrize("spoken", ["he", "fa", "en"])
def test_01_and_02_no_text_of_a_file_a_link_an_answer_or_an_event_becomes_markup(
    hostile: Engine, harmless: Engine, spoken: str
) -> None:
    bad, good = seen(hostile, BOMB, spoken), seen(harmless, "x", spoken)
    for place, html in bad.items():
        assert skeleton(html) == skeleton(good[place]), place
        found = [one for _, one in Tags(html).found if one.get("rel") != "icon"]  # which is drawn in the page itself
        led = [to for attributes in found for to in map(attributes.get, LEADING)]
        assert [to for to in led if leaves(to)] == [], place


def test_01_a_browser_runs_nothing_of_it(hostile: Engine, page: Page) -> None:
    site = Site(hostile)
    said: list[str] = []
    asked: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismissed)
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(f"{site.origin}/s/delivery?lang=en&why={quote(BOMB)}")
        assert page.locator("textarea").input_value() == BOMB
        page.locator("[name=how_much]").fill(BOMB)
        page.locator(".ways [type=submit]:not(.back)").click()
        assert page.locator("textarea").input_value() == BOMB
        page.goto("about:blank")  # whose policy allows everything, as that of a mail program may
        page.set_content(part(mailed(hostile, id="browser", customer_name=BOMB[:40], order=BOMB), "html"))
    finally:
        site.stop()
    assert [one for one in said if "422" not in one] == []
    assert {url for url in asked if not url.startswith((site.origin, "about:"))} == set()


def test_03_a_hostile_file_is_named_on_lines_that_command_no_terminal(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>\x1b[31m\nforged: error: x\u202e"
    root = business.write(tmp_path, {"purchase/delivery": DELIVERY + f'{json.dumps(name)} = "\\u001b[2J"\n'})
    (root / f"surveys/purchase/{name}.toml").write_text("title = 1\n")
    (tmp_path / f"{name}.jsonl").write_text('{"id": "\\u001b[31m\\n"}\n')
    for said in (command(root, "check"), command(root, "events", str(tmp_path / f"{name}.jsonl"))):
        assert said.exit_code == 1
        assert not re.search("[\x1b\u202e]|^forged", said.stderr + said.stdout, re.MULTILINE)
        assert "\\x1b[31m" in said.stderr + said.stdout
        assert "Traceback" not in said.stderr


@pytest.mark.parametrize("value", [*LITERALS, "<a href=//evil.example>x</a>", "a\nb", " ".join(LITERALS)])
def test_04_a_value_is_put_in_as_it_is_and_only_once(harmless: Engine, value: str) -> None:
    message = mailed(harmless, id=token_hex(4), customer_name="{order}", order=value, x="7", language="en")
    link = part(message, "plain").partition(f"{ADDRESS}/r/")[2].split()[0]
    page = browser(harmless).get(f"/r/{link}").text
    asked = re.search(r'<label class="asked" for="why">(.*?)</label>', page)
    assert asked
    shown = re.findall(r"<bdi[^>]*>(.*?)</bdi>", asked[1])
    escaped = " ".join(value.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown == [escaped, "{order}"]


@pytest.mark.parametrize("words", LITERALS)
def test_05_what_looks_like_a_template_is_a_fault_or_plain_text(tmp_path: Path, words: str) -> None:
    written = DELIVERY.replace("Your delivery", f"Delivery {words}")
    found = files.read(business.write(tmp_path, {"purchase/delivery": written}), ("en", "he", "fa"), {})
    if found.errors:
        assert all(fault.line == 1 for fault in found.errors)
        return
    engine = start(tmp_path)
    said = re.search(r"<h1>(.*?)</h1>", browser(engine).get("/s/delivery?lang=en").text)
    engine.close()
    assert said
    assert said[1].replace("&amp;", "&") in (f"Delivery {words}", "Delivery ", "Delivery a")


# ── 6 to 8: ways in


INJECTIONS = ["' OR 1=1 --", "order'; DROP TABLE answer; --", '"order"', "order) FROM answer --", "%", "_", "$.order",
              "x[0]", "a')) UNION SELECT hash FROM api_key --"]  # fmt: skip


def test_06_no_parameter_becomes_sql(shop: Engine) -> None:
    key = keys.add(shop, "reader", "admin", datetime.now(UTC))
    client, allowed = browser(shop), {"Authorization": f"Bearer {key}"}
    answer(client, "/s/delivery", satisfaction="4")
    assert client.get("/api/v1/surveys", headers=allowed).status_code == 200    # its use is noted once an hour
    client.get("/api/v1/surveys", headers=allowed)    # notes that the key is in use
    before = content(shop)
    for path in ("report", "surveys", "invitations", "responses"):
        for name in ("by", "stage", "from", "survey", "customer", "after", "cursor", "limit", "order", "sort"):
            for value in INJECTIONS:
                page = client.get(f"/api/v1/{path}", query_string={name: value}, headers=allowed)
                assert page.status_code in (200, 400), (path, name, value)
                assert "sql" not in page.text.lower().replace(value.lower(), "")
    for value in INJECTIONS:
        assert client.get(f"/s/{quote(value)}").status_code == 404
        assert client.get(f"/r/{quote(value)}").status_code == 404
    assert content(shop) == before


UPWARDS = ["../{}", "..%2f{}", "%2e%2e/{}", "%2e%2e%2f{}", "%252e%252e%252f{}", "..%5c{}", "..\\{}", "....//{}", "/{}",
           "%2f{}", "%00{}", "{}%00.css", "./{}", "style.css/../../../{}", "~/{}"]  # fmt: skip


@pytest.mark.parametrize("start", ["/static/", "/s/", "/r/", "/logo/", "/logo?path=", "/api/v1/", "/s/delivery?lang="])
def test_07_no_path_leads_out_of_its_folder(shop: Engine, start: str) -> None:
    client = browser(shop)
    secret = (shop.root / "data/secret").read_text().strip()
    for way in UPWARDS:
        for file in ("data/secret", "config.toml", "../../data/secret", "etc/passwd"):
            page = client.get(start + way.format(file), buffered=True)
            assert page.status_code in (200, 401, 404), page.request.url
            assert page.status_code != 200 or "lang=" in start
            assert not any(leak in page.text for leak in (secret, "root:", "[business]"))


ALIASES = ["/api/v1/{}", "//api/v1/{}", "/API/v1/{}", "/api/v1/{};x", "/api/v1//{}", "/api/v1/./{}", "/s/..;/api/v1/{}",
           "/s/../api/v1/{}", "/s/%2e%2e/api/v1/{}", "/s/%252e%252e%252fapi/v1/{}", "/api%2fv1%2f{}", "/%61pi/v1/{}",
           "/static/../api/v1/{}", "/api/v1/{}/", "/api/v1/{}%00", "/api/v1/{}%20"]  # fmt: skip


def test_08_no_spelling_of_an_address_of_machines_opens_it(shop: Engine) -> None:
    app = create_app(shop)
    ours = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    assert len(ours) >= 4
    for rule in ours:
        for method in rule.methods or ():
            page = app.test_client().open(rule.rule, method=method)
            assert page.status_code == 401 or method == "OPTIONS" or rule.rule.endswith("/openapi.json"), rule
    for alias in ALIASES:
        for name in ("report", "responses"):
            page = app.test_client().get(alias.format(name))
            assert page.status_code in (401, 404), page.request.url
            assert page.headers.get("Location") is None


# ── 10 to 15: tokens and answers


def test_10_tokens_have_nothing_in_common(shop: Engine) -> None:
    secret = shop.secret
    made = [link_tokens.answer_token(secret, str(n)) for n in range(10_000)]
    assert len(set(made)) == 10_000
    for place in range(21):  # the 22nd letter holds the last two of 128 bits
        letters = Counter(one[place] for one in made)
        assert len(letters) == 64
        assert max(letters.values()) < 10_000 / 64 * 1.6
    assert {len(urlsafe_b64decode(one + "==")) for one in made} == {16}
    others = {link_tokens.unsubscribe_token(secret, "1"), link_tokens.preview_token(secret, "1", datetime.now(UTC))}
    assert not any(made[1] in other for other in others)
    assert link_tokens.answer_token(b"another", "1") != made[1]


def test_10_and_14_a_page_tells_nothing_of_whom_it_is_for(shop: Engine) -> None:
    happened = datetime.now(UTC) - timedelta(days=1)
    made = delivered(id="77", time=happened, customer="customer-4711", phone="+972501234567", margin="0.37")
    assert made.customer
    private = replace(made.customer, phone="+972501234568", account="acme-gold", role="ceo", name="Dana Levi")
    take(shop, [replace(made, customer=private)], happened)
    assert deliver_one(by_mail(shop, email.EMAIL.open("file:data/outbox", shop.root), ADDRESS), datetime.now(UTC))
    text = part(message_from_bytes(next((shop.root / "data/outbox").iterdir()).read_bytes(), policy=default), "plain")
    page = browser(shop).get(re.findall(rf"{ADDRESS}(/r/\S+)", text)[0]).text
    carried = str(FormTokens(shop.secret).read(business.token(page)))
    for secret in ("4711", "example.com", "97250", "acme", "ceo", "0.37", "Levi", "late again"):
        assert secret not in page + carried
    assert "A-77" in page


def test_12_no_spelling_of_a_used_token_answers_again(shop: Engine) -> None:
    link, client = invite(shop), browser(shop)
    used = link[3:]
    form = ticket(client, link)
    escaped = "".join(f"%{ord(letter):02x}" for letter in used)
    sent = {"form": form, "satisfaction": "4"}
    assert client.post(link, data=sent).status_code == 303
    same = [link, f"/r/{escaped}", f"{link}?", f"{link}?lang=en&token=x", f"{link}#x"]
    other = [f"{link}/", f"/r/{used.swapcase()}", f"{link}%00", f"{link}%20", f"{link}=", f"{link};x", f"//r/{used}",
             f"{link}.json"]  # fmt: skip
    tries: list[dict[str, Any]] = [
        {"satisfaction": "1"}, {"form": "", "satisfaction": "1"}, {"form": [form, form], "satisfaction": "1"},
        {"form[]": form, "satisfaction": "1"}, {"form": form.upper(), "satisfaction": "1"},
        {"form": ticket(client), "satisfaction": "1"}, {"form": "null", "satisfaction": "1"},
        {"form": form, "satisfaction": "1"},
    ]  # fmt: skip
    for path in (*same, *other):
        for fields in tries:
            assert client.post(path, data=fields).status_code in ((200, 303) if path in same else (404, 308))
    assert stored(shop) == [{"satisfaction": ["4"]}]


ASSERTED = ["id", "survey", "digest", "invitation", "customer", "day", "answered_at", "context", "test", "folded",
            "score", "counted", "position", "series", "language", "version", "is_test", "direction", "contact_id",
            "stranger", "satisfaction.other"]  # fmt: skip


def test_13_a_client_asserts_nothing_but_its_answers(shop: Engine) -> None:
    extra = {name: "1" for name in ASSERTED} | {f"satisfaction[{name}]": "1" for name in ASSERTED}
    for more in ({}, extra):
        form = ticket(browser(shop))
        assert browser(shop).post("/s/delivery", data={**more, "form": form, "satisfaction": "4"}).status_code == 303
    with shop.database.read() as connection:
        rows = [row._asdict() for row in connection.execute(select(response))]
    for row in rows:
        del row["id"], row["answered_at"]
    assert rows[0] == rows[1]
    assert stored(shop) == [{"satisfaction": ["4"]}] * 2


def test_15_and_26_unknown_forged_and_foreign_links_have_one_answer(shop: Engine) -> None:
    client, link = browser(shop), invite(shop)
    stop = link_tokens.unsubscribe_token(shop.secret, "no such invitation")
    look = link_tokens.preview_token(b"another secret", "delivery", datetime.now(UTC) + timedelta(days=1))
    gone = link_tokens.preview_token(shop.secret, "nowhere", datetime.now(UTC) + timedelta(days=1))
    paths = [f"/r/{stop}", f"/r/{look}", f"/u/{link[3:]}", f"/u/{stop}", f"/t/{look}", f"/t/{gone}", f"/t/{link[3:]}",
             f"/r/{'é' * 9}", "/u/", "/u/x", f"{link}A", link[:-1], "/r/", "/r/x", "/t/delivery.1.x", "/t/..",
             "/nothing", "/s/nowhere"]  # fmt: skip
    answers = [client.open(path, method=method, follow_redirects=True)  # one that ends in "-" loses that on the way
               for path in paths for method in ("GET", "POST")]  # fmt: skip
    kinds = {(page.status_code, page.data, str(page.headers)) for page in answers if page.status_code != 405}
    assert len(kinds) == 1
    assert next(iter(kinds))[0] == 404


# ── 17 to 20: addresses and mails


AWAY = ["//evil.example", "/\\evil.example", "https:evil.example", "\t//evil.example", "javascript:alert(1)",
        "@evil.example", "https://evil.example", "%2f%2fevil.example", "///evil.example/.."]  # fmt: skip


@pytest.mark.parametrize("target", AWAY)
def test_17_no_redirect_leaves_the_site(shop: Engine, target: str) -> None:
    client, quoted = browser(shop), quote(target)
    for name in ("next", "url", "redirect", "redirect_url", "return_to", "lang"):
        form = ticket(client)
        done = client.post(f"/s/delivery?{name}={quoted}", data={"form": form, "satisfaction": "4", name: target})
        assert done.headers["Location"] == "/s/delivery/thanks?lang=he"
    for path in ("{}", "/{}", "/s/{}", "//{}", "/s/delivery{}", "/s/delivery/thanks/{}"):
        with suppress(ValueError):  # what the test's own client cannot send
            assert client.get(path.format(target)).headers.get("Location") is None


HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
           "MIME-Version", "Content-Type", "Content-Language"]  # fmt: skip
INTO_HEADERS = ["x\r\nBcc: x@y.example", "x\nBcc: x@y", "=?UTF-8?Q?=0A?=Bcc: x@y 😀", "a\u2028Bcc: x@y",
                "a\x85Bcc: x@y", "Dana <x@y.example>, z@y.example", '"; <x@y>', "x\n.\r\nMAIL FROM:<x@y>",
                "\u202eevil"]  # fmt: skip


@pytest.mark.parametrize("words", INTO_HEADERS)
def test_19_what_an_event_carries_adds_no_header_and_no_recipient(shop: Engine, words: str) -> None:
    subject = '{ en = "About {product|it}, {name|you}", he = "{product|} {name|}", fa = "{product|} {name|}" }'
    business.change(shop, {"purchase/delivery": re.sub(r"subject   = .*", lambda _: f"subject = {subject}", DELIVERY)})
    customer = {"id": "c-17", "email": "dana@example.com", "name": words, "language": "en"}
    raw: Any = {"specversion": "1.0", "id": words, "source": words, "type": "shipment.delivered"}
    raw["data"] = {"product": words, "customer": customer}
    read = event.event({**raw, "id": "1", "source": "shop"}, datetime.now(UTC) - timedelta(days=1))
    assert isinstance(read, event.Event)
    take(shop, [read], datetime.now(UTC) - timedelta(days=1))
    assert deliver_one(by_mail(shop, email.EMAIL.open("file:data/outbox", shop.root), ADDRESS), datetime.now(UTC))
    (sent,) = (shop.root / "data/outbox").iterdir()
    message = message_from_bytes(sent.read_bytes(), policy=default)
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [one.addr_spec for one in message["To"].addresses] == ["dana@example.com"]
    assert "x@y" not in str(message["From"])
    for place in (message["Subject"], part(message, "plain")):
        assert not re.search("[\u202a-\u202e]", place)
    attributes = event.event(raw, datetime.now(UTC))
    if not words.isprintable():
        assert isinstance(attributes, event.Malformed)
        assert visible(attributes.reason) == attributes.reason


# ── 28 and 29: what costs too much


def _ignoring(call: Callable[[str], object]) -> Callable[[str], object]:
    def tried(text: str) -> None:
        with suppress(ValueError, Unreadable):  # refused quickly is as good
            call(text)

    return tried


NOW = datetime(2026, 11, 20, tzinfo=UTC)
READERS: dict[str, Callable[[str], object]] = {
    "answer": lambda words: clean.text(words, lines=True),
    "number": clean.number,
    "language": language.base,
    "Accept-Language": language.accepted,
    "event": lambda words: event.event(
        {"specversion": "1.0", "id": words, "source": words, "type": words, "time": words,
         "data": {"x": words, "customer": {"id": words, "email": words, "phone": words, "timezone": words}}}, NOW,
    ),
    "Content-Type": lambda words: http.from_http(words, {}, b"{}", NOW),
    "ce- header": lambda words: http.from_http("application/json", {"ce-id": words}, b"", NOW),
    "JSON": lambda words: strict_json.decode_json(words.encode()),
    "form": lambda words: body._urlencoded(words.encode(), True),
    "form's token": FormTokens(b"x").read,
    "look": lambda words: link_tokens.previewed((b"x",), words),
    "address": email_address.is_address,
    "normal form of an address": email_address.normal,
    "sender": mime.is_sender,
    "header": mime.header_text,
    "way of mail": lambda words: email.EMAIL.open(f"smtp://{words}", Path()),
    "duration": duration.duration,
    "placeholders": lambda words: sentence(words, {"a": words}, speech("fa")),
    "parts": lambda words: list(text.parts(words)),
    "wording": lambda words: [wording.faults(one, words[: text.LONGEST]) for one in ("he", "fa")],
    "TOML": lambda words: parse(f'a = "{words}'.encode(), "f"),
    "cell": report_csv.guarded,
    "log": log.redacted,
    "fault": visible,
}  # fmt: skip
PIECES = ["a", " ", "\n", "0,", "{a|", '"', "\\", "<", "@", "a@a.", "=?", "://a", "a?", "${a", "\u0301", "\u202e",
          "-1.", "[", ";q=0.", "می ", "bearer "]  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_28_a_hundred_thousand_hostile_characters_cost_less_than_a_second(reader: str) -> None:
    read = _ignoring(READERS[reader])
    for piece in PIECES:
        begun = time.process_time()
        read(f"a{piece * (100_000 // len(piece))}!")
        assert time.process_time() - begun < 1, piece


def test_29_a_body_that_would_unfold_is_not_unfolded(shop: Engine) -> None:
    client, key = browser(shop), keys.add(shop, "shop", "events", datetime.now(UTC))
    packed = gzip.compress(b"satisfaction=4&reason=" + b"x" * 10_000_000)
    many = 10_000 * b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n' + b"--b--\r\n"
    begun = time.process_time()
    headers = {"Authorization": f"Bearer {key}", "Content-Encoding": "gzip"}
    for path, sent, kind, status in (
        ("/s/delivery", packed, FORM, 400),
        ("/s/delivery", many, "multipart/form-data; boundary=b", 413),
        ("/api/v1/events", packed, "application/json", 400),
    ):
        assert client.post(path, data=sent, content_type=kind, headers=headers).status_code == status
    assert client.get("/s/delivery?" + "satisfaction=4&" * 20_000).status_code == 200
    assert time.process_time() - begun < 2
    assert stored(shop) == []


# ── 30 and 39: the server itself


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return business.write(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[Running]:
    with running(root) as engine:
        yield engine


def spoken(site: Running, request: bytes) -> bytes:
    """What the server says to these bytes until it hangs up, or falls silent."""
    with socket.create_connection(("127.0.0.1", int(site.address.rpartition(":")[2])), 5) as connection:
        said = b""
        with suppress(OSError):  # it may hang up while we are still sending
            connection.sendall(request)
            while piece := connection.recv(65_536):
                said += piece
        return said


SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SMUGGLED = {
    "two kinds of length": b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    "two lengths": b"Content-Length: 6\r\nContent-Length: 0\r\n\r\nabcdef",
    "two lengths in one": b"Content-Length: 6, 0\r\n\r\nabcdef",
    "a negative length": b"Content-Length: -1\r\n\r\n",
    "a length with a sign": b"Content-Length: +6\r\n\r\nabcdef",
    "a folded header": b"X-A: b\r\n c\r\n\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a chunk of no size": b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    "a NUL": b"X-A: \0\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("trick", SMUGGLED.values(), ids=SMUGGLED)
def test_30_no_second_request_hides_in_the_first(site: Running, trick: bytes) -> None:
    said = spoken(site, b"POST /s/delivery HTTP/1.1\r\nHost: x\r\n" + trick + SECOND)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert site.get("/healthz")[0] == 200


def test_30_a_body_of_unsaid_length_is_bounded_and_never_cut_short(site: Running, root: Path) -> None:
    key = command(root, "key", "add", "shop").stdout.strip()
    for path, kind, most in (("/s/delivery", FORM, 1_000_000), ("/api/v1/events", "application/json", 8_000_000)):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\n"
        head += "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for chunks, status in ((most // 0x10000 - 1, (b"400", b"422")), (most // 0x10000 + 1, (b"413",))):
            said = spoken(site, head.encode() + chunks * chunk + b"0\r\n\r\n")
            assert said.split()[1] in status


def test_39_the_server_tells_nothing_of_itself_and_repeats_nothing(site: Running) -> None:
    secret = b"Host: x\r\nX-Secret: echoed\r\nConnection: close\r\n\r\n"
    debugger = b"/?__debugger__=yes&cmd=resource&f=style.css"
    for path in (b"/", b"/s/delivery", b"/console", debugger, b"/.git/config", b"/data/secret"):
        said = spoken(site, b"TRACE " + path + b" HTTP/1.1\r\n" + secret)
        assert said.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 405 "))
        assert b"echoed" not in said
        asked = spoken(site, b"GET " + path + b" HTTP/1.1\r\n" + secret)
        assert asked.startswith(b"HTTP/1.1 200 " if path in (b"/", b"/s/delivery", debugger) else b"HTTP/1.1 404 ")
        for version in (b"werkzeug", b"python", b"flask", b"granian/", b"x-powered-by"):
            assert version not in asked.lower()


# ── 31 to 35: what is kept, and where


def test_31_nothing_personal_may_be_kept_by_a_cache(shop: Engine) -> None:
    client, link = browser(shop), invite(shop)
    stop = f"/u/{link_tokens.unsubscribe_token(shop.secret, 'x')}"
    sent = {"form": ticket(client, link), "satisfaction": "9"}
    pages = [client.get(link), client.post(link, data=sent), client.post(link, data={}), client.get(stop),
             client.get("/r/x"), client.post(link, data={**sent, "satisfaction": "4"}), client.get(link),
             client.get("/api/v1/report")]  # fmt: skip
    assert [page.status_code for page in pages] == [200, 422, 400, 404, 404, 303, 200, 401]
    for page in pages:
        assert page.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in page.headers


def test_33_what_turns_the_reading_direction_reaches_no_page_mail_or_answer(shop: Engine) -> None:
    words = "\u202eA-1\u2066\u2069\u202c می\u200cخواهم\u200f"
    message = mailed(shop, id="bidi", customer_name=words, order=words)
    html, text = part(message, "html"), part(message, "plain")
    page = browser(shop).get(re.findall(rf"{ADDRESS}(/r/\S+)", text)[0]).text
    for shown in (page, html):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", shown)
        assert "A-1 می\u200cخواهم\u200f" in shown
    assert not re.search("[\u202a-\u202e]", text + message["To"] + message["Subject"])
    assert text.count("\u2068") == text.count("\u2069")
    answer(browser(shop), "/s/delivery", satisfaction="2", reason=words)
    assert stored(shop) == [{"satisfaction": ["2"], "reason": ["A-1 می\u200cخواهم\u200f"]}]


def test_34_no_token_key_or_secret_lies_in_the_database(shop: Engine) -> None:
    client, link = browser(shop), invite(shop)
    key = keys.add(shop, "shop", "admin", datetime.now(UTC))
    text = part(message_from_bytes(next((shop.root / "data/outbox").iterdir()).read_bytes(), policy=default), "plain")
    stop = re.findall(rf"{ADDRESS}(/u/\S+)", text)[0].partition("?")[0]
    form = ticket(client, link)
    assert client.post(link, data={"form": form, "satisfaction": "4"}).status_code == 303
    assert client.post(stop).status_code == 200
    kept = b"".join(path.read_bytes() for path in (shop.root / "data").glob("surveyengine.db*"))
    assert b"c-17" in kept
    assert key
    proofs = (stop[3 + link_tokens.ID_LENGTH :], form.partition(".")[2])
    for secret in (link[3:], key, key[3:], form, *proofs, shop.secret.decode()):
        assert secret.encode() not in kept
        assert len(secret) >= 22


def test_35_no_other_site_may_read_what_we_say(shop: Engine) -> None:
    client: FlaskClient = browser(shop)
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
              "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    for path in ("/s/delivery", invite(shop), "/api/v1/events", "/api/v1/report", "/api/v1/openapi.json", "/healthz"):
        for method in ("GET", "POST", "OPTIONS"):
            headers = client.open(path, method=method, headers=asking).headers
            assert not [name for name in headers.keys() if name.lower().startswith("access-control-")]  # noqa: SIM118
