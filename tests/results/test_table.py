from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.speech import speech
from surveyengine.results.assembly import StageRule, Terms, assemble
from surveyengine.results.distribution import Distribution
from surveyengine.results.ledger import AnswerGroup, AnswerRole, AskedSurvey, FunnelCounts, Tally, VersionQuestion
from surveyengine.results.split import NOT_KNOWN
from surveyengine.results.terminal.layout import Axis, Gauge, Remarks, TableRow, lay_out, padded, wide
from surveyengine.results.terminal.table import Look, compared, table

CORE = VersionQuestion("satisfaction", "csat", "1", core=True)
NPS = VersionQuestion("recommend", "nps", "1")
EASE = VersionQuestion("effort", "ease", "1")


@dataclass(frozen=True)
class Language:
    """Speaks the messages as they are, or the few words it was given."""

    direction: str = "ltr"
    catalog: Mapping[str, str] = field(default_factory=dict)
    zero: str = "0"

    def words(self, text: Mapping[str, str] | str) -> str:
        return self.catalog.get(text, text) if isinstance(text, str) else next(iter(text.values()))

    def gettext(self, msgid: str, /, **values: object) -> str:
        words = self.words(msgid)
        for name, value in values.items():
            words = words.replace(f"{{{name}}}", str(value))
        return words

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        return self.gettext(singular if n == 1 else plural, **values)

    def enumeration(self, items: Sequence[str]) -> str:
        return ", ".join(items)

    def number(self, value: float, decimals: int | None = None) -> str:
        return self.digits(f"{value:,.{decimals or 0}f}")

    def digits(self, text: str) -> str:
        return "".join(chr(ord(self.zero) + int(char)) if char.isdigit() else char for char in text)

    def percent(self, value: float, decimals: int = 0) -> str:
        return self.number(value, decimals) + "%"

    def date(self, day: date) -> str:
        return f"{self.digits(str(day.day))} {day:%B} {self.digits(str(day.year))}"


ENGLISH = Language()
HEBREW = Language("rtl", {"target": "יעד", "target {target}: missed": "יעד {target}: לא הושג"})
PERSIAN = Language("rtl", {"answers": "پاسخ‌ها", "Whole journey": "همهٔ سفر"}, "۰")

ASKED = [
    AskedSurvey("website", "pre-purchase", "website", (CORE,)),
    AskedSurvey("checkout", "purchase", "checkout", (CORE,)),
    AskedSurvey("delivery", "purchase", "delivery", (CORE,), target_csat=90, name="The parcel"),
    AskedSurvey("support", "post-purchase", "support", (CORE, NPS, EASE)),
    AskedSurvey("returns", "post-purchase", "returns", (CORE,)),
    AskedSurvey("pulse", "relationship", "pulse", (CORE,), anonymous=True),
    AskedSurvey("feedback", "relationship", "feedback", (CORE,), scored=False, responses=3),
]


def tallies(
    name: str, counts: Sequence[int], question: VersionQuestion = CORE, group: AnswerGroup | None = None
) -> list[Tally]:
    role = AnswerRole("csi", question.id) if question.weight else AnswerRole(question.kind)
    return [Tally(name, role, str(value), n, group) for value, n in enumerate(counts, start=1)]


ANSWERS = [
    *tallies("website", (1000, 500, 1500, 4000, 5000)), *tallies("checkout", (20, 10, 20, 150, 300)),
    *tallies("delivery", (5, 8, 27, 60, 60)), *tallies("support", (5, 2, 0, 5, 10)),
    *tallies("support", (0, 0, 0, 0, 0, 20, 0, 30, 50), NPS), *tallies("support", (2, 3, 5, 10, 20, 35, 25), EASE),
    *tallies("returns", (1, 0, 2, 3, 2)), *tallies("feedback", (3,)),
    *tallies("delivery", (2, 3, 10, 40, 40), group=AnswerGroup("web")),
    *tallies("delivery", (3, 5, 17, 20, 17), group=AnswerGroup("app")),
    *tallies("delivery", (0, 0, 0, 0, 3), group=NOT_KNOWN),
]
FUNNELS = [
    FunnelCounts("delivery", 340, 338, 160, {"cooldown": 60, "no_channel": 3}), FunnelCounts("support", 25, 25, 22)]
