"""Every key of config.toml and of a survey file: it changes something that can be seen, or `check` says otherwise.

The keys are those of the models, so that a new one fails here until it has a proof.
"""

from __future__ import annotations

import email
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import policy
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from surveyengine import keys as api_keys
from surveyengine import stored
from surveyengine.app import create_app
from surveyengine.channels.email import EMAIL
from surveyengine.cli import main
from surveyengine.definitions.condition import Condition, Test
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.model import Model, innermost, is_model
from surveyengine.definitions.survey import Head
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.events.imported import ImportFile
from surveyengine.invitations import lots
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.privacy.retention import Retention
from surveyengine.project.files import Project, read
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.serving.worker import work_once
from surveyengine.settings.config import Config
from surveyengine.store.schema import customer, event, invitation, response, sending
from surveyengine.values.enumeration import Role, TrendUnit
from surveyengine.values.link_tokens import answer_token
from surveyengine.values.signing import body_signature
from surveyengine.values.strict_json import Undecodable
from surveyengine.web.forms.form_page import form_html
from tests.support import samples, staff
from tests.support.business import token
from tests.support.posts import by_mail

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LANGUAGES = ("he", "fa", "en")
ABSENT = object()
OPEN = "/s/delivery"
Tree = dict[str, Any]
Look = Callable[[Path], Any]


def text(word: str) -> Tree:
    return dict.fromkeys(LANGUAGES, word)


# ── Files


def toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[ {', '.join(map(toml, value))} ]"
    return json.dumps(value, ensure_ascii=False)


def file(tree: Tree) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in tree.items())


def put(tree: Tree, path: tuple[str, ...], value: Any) -> None:
    """Set what stands at a path, or leave it out."""
    first, *rest = path
    if value is ABSENT and rest and first not in tree:
        return
    if rest:
        put(tree.setdefault(first, {}), tuple(rest), value)
    elif value is ABSENT:
        tree.pop(first, None)
    else:
        tree[first] = value


CONFIG: Tree = {
    "business": {"name": text("Nava"), "languages": [*LANGUAGES], "timezone": "Asia/Jerusalem"},
    "sending": {"cooldown": "0 days", "late": "0 days"},
}
CSAT: Tree = {"id": "satisfaction", "kind": "csat", "core": True, "text": text("How was it?")}
SURVEY: Tree = {
    "title": text("Your delivery"),
    "invite": {"on": "shipment.delivered", "subject": text("How did it go?")},
    "question": [CSAT],
}


def surveys(**more: Tree) -> dict[str, Tree]:
    return {"delivery": deepcopy(SURVEY), **deepcopy(more)}


def write(root: Path, config: Tree, files: Mapping[str, Tree]) -> Path:
    root.mkdir(parents=True)
    (root / "config.toml").write_text(file(config), encoding="utf-8")
    for name, tree in files.items():
        path = root / "surveys/purchase" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file(tree), encoding="utf-8")
    return root


def checked(root: Path) -> Project:
    return read(root, LANGUAGES, {})


# ── What is looked at


def live(look: Callable[[Engine], Any]) -> Look:
    """Look at a business at work."""

    def looked(root: Path) -> Any:
        engine = start(root, {})
        try:
            return look(engine)
        finally:
            engine.close()

    return looked


def browser(engine: Engine) -> Any:
    return create_app(engine).test_client()


@live
def page(engine: Engine) -> str:
    html: str = browser(engine).get(f"{OPEN}?lang=en").text
    return html.replace(token(html), "") if "<form" in html else html


@live
def touchpoint_page(engine: Engine) -> str:
    """What the page of a touchpoint says of how its answers can be split."""
    html: str = staff.client(engine, Role.VIEWER, "en").get("/staff/journey/purchase/delivery").text
    return html


@live
def renamed(engine: Engine) -> int:
    """What a link says that was made when the survey had another name."""
    return int(browser(engine).get("/s/shipping").status_code)


@live
def thanked(engine: Engine) -> str:
    """What is said after an answer."""
    return str(browser(engine).get(f"{OPEN}/thanks?lang=en").text)


@live
def header(engine: Engine) -> str:
    return str(browser(engine).get(OPEN).headers["Content-Security-Policy"])


@live
def listed(engine: Engine) -> Any:
    """What the API says of the surveys."""
    key = api_keys.add(engine, "k", "read", NOW)
    found = browser(engine).get("/api/v1/surveys", headers={"Authorization": f"Bearer {key}"}).json["surveys"]
    return [{name: value for name, value in one.items() if name != "version"} for one in found]


