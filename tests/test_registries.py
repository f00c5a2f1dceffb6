"""A kind of question is an entry in each of these; a half-done one is caught here."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from surveyengine.definitions.kinds.anchors import ANCHORS
from surveyengine.definitions.kinds.registry import KINDS, SCALES, Pick, Scale
from surveyengine.responses.fields import FIELDS
from surveyengine.results.assembly import ASKED
from surveyengine.results.report import StageId, Touchpoint
from surveyengine.results.score import SCORES
from surveyengine.values.enumeration import STAGES
from surveyengine.web.forms.question_view import LAYOUTS


@pytest.mark.parametrize("registry", [FIELDS, LAYOUTS, SCORES], ids=["fields", "layouts", "scores"])
def test_every_registry_knows_every_kind(registry: dict[str, object]) -> None:
    assert set(registry) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_class_that_says_so(kind: str) -> None:
    assert get_args(KINDS[kind].model_fields["kind"].annotation) == (kind,)


@pytest.mark.parametrize("kind", ANCHORS)
def test_anchors_are_those_of_a_kind_and_of_values_that_it_has(kind: str) -> None:
    values = {str(value) for value in SCALES[kind]} if kind in SCALES else {"yes", "partly", "no"}
    assert set(ANCHORS[kind]) <= values


@pytest.mark.parametrize("kind", KINDS)
def test_a_scale_or_a_pick_has_anchors_unless_the_file_names_them(kind: str) -> None:
    assert (kind in ANCHORS) is (issubclass(KINDS[kind], Scale | Pick) and kind != "rating")


@pytest.mark.parametrize("kind", SCALES)
def test_a_metric_reads_the_scale_that_is_asked(kind: str) -> None:
    metric = SCORES[kind]
    assert metric is None or tuple(metric[0]) == SCALES[kind]


def test_a_report_has_a_place_for_every_score_and_stage() -> None:
    assert tuple(ASKED) == (*(kind for kind, metric in SCORES.items() if metric), "csi")
    assert set(ASKED) <= {field.name for field in fields(Touchpoint)}
    assert get_args(StageId) == STAGES
