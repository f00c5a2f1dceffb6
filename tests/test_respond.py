from __future__ import annotations

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.results import reading
from tests.business import answer


def test_an_answer_by_an_open_link_is_counted(engine: Engine) -> None:
    response = answer(create_app(engine).test_client(), "/s/delivery", satisfaction="4")
    assert response.status_code == 303
    touchpoint = reading.report(engine, reading.Wanted())["stages"][0]["touchpoints"][0]
    assert touchpoint["counts"] == {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0}
