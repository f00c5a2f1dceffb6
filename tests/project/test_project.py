from __future__ import annotations

import os
from pathlib import Path

import pytest

from surveyengine.project.files import Project, read, stamp
from tests.support import business
from tests.support.business import CONFIG, DELIVERY

ROOT = Path(__file__).parents[2]
KNOWN = ("en", "he", "fa")
SPOKEN = {"languages": KNOWN, "known": KNOWN}
NO_FILE = "this is not a file; put a file of that name here"


def told(project: Project) -> list[str]:
    return [str(fault) for fault in project.faults]


def test_a_good_project_has_no_faults(tmp_path: Path) -> None:
    project = read(business.write(tmp_path), KNOWN, {})
    assert told(project) == []
    assert project.config
    assert [(survey.id, survey.stage) for survey in project.surveys] == [("delivery", "purchase")]


def test_the_example_business_has_no_errors() -> None:
    project = read(ROOT, KNOWN, {})
    assert [str(fault) for fault in project.errors] == []
    assert len(project.surveys) == len(list((ROOT / "surveys").rglob("*.toml")))


def test_surveys_come_in_the_order_of_the_journey(tmp_path: Path) -> None:
    names = ("relationship/d", "post-purchase/c", "purchase/b", "purchase/a", "pre-purchase/z")
    project = read(business.write(tmp_path, dict.fromkeys(names, DELIVERY)), KNOWN, {})
    assert [survey.id for survey in project.surveys] == ["z", "a", "b", "c", "d"]


def test_every_fault_in_every_file_is_told_at_once(tmp_path: Path) -> None:
    files = {
        "delivery": DELIVERY,
        "purchse/a": DELIVERY,
        "purchase/deep/b": DELIVERY,
        "purchase/Late order": DELIVERY,
        "purchase/empty": "\n",
        "purchase/broken": "title = \n",
        "purchase/fine": DELIVERY,
        "purchase/typo": DELIVERY.replace("required", "requird"),
        "relationship/fine": DELIVERY,
    }
    root = business.write(tmp_path, files, CONFIG + "[sendng]\n")
    (root / "surveys/purchase/folder.toml").mkdir()
    (root / "surveys/purchase/windows.toml.txt").write_text(DELIVERY)
    (root / "surveys/purchase/.#hidden.toml").write_text("")
    (root / "surveys/purchase/.git").mkdir()
    (root / "surveys/purchase/.git/hidden.toml").write_text("")
    project = read(root, KNOWN, {})
    assert told(project) == [
        "config.toml:16:2: error: unknown key `sendng`; did you mean `sending`?",
        "surveys/delivery.toml:1:1: error: a survey file must lie in the folder of its stage;"
        " move it to surveys/<stage>/delivery.toml",
        "surveys/purchase/Late order.toml:1:1: error: `Late order` cannot be the id of a survey;"
        " use small letters a-z, digits and hyphens, such as late-order.toml",
        "surveys/purchase/broken.toml:1:8: error: a value is missing here",
        "surveys/purchase/deep/b.toml:1:1: error: a survey file must lie in the folder of its stage;"
        " move it to surveys/purchase/b.toml",
        'surveys/purchase/empty.toml:1:1: error: `title` is missing;'
        ' add `title = { he = "…", fa = "…", en = "…" }` before the first table',
        "surveys/purchase/empty.toml:1:1: error: the survey asks nothing; add a [[question]] table",
        "surveys/purchase/folder.toml:1:1: error: this is not a file; put a file of that name here",
        "surveys/purchase/typo.toml:13:1: error: unknown key `requird`; did you mean `required`?",
        "surveys/purchase/windows.toml.txt:1:1: error: the name of a survey file must end in .toml;"
        " rename it to windows.toml",
        "surveys/purchse/a.toml:1:1: error: there is no stage `purchse`; did you mean `purchase`?",
        "surveys/relationship/fine.toml:1:1: error: the survey id `fine` is taken by surveys/purchase/fine.toml;"
        " give one of the files another name",
    ]
    assert [survey.id for survey in project.surveys] == ["fine"]
    assert project.config is None


