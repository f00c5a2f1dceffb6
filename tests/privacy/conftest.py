"""A business whose customers have lived through all that is kept of them."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.engine import Engine
from tests.privacy.life import NOW, SURVEYS, live
from tests.support import business


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    business.change(engine, SURVEYS, cooldown="0 days")
    return create_app(engine).test_client()


@pytest.fixture
def lived(engine: Engine, client: FlaskClient) -> Engine:
    live(engine, client, NOW)
    return engine