def posting(*bodies: Mapping[str, str], query: str = "", **environ: Any) -> Look:
    """Send forms, each as it was just opened; see what is said to each."""

    def look(engine: Engine) -> list[int]:
        client, found = browser(engine), []
        for number, body in enumerate(bodies):
            data = {"form": token(client.get(OPEN + query).text), **body}
            more = {name: value.format(number) if isinstance(value, str) else value for name, value in environ.items()}
            found.append(client.post(OPEN, data=data, environ_base=more).status_code)
        return found

    return live(look)


def happened(id: str = "1", time: datetime = NOW, type: str = "shipment.delivered", **data: Any) -> Event:
    whom = Customer("c-17", "dana@example.com", "+972501234567", "Dana", "en", None, None, None)
    return Event("shop", f"{type}-{id}", type, time, {"order": "A-1", "total": 12345, **data}, whom, False)


def deciding(*events: Event) -> Look:
    """Take events when they happen; see what becomes of each."""

    def look(engine: Engine) -> Any:
        for one in events:
            take(engine, [one], max(one.time, NOW))
        columns = ("survey", "state", "reason", "due_at", "day")
        with engine.database.read() as connection:
            query = select(*(invitation.c[name] for name in columns)).order_by(invitation.c.key)
            return [tuple(row) for row in connection.execute(query)]

    return live(look)


@live
def mailed(engine: Engine) -> Any:
    """The invitation that is sent now: where it lies, who sends it, what it says, and where its link leads."""
    take(engine, [happened(time=datetime.now(UTC) - DAY)], datetime.now(UTC))
    work_once(engine, "http://localhost:8000")
    (path,) = engine.root.rglob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    said = body.get_content() if body else ""
    links, above = re.findall(r"(https?://\S+)/r/", said), said.partition("http")[0]
    return path.parent.name, message["From"], message["Subject"], links, above


@live
def reminding(engine: Engine) -> int:
    """How many messages there are, planned ones too, once the invitation has left."""
    take(engine, [happened(time=datetime.now(UTC) - DAY)], datetime.now(UTC))
    work_once(engine, "http://localhost:8000")
    with engine.database.read() as connection:
        return len(connection.execute(select(sending.c.key)).all())


def linked(root: Path) -> str:
    """What is printed as the link of a survey."""
    return str(CliRunner().invoke(main, ["--project", str(root), "link", "delivery"]).output)


@live
def answered_late(engine: Engine) -> int:
    """What a personal link says twenty days after it was sent."""
    then = datetime.now(UTC) - 20 * DAY
    take(engine, [happened(time=then)], then)
    assert deliver_one(by_mail(engine, EMAIL.open("file:data/outbox", engine.root), "https://x.example"), then)
    with engine.database.read() as connection:
        id = connection.execute(select(invitation.c.id)).scalar_one()
    return int(browser(engine).get(f"/r/{answer_token(engine.secret, id)}").status_code)


@live
def caught_up(engine: Engine) -> int:
    """How many of two invitations that ought to have left a day ago leave in a minute."""
    take(engine, [happened(id, order=id) for id in "12"], NOW)
    post = by_mail(engine, EMAIL.open("file:data/outbox", engine.root), "https://x.example")
    return sum(deliver_one(post, NOW + DAY) is not None for _ in range(3))


@live
def turned(engine: Engine) -> int:
    """How many are asked whose turn it is after two months."""
    take(engine, [happened(type="order.paid")], NOW)
    return plan_turns(engine, NOW + 60 * DAY)


def store(engine: Engine, answers: Sequence[Mapping[str, str]], then: datetime) -> None:
    """Let every survey be answered so at that time."""
    for survey in engine.library.surveys.values():
        for number, given in enumerate(answers):
            said = form.read(survey, MultiDict(given))
            assert not said.errors
            ticket = FormToken(f"{survey.id}-{number}", survey.id, survey.digest)
            keep(engine, CompleteForm(ticket, survey, said, "en"), then)


def reporting(*answers: Mapping[str, str], n: int = 12, style: str = "json", **wanted: Any) -> Look:
    """Let every survey be answered some time ago; see the report."""

    def look(engine: Engine) -> Any:
        store(engine, answers * n, NOW - 100 * DAY)
        found = query.report(engine, query.ReportQuery(**wanted), NOW)
        return query.shown(engine, found, style, query.Screen(language="en"))

    return live(look)