def test_a_folder_without_a_project_says_what_to_do(tmp_path: Path) -> None:
    assert told(read(tmp_path, KNOWN, {})) == [
        "config.toml:1:1: error: there is no such file;"
        " run the engine in a project directory, or name one with --project"
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), NO_FILE),
        (lambda path: os.mkfifo(path), NO_FILE),
        (lambda path: path.symlink_to("nowhere"), "there is no such file"),
        (lambda path: path.symlink_to(path), "the file cannot be read: Too many levels of symbolic links;"
                                             " check its permissions"),
        (lambda path: path.symlink_to("/dev/zero"), NO_FILE),
        (lambda path: path.write_bytes(b"\xff\xfet\0"), "the file is in UTF-16; save it as UTF-8, which every"
                                                        " editor offers beside the file's name"),
    ],
    ids=["folder", "pipe", "dangling", "loop", "device", "utf-16"],
)  # fmt: skip
def test_what_is_no_readable_file_is_a_fault_of_its_own(tmp_path: Path, make: object, said: str) -> None:
    root = business.write(tmp_path)
    assert callable(make)
    make(root / "surveys/purchase/odd.toml")
    project = read(root, KNOWN, {})
    assert told(project) == [f"surveys/purchase/odd.toml:1:1: error: {said}"]
    assert [survey.id for survey in project.surveys] == ["delivery"]


def test_a_file_that_may_not_be_read_is_a_fault(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    (root / "surveys/purchase/delivery.toml").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    assert told(read(root, KNOWN, {})) == [
        "surveys/purchase/delivery.toml:1:1: error: the file cannot be read: Permission denied; check its permissions"
    ]


def test_a_weight_belongs_to_a_touchpoint_of_its_stage(tmp_path: Path) -> None:
    weights = "[journey.purchase]\nweights = { delivery = 2, delivry = 1 }\n"
    project = read(business.write(tmp_path, config=CONFIG + weights), KNOWN, {})
    assert told(project) == [
        "config.toml:17:27: warning: no survey of the stage purchase has the touchpoint `delivry`;"
        " did you mean `delivery`?"
    ]
    assert project.config
    assert project.surveys


@pytest.mark.parametrize(("touchpoint", "head", "said"), [
    ("post-resolution", "", "is never part of its stage's score; delete it"),
    ("feedback", "scored = false\n", "its survey is not scored; delete it, or `scored = false`"),
    ("delivery", "", ""),
])
def test_a_weight_without_effect_is_said(tmp_path: Path, touchpoint: str, head: str, said: str) -> None:
    config = CONFIG + f"[journey.purchase]\nweights = {{ {touchpoint} = 5 }}\n"
    project = read(business.write(tmp_path, {f"purchase/{touchpoint}": head + business.DELIVERY}, config), KNOWN, {})
    found = [str(fault) for fault in project.faults if "weight" in fault.message]
    assert [said in fault and ": warning: " in fault for fault in found] == [True] * bool(said)


def test_surveys_are_held_against_the_last_good_config_while_it_is_broken(tmp_path: Path) -> None:
    root = business.write(tmp_path, {"purchase/delivery": DELIVERY.replace(', fa = "دلیل چیست؟"', "")})
    last = read(root, KNOWN, {}).config
    (root / "config.toml").write_text("[business\n")
    assert len(read(root, KNOWN, {}).surveys) == 1
    project = read(root, KNOWN, {}, last)
    assert told(project)[1:] == ['surveys/purchase/delivery.toml:29:1: error: `text` has no text in fa; add fa = "…"']
    assert project.config is None


def test_the_stamp_changes_with_every_file(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    stamps = [stamp(root)]
    (root / "surveys/purchase/other.toml").write_text("a")
    stamps.append(stamp(root))
    (root / "surveys/purchase/other.toml").write_text("ab")
    stamps.append(stamp(root))
    (root / "surveys/purchase/other.toml").unlink()
    (root / "config.toml").write_text("")
    stamps.append(stamp(root))
    assert all(stamps[i] != stamps[j] for i in range(4) for j in range(i))
