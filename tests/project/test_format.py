"""A project that uses every key there is, in tests/project/format/: what was promised to authors stays readable."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from surveyengine.project.files import read

FORMAT = read(Path(__file__).parent / "format", ("en", "he", "fa"), {})


def test_the_whole_format_is_read() -> None:
    assert [str(fault) for fault in FORMAT.errors] == []
    assert FORMAT.config
    (survey,) = FORMAT.surveys
    assert (FORMAT.config.sending.late, survey.head.target and survey.head.target.csat) == (timedelta(days=7), 85)


def test_only_what_is_for_later_is_warned_of() -> None:
    later = "is for a later version of the engine"
    assert {fault.message for fault in FORMAT.faults} == {
        f"text messages {later}".replace("is", "are", 1),
        "no event `return.requested` is declared in config.toml",
        "no survey of the stage purchase has the touchpoint `checkout`",
    }
