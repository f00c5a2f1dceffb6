"""The sheet for a wall: in its language, with its picture, and never anything but a drawing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Browser

from surveyengine.cli import main
from surveyengine.look import qr
from tests.support import business
from tests.support.business import CONFIG, DELIVERY

SVG = "{http://www.w3.org/2000/svg}"
SENTENCES = {"en": "How was it?", "he": "איך היה?", "fa": "تجربه‌تان چطور بود؟"}
LANGUAGES = pytest.mark.parametrize("language", SENTENCES)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 4"><rect width="12" height="4"/></svg>'


def hang(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(project), "link", "delivery", *arguments])


def words(file: Path) -> str:
    return " ".join(" ".join(text.itertext()) for text in ET.parse(file).iter(f"{SVG}text"))  # noqa: S314  # we wrote it


@LANGUAGES
def test_a_poster_says_whose_it_is_and_one_sentence_in_its_language(tmp_path: Path, language: str) -> None:
    file = tmp_path / "poster.svg"
    done = hang(business.write(tmp_path / "project"), "--language", language, "--poster", str(file))
    assert done.exit_code == 0
    assert done.stdout == f"https://feedback.example.com/s/delivery?lang={language}\n"
    said = words(file)
    assert SENTENCES[language] in said
    assert {"en": "Nava Home", "he": "נאווה הום", "fa": "ناوا هوم"}[language] in said
    sheet = ET.parse(file).getroot()  # noqa: S314  # we wrote it
    assert sheet.attrib["direction"] == ("ltr" if language == "en" else "rtl")
    assert (sheet.attrib["width"], sheet.attrib["height"]) == ("210mm", "297mm")
    assert ("@font-face" in file.read_text(encoding="utf-8")) == (language != "en")


def test_its_code_is_that_of_the_link(tmp_path: Path) -> None:
    file = tmp_path / "poster.html"
    done = hang(business.write(tmp_path / "project"), "--context", "branch=haifa", "--poster", str(file))
    _, code = qr.drawing(done.stdout.strip())
    assert code in file.read_text(encoding="utf-8")


def test_a_logo_travels_inside(tmp_path: Path) -> None:
    project = business.write(tmp_path / "project", config=CONFIG.replace("timezone", 'logo = "logo.svg"\ntimezone'))
    (project / "logo.svg").write_text(LOGO)
    hang(project, "--poster", str(tmp_path / "poster.svg"))
    text = (tmp_path / "poster.svg").read_text(encoding="utf-8")
    assert 'href="data:image/svg+xml;base64,' in text
    assert re.findall(r'(?:href|src)="(?!data:)[^"]*"', text) == []


def test_a_name_is_never_markup_and_a_long_title_ends(tmp_path: Path) -> None:
    config = CONFIG.replace("Nava Home", "<script>alert(1)</script>&", 1)
    survey = DELIVERY.replace("Your delivery", "Your delivery " * 20)
    project = business.write(tmp_path / "project", {"purchase/delivery": survey}, config)
    done = hang(project, "--language", "en", "--poster", str(tmp_path / "poster.svg"))
    assert done.exit_code == 0, done.stderr
    said = words(tmp_path / "poster.svg")
    assert "<script>alert(1)</script>&" in said
    assert "…" in said


@LANGUAGES
def test_it_prints_as_one_sheet_with_nothing_cut_off(browser: Browser, tmp_path: Path, language: str) -> None:
    file = tmp_path / "poster.html"
    hang(business.write(tmp_path / "project"), "--language", language, "--poster", str(file))
    page = browser.new_page(viewport={"width": 794, "height": 1123})
    page.goto(file.as_uri())
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    for text in page.locator("svg text").all():
        box = text.bounding_box()
        assert box
        assert 20 <= box["x"] < box["x"] + box["width"] <= 774
    page.close()


@pytest.mark.parametrize("name", ["poster.pdf", "poster"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    done = hang(business.write(tmp_path / "project"), "--poster", name)
    assert (done.exit_code, "ends in .html or .svg" in done.stderr) == (2, True)
