from __future__ import annotations

import os

import pytest

from tests.support import postgres


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the version of the tests' server come first."""
    monkeypatch.setenv("PATH", f"{postgres.programs()}:{os.environ['PATH']}")
