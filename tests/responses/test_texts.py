"""Whatever is posted to whatever question: both databases hold the same bytes, namely what was written, or it is 4xx.

Every form is sent to two engines of the same project, one on SQLite and one on PostgreSQL.
"""

from __future__ import annotations

import io
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.engine import Engine, start
from surveyengine.responses.ticket import FormToken, FormTokens
from surveyengine.results.export import extract, writers
from surveyengine.store.schema import answer, response
from tests.conftest import migrated
from tests.support import business, postgres, samples

SECRET = "the same for both, so that both take the same form"
EVERY = samples.TITLE + "".join(samples.question(kind, kind) for kind in KINDS)
# Small ones too: whatever is refused is shown again, and a page of all kinds takes long. Each has a neighbour.
SURVEYS = {"purchase/every": EVERY, **{
    f"purchase/{kind.replace('_', '-')}": "".join((
        samples.TITLE, samples.question(kind, kind), samples.question("near", "csat"),
    ))
    for kind in KINDS
}}    # fmt: skip
TICKET = re.compile(rb'name="form" value="[^"]+"')  # a form that came without one is given a new one
FORM = "application/x-www-form-urlencoded"

Row = tuple[object, ...]


@dataclass(frozen=True)
class Outcome:
    """What a database and a page say after a form was sent."""

    status: int
    page: bytes
    stored: list[Row]


