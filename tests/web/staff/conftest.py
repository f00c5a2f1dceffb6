"""A business with something to see below /staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient

from surveyengine.engine import Engine, start
from surveyengine.project import scaffold
from surveyengine.values.enumeration import Role
from tests.support import staff
from tests.support.answers import csat, store
from tests.support.samples import LANGUAGES


@pytest.fixture(scope="package")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The example business, with answers of two months: enough, indicative, few, and none; a fall, and a target met."""
    root = tmp_path_factory.mktemp("journey") / "shop"
    scaffold.create(root)
    engine = start(root)
    for survey, (before, now) in {
        "delivery": ((430, 500), (380, 500)), "checkout": ((190, 200), (191, 200)), "support": ((40, 50), (42, 50)),
        "sales-service": ((33, 40), (15, 18)), "returns": ((9, 12), (5, 7)), "website": ((70, 100), (72, 100)),
        "post-resolution": ((8, 12), (9, 12)),
    }.items():
        store(engine, survey, date(2026, 9, 14), csat(*before), courier="Dror")
        store(engine, survey, date(2026, 10, 14), csat(*now), courier="Kav")
    yield engine
    engine.close()


@pytest.fixture(scope="package", params=LANGUAGES)
def reader(journey: Engine, request: pytest.FixtureRequest) -> FlaskClient:
    """A browser of an operator, in each language."""
    return staff.client(journey, Role.OPERATOR, request.param)