@live
def left_after(engine: Engine) -> tuple[int, ...]:
    """How many answers, invitations with a customer, and customers there are five hundred days later."""
    past, later = NOW - 600 * DAY, NOW - 100 * DAY
    store(engine, [ONE], past)
    take(engine, [happened(time=past)], past)
    deliver_one(by_mail(engine, EMAIL.open("file:data/outbox", engine.root), "https://x.example"), past)
    with patch.object(engine.timekeeper, "moment", lambda: later):
        Retention(engine).look()
    led = select(func.count()).select_from(invitation).where(invitation.c.customer.is_not(None))
    with engine.database.read() as connection:
        rows = [select(func.count()).select_from(table) for table in (response, customer)]
        return tuple(int(connection.execute(one).scalar_one()) for one in (*rows, led))


def importing(body: str | bytes) -> Look:
    """Read a file of another system; see its events, or why there are none."""

    @live
    def look(engine: Engine) -> Any:
        stream = io.BytesIO(body if isinstance(body, bytes) else body.encode())
        file = ImportFile(stream, "orders", engine.config.imports["orders"], engine.config.business.zone)
        try:
            file.check(NOW)
        except Undecodable as error:
            return error.reason
        return [*file.events(NOW)]

    return look


VARIABLES = {"FIRST": "the-first-secret-0123", "OTHER": "the-other-secret-0123"}


def hooked(message: Tree) -> Look:
    """Send a signed message to a webhook; see what is said, and of which type the event is."""

    def look(root: Path) -> Any:
        engine, raw = start(root, VARIABLES), json.dumps(message).encode()
        signature = body_signature(VARIABLES["FIRST"].encode(), raw)
        headers = {"X-Shopify-Hmac-Sha256": signature}
        answer = browser(engine).post("/hooks/shop", data=raw, headers=headers)
        with engine.database.read() as connection:
            found = [*connection.execute(select(event.c.source))]
        engine.close()
        return answer.status_code, found

    return look


@live
def kept(engine: Engine) -> list[str]:
    """Which databases there are."""
    return sorted(path.name for path in engine.root.rglob("*.db"))


def said(root: Path) -> list[str]:
    return [str(fault) for fault in checked(root).faults]


# ── Proofs


@dataclass(frozen=True)
class Proof:
    """One setting in two businesses that are otherwise the same, and what differs between them.

    `stars` stand for the names in its path that a business chooses; `config` and `files` are what else both have.
    """

    look: Look
    value: Any
    other: Any = ABSENT
    stars: tuple[str, ...] = ()
    config: Tree = field(default_factory=dict)
    files: Mapping[str, Tree] = field(default_factory=surveys)


@dataclass(frozen=True)
class Warned:
    """A setting that has no effect: `check` says so where it stands in the file."""

    value: Any
    stars: tuple[str, ...] = ()


def anonymous() -> dict[str, Tree]:
    return {"delivery": {"mode": "anonymous", **deepcopy(SURVEY)}}


@live
def sharing(engine: Engine) -> Any:
    """How surveys stand in the lot of the day after many customers were decided about."""
    whom = [Customer(f"c-{n}", f"c-{n}@example.com") for n in range(25)]
    take(engine, [replace(happened(one.id, order=one.id), customer=one) for one in whom], NOW)
    return lots.today(engine, NOW + DAY)


def twice(apart: timedelta = DAY) -> Look:
    return deciding(happened("1"), happened("2", NOW + apart, order="A-2"))


LIST = "A,B,When,Mail\nX-1,7,2026-11-20,dana@example.com\nX-1,9,2026-11-21,dana@example.com\n"
IMPORT: Tree = {
    "type": "order.paid", "id": "{A}-{B}", "time": "When", "fields": {"order": "A", "customer.email": "Mail"},
}  # fmt: skip


def reading(value: Any, other: Any = ABSENT, body: str | bytes = LIST, **more: Any) -> Proof:
    """A key of an import that is otherwise IMPORT with `more`."""
    return Proof(importing(body), value, other, ("orders", "x"), {"import": {"orders": {**deepcopy(IMPORT), **more}}})


def field_of(**given: Any) -> Tree:
    return {"fields": {**IMPORT["fields"], "x": given}}


def hooking(key: str, value: Any, other: Any) -> Proof:
    """A key of a webhook that is otherwise Shopify's with an import of its own."""
    hook = {"kind": "shopify", "secret": "${FIRST}", "import": "orders"}
    message = {"A": 1, "B": 2, "When": "2026-11-20", "Mail": "dana@example.com"}
    config = {"hooks": {"shop": hook}, "import": {"orders": deepcopy(IMPORT)}}
    return Proof(hooked(message), value, other, ("shop",), config)


