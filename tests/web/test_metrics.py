"""What Prometheus is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.project.files import read
from surveyengine.values.enumeration import KeyScope
from tests.support.business import delivered
from tests.web.test_api import Api
from tests.web.test_respond import away

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def told(api: Api) -> dict[tuple[str, ...], float]:
    """The samples by name and the values of their labels, in the labels' order."""
    answer = api.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    samples = [one for family in families for one in family.samples]
    return {(one.name, *(value for _, value in sorted(one.labels.items()))): one.value for one in samples}


def test_prometheus_reads_what_waits_and_what_was_refused(engine: Engine) -> None:
    api = Api(engine, KeyScope.READ)
    days = (NOW, NOW, NOW - 90 * DAY)
    take(engine, [delivered(id=str(n), customer=f"c-{n}", time=day) for n, day in enumerate(days)], NOW)
    found = told(api)
    assert found["surveyengine_sendings", "later"] + found["surveyengine_sendings", "due"] == 2
    assert found["surveyengine_invitations", "", "planned", "delivery"] == 2
    assert found["surveyengine_invitations", "late", "refused", "delivery"] == 1
    assert (found["surveyengine_surveys",], found["surveyengine_file_errors",]) == (1, 0)
    (engine.root / "surveys/purchase/broken.toml").write_text("title = ", encoding="utf-8")
    engine.library.publish(read(engine.root, engine.catalogs.languages), NOW)
    assert told(api)["surveyengine_file_errors",] == 1


def test_nobody_reads_figures_without_a_key_for_reading(engine: Engine) -> None:
    events = Api(engine, KeyScope.EVENTS)
    assert events.get("/metrics").status_code == 403
    assert events.get("/metrics", Authorization="").status_code == 401


def test_no_figures_are_told_while_the_database_is_away(engine: Engine) -> None:
    api = Api(engine)
    with away(engine):
        assert api.get("/metrics").status_code == 503
