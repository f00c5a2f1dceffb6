"""The closed lists of words: what is made of them everywhere, and that databases take them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from sqlalchemy import CheckConstraint, insert, select

from surveyengine.engine import Engine
from surveyengine.invitations.decision import REASONS
from surveyengine.keys import ALLOWS
from surveyengine.store.schema import api_key, invitation, metadata, response, sending
from surveyengine.store.width import longest
from surveyengine.values.enumeration import (
    Direction,
    FormLayout,
    InvitationState,
    KeyScope,
    Reason,
    SendingState,
)

CHECKED: dict[str, type[StrEnum]] = {
    "invitation.state": InvitationState, "sending.state": SendingState, "api_key.scope": KeyScope,
    "response.layout": FormLayout, "response.direction": Direction,
}    # fmt: skip


@pytest.mark.parametrize("column", CHECKED)
def test_a_check_lets_in_the_words_of_its_list(column: str) -> None:
    table, _, name = column.partition(".")
    checks = [one for one in metadata.tables[table].constraints if isinstance(one, CheckConstraint)]
    (said,) = [str(one.sqltext) for one in checks if str(one.sqltext).startswith(f"{name} IN (")]
    assert re.findall(r"'(\w+)'", said) == [*CHECKED[column]]


def test_every_word_fits_its_column() -> None:
    columns = {invitation.c.state: InvitationState, invitation.c.reason: Reason, sending.c.state: SendingState,
               api_key.c.scope: KeyScope, response.c.layout: FormLayout, response.c.direction: Direction}    # fmt: skip
    for column, words in columns.items():
        assert max(map(len, words)) <= longest(column), column


def test_every_reason_and_every_scope_has_its_meaning() -> None:
    assert [*REASONS] == [*Reason]
    assert [*ALLOWS] == [*KeyScope]


def test_a_word_comes_back_from_the_database_as_text(engine: Engine) -> None:
    with engine.database.write() as connection:
        row = {"name": "a", "scope": KeyScope.READ, "key_hash": "x", "created_at": datetime.now(UTC)}
        connection.execute(insert(api_key).values(row))
        found = connection.execute(select(api_key.c.scope).where(api_key.c.scope == KeyScope.READ)).scalar_one()
    assert type(found) is str
    assert found == KeyScope.READ
