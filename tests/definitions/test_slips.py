"""What marketers write by mistake or by the habits of other programs, and what is said to it: slips.txt holds both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from surveyengine.channels.registry import CHANNELS
from surveyengine.definitions.check import Surroundings, inside
from surveyengine.definitions.fault import Fault
from surveyengine.definitions.survey import draft
from surveyengine.definitions.toml.document import Document, Unreadable, parse
from surveyengine.project.files import read
from surveyengine.settings.config import config
from tests.support import business

KNOWN = ("en", "fa", "he")
TITLE = 'title = { en = "Your delivery", he = "המשלוח שלך", fa = "تحویل سفارش شما" }'
ASKED = 'text = { en = "How was it?", he = "איך היה?", fa = "چطور بود؟" }'
CSAT = f'[[question]]\nid = "satisfaction"\nkind = "csat"\ncore = true\n{ASKED}'
MORE = f'@title\n@question\n[[question]]\nid = "b"\n{ASKED}'
AROUND = Surroundings(
    {"order.paid": ["order", "total"]},
    {"order.paid": ["total"]},
    {"he": "נאווה הום", "en": "Nava"},
    channels=CHANNELS,
)
FILES = {  # what stands around the lines of a block
    "texts": "@title\n@question\nhint = { {} }\n",
    "rating": MORE + '\nkind = "rating"\n{}\n',
    "invite": '@title\n[invite]\non = "order.paid"\n{}\n@question\n',
    "head": "{}\n@title\n@question\n",
    "question": MORE + "\n{}\n",
    "file": "{}\n",
    "plain": "{}\n",
    "config": "{}\n",
}


def blocks() -> Iterator[tuple[str, str, list[str]]]:
    """Yield every block of slips.txt: where it stands, its lines, and what is said."""
    where = ""
    for block in (Path(__file__).parent / "slips.txt").read_text(encoding="utf-8").strip().split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith("# ")]
        if lines and lines[0].startswith("== "):
            where = lines.pop(0)[3:]
        if lines:
            said = [line[2:] for line in lines if line.startswith("> ")]
            yield where, "\n".join(line for line in lines if not line.startswith("> ")), said


def faults(where: str, document: Document) -> set[Fault]:
    if where == "config":
        return set(config(document, KNOWN, {})[1])
    spoken = ("en",) if where == "plain" else ("he", "fa", "en")
    found = draft("delivery", "purchase", document, {"languages": spoken, "known": KNOWN})
    return {*found.faults, *inside(found, AROUND)}


@pytest.mark.parametrize(("where", "lines", "said"), [*blocks()])
def test_a_slip_is_told_with_its_line_and_what_would_be_right(where: str, lines: str, said: list[str]) -> None:
    text = FILES[where].replace("{}", lines).replace("@title", TITLE).replace("@question", CSAT)
    try:
        told = sorted(faults(where, parse(text.encode(), "f")))
    except Unreadable as error:
        told = [error.fault]
    assert [str(one).removeprefix("f:") for one in told] == said


def test_every_complaint_says_what_would_be_right() -> None:
    told = [(line, one) for _, line, said in blocks() for one in said]
    assert len(told) > 150
    remedy = re.compile(r": (error|warning): (.{10,}; .{4,}|.* such as .*)")
    blunt = re.compile(r"(?<!there )\b(is|are) no [a-z]+\b")
    assert [pair for pair in told if not remedy.search(pair[1]) or blunt.search(pair[1])] == []


# ── Files

ODD = {
    "surveys/purchase/nps.yaml": ("YAML is not read here: surveys are written in TOML;"
                                  " write it as nps.toml, like the other surveys"),
    "surveys/purchase/nps.yml": ("YAML is not read here: surveys are written in TOML;"
                                 " write it as nps.toml, like the other surveys"),
    "surveys/purchase/Our NPS.json": ("JSON is not read here: surveys are written in TOML;"
                                      " write it as our-nps.toml, like the other surveys"),
    "surveys/purchase/nps.txt": ("this file is not read, because its name does not end in .toml;"
                                 " if it is a survey, rename it to nps.toml; else move it out of surveys/"),
    "surveys/purchase/nps": ("this file is not read, because its name does not end in .toml;"
                             " if it is a survey, rename it to nps.toml; else move it out of surveys/"),
    "surveys/purchase/nps.tml": ("the name of a survey file must end in .toml, so this one is not read;"
                                 " rename it to nps.toml"),
    "surveys/purchase/nps.toml.bak": "a copy of a survey file is not read; delete it, or name it nps.toml to use it",
    "surveys/purchase/questions.xlsx": ("a table is not read here: surveys are written in TOML;"
                                        " write it as questions.toml, like the other surveys"),
    "surveys/purchase/logo.png": ("this file is not read; surveys/ is for survey files, which end in .toml;"
                                  " move it to another folder"),
    "surveys/nps.yaml": ("YAML is not read here: surveys are written in TOML;"
                         " write it as nps.toml, like the other surveys"),
    "delivery.toml": ("this survey is not read, because it lies outside surveys/;"
                      " move it to surveys/<stage>/delivery.toml"),
    "purchase/delivery.toml": ("this survey is not read, because it lies outside surveys/;"
                               " move it to surveys/purchase/delivery.toml"),
}  # fmt: skip
TAKEN = {
    "surveys/purchase/nps.toml.txt": "error: the name of a survey file must end in .toml; rename it to nps.toml",
    "surveys/purchase/Our NPS.toml": ("error: `Our NPS` cannot be the id of a survey;"
                                      " use small letters a-z, digits and hyphens, such as our-nps.toml"),
    "surveys/Purchase/nps.toml": "error: there is no stage `Purchase`; did you mean `purchase`?",
}  # fmt: skip
BESIDE = ("README.md", ".DS_Store", "delivery.toml~", "Thumbs.db", ".git/config.yaml", "notes.md")


def test_a_file_that_is_not_read_says_so(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    for name in (*ODD, *TAKEN, *(f"surveys/purchase/{name}" for name in BESIDE), "pyproject.toml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(business.DELIVERY if path.suffix == ".toml" and path.stem == "delivery" else "a = 1\n")
    told = [str(fault) for fault in read(root, KNOWN, {}).faults]
    warned = [f"{name}:1:1: warning: {said}" for name, said in ODD.items()]
    assert sorted(told) == sorted([*warned, *(f"{name}:1:1: {said}" for name, said in TAKEN.items())])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("config.toml.txt", "there is no such file; rename config.toml.txt to config.toml"),
        ("config.yaml", "there is no such file; write config.yaml in TOML, as config.toml"),
    ],
)
def test_a_config_that_is_called_otherwise_is_named(tmp_path: Path, made: str, said: str) -> None:
    root = business.write(tmp_path)
    (root / "config.toml").rename(root / made)
    assert str(read(root, KNOWN, {}).faults[0]) == f"config.toml:1:1: error: {said}"


def test_surveys_in_a_folder_that_is_called_otherwise_are_named(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    (root / "surveys").rename(root / "survey")
    assert [str(fault) for fault in read(root, KNOWN, {}).faults] == [
        "survey:1:1: warning: the folder of the surveys has another name; rename it to surveys"
    ]


# ── A business of one language

ONE = '[business]\nname = "Nava"\nlanguages = ["he"]\n[journey.purchase]\nname = "רכישה"\n'
SURVEY = """\
title = {title}
[invite]
on = "order.paid"
subject = {title}
[[question]]
id = "a"
kind = "choice"
text = {title}
options = [ {{ id = "x", text = {title} }}, {{ id = "y", text = "אחר" }} ]
"""


def test_a_business_of_one_language_need_not_name_it(tmp_path: Path) -> None:
    titles = {"plain": '"מה דעתך?"', "spelled": '{ he = "מה דעתך?" }'}
    files = {name: {"purchase/a": "scored = false\n" + SURVEY.format(title=title)} for name, title in titles.items()}
    plain, spelled = (read(business.write(tmp_path / name, file, ONE), KNOWN, {}) for name, file in files.items())
    assert plain.faults == spelled.faults == ()
    assert plain.surveys[0].digest == spelled.surveys[0].digest
    assert plain.config
    assert plain.config.business.name == {"he": "Nava"}
    assert plain.surveys[0].head.title == {"he": "מה דעתך?"}


def test_a_plain_text_keeps_its_line_while_the_config_is_at_fault(tmp_path: Path) -> None:
    files = {"purchase/a": SURVEY.format(title='"Thank you %name%"')}
    project = read(business.write(tmp_path, files, ONE + "[sendng]\n"), KNOWN, {})
    lines = sorted({fault.line for fault in project.faults if "%name%" in fault.message})
    assert lines == [1, 4, 8, 9]


def test_a_variable_from_the_environment_is_told_by_its_name() -> None:
    text = '[business]\nname = "Nava"\n[sending]\ntest_only = "${SECRET}"\n'
    found = config(parse(text.encode(), "f"), KNOWN, {"SECRET": "hunter2"})[1]
    assert [fault.hint for fault in found] == ['write a list: ["${SECRET}"]']


# ── A prefix with a maqaf


@pytest.mark.parametrize(
    ("name", "sentence", "is_told"),
    [
        ("נאווה הום", "מ־{business}", True),
        ("Nava Home", "מ־{business}", False),
        ("נאווה הום", "כ־{total}", False),
        ("נאווה הום", "של ההזמנה {order|שלך}", False),
        ("Nava Home", "ל־{name|כולם}", True),
    ],
)
def test_a_maqaf_stands_before_digits_and_latin_letters_only(name: str, sentence: str, is_told: bool) -> None:
    lines = f'{TITLE}\n[invite]\non = "order.paid"\nsubject = {{ he = "{sentence}" }}\n{CSAT}\n'
    found = draft("a", "purchase", parse(lines.encode(), "f"), {})
    told = inside(found, replace(AROUND, names={"he": name}))
    assert any("a maqaf stands before" in one.message for one in told) is is_told