class Pair:
    """The same project twice."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = engines
        self.clients: list[FlaskClient] = [create_app(engine).test_client() for engine in engines]
        self.tickets = FormTokens(engines[0].secret)

    def send(
        self, fields: bytes, kind: str = FORM, before: bytes = b"form=", after: bytes = b"&", survey: str = "every"
    ) -> Outcome:
        """Post a form to both, as the same submission, and return what both agree on."""
        digest = self.engines[0].library.surveys[survey].digest
        ticket = FormToken(secrets.token_urlsafe(12), survey, digest, "", datetime.now(UTC))
        body = before + self.tickets.sign(ticket).encode() + after + fields
        pages = [client.post(f"/s/{survey}?lang=en", data=body, content_type=kind) for client in self.clients]
        found = [
            Outcome(page.status_code, TICKET.sub(b"", page.data), stored(engine, ticket.submission))
            for page, engine in zip(pages, self.engines, strict=True)
        ]
        assert found[0] == found[1]
        return found[0]


def stored(engine: Engine, submission: str) -> list[Row]:
    """What a database holds of a submission, but for the moment of its arrival."""
    columns = [column for column in response.c if column.name not in ("answered_at", "folded")]
    with engine.database.read() as connection:
        head = connection.execute(select(*columns).where(response.c.id == submission)).all()
        query = select(answer).where(answer.c.response == submission).order_by(*answer.primary_key.columns)
        return [tuple(row) for row in (*head, *connection.execute(query))]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.Postgres) -> Iterator[Pair]:
    root = tmp_path_factory.mktemp("texts")
    with postgres_server.fresh_database(migrated) as url:
        urls = {"sqlite": "sqlite:///data/surveyengine.db", "postgres": url}
        roots = [business.write(root / name, SURVEYS, database=url) for name, url in urls.items()]
        engines = [start(one, {"SURVEYENGINE_SECRET": SECRET}) for one in roots]
        yield Pair(engines)
        for engine in engines:
            engine.close()


# ── The texts, and how they travel

DIGITS = st.characters(categories=["Nd", "Nl", "No"])
NASTY = [
    "\0", "a\0b", "\ud800", "x\udfff", "\u202eevil\u202c", "\u2066a\u2069",
    "می\u200cخواهم", "\u200fשלום\u200e", "e\u0301",
    "\u1100\u1161", "\ufb2a", "a\r\nb", "\r", "\x85", "\u2028", "\x1b[31m", "\x7f", "\ufeff", "\ufffe", "\U0010ffff",
    "", " ", "\u3000", "\u200b", "👩\u200d👧", "'; DROP TABLE answer; --", "\\", "\\u0000", "%00", "%", "{order}",
    "=1+1", "<script>", "&amp;", "+", "4", "na", "yes", "early", "۴", "４", "1_000", "1e400", "nan", "²", "-0", "٫٥",
    "۱٬۲۳۴٫۵",
]  # fmt: skip
LENGTHS = [1, 9_999, 10_000, 10_001, 160_000, 1_000_000]
LONG = st.builds(str.__mul__, st.sampled_from(["x", "א", "\u0301", "\u0958", "\u202e", "😀", "9", " ", "\n"]),
                 st.sampled_from(LENGTHS))  # fmt: skip
NUMERALS = st.text(DIGITS | st.sampled_from(".,٫٬-+ \u200f"), max_size=6)
ANY = st.characters(codec=None, categories=None)  # lone surrogates too
TEXTS = st.text(ANY, max_size=12) | st.sampled_from(NASTY) | NUMERALS | st.lists(st.sampled_from(NASTY)).map("".join)


def percent(raw: bytes) -> bytes:
    return quote(raw, safe="").encode()


def raw(encoded: bytes) -> bytes:
    """The bytes as a careless client sends them, but for what would end the field."""
    return encoded.translate(None, b"&=+%;")


def utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


WIRES = {
    "UTF-8": lambda text: percent(utf8(text)),
    "UTF-8, raw": lambda text: raw(utf8(text)),
    "cp1255": lambda text: percent(text.encode("cp1255", "ignore")),
    "cp1255, raw": lambda text: raw(text.encode("cp1255", "ignore")),
    "cp1256": lambda text: percent(text.encode("cp1256", "ignore")),
    "cp1256, raw": lambda text: raw(text.encode("cp1256", "ignore")),
}
ON_THE_WIRE = st.sampled_from(["UTF-8"] * 5 + list(WIRES))


# ── What is demanded


def letters(text: str) -> str:
    """A text without what need not be kept: outer space, controls, direction overrides, the spelling of letters."""
    kept = (char for char in unicodedata.normalize("NFC", text)
            if not char.isspace() and unicodedata.category(char) != "Cc" and char not in OVERRIDES)  # fmt: skip
    return "".join(kept)


OVERRIDES = {chr(n) for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def is_faithful(kind: str, value: str, written: str) -> bool:
    """Whether a stored value is what a person wrote, by rules that the engine does not share."""
    if kind == "text":
        is_plain = not any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in value)
        return letters(value) == letters(written) and is_plain and not OVERRIDES & set(value)
    if re.fullmatch(r"[a-z][a-z_]*", value):  # the id of an option, which has no other spelling
        return value == written.strip()
    spelt = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in letters(written))
    spelt = spelt.translate({0x66B: ".", 0x66C: None, 0x2C: None, 0x2212: "-", 0x200F: None, 0x200E: None, 0x61C: None})
    return value.isascii() and float(value) == float(spelt)


def check(outcome: Outcome, kind: str, written: str) -> None:
    """Stored as it was written, or refused."""
    answers = outcome.stored[1:]
    assert outcome.status in ((303,) if answers else (400, 413, 422))
    assert bool(answers) is bool(outcome.stored)
    for row in answers:
        question, value = str(row[1]), str(row[-1])
        assert question == kind
        assert is_faithful(kind, value, written), (value, written)
        value.encode()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(text=TEXTS, wire=ON_THE_WIRE)
def test_any_text_to_any_question_is_stored_as_written_or_refused(pair: Pair, kind: str, text: str, wire: str) -> None:
    sent = WIRES[wire](text)
    outcome = pair.send(kind.encode() + b"=" + sent, survey=kind.replace("_", "-"))
    if not wire.startswith("UTF-8"):  # what is stored then is the UTF-8 that those bytes happen to be
        assert outcome.status == 303 or not outcome.stored
        return
    check(outcome, kind, text if wire == "UTF-8" else raw(utf8(text)).decode("utf-8", "surrogatepass"))
    if {"\0", *map(chr, range(0xD800, 0xE000))} & set(text):
        assert outcome.status == 400


@settings(max_examples=100)
@given(text=TEXTS, wire=ON_THE_WIRE)
@example("می\u200cخواهم\r\nשלום", "UTF-8")
def test_a_written_text_is_the_same_in_both_databases(pair: Pair, text: str, wire: str) -> None:
    outcome = pair.send(b"csat=4&text=" + WIRES[wire](text))
    assert outcome.status in (303, 400)
    if wire == "UTF-8":
        is_storable = not re.search("[\0\ud800-\udfff]", text)
        assert (outcome.status == 303) is is_storable
        kept = [str(row[-1]) for row in outcome.stored[1:] if row[1] == "text"]
        assert len(kept) <= 1
        assert not is_storable or letters("".join(kept)) == letters(text)


@settings(max_examples=12)
@given(text=LONG, kind=st.sampled_from(["text", "number", "csat", "choices"]))
@example("x" * 1_000_000, "text")
@example("\u0301" * 9_999, "text")
def test_a_text_of_any_length_is_stored_whole_or_refused(pair: Pair, text: str, kind: str) -> None:
    sent = raw(utf8(text))
    outcome = pair.send(kind.encode() + b"=" + sent)
    check(outcome, kind, text)
    if len(sent) > 1_000_000:
        assert outcome.status == 413


@settings(max_examples=40)
@given(fields=st.lists(st.tuples(st.sampled_from([*KINDS, "form", "lang", "", "stranger"]) | TEXTS, TEXTS), max_size=6))
def test_any_fields_in_any_number_lead_both_to_the_same(pair: Pair, fields: list[tuple[str, str]]) -> None:
    outcome = pair.send(b"&".join(percent(utf8(name)) + b"=" + percent(utf8(value)) for name, value in fields))
    assert outcome.status in (303, 400, 422)
    assert (outcome.status == 303) is bool(outcome.stored)


@settings(max_examples=40)
@given(body=st.binary(max_size=30), kind=st.sampled_from([FORM, "multipart/form-data; boundary=b", "text/plain", ""]))
def test_any_bytes_lead_both_to_the_same(pair: Pair, body: bytes, kind: str) -> None:
    assert pair.send(body, kind).status in (303, 400, 422)


MULTIPART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'


@settings(max_examples=40)
@given(text=TEXTS, encoding=st.sampled_from(["utf-8", "utf-8", "cp1255", "cp1256"]))
def test_a_text_in_a_multipart_form_is_held_to_the_same(pair: Pair, text: str, encoding: str) -> None:
    sent = utf8(text) if encoding == "utf-8" else text.encode(encoding, "ignore")
    before, after = MULTIPART.format("form").encode(), f"\r\n{MULTIPART.format('text')}".encode()
    outcome = pair.send(sent + b"\r\n--b--\r\n", "multipart/form-data; boundary=b", before, after)
    if encoding == "utf-8":
        check(outcome, "text", text)
    assert outcome.status in (303, 400, 422)


# ── Shown again, and exported


class Written(HTMLParser):
    """What stands in the text field of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: str | None = None
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "textarea"

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.text = (self.text or "") + data if self._inside else self.text


