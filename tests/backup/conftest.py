from __future__ import annotations

import os

import pytest

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from tests.backup.load import LATER, NOW
from tests.support import business, postgres


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the version of the tests' server come first."""
    monkeypatch.setenv("PATH", f"{postgres.programs()}:{os.environ['PATH']}")


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """The small business with three parcels delivered and two answers by its open link."""
    take(engine, [business.delivered(str(n), LATER, f"c-{n}") for n in range(3)], NOW)
    client = create_app(engine).test_client()
    assert business.answer(client, "/s/delivery?lang=fa", satisfaction="۵").status_code == 303
    assert business.answer(client, "/s/delivery", satisfaction="2", reason="שבור, 'כן'\\\n\t😀").status_code == 303
    return engine
