from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surveyengine.look.palette import CARD, DARK_CARD, DARK_GROUND, GROUND, READABLE, contrast, css, palette

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
INK, DARK_INK, BORDER = "#1d2426", "#eef2f1", 3.0


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48)])
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@given(color=COLORS)
@example("#ffffff")
@example("#000000")
@example("#ffff00")
@example("#0000FF")
def test_every_color_becomes_readable(color: str) -> None:
    roles = palette(color)
    pairs = {
        READABLE: [
            *((roles["accent"], paper) for paper in (CARD, GROUND, roles["on-accent"])),
            *((roles["dark-accent"], paper) for paper in (DARK_CARD, DARK_GROUND, roles["dark-on-accent"])),
            (INK, roles["tint"]),
            (DARK_INK, roles["dark-tint"]),
        ],
        BORDER: [(roles["accent"], roles["tint"]), (roles["dark-accent"], roles["dark-tint"])],
    }
    assert all(contrast(one, other) >= least for least, found in pairs.items() for one, other in found)


def test_a_readable_color_stays_what_it_is() -> None:
    assert palette("#0a6c74")["accent"] == "#0a6c74"


def test_the_css_names_each_role_for_light_and_for_dark_paper() -> None:
    assert css("#0a6c74").count("--accent:") == css("#0a6c74").count("--tint:") == 2