RULES = {"purchase": StageRule(target_csat=85), "pre-purchase": StageRule(target_csat=70)}
TERMS = Terms(date(2026, 10, 1), date(2026, 10, 31), "Asia/Jerusalem", RULES, "channel", date(2026, 11, 1))
REPORT = assemble(ASKED, ANSWERS, FUNNELS, TERMS)


def lines(speech: Language = ENGLISH, look: Look | None = None, report: Any = None) -> list[str]:
    return table(report or REPORT, speech, look).splitlines()


def line(label: str, found: Sequence[str]) -> str:
    return next(each for each in found if re.match(rf" *{re.escape(label)}(  |$)", each))


def test_a_table_reads_like_this() -> None:
    report = assemble(ASKED[1:3], ANSWERS, FUNNELS, Terms(rules=RULES))
    assert table(report, ENGLISH, Look(72)) == """\
Customer satisfaction (CSAT) · all answers so far

               answers  CSAT              0%                        100%
Whole journey      660   82%  (79 to 86)  ───────────────────────━●━────

Purchase           660   82%  (79 to 86)  ───────────────────────━●╋────
  target 85%: undecided so far
  every answer counted once: 86%
  checkout         500   90%  (87 to 92)  ─────────────────────────━●━──
    mean 4.4 · dissatisfied 6%
  The parcel       160   75%  (68 to 81)  ────────────────────━━●━━─┼───
    target 90%: missed so far
    mean 4.0 · dissatisfied 8% · invited 338, of whom 160 answered
    not sent yet 2 · response rate 47% · not asked (cooldown) 60
    not asked (no channel) 3

● score · ━ (…) its 95% interval · ┼ ╋ target
~ indicative: fewer than 30 answers · – none, or not shown
met: the whole interval reaches the target
missed: the whole interval is below it
undecided: the target lies within the interval
"""


@pytest.mark.parametrize(("counts", "words"), [
    ((28, 12), "40  70  (66 to 73)  ──"), ((14, 6), "20  ~70  (63 to 75)  ──"),
    ((5,), "5  –  too few answers (n < 10)"),
    ((0, 0, 0, 40), "40  100  no interval: all answers are the same"),
    ((0, 0, 0, 20), "20  ~100  no interval: all answers are the same"),
])
def test_a_satisfaction_index_is_a_number_on_a_gauge(counts: Sequence[int], words: str) -> None:
    items = tuple(VersionQuestion(id, "rating", "rating:1-10", weight=1) for id in ("overall", "expected", "ideal"))
    counted = [one for item in items for one in tallies("yearly", (*[0] * 6, *counts), item)]    # a mean of 7.3
    report = assemble([AskedSurvey("yearly", "relationship", "yearly", items)], counted, [], Terms())
    found = re.sub(" {2,}", "  ", line("Index (CSI)", lines(report=report)))
    assert found.strip().startswith(f"Index (CSI)  {words}")


@pytest.mark.parametrize(("label", "words"), [
    ("returns", "8  –  too few answers (n < 10)"),
    ("pulse", "–  –  withheld, to keep answers anonymous"),
    ("feedback", "3  –  not scored"),
    ("Relationship", "–  –  withheld, to keep answers anonymous"),
    ("support", "~68%"),
    ("NPS", "100  30  (14 to 44)"),
    ("Ease", "80%"),
    ("app", "60%"),
    ("(not known)", "too few answers"),
    ("The parcel", "75%  (68 to 81)"),
    ("website", "75.0%  (74.2 to 75.8)"),
    ("target 90%: missed", ""),
    ("target 70%: met", ""),
    ("target 85%: undecided", ""),
])
def test_a_line_says_in_words_what_a_gauge_cannot(label: str, words: str) -> None:
    assert words in re.sub(" {2,}", "  ", line(label, lines()))