DAY_FIRST = LIST.replace("2026-11-20", "03/04/2026").replace("2026-11-21", "04/04/2026")
ONE = {"satisfaction": "5"}
TWO_SURVEYS = surveys(checkout=SURVEY)
IN_CONFIG: dict[str, Proof | Warned] = {
    "business.name": Proof(page, text("Nova"), text("Nava")),
    "business.languages": Proof(page, ["en", "he"], [*LANGUAGES]),
    "business.timezone": Proof(deciding(happened(time=datetime(2026, 11, 20, 23, tzinfo=UTC))), "Asia/Jerusalem"),
    "business.country": Proof(
        posting({"phone": "0501234567"}), "IL",
        files={"delivery": SURVEY | {"question": [{"id": "phone", "kind": "phone", "text": text("Phone?")}]}},
    ),
    "business.week": Proof(reporting(ONE, every=TrendUnit.WEEK), "saturday", "sunday"),
    "business.url": Proof(linked, "https://feedback.example.com"),
    "business.color": Proof(page, "#aa0000"),
    "business.logo": Proof(page, "static/logo.svg"),
    "business.contact": Proof(page, "mailto:care@example.com"),
    "business.privacy": Proof(page, "https://example.com/privacy"),
    "database.url": Proof(kept, "sqlite:///data/other.db"),
    "email.url": Proof(mailed, "file:data/elsewhere"),
    "email.from": Proof(mailed, "Nava <care@example.com>"),
    "sending.cooldown": Proof(twice(), "7 days", "0 days"),
    "sending.at_most": Proof(twice(), {"90 days": 1}),
    "sending.late": Proof(deciding(happened(time=NOW - 2 * DAY)), "1 day", "3 days"),
    "sending.quiet_hours": Proof(deciding(happened()), ["13:00", "18:00"]),
    "sending.closed": Proof(deciding(happened()), ["friday"]),
    "sending.moved": Proof(
        deciding(happened()), {"2026-11-13": "2026-11-20"},
        config={"sending": CONFIG["sending"] | {"closed": ["holidays:IR"]}},
    ),
    "sending.open": Proof(
        deciding(happened()), ["2026-11-20"], config={"sending": CONFIG["sending"] | {"closed": ["friday"]}}
    ),
    "sending.test_only": Proof(deciding(happened()), ["qa@example.com"]),
    "sending.per_minute": Proof(caught_up, 1),
    "web.min_fill": Proof(posting(ONE, query="?satisfaction=5"), "0 seconds"),
    "web.answers_per_hour": Proof(posting(ONE, ONE, REMOTE_ADDR="192.0.2.1"), 1),
    "web.trusted_proxies": Proof(
        posting(ONE, ONE, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.{}"), 1,
        config={"web": {"answers_per_hour": 1}},
    ),
    "web.embed_origins": Proof(header, ["https://shop.example.com"]),
    "journey.*.name": Proof(reporting(ONE, style="table"), text("Getting it"), stars=("purchase",)),
    "journey.*.weights": Proof(
        reporting(ONE), {"delivery": 3}, stars=("purchase",),
        files=surveys(checkout=SURVEY | {"question": [CSAT, CSAT | {"id": "b", "core": False}]}),
    ),
    "journey.*.target.csat": Proof(reporting(ONE), 80, stars=("purchase",)),
    "events.*.fields": Proof(
        said, ["order"], ["total"], stars=("shipment.delivered",),
        files={"delivery": SURVEY | {"title": text("Order {order|}")}},
    ),
    "events.*.amounts": Proof(
        mailed, ["total"], stars=("shipment.delivered",),
        config={"events": {"shipment.delivered": {"fields": ["order", "total"]}}},
        files={"delivery": SURVEY | {"invite": SURVEY["invite"] | {"subject": text("What you paid: {total}")}}},
    ),
    "fields.*.name": Proof(
        touchpoint_page, text("Shipped by"), text("Courier"), stars=("courier",),
        config={"events": {"shipment.delivered": {"fields": ["order", "courier"]}}},
    ),
    "import.*.type.type": reading([{"type": "order.cancelled"}], "order.paid"),
    "import.*.type.when": reading([{"type": "order.paid", "when": {"B": "7"}}], "order.paid"),
    "import.*.type.id": reading([{"type": "order.paid", "id": "A"}], "order.paid"),
    "import.*.type.time.column": reading([{"type": "order.paid", "time": {"column": "When"}}], "order.paid", time="B"),
    "import.*.type.time.format": reading(
        [{"type": "order.paid", "time": {"column": "When", "format": "%d/%m/%Y"}}], "order.paid", DAY_FIRST
    ),
    "import.*.id": reading("A", "B"),
    "import.*.time.column": reading("When", "B", time={"column": "When"}),
    "import.*.time.format": reading("%d/%m/%Y", body=DAY_FIRST, time={"column": "When"}),
    "import.*.fields.*.column": reading("A", "B", **field_of(column="A")),
    "import.*.fields.*.text": reading("{A}!", "{B}!", **field_of(text="{A}")),
    "import.*.fields.*.value": reading("web", "shop", **field_of(value="web")),
    "import.*.fields.*.number": reading("1234.56", **field_of(column="B")),
    "import.*.fields.*.times": reading(10, **field_of(column="B", number="1234.56")),
    "import.*.fields.*.format": reading("%Y/%m/%d", body=LIST.replace("9,2026-11", "1405/09/04,2026-11").replace(
        "7,2026-11", "1405/09/03,2026-11"), **field_of(column="B")),
    "import.*.fields.*.lines": reading("all", one_per="A", **field_of(column="B")),
    "import.*.fields.*.empty": reading(["7"], **field_of(column="B")),
    "import.*.fields.*.optional": reading(True, **field_of(column="C")),
    "import.*.source": reading("erp"),
    "import.*.zone": reading("America/New_York", "Asia/Tehran"),
    "import.*.encoding": reading("cp1255", body=LIST.replace("X", "א").encode("cp1255")),
    "import.*.one_per": reading("A"),
    "hooks.*.kind": hooking("kind", "shopify", "woocommerce"),
    "hooks.*.secret": hooking("secret", "${FIRST}", "${OTHER}"),
    "hooks.*.import": hooking("import", "orders", ABSENT),
    "privacy.keep_answers": Proof(left_after, "1 year"),
    "privacy.keep_contacts": Proof(left_after, "2 years"),
    "results.weighted": Proof(reporting(ONE), True),
    "privacy.anonymous_minimum": Proof(reporting(ONE, n=5), 3, files=anonymous()),
}  # fmt: skip
DRAWN = deciding(*(happened(str(n), NOW + n * DAY) for n in range(12)))
IN_SURVEY: dict[str, Proof | Warned] = {
    "was": Proof(renamed, "shipping"),
    "title": Proof(page, text("Parcel"), text("Your delivery")),
    "name": Proof(listed, text("Parcel")),
    "intro": Proof(page, text("A word before.")),
    "thanks": Proof(thanked, text("We read it today.")),
    "goal": Proof(listed, "Was the parcel on time?"),
    "target.csat": Proof(reporting(ONE), 80),
    "scored": Proof(reporting(ONE), False),
    "touchpoint": Proof(reporting(ONE), "shipping"),
    "closed": Proof(page, True),
    "mode": Proof(page, "anonymous"),
    "keep_answers": Proof(left_after, "1 year"),
    "keep_contacts": Proof(left_after, "2 years"),
    "invite.on": Proof(deciding(happened()), "order.paid", "shipment.delivered"),
    "invite.every": Proof(turned, "30 days", "365 days", files={"delivery": SURVEY | {"invite": {}}}),
    "invite.about": Proof(deciding(happened("1"), happened("2", NOW + DAY)), False),
    "invite.when": Proof(deciding(happened()), {"order": "A-2"}),
    "invite.after": Proof(deciding(happened()), "2 hours"),
    "invite.expires": Proof(answered_late, "30 days"),
    "invite.cancel_on": Proof(deciding(happened(), happened(type="return.requested")), ["return.requested"]),
    "invite.channels": Proof(deciding(happened()), ["sms"]),
    "invite.remind": Proof(reminding, ["3 days"]),
    "invite.sample": Proof(DRAWN, 0.5),
    "invite.share": Proof(
        sharing, 0.9, files=TWO_SURVEYS, config={"sending": {"cooldown": "7 days", "late": "0 days"}}
    ),
    "invite.draw": Proof(
        DRAWN, "lot",
        files={"delivery": SURVEY | {"invite": SURVEY["invite"] | {"sample": 0.5}},
               "checkout": SURVEY | {"invite": SURVEY["invite"] | {"sample": 0.5, "draw": "lot"}}},
    ),
    "invite.cooldown": Proof(twice(), "30 days"),
    "invite.exempt": Proof(twice(), True, config={"sending": {"cooldown": "7 days", "late": "0 days"}}),
    "invite.priority": Proof(
        deciding(happened()), 5, files=TWO_SURVEYS, config={"sending": {"cooldown": "7 days", "late": "0 days"}}
    ),
    "invite.subject": Proof(mailed, text("A word, please"), text("How did it go?")),
    "invite.body": Proof(mailed, text("It takes no time.")),
    "invite.from_name": Proof(mailed, text("Dana of the shop")),
}  # fmt: skip


def keys(model: type[Model], path: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys of a table and of the tables in it; `*` stands for names that a business chooses."""
    for key, one in model.known_keys().items():
        inner = innermost(one.annotation)
        if not is_model(inner) or inner is Condition:
            yield ".".join((*path, key))
        else:
            yield from keys(inner, (*path, key, *(("*",) if get_origin(one.annotation) is Mapping else ())))


def test_every_key_is_looked_at() -> None:
    assert set(keys(Config)) == set(IN_CONFIG)
    assert set(keys(Head)) == set(IN_SURVEY)
    assert {*QUESTION_KEYS} == {*QUESTIONS}
    assert {*Test.known_keys()} == {*TESTS}


def path_of(key: str, stars: tuple[str, ...]) -> tuple[str, ...]:
    """Where a key stands; one of a table in a list is shown with the whole list."""
    key = re.sub(r"^(import\.\*\.type)\..*", r"\1", key)
    names = iter(stars)
    return tuple(next(names) if step == "*" else step for step in key.split("."))


def warned_of(project: Project, name: str) -> bool:
    """Whether a key is warned of itself, and not only the words of its text."""
    told = (one.message for one in project.faults if one.level == "warning" and " text of `" not in one.message)
    return any(f"`{name}`" in message for message in told)


@pytest.mark.parametrize("key", list(keys(Config)))
def test_a_key_of_the_config_changes_something_or_is_warned_of(tmp_path: Path, key: str) -> None:
    proof = IN_CONFIG.get(key) or pytest.fail(f"[config.toml] {key} needs a proof that it changes something")

    def project(name: str, value: Any) -> Path:
        tree = {**deepcopy(CONFIG), **deepcopy(getattr(proof, "config", {}))}
        put(tree, path_of(key, proof.stars), value)
        return write(tmp_path / name, tree, getattr(proof, "files", surveys()))

    judge(proof, project, key)


@pytest.mark.parametrize("key", list(keys(Head)))
def test_a_key_of_a_survey_changes_something_or_is_warned_of(tmp_path: Path, key: str) -> None:
    proof = IN_SURVEY.get(key) or pytest.fail(f"[survey] {key} needs a proof that it changes something")

    def project(name: str, value: Any) -> Path:
        files = deepcopy(dict(getattr(proof, "files", surveys())))
        put(files["delivery"], path_of(key, proof.stars), value)
        return write(tmp_path / name, {**deepcopy(CONFIG), **deepcopy(getattr(proof, "config", {}))}, files)

    judge(proof, project, key)


def judge(proof: Proof | Warned, project: Callable[[str, Any], Path], key: str) -> None:
    """See the proof, and that `check` warns of the keys that have none, and of no other."""
    name = key.rpartition(".")[2]
    if isinstance(proof, Warned):
        without, has = checked(project("without", ABSENT)), checked(project("has", proof.value))
        assert (without.errors, has.errors) == ((), ())
        assert (warned_of(without, name), warned_of(has, name)) == (False, True)
        return
    roots = project("without", proof.other), project("has", proof.value)
    assert not warned_of(checked(roots[1]), name)
    before, after = map(proof.look, roots)
    assert before != after


# ── Questions


def shown(root: Path) -> Any:
    """What a customer sees of the question, and what is read of answers to it."""
    project = checked(root)
    assert project.errors == ()
    (survey,) = project.surveys
    pages = [form_html(samples.form(survey, seed=seed)) for seed in "abc"]
    posts = [{"first": first, **one} for one in POSTS for first in ("1", "5")]
    read = [form.read(survey, MultiDict(post)) for post in posts]
    return pages, [(one.answers, {**one.errors}, {**one.values}) for one in read]


WRITTEN = ("yes", "3", "late", "a long text", "2026-11-22", "a@example.com", "+972501234567", "na", "other")
POSTS: list[Tree] = [
    {}, *({"asked": value, "other_id": value} for value in WRITTEN), {"asked": "other", "asked.other": "words"},
    {"asked.speed": "3", "asked.care": "3"}, {"asked": ["late", "early"]},
]  # fmt: skip


def options(*ids: str) -> list[Tree]:
    return [{"id": id, "text": text(f"About {id}")} for id in ids]


BASE: dict[str, Tree] = {
    "rating": {"low": text("Poor"), "high": text("Excellent")},
    **{kind: {"options": options("early", "late", "never")} for kind in ("choice", "choices", "ranking")},
    "matrix": {"rows": options("speed", "care"), "scale": "csat"},
}
CHANGED: Tree = {  # of a key in any kind
    "id": "other_id", "text": text("Anything else?"), "hint": text("As you like"), "required": True,
    "show_if": {"first": 1}, "page": 2, "not_applicable": True, "other": True, "shuffle": True, "core": True,
    "options": options("early", "late", "lost"), "options.id": options("early", "later", "never"),
    "options.text": [*options("early", "late"), {"id": "never", "text": text("Never")}],
    "rows": options("speed", "care", "price"), "rows.id": options("speed", "caring"),
    "rows.text": [*options("speed"), {"id": "care", "text": text("Care")}], "scale": "nps", "low": text("Bad"),
    "was": "former", "options.was": [{**options("early")[0], "was": "former"}, *options("late", "never")],
    "rows.was": [{**options("speed")[0], "was": "former"}, *options("care")],
    "middle": text("So so"), "high": text("Great"), "look": "stars", "limit": 5, "index": "csi", "weight": 2.0,
}  # fmt: skip
CHANGED_IN: Tree = {  # in one kind
    "rating.min": 0, "rating.max": 7, "number.min": 4, "number.max": 2, "date.min": "2026-12-01",
    "date.max": "2026-10-01",
}  # fmt: skip
QUESTION_KEYS = [f"{kind}.{key}" for kind, model in KINDS.items() for key in keys(model)]
NOTHING_TO_ANSWER = {
    f"{kind}.{key}" for kind, model in KINDS.items() if not model.asks for key in ("required", "was")
}  # fmt: skip
REPORTED = {"csat.core", "rating.index", "rating.weight"}
QUESTIONS = [
    one for one in QUESTION_KEYS
    if one in CHANGED_IN or one.partition(".")[2] in CHANGED or one.endswith(".kind")
]  # fmt: skip


def asking(kind: str, **changes: Any) -> Tree:
    """A survey with a question of that kind behind another one."""
    asked = {"id": "asked", "kind": kind, "text": text("How?"), **deepcopy(BASE.get(kind, {})), **changes}
    first = {**CSAT, "id": "first", "core": kind != "csat"}
    return {"title": text("T"), "question": [first, {key: one for key, one in asked.items() if one is not ABSENT}]}


def indexed(**changes: Any) -> Tree:
    """A survey with the three ratings of a satisfaction index."""
    ratings = [
        {"id": id, "kind": "rating", "min": 1, "max": 10, "text": text(id), **BASE["rating"], **changes}
        for id in ("asked", "second", "third")
    ]
    return {"title": text("T"), "question": ratings}


FORMER = options("former", "late", "never")
FORMERLY: dict[str, Tree] = {  # how a question with a `was` may have been before
    "was": {"id": "former"}, "options.was": {"options": FORMER}, "rows.was": {"rows": options("former", "care")},
}  # fmt: skip
FORMER_POSTS: list[Tree] = [
    *({("former" if key == "asked" else key): one for key, one in post.items()} for post in POSTS),
    {"former.speed": "3"}, {"asked": "former"}, {"asked": ["former", "late", "never"]}, {"former": ["late", "early"]},
    {"former": "early"}, {"former": ["early", "late", "never"]}, {"asked.speed": "former"}, {"asked.former": "3"},
]  # fmt: skip


def leaving(kind: str, key: str, columns: Tree) -> Look:
    """Let the question be answered as it was before; see what `check` says is left behind."""

    def look(root: Path) -> list[str]:
        path = root / "surveys/purchase/delivery.toml"
        today = path.read_text("utf-8")
        path.write_text(file(asking(kind, **{**columns, **FORMERLY[key]})), "utf-8")
        answered(root)
        path.write_text(today, "utf-8")
        project = checked(root)
        assert project.config
        return sorted(fault.message for fault in stored.warnings(project, project.config, NOW))

    return look


@live
def answered(engine: Engine) -> None:
    """Answer the survey in every way that it takes."""
    (survey,) = engine.library.surveys.values()
    for number, post in enumerate(FORMER_POSTS):
        if not (said := form.read(survey, MultiDict({"first": "5", **post}))).errors:
            keep(engine, CompleteForm(FormToken(f"t-{number}", survey.id, survey.digest), survey, said, "en"), NOW)


def variants(kind: str, key: str) -> tuple[Tree, Tree, Look]:
    """Two surveys that differ in a key of a question of that kind, and what is looked at."""
    if key == "kind":
        return asking(kind), asking("note" if kind != "note" else "consent"), shown
    value = CHANGED_IN.get(f"{kind}.{key}", CHANGED.get(key))
    whole, below = key.partition(".")[::2]
    answers = {"asked": "9", "second": "5", "third": "2"}
    if key == "core":
        return asking(kind), asking(kind, core=True), reporting({"asked": "5"})
    if key == "index":
        return indexed(), indexed(index="csi"), reporting(answers)
    if key == "weight":
        one, other = indexed(index="csi"), indexed(index="csi")
        other["question"][0]["weight"] = value
        return one, other, reporting(answers)
    if key in FORMERLY:
        columns = {"scale": ABSENT, "options": options("early", "late", "never")} if key == "options.was" else {}
        columns = columns if kind == "matrix" else {}
        return asking(kind, **columns), asking(kind, **columns | {whole: value}), leaving(kind, key, columns)
    if kind == "matrix" and whole == "options":
        one = asking(kind, scale=ABSENT, options=options("early", "late", "never")) if below else asking(kind)
        return one, asking(kind, scale=ABSENT, options=value), shown
    return asking(kind), asking(kind, **{whole: value}), shown


@pytest.mark.parametrize("name", QUESTION_KEYS)
def test_a_key_of_a_question_changes_something_or_is_warned_of(tmp_path: Path, name: str) -> None:
    kind, _, key = name.partition(".")
    assert name in QUESTIONS, f"[[question]] {name} needs an example of a value that changes something"
    one, other, look = variants(kind, key)
    roots = [write(tmp_path / str(n), CONFIG, {"delivery": tree}) for n, tree in enumerate((one, other))]
    before, after = map(checked, roots)
    assert (before.errors, after.errors) == ((), ())
    warned = name in NOTHING_TO_ANSWER
    assert (warned_of(before, key), warned_of(after, key)) == (False, warned)
    assert (look(roots[0]) != look(roots[1])) is not warned


# ── Values of which there is a list


def choices(annotation: Any) -> tuple[str, ...]:
    """The words that may stand for a value, where they are listed."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for argument in get_args(annotation) for word in choices(argument))


LISTED = {
    f"{kind}.{key}": words
    for kind, model in KINDS.items() for key, one in model.known_keys().items()
    if key != "kind" and len(words := choices(one.annotation)) > 1
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_every_word_for_a_value_means_something_else(tmp_path: Path, name: str) -> None:
    kind, _, key = name.partition(".")
    roots = [write(tmp_path / word, CONFIG, {"delivery": asking(kind, **{key: word})}) for word in LISTED[name]]
    assert all(one != other for one, other in combinations(map(shown, roots), 2))


def test_every_kind_is_another_one(tmp_path: Path) -> None:
    roots = [write(tmp_path / kind, CONFIG, {"delivery": asking(kind)}) for kind in KINDS]
    assert all(one != other for one, other in combinations(map(shown, roots), 2))


def test_every_mode_is_told(tmp_path: Path) -> None:
    modes = choices(Head.known_keys()["mode"].annotation)
    roots = [write(tmp_path / mode, CONFIG, {"delivery": SURVEY | {"mode": mode}}) for mode in modes]
    assert all(one != other for one, other in combinations(map(listed, roots), 2))


def test_a_channel_that_is_not_built_is_warned_of(tmp_path: Path) -> None:
    tree = deepcopy(SURVEY)
    tree["invite"]["channels"] = ["email", "sms"]
    told = said(write(tmp_path / "shop", CONFIG, {"delivery": tree}))
    assert [one for one in told if "text messages are for a later version" in one], told


# ── Conditions

TESTS: dict[str, tuple[Any, Any, Any]] = {  # test -> its value, what passes, what does not
    "at_least": (3, 3, 2), "at_most": (3, 3, 4), "above": (3, 4, 3), "below": (3, 2, 3), "is": ("a", "a", "b"),
    "is_not": ("a", "b", "a"), "in": (["a", "b"], "b", "c"), "not_in": (["a", "b"], "c", "b"),
    "contains": ("lat", "too late", "early"), "answered": (False, None, "a"),
}  # fmt: skip


@pytest.mark.parametrize("key", list(Test.known_keys()))
def test_a_test_of_a_condition_decides(tmp_path: Path, key: str) -> None:
    value, passes, fails = TESTS[key]
    tree = deepcopy(SURVEY)
    tree["invite"]["when"] = {"any": [{"fact": {key: value}}]}
    root = write(tmp_path / "shop", CONFIG, {"delivery": tree})
    events = [happened(str(n), fact=fact) for n, fact in enumerate((passes, fails))]
    assert [row[1] for row in deciding(*events)(root)] == ["planned"]
