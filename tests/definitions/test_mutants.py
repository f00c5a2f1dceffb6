"""Ten thousand spoilt copies of the example files: each is a good file or says where it is not, in words of the file.

One generator makes them, and the same ones each time: a failure names the file and the number of the mutant.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from surveyengine.channels.registry import CHANNELS
from surveyengine.definitions import check
from surveyengine.definitions.fault import Fault
from surveyengine.definitions.survey import draft
from surveyengine.definitions.toml.document import Document, Unreadable, parse
from surveyengine.project.files import read
from surveyengine.web.forms.form_page import form_html
from tests.support import business, samples

ROOT = Path(__file__).parents[2]
SURVEYS = [*sorted((ROOT / "surveys").rglob("*.toml")), ROOT / "tests/project/format/surveys/purchase/delivery.toml"]
CONFIGS = [ROOT / "config.toml", ROOT / "tests/project/format/config.toml"]
OF_EACH = 530
KNOWN = ("en", "he", "fa")
SPOKEN = {"languages": KNOWN, "known": KNOWN}
EVENTS = {name: one["fields"] for name, one in tomllib.loads(CONFIGS[0].read_text("utf-8"))["events"].items()}
BREAKS_OFF = ROOT / "surveys/relationship/feedback.toml"

# Words of pydantic, of Python and of our models, which mean nothing to the author of a file.
INNER = re.compile(
    r"[Ii]nput|should be |\bvalid |validation|[Vv]alue error|Assertion|Extra|Field|pydantic|Traceback|\[key\]|\w_\b"
    r"|\b(dict|tuple|str|int|float|bool|None|True|False)\b"
)
TOKEN = re.compile(rb'"[^"\n]*"|[\w.-]+|\S|\s+')
WORDS = rb"""= , { } [] {} [[]] {a=1} [invite] [[question]] true 1 -1 1.5 nan inf -inf 1e999 0x7fffffffffffffff = . # \
    2026-01-01 12:00:00 2026-01-01T00:00:00Z "x" "" "{x" "{x|}" '' ''' "na" "csat" "rating" "choice" "matrix" "${X}"
    "${HOME" "\u0000" "\u202e" "\ud800" "<b>" id kind text core show_if options any is in at_most tests min""".split()
LUMPS = [
    b"[" * 500, b"{a=" * 500, b"a." * 500 + b"b=1", b"[" * 20 + b"]" * 20, b"9" * 5_000, b"-" + b"9" * 18, b"1" * 40,
    b"\0", b"\x1b[31m", b"\x07", b"\r", b"\x7f", "\u202e\u2066".encode(), b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    "שלום".encode("cp1255"), b'"""', b"x" * 3_000, b"\n" * 300, "\u2028".encode(), b"{{7*7}}", b"%(a)s", b"\\" * 50,
]  # fmt: skip


# ── The generator


def mutants(raw: bytes, name: str, count: int) -> Iterator[bytes]:
    """Yield copies of a file, each spoilt in one to three places; the same ones for the same name."""
    random = Random(name)  # the seed
    for _ in range(count):
        spoilt = raw
        for _ in range(random.choice((1, 1, 2, 3))):
            spoilt = random.choice(WAYS)(spoilt, random)
        yield spoilt


def _flip(raw: bytes, random: Random) -> bytes:
    at = random.randrange(len(raw) or 1)
    return raw[:at] + bytes([(raw[at] if raw else 0) ^ 1 << random.randrange(8)]) + raw[at + 1 :]


def _delete(raw: bytes, random: Random) -> bytes:
    at = random.randint(0, len(raw))
    return raw[:at] + raw[at + random.choice((1, 1, 2, 10, 100)) :]


def _insert(raw: bytes, random: Random) -> bytes:
    at = random.randint(0, len(raw))
    return raw[:at] + random.choice((random.randbytes(3), random.choice(LUMPS))) + raw[at:]


def _double(raw: bytes, random: Random) -> bytes:
    lines = raw.splitlines(keepends=True) or [b""]
    start, to = random.randrange(len(lines)), random.randrange(len(lines))
    return b"".join((*lines[:to], *lines[start : start + random.choice((1, 1, 2, 8))], *lines[to:]))


def _swap(raw: bytes, random: Random) -> bytes:
    words = TOKEN.findall(raw) or [b""]
    one, other = random.randrange(len(words)), random.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return b"".join(words)


def _replace(raw: bytes, random: Random) -> bytes:
    words = TOKEN.findall(raw) or [b""]
    words[random.randrange(len(words))] = random.choice((random.choice(WORDS), random.choice(words)))
    return b"".join(words)


def _cut(raw: bytes, random: Random) -> bytes:
    return raw[: random.randint(0, len(raw))]


# Words are changed most often: what is still TOML gets deepest.
WAYS: list[Callable[[bytes, Random], bytes]] = [
    _flip, _delete, _insert, _double, _swap, _swap, _replace, _replace, _replace, _cut
]  # fmt: skip


# ── What is demanded of each


def misplaced(found: list[Fault], raw: bytes) -> list[Fault]:
    """The faults that point outside of the file, are more than a line, or speak of our insides."""
    lines = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n")

    def is_good(fault: Fault) -> bool:
        said = re.sub(r"`[^`]*`|\{\w+(\|…)?\}", "", f"{fault.message} {fault.hint}")
        is_inside = 1 <= fault.line <= len(lines) and 1 <= fault.column <= len(lines[fault.line - 1]) + 1
        return is_inside and len(str(fault).splitlines()) == 1 and "\x1b" not in str(fault) and not INNER.search(said)

    return [fault for fault in found if not is_good(fault)]


def look(raw: bytes) -> list[Fault]:
    """What is said of a survey file; one of which no error is told has to be a survey, now and from the database."""
    try:
        document = parse(raw, "f")
    except Unreadable as error:
        return [error.fault]
    drafted = draft("delivery", "purchase", document, SPOKEN)
    around = check.Surroundings(EVENTS, channels=CHANNELS)
    found = [*drafted.faults, *check.inside(drafted, around), *check.between([drafted])]
    if any(fault.level == "error" for fault in found):
        return found
    survey = drafted.survey()
    assert len(survey.questions) == len(document.data["question"])
    stored = Document("version", json.loads(json.dumps(survey.content, allow_nan=False)), {})
    assert draft("delivery", "purchase", stored, {}).survey() == survey
    assert "<form" in form_html(samples.form(survey, "he"))
    return found


@pytest.mark.parametrize("path", SURVEYS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_spoilt_survey_is_good_or_says_where_it_is_not(path: Path) -> None:
    for number, raw in enumerate(mutants(path.read_bytes(), path.stem, OF_EACH)):
        assert misplaced(look(raw), raw) == [], f"mutant {number}"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_spoilt_config_is_good_or_says_where_it_is_not(path: Path, tmp_path: Path) -> None:
    for number, raw in enumerate(mutants(path.read_bytes(), str(path.relative_to(ROOT)), OF_EACH)):
        (tmp_path / "config.toml").write_bytes(raw)
        project = read(tmp_path, KNOWN, {})
        assert (project.config is None) is bool(project.errors), f"mutant {number}"
        assert misplaced(list(project.faults), raw) == [], f"mutant {number}"


def test_a_survey_that_breaks_off_at_any_byte_says_where() -> None:
    raw = BREAKS_OFF.read_bytes()
    for end in range(len(raw)):
        assert misplaced(look(raw[:end]), raw[:end]) == [], f"the first {end} bytes"


def test_a_project_of_spoilt_files_is_read(tmp_path: Path) -> None:
    survey, settings = business.DELIVERY.encode(), business.CONFIG.encode()
    root = business.write(tmp_path)
    for one, other in zip(mutants(survey, "survey", 40), mutants(settings, "settings", 40), strict=True):
        (root / "surveys/purchase/delivery.toml").write_bytes(one)
        (root / "config.toml").write_bytes(other)
        project = read(root, KNOWN, {})
        for file, raw in (("surveys/purchase/delivery.toml", one), ("config.toml", other)):
            assert misplaced([fault for fault in project.faults if fault.file == file], raw) == []


def test_there_are_ten_thousand_of_them_and_they_reach_every_depth() -> None:
    assert OF_EACH * len((*SURVEYS, *CONFIGS)) + len(BREAKS_OFF.read_bytes()) >= 10_000
    told = [[str(fault) for fault in look(raw)] for raw in mutants(SURVEYS[0].read_bytes(), SURVEYS[0].stem, 200)]
    assert sum(not any(": error: " in one for one in said) for said in told) > 20  # which are surveys
    assert sum(len(said) > 1 for said in told) > 3  # which have several faults
    assert len({re.sub(r"^.*?error: ", "", one) for said in told for one in said}) > 40
