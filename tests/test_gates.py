"""What the tables can hold is what the gates let in: both databases take and refuse the same, with a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from click.testing import CliRunner
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Integer, String, Text, select, text, update

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.definitions.survey import MOST_PRIORITY, EventType
from surveyengine.engine import Engine
from surveyengine.events.event import event as parsed
from surveyengine.i18n.timezone import known
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.project.files import read
from surveyengine.store.schema import api_key, customer, event, invitation, metadata
from surveyengine.store.width import largest, longest
from surveyengine.values.name import LONGEST, is_survey
from tests.support.business import answer, asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NUL, HALF = "a\0b", "a\ud800b"
DETAILS = ("email", "phone", "name", "language", "timezone", "account", "role")

# Which texts of the tables come from outside, and by which gate; all others are made by the engine or are a hash.
EVENT, FILE, KEY, STAFF, COUNT = "event", "file", "key", "staff", "count"    # what is too long is not counted
GATES = {
    "account.id": EVENT, "customer.id": EVENT, "customer.email": EVENT, "customer.phone": EVENT,
    "customer.language": EVENT, "customer.timezone": EVENT, "customer.account": EVENT, "event.source": EVENT,
    "event.id": EVENT, "event.type": EVENT, "event.customer": EVENT, "invitation.customer": EVENT,
    "invitation.language": EVENT, "response.customer": EVENT,
    "survey_scale.survey": FILE,
    "survey_version.survey": FILE, "survey_publication.survey": FILE, "current_survey.survey": FILE,
    "invitation.survey": FILE, "response.survey": FILE,
    "response.language": FILE, "answer.question": FILE, "tally.question": FILE, "tally.value": FILE,
    "funnel_tally.survey": FILE, "funnel_month.survey": FILE, "tally_month.question": FILE, "tally_month.value": FILE,
    "segment_tally.question": FILE, "segment_tally.value": FILE, "segment_month.question": FILE,
    "segment_month.value": FILE,
    "segment_field.field": COUNT, "segment_value.field": COUNT, "segment_tally.field": COUNT,
    "segment_month.field": COUNT, "segment_value.fact": COUNT, "segment_tally.fact": COUNT, "segment_month.fact": COUNT,
    "api_key.name": KEY,
    "staff_member.email": STAFF, "audit.network": STAFF,
}  # fmt: skip
OURS = {
    "digest", "stage", "key", "address_hash", "token_hash", "recipient", "occasion", "state", "reason", "channel",
    "direction", "layout", "client", "series", "key_hash", "scope", "response", "invitation.id", "response.id",
    "member", "staff_member.id", "staff_member.role", "staff_member.language", "staff_try.subject", "audit.action",
    "said", "reached", "retention.survey", "customer_hash", "clock_doubt.node", "clock_doubt.kind", "clock_doubt.boot",
}  # fmt: skip


def limited() -> dict[str, int]:
    """The columns of limited text, and their limits."""
    columns = [column for table in metadata.tables.values() for column in table.columns]
    texts = (one for one in columns if isinstance(one.type, String) and not isinstance(one.type, Text))
    return {str(column): longest(column) for column in texts}


def test_every_column_of_limited_text_has_a_gate_or_is_ours() -> None:
    ours = {name for name in limited() if name in OURS or name.rpartition(".")[2] in OURS}
    assert set(limited()) - ours == set(GATES)
    assert not ours & set(GATES)


def test_what_files_may_say_fits_the_tables() -> None:
    widths = {name: limited()[name] for name, gate in GATES.items() if gate == FILE and name != "response.language"}
    names = {name: width for name, width in widths.items() if name.endswith(".survey")}
    assert is_survey("a" * min(names.values()))
    assert not is_survey("a" * (min(names.values()) + 1))
    assert {width for name, width in widths.items() if name not in names} == {LONGEST}
    follow = TypeAdapter(EventType).validate_python
    assert follow("t" * longest(event.c.type))
    with pytest.raises(ValidationError):
        follow("t" * (longest(event.c.type) + 1))
    numbers = [one for table in metadata.tables.values() for one in table.columns if isinstance(one.type, Integer)]
    assert min(map(largest, numbers)) >= MOST_PRIORITY


# Events


def raw(**told: Any) -> dict[str, Any]:
    given = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1", **told}
    return {**given, "data": {"order": "A-1", "customer": {"id": "c-17"}, **told.get("data", {})}}


def about(**customer: Any) -> dict[str, Any]:
    return raw(data={"customer": {"id": "c-17", **customer}})


LABEL = longest(event.c.id)
ADDRESS = "@" + "d" * 60 + ".example.com"
AT_LIMIT: dict[str, Callable[[int], dict[str, Any]]] = {
    "event.source": lambda n: raw(source="s" * n),
    "event.id": lambda n: raw(id="é" * n),
    "event.type": lambda n: raw(type="t" * n),
    "customer.id": lambda n: about(id="ק" * n),
    "customer.email": lambda n: about(email="e" * (n - len(ADDRESS)) + ADDRESS),
    "customer.phone": lambda n: about(phone="1" * n),
    "account.id": lambda n: about(account="א" * n),
}
BIG: list[Any] = [2**63, -(2**63) - 1, 2**127, 1e308, "\U0010ffff", [[]], {"": 1}, None]
UNKEPT: list[Any] = [NUL, HALF, float("nan"), float("inf"), 2**200, {NUL: 1}, {"x" * 256: 1}, [HALF]]
ODD: list[tuple[str, dict[str, Any], str]] = [  # what it is, the event, and the outcome on either database
    *((f"{name}: {value!r}", raw(**{name: value}), "refused")
      for name in ("source", "id", "type") for value in (NUL, HALF, "", 2**64, "a\nb", None)),
    *((f"customer.{name}: {value!r}", about(**{name: value}), "left out")
      for name in DETAILS if name != "account" for value in (NUL, HALF, "x" * 11_000, [1], 2**200)),
    ("language", about(language="he-" + "-".join(["abcdefgh"] * 6)), "left out"),
    ("timezone", about(timezone="Mars/" + "x" * 80), "left out"),
    *((f"customer.id: {value!r}", about(id=value), "refused") for value in (NUL, HALF, 2**200, -1.5, "\u202e")),
    *((f"customer.id: {value!r}", about(id=value), "accepted") for value in (2**64, -(2**63) - 1, 0)),
    *((f"data: {value!r}", raw(data={"more": value}), "accepted") for value in BIG),
    *((f"data: {value!r}", raw(data={"more": value}), "left out") for value in UNKEPT),
    *((f"order: {value!r}", raw(data={"order": value}), "refused") for value in (NUL, HALF, float("nan"), 2**200)),
    *((f"time: {value}", raw(time=value), "refused")
      for value in ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1800-01-01T00:00:00Z", "9999-12-31T23:59:60Z",
                    "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", NUL, HALF, 2**64)),
    *((f"time: {value}", raw(time=value), "accepted")
      for value in ("1927-01-01T12:00:00Z", "2026-11-21T11:59:59Z", "2026-06-30T23:59:60Z",
                    "2026-11-20T12:00:00.99999999Z")),
]  # fmt: skip


def became(outcome: Any) -> str:
    unused = bool(outcome.get("unused"))
    return "left out" if unused and outcome["outcome"] == "accepted" else str(outcome["outcome"])


def taken(engine: Engine, given: list[dict[str, Any]]) -> list[str]:
    """What becomes of raw events, each with an id of its own, if it has one."""
    numbered = [{**one, "id": str(i)} if one.get("id") == "1" else one for i, one in enumerate(given)]
    outcomes = take(engine, [parsed(one, NOW) for one in numbered], NOW)
    assert [one for one in outcomes if one["outcome"] == "refused" and "the engine's log" in one["reason"]] == []
    return list(map(became, outcomes))


def test_an_event_at_the_limit_is_kept_whole_and_one_beyond_is_told(engine: Engine) -> None:
    assert {name for name in AT_LIMIT} <= {*GATES}
    outcomes = taken(engine, [made(limited()[name] + more) for name, made in AT_LIMIT.items() for more in (0, 1)])
    for name, kept, told in zip(AT_LIMIT, outcomes[::2], outcomes[1::2], strict=True):
        width = limited()[name]
        spared = name in ("customer.email", "customer.phone", "account.id")
        assert (name, kept, told) == (name, "accepted", "left out" if spared else "refused")
        table, column = name.split(".")
        found = metadata.tables[table].c[column]
        with engine.database.read() as connection:
            assert max(len(one) for one in connection.execute(select(found)).scalars() if one) == width


def test_whatever_an_event_holds_has_one_outcome_on_either_database(engine: Engine) -> None:
    outcomes = taken(engine, [given for _, given, _ in ODD])
    assert list(zip([name for name, *_ in ODD], outcomes, strict=True)) == [(name, to) for name, _, to in ODD]


def test_every_time_zone_and_language_that_is_understood_fits(engine: Engine) -> None:
    zones = {found for name in available_timezones() if (found := known(name))}
    assert max(map(len, zones)) <= longest(customer.c.timezone)
    assert max(map(len, engine.catalogs.languages)) <= limited()["response.language"]


# What is typed, and what is answered


@pytest.mark.parametrize("what", ["add", "revoke"])
def test_the_name_of_a_key_fits_its_column(engine: Engine, what: str) -> None:
    width = longest(api_key.c.name)
    for name, code, said in [
        ("k" * width, 0, ""),
        ("k" * (width + 1), 1, "the name of the key is longer than 64 characters"),
        (NUL, 1, "holds a NUL character"),
        (HALF, 1, "holds half a character"),
        (" ", 1, "the name of the key is empty"),
    ]:
        if (what, code) == ("revoke", 0):
            assert run(engine, "key", "add", name) == (0, "")
        found, words = run(engine, "key", what, name)
        assert (found, said in words) == (code, True), (name, words)


def run(engine: Engine, *arguments: str) -> tuple[int, str]:
    """Return how a command ends, and what it says is wrong."""
    done = CliRunner().invoke(main, ["--project", str(engine.root), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exc_info)
    return done.exit_code, done.stderr


def test_no_word_that_is_typed_ends_a_command_with_a_traceback(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    for word in ("x" * 70_000, HALF, "/" * 3_000, f"{2**64}%\\_'\""):
        for arguments in [
            ("explain", word), ("link", word), ("link", "delivery", "--customer", word), ("retire", word),
            ("link", "delivery", "--context", f"order={word}"), ("report", "--stage", word), ("report", "--by", word),
            ("export", "events", "--survey", word),
        ]:  # fmt: skip
            code, said = run(engine, *arguments)
            assert code == 0 or said, arguments


def test_no_span_of_days_is_too_long(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    for subject in ("responses", "invitations", "events"):
        assert run(engine, "export", subject, "--from", "0001-01-01", "--to", "9999-12-31")[0] in (0, 2)
    client = create_app(engine).test_client()
    assert client.get("/api/v1/report?from=0001-01-01&to=9999-12-31").status_code in (200, 400, 401)


def test_whatever_is_written_into_a_form_is_stored_or_shown_again(engine: Engine) -> None:
    client = create_app(engine).test_client()
    for words, status in [
        (NUL, 400), ("%ED%A0%80", 303), ("x" * 10_001, 422), ("\U0010ffff" * 10_000, 303), ("\u202e" * 50, 303),
        (str(2**64), 303),
    ]:  # fmt: skip
        assert answer(client, "/s/delivery", satisfaction="2", reason=words).status_code == status, words[:20]


# One bad row


def test_a_row_of_a_file_that_cannot_be_taken_is_named_by_its_line(engine: Engine) -> None:
    path = engine.root / "events.csv"
    rows = ["shop,1,c-1,", f"{'s' * 256},2,c-2,", f"shop,3,c-3,{'1' * 65}", f"shop,4,{'c' * 256},", "shop,5,c-5,050"]
    lines = [f"order.paid,{row}" for row in rows]
    path.write_text("\n".join(["type,source,id,customer.id,customer.phone", *lines]), encoding="utf-8")
    code, said = run(engine, "events", str(path))
    assert (code, re.findall(r"csv:(\d): (\w+)", said)) == (1, [("3", "error"), ("5", "error"), ("4", "warning")])
    with engine.database.read() as connection:
        assert set(connection.execute(select(event.c.id)).scalars()) == {"1", "3", "5"}


def test_a_customer_whose_time_zone_is_unknown_here_is_asked_in_the_zone_of_the_business(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = f"Mars/{engine.database.kind}"
    take(engine, [delivered("1"), delivered("2", customer="c-18")], NOW)
    with engine.database.write() as connection:
        connection.execute(update(customer).where(customer.c.id == "c-17").values(timezone=nowhere))
    outcomes = take(engine, [delivered("3"), delivered("4", customer="c-18")], NOW)
    assert [len(one["planned"]) for one in outcomes] == [1, 1]
    assert nowhere in caplog.text


def test_a_customer_who_cannot_be_decided_about_stops_nobody_elses_turn(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    change(engine, {"purchase/monthly": asking(every="30 days").replace('on = "shipment.delivered"\n', "")})
    early = NOW - timedelta(days=40)
    take(engine, [replace(delivered(str(i), early, f"c-{i}"), type="order.paid") for i in range(5)], early)
    with engine.database.write() as connection:
        connection.execute(text(REFUSING[engine.database.kind]))
    assert plan_turns(engine, NOW) == 4
    with engine.database.read() as connection:
        asked = set(connection.execute(select(invitation.c.customer)).scalars())
    assert asked == {"c-0", "c-1", "c-3", "c-4"}
    assert caplog.text.count("cannot be decided about") == 1


# A table that takes all but one customer's invitation.
REFUSING = {
    "sqlite": "CREATE TRIGGER refusing BEFORE INSERT ON invitation WHEN NEW.customer = 'c-2' "
    "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    "postgresql": "ALTER TABLE invitation ADD CONSTRAINT refusing CHECK (customer <> 'c-2')",
}


def test_the_priority_of_an_invitation_fits_its_column(engine: Engine) -> None:
    for priority, is_right in [(MOST_PRIORITY, True), (-MOST_PRIORITY, True), (MOST_PRIORITY + 1, False)]:
        path = engine.root / "surveys/purchase/delivery.toml"
        path.write_text(asking(priority=priority), encoding="utf-8")
        errors = read(engine.root, engine.catalogs.languages).errors
        assert (errors == ()) == is_right, errors


def test_a_batch_over_http_is_told_event_by_event(engine: Engine) -> None:
    batch = [(given, to) for _, given, to in ODD if not re.search(r"\bnan\b|\binf\b", str(given))]
    events = [{**given, "id": str(i)} if given["id"] == "1" else given for i, (given, _) in enumerate(batch)]
    key = keys.add(engine, "shop", "events", NOW)
    done = create_app(engine).test_client().post(
        "/api/v1/events", data=json.dumps(events), content_type="application/cloudevents-batch+json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert done.status_code == 202
    assert list(map(became, done.get_json()["events"])) == [to for _, to in batch]