def test_a_stage_of_touchpoints_with_too_few_answers_has_not_none() -> None:
    few = [*tallies("support", (0, 0, 0, 3, 6)), *tallies("returns", (1, 0, 2, 3, 2))]
    report = assemble(ASKED[3:5], few, [], Terms(rules={"post-purchase": StageRule(name="After", target_csat=80)}))
    assert report.stages[0].is_thin
    found = re.sub(" {2,}", "  ", line("After", lines(report=report)))
    assert found == "After  –  –  none of the touchpoints in its score has 10 answers"
    assert not assemble(ASKED[3:5], [], [], Terms()).stages[0].is_thin


@pytest.mark.parametrize("language", ["en", "fa", "he"])
@pytest.mark.parametrize("against", ["rest", "before"])
def test_a_single_comparison_is_not_said_to_be_corrected(language: str, against: str) -> None:
    one, two, many = (compared(speech(language), against, n) for n in (1, 2, 11))
    assert len({one, two, many}) == 3
    assert not re.search("[{]|corrected|בתיקון|با تصحیح", one)
    assert re.search("11|۱۱", many)


@pytest.mark.parametrize(("since", "until", "words"), [
    (date(2026, 10, 1), date(2026, 10, 31), "1 October 2026 to 31 October 2026"),
    (date(2026, 10, 1), None, "from 1 October 2026"),
    (None, date(2026, 10, 31), "up to 31 October 2026"),
    (None, None, "all answers so far"),
])
def test_the_title_names_the_period(since: date | None, until: date | None, words: str) -> None:
    report = assemble([], [], [], Terms(since, until))
    assert lines(report=report) == [f"Customer satisfaction (CSAT) · {words}", "", "There is no survey yet."]


@pytest.mark.parametrize("speech", [ENGLISH, HEBREW, PERSIAN], ids=["en", "he", "fa"])
@pytest.mark.parametrize("columns", [64, 80, 100, 200])
def test_a_table_keeps_to_its_columns(speech: Language, columns: int) -> None:
    found = lines(speech, Look(columns))
    assert max(map(wide, found)) <= columns
    matches = [match for each in found if (match := re.search("[─━●┼╋]{9,}", each))]
    gauges = [(wide(match.string[:match.start()]), wide(match[0])) for match in matches]
    assert len(set(gauges)) == 1
    assert len(gauges) == 11


def test_a_right_to_left_table_keeps_its_columns_in_place() -> None:
    found = [each.replace("\u200e", "") for each in lines(HEBREW)]
    assert "    יעד 90%: לא הושג" in found
    assert "(68 to 81)" in line("The parcel", found)
    assert "(\u200e68\u200e to \u200e81\u200e)" in "\n".join(lines(HEBREW))
    assert all("\u200e" in each for each in lines(HEBREW) if "●" in each and "score" not in each)
    assert not any("\u200e" in each for each in lines(ENGLISH))


def test_numbers_and_words_are_those_of_the_language() -> None:
    found = "\n".join(lines(PERSIAN))
    assert not re.search("[0-9]", found)
    assert "پاسخ‌ها" in found


def test_a_business_may_name_its_stages_and_touchpoints() -> None:
    rules = {"purchase": StageRule(name="Buying\x1b[2J")}
    found = "\n".join(lines(report=assemble(ASKED, ANSWERS, FUNNELS, Terms(rules=rules))))
    assert "\nBuying\\x1b[2J " in found
    assert "\n  The parcel " in found
    assert "delivery" not in found


def test_where_nothing_asks_for_satisfaction_none_is_missing() -> None:
    asked = [AskedSurvey("yearly", "relationship", "yearly", (NPS,)), AskedSurvey("old", "purchase", "old", (NPS,))]
    nps = [Tally("yearly", AnswerRole("nps"), str(value), 20) for value in (0, 10)]
    report = assemble(asked, [*nps, *tallies("old", (0, 0, 0, 20, 20))], [], Terms())
    found = [re.sub(" {2,}", "  ", each) for each in lines(report=report)]
    assert "  yearly  –  –  no satisfaction question" in found
    assert "Relationship  –  –  no satisfaction question" in found
    assert "  NPS  40  0  (-29 to 29)" in found
    assert line("old", found).startswith("  old  40  100%")    # asked once, and answered
    assert [one.asks for one in report.touchpoints] == [["nps"], ["nps"]]


