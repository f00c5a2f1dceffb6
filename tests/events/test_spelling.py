"""What identifies something is kept in one spelling, and whoever sends another is told."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.events.event import Event, event
from surveyengine.invitations.planning import take
from tests.support import business

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DECOMPOSED, COMPOSED = "caf\u0065\u0301", "caf\u00e9"
SPELLINGS: dict[str, dict[str, Any]] = {
    "id": {"id": DECOMPOSED}, "source": {"source": f" {COMPOSED}"}, "type": {"type": "shipment.delivered "},
    "customer.id": {"data": {"customer": {"id": DECOMPOSED}}},
    "customer.account": {"data": {"customer": {"id": "c-1", "account": f"{COMPOSED}\t"}}},
    "order": {"data": {"order": DECOMPOSED}}, "shipment": {"data": {"shipment": "A-1 "}},
}  # fmt: skip


def made(more: Mapping[str, Any]) -> Event:
    plain = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1"}
    read = event({**plain, **more}, NOW)
    assert isinstance(read, Event), read
    return read


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_an_identity_is_told_with_its_name(name: str) -> None:
    (told,) = made(SPELLINGS[name]).respelled
    assert told.name == name
    assert "do not count" in told.reason


@given(st.text(st.characters(codec="utf-8", categories=("L", "M", "Z")), min_size=1, max_size=12))
def test_nothing_is_respelled_in_silence(id: str) -> None:
    read = event({"specversion": "1.0", "type": "t", "source": "s", "id": id}, NOW)
    if isinstance(read, Event):
        assert (read.id != id) == bool(read.respelled)
        assert read.id == unicodedata.normalize("NFC", read.id).strip()


def test_a_repeat_in_another_spelling_is_a_duplicate_that_says_why(engine: Engine) -> None:
    first, again, plain = (made({"id": id}) for id in (COMPOSED, DECOMPOSED, COMPOSED))
    outcomes = take(engine, [first, again, plain], NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted", "duplicate", "duplicate"]
    assert ["respelled" in one for one in outcomes] == [False, True, False]
    assert outcomes[1]["respelled"][0]["reason"].startswith(f"is kept as {COMPOSED!r}: ")


def test_the_command_tells_it_once_with_its_place(tmp_path: Path) -> None:
    business.write(tmp_path)
    lines = [f'{{"specversion": "1.0", "type": "t", "source": "shop", "id": "{id}"}}' for id in ("a", "a ", "b ")]
    (tmp_path / "events.jsonl").write_text("\n".join(lines))
    said = CliRunner().invoke(main, ["--project", str(tmp_path), "events", str(tmp_path / "events.jsonl")])
    assert "events.jsonl:2: warning: `id` is kept as 'a': blanks around it" in said.output
    assert "(and so in 1 more events)" in said.output
    assert "accepted 2 · duplicate 1" in said.output