@settings(max_examples=60)
@given(text=TEXTS)
def test_a_form_with_a_fault_shows_the_text_again_as_it_was_written(pair: Pair, text: str) -> None:
    outcome = pair.send(b"near=99&text=" + percent(utf8(text)), survey="text")
    assert outcome.stored == []
    if re.search("[\0\ud800-\udfff]", text):
        assert outcome.status == 400
        return
    assert outcome.status == 422
    shown = (Written(outcome.page.decode()).text or "\n").removeprefix("\n")
    assert shown == text


def test_what_is_exported_is_what_was_stored_and_the_same_from_both(pair: Pair) -> None:
    texts = [text for text in NASTY if letters(text) and not re.search("[\0\ud800-\udfff]", text)]
    kept = [pair.send(b"text=" + percent(utf8(text))).stored for text in texts]
    wanted = {str(rows[0][0]): str(rows[1][-1]) for rows in kept if rows}
    assert len(wanted) == len(texts) - len([text for text in texts if not text.strip("\u202a\u202b\u202c\u202e")])
    exported = []
    for engine in pair.engines:
        out = io.BytesIO()
        found = extract.extract(extract.Source(engine, extract.RowFilter(), datetime.now(UTC)), "responses")
        writers.write_jsonl(out, found.fields, found.rows)
        lines = {line["response"]: line for line in map(json.loads, out.getvalue().splitlines())}
        exported.append({id: {**line, "answered_at": None} for id, line in lines.items() if id in wanted})
    assert exported[0] == exported[1]
    assert {id: line["text"] for id, line in exported[0].items()} == wanted
