from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.people import password
from surveyengine.people.unfit import Unfit

ABOUT = ("dana.levi@navahome.example", "דנה לוי", "Nava Home")
CHEAP = password.Cost(4, 8, 1)


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ("four ordinary words together", None), ("correct horse battery", None), ("שולחן ירוק רוקד", None),
        ("میز سبز می‌رقصد", None), ("Xk9#mQ2vLp7w", None), ("short enough", None), ("elevenchars", password.TOO_SHORT),
        ("x" * 1_001, password.TOO_LONG),
        *((one, password.GUESSABLE) for one in (
            "123456789012", "passwordpassword", "P@ssw0rd1234!", "qwertyuiop123", "1qaz2wsx3edc4rfv", "aaaaaaaaaaaaaaa",
            "abcabcabcabcabc", "q1w2e3r4t5y6u7", "Dana.Levi.2026", "navahome123456", "NavaHome!NavaHome!",
            "סיסמה123456789", "גדבאגדבאגדבא", "גדבא גדבא גדבא", "گذرواژه۱۲۳۴۵۶", "zxcvbnm123456789", "welcome-welcome",
            "123456654321", "Survey2026!Staff", "987654321abcdef",
        )),
    ],
)  # fmt: skip
def test_what_is_tried_first_is_no_password(chosen: str, fault: str | None) -> None:
    try:
        assert password.checked(chosen, ABOUT) == chosen
        said = None
    except Unfit as error:
        said = error.said
    assert said == fault


@given(st.text(max_size=60), st.binary(min_size=16, max_size=16))
def test_a_password_fits_what_is_stored_of_it_and_no_other_does(chosen: str, salt: bytes) -> None:
    stored = password.hashed(chosen, salt, CHEAP)
    assert password.is_right(chosen, stored)
    assert not password.is_right(chosen + "x", stored)
    assert not password.is_right(chosen, password.nobodys().replace("$15$8$3$", "$4$8$1$"))