def test_every_sign_of_a_table_is_explained() -> None:
    question = Distribution("q", "yes_no", "Well?", "yes_no", {"yes": "Yes"}, 40, {"yes": 30})
    report = assemble(ASKED, ANSWERS, FUNNELS, TERMS).with_questions({("purchase", "checkout"): [question]})
    found = lines(report=report)
    legend = " ".join(found[found.index(next(each for each in found if each.startswith("● score"))):])
    signs = {sign for each in found for sign in each if sign in "●━┼╋~█"}
    assert [sign for sign in signs if f"{sign} " not in legend] == []
    assert "█ share of those who answered" in legend


def test_bold_and_dim_are_only_there_when_asked_for() -> None:
    assert "\x1b" not in table(REPORT, ENGLISH)
    colored = table(REPORT, ENGLISH, Look(color=True))
    assert re.sub("\x1b\\[[0-9]m", "", colored) == table(REPORT, ENGLISH)
    assert "\x1b[1mPurchase" in colored


def test_a_group_cannot_command_the_terminal() -> None:
    evil = tallies("delivery", (0, 0, 0, 0, 12), group=AnswerGroup("\x1b[2J\u202e" + "x" * 100))
    report = assemble(ASKED, [*ANSWERS, *evil], FUNNELS, TERMS)
    found = lines(report=report)
    assert "\\x1b[2J\\u202e" in "\n".join(found)
    assert max(map(wide, found)) <= 80


@pytest.mark.parametrize(("gauge", "drawn"), [
    (Gauge(50, 40, 60), "────━●━────"),
    (Gauge(0, 0, 10), "●━─────────"),
    (Gauge(100, 80, 100), "────────━━●"),
    (Gauge(50, 40, 60, 90), "────━●━──┼─"),
    (Gauge(50, 30, 70, 60), "───━━●╋━───"),
    (Gauge(50, 40, 60, 50), "────━●━────"),
    (Gauge(50, 40, 60, 120), "────━●━───┼"),
])
def test_a_gauge_shows_the_value_its_interval_and_the_target(gauge: Gauge, drawn: str) -> None:
    assert gauge.drawn(11) == drawn


@pytest.mark.parametrize(("text", "columns"), [
    ("", 0), ("delivery", 8), ("משלוח", 5), ("שָׁלוֹם", 4), ("می‌روم", 5), ("همهٔ", 3), ("\u200e80%", 3), ("配送", 4),
    ("e\u0301", 1), ("👍🏽", 2), ("👩\u200d👩\u200d👧", 2), ("❤\ufe0f", 2), ("🇮🇱", 2),
])
def test_the_width_of_a_text_is_counted_in_columns(text: str, columns: int) -> None:
    assert wide(text) == columns
    assert wide(padded(text, 12)) == 12
    assert wide(padded(text, 3)) == 3


@given(st.text(), st.integers(1, 20))
def test_a_padded_text_takes_exactly_its_columns(text: str, columns: int) -> None:
    assert wide(padded(text, columns)) == columns


def test_a_label_that_is_too_long_is_cut() -> None:
    assert padded("the delivery", 8) == "the del…"
    assert padded("配送配送", 6) == "配送… "
    assert padded("שָׁלוֹם", 3) == "שָׁל…"
    assert padded("👍🏽👩\u200d👩\u200d👧 good", 5) == "👍🏽👩\u200d👩\u200d👧…"


def test_an_axis_stands_above_the_ends() -> None:
    assert Axis("0%", "100%").drawn(11) == "0%     100%"


def test_remarks_flow_over_as_many_lines_as_they_need() -> None:
    text = lay_out([TableRow("delivery"), Remarks("  ", ["one two", "three", "four"])], 16)
    assert text == "delivery\n  one two\n  three · four\n"
