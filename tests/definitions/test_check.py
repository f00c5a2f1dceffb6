from __future__ import annotations

from datetime import timedelta

import pytest

from surveyengine.definitions.check import between
from surveyengine.definitions.shares import shut_out
from surveyengine.definitions.survey import draft
from surveyengine.definitions.toml.document import parse
from tests.support.drafts import TITLE, errors, faults, question

WORDS = '{ en = "A", he = "א" }'
OPTIONS = f'options = [ {{ id = "early", text = {WORDS} }}, {{ id = "late", text = {WORDS} }} ]'
MATRIX = f'rows = [ {{ id = "speed", text = {WORDS} }}, {{ id = "care", text = {WORDS} }} ]\nscale = "csat"'
EVENTS = {"order.paid": ["order", "total"], "order.cancelled": ["order"]}
HEAD = 'title = { en = "Delivery", he = "משלוח" }\n'


@pytest.mark.parametrize(
    ("earlier", "test", "said"),
    [
        ("csat", "{ a = 3 }", []),
        ("csat", "{ a = [1, 2.0] }", []),
        ("csat", "{ a = { at_most = 2, is_not = 1 } }", []),
        ("csat", "{ a = { answered = false } }", []),
        ("csat", '{ a = "na" }', ["`a` never has the answer `na`; the answers are 1 to 5"]),
        ("csat", "{ a = 6 }", ["`a` never has the answer `6`; the answers are 1 to 5"]),
        ("csat", "{ a = [1, 2.5] }", ["`a` never has the answer `2.5`; the answers are 1 to 5"]),
        ("csat", "{ a = true }", ["`a` never has the answer `true`; the answers are 1 to 5"]),
        ("csat", '{ a = "3" }', ["`a` is answered by a number, not by a text; write 3"]),
        ("csat", '{ a = "<= 3" }', ["`a` is answered by a number, not by a text; write { at_most = 3 }"]),
        ("csat", "{ a = { at_most = 0 } }", ["no answer to `a` passes this; the answers are 1 to 5"]),
        ("nps", "{ a = { at_most = 0 } }", []),
        ("nps", "{ a = { above = 3, below = 4 } }", ["no answer to `a` passes this; the answers are 0 to 10"]),
        ("number", "{ a = { above = 3.5 } }", []),
        ("number", "{ a = 12_000 }", []),
        ("number", '{ a = "12" }', ["`a` is answered by a number, not by a text; write 12"]),
        ("text", '{ a = { contains = "late" } }', []),
        ("text", "{ a = { at_most = 3 } }",
         ["the answer to `a` (text) has no size to compare; write { answered = true }"]),
        ("choice", '{ a = ["late"] }', []),
        ("choice", '{ a = "lat" }', ["`a` never has the answer `lat`; did you mean `late`?"]),
        ("choice", "{ a = 1 }", ["`a` never has the answer `1`; known are `early`, `late`"]),
        ("choice", "{ a = { above = 1 } }",
         ["the answer to `a` (choice) has no size to compare; name its options instead: [ … ]"]),
        ("choices", '{ a = { contains = "late" } }', []),
        ("choices", '{ a = { not_in = ["early", "lost"] } }',
         ["`a` never has the answer `lost`; known are `early`, `late`"]),
        ("yes_no", '{ a = "no" }', []),
        ("yes_no", "{ a = true }", ["`a` never has the answer `true`; did you mean `yes`?"]),
        ("consent", "{ a = { answered = true } }", []),
        ("matrix", '{ "a.speed" = 1, "a.care" = { at_least = 2 } }', []),
        ("matrix", '{ "a.speed" = 6 }', ["`a.speed` never has the answer `6`; the answers are 1 to 5"]),
        ("matrix", '{ "a.sped" = 1 }',
         ["`a.sped` has no answer, because `a` is a matrix that is answered row by row; did you mean `a.speed`?"]),
        ("matrix", "{ a = { answered = true } }",
         ["`a` has no answer, because `a` is a matrix that is answered row by row;"
          ' name one of its rows, in quotes: "a.speed"']),
        ("choice_other", '{ a = "other", "a.other" = { contains = "x" } }', []),
        ("choice", '{ "a.other" = { answered = true } }', ["there is nothing called `a.other`; known are `a`"]),
        ("ranking", '{ a = { contains = "early" } }', []),
        ("date", "{ a = { above = 3 } }",
         ["the answer to `a` (date) has no size to compare; write { answered = true }"]),
        ("csat", '{ "aa.b" = 3 }', ["there is no question `aa.b`; known are `a`"]),
        ("note", "{ a = { answered = true } }",
         ["`a` is a note, which has no answer; name a question that is answered"]),
        ("csat", "{ aa = 3 }", ["there is no question `aa`; did you mean `a`?"]),
        ("csat", "{ b = 3 }", ["the question `b` cannot depend on its own answer; name an earlier question"]),
        ("csat", "{ c = 3 }", ["the question `c` comes later; a condition looks back: move this question below `c`"]),
    ],
)  # fmt: skip
def test_a_condition_asks_for_what_an_earlier_question_can_answer(earlier: str, test: str, said: list[str]) -> None:
    needs = {"matrix": [MATRIX], "choice_other": [f"{OPTIONS}\nother = true"]}.get(earlier, [])
    needs = [OPTIONS] if earlier in ("choice", "choices", "ranking") else needs
    earlier = earlier.partition("_other")[0]
    file = TITLE + question("a", earlier, *needs) + question("b", "text", f"show_if = {test}") + question("c", "csat")
    line = 11 + "\n".join((*needs, "")).count("\n")
    assert [one.partition(" ")[2] for one in errors(file)] == said
    assert {one.partition(":")[0] for one in errors(file)} <= {str(line)}


def test_a_row_is_named_in_quotes() -> None:
    file = TITLE + question("a", "matrix", MATRIX) + question("b", "text", "show_if = { a.speed = 1 }")
    said = '13:15: unknown key `speed`; a row of a matrix is named in quotes: "question.speed"; tests are at_least, '
    assert [one[: len(said)] for one in errors(file)] == [said]
    near = TITLE + question("a", "csat") + question("b", "text", "show_if = { a = { atleast = 1 } }")
    assert errors(near) == ["11:19: unknown key `atleast`; did you mean `at_least`?"]


def test_a_condition_points_at_the_name_within_its_alternatives() -> None:
    file = TITLE + question("a", "csat") + question("b", "text", "show_if = { any = [ { a = 1 }, { aa = 1 } ] }")
    assert errors(file) == ["11:34: there is no question `aa`; did you mean `a`?"]


def test_the_first_question_has_nothing_to_look_back_at() -> None:
    file = TITLE + question("a", "csat", "show_if = { b = 1 }")
    assert errors(file) == ["7:13: there is no question `b`; no question comes earlier than this one"]


def test_a_condition_is_checked_even_in_a_question_that_is_faulty() -> None:
    file = TITLE + question("a", "csat") + question("b", "txt", "show_if = { c = 1 }")
    assert errors(file)[-1] == "11:13: there is no question `c`; known are `a`"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", ['3:2: error: an invitation has one occasion: either `on` or `every`; write on = "…" with the type of'
              ' an event, or every = "180 days"']),
        ('on = "order.paid"\nevery = "180 days"',
         ['3:2: error: an invitation has one occasion: either `on` or `every`; write on = "…" with the type of'
          ' an event, or every = "180 days"']),
        ('every = "180 days"\nwhen = { role = "buyer" }\nsubject = { en = "{name|You}", he = "{name|את}" }', []),
        ('every = "180 days"\nwhen = { total = 5 }\nsubject = { en = "{order}", he = "{order}" }',
         ["5:10: error: no event starts this survey, so there is no `total`; known are `account`, `language`, `role`",
          *(f"6:{column}: error: nothing fills {{order}}: no event starts this survey; known are `business`,"
            " `language`, `name`" for column in (13, 29))]),
        ('every = "180 days"\ncancel_on = ["order.cancelled"]\ndraw = "d"',
         ["5:1: warning: `cancel_on` is about events, and no event starts this survey; delete it",
          "6:1: warning: `draw` is about events, and no event starts this survey; delete it"]),
        ('every = "180 days"\nabout = "order"',
         ["5:1: warning: `about` is about events, and no event starts this survey; delete it"]),
        ('on = "order.paid"\nabout = "order"', []),
        ('on = "order.paid"\nabout = false', []),
        ('on = "order.paid"\nabout = "ordr"',
         ["5:1: error: the event `order.paid` carries no `ordr`, so each is an occasion of its own;"
          " did you mean `order`?"]),
        ('on = "order.lost"\nabout = "ordr"',
         ["4:1: warning: no event `order.lost` is declared in config.toml; did you mean `order.paid`?"]),
        *((f'on = "order.paid"\nabout = {about}',
           ["5:1: error: `about` must name a field of the event's data; write one in quotes, such as \"ticket\","
            " or false where every event is an occasion of its own"])
          for about in ("true", "3", '""', '" "', '"customer"', '["order"]')),
        ('on = "order.payed"',
         ["4:1: warning: no event `order.payed` is declared in config.toml; did you mean `order.paid`?"]),
        ('on = "order.paid"\ncancel_on = ["order.cancelled", "order.paid", "order.lost"]',
         ["5:33: error: `order.paid` would cancel what it starts; name the event that undoes it",
          "5:47: warning: no event `order.lost` is declared in config.toml; did you mean `order.paid`?"]),
        ('on = "order.paid"\nwhen = { total = 5, language = "he", any = [ { ordr = "A" } ] }',
         ["5:48: error: the event `order.paid` carries no `ordr`; did you mean `order`?"]),
        ('on = "order.paid"\nremind = ["3 days"]\nchannels = ["email", "sms"]',
         ["6:22: warning: text messages are for a later version of the engine; it is read, and has no effect yet:"
          " nobody gets any"]),
    ],
)  # fmt: skip
def test_an_invitation_fits_its_event(lines: str, said: list[str]) -> None:
    assert faults(f"{TITLE}[invite]\n{lines}\n" + question("a", "csat"), EVENTS) == said


def test_undeclared_events_may_carry_anything() -> None:
    subject = 'subject = { en = "{order} {x}", he = "{x} {order}" }'
    invite = f'[invite]\non = "order.paid"\nwhen = {{ anything = 5 }}\n{subject}\n'
    assert faults(TITLE + invite + question("a", "csat")) == []


@pytest.mark.parametrize(
    ("invite", "sentence", "said"),
    [
        ('[invite]\non = "order.paid"\n', "{order}, {total|0} {name} {business} {language}", []),
        ('[invite]\non = "order.paid"\n', "{ordr|}",
         ["error: nothing fills {ordr}: the event carries no `ordr`; did you mean `order`?"]),
        ("", "{business} {language} {order|} {name|you}", []),
        ("", "{name}", ["warning: {name} stays empty for those who come by an open link; write {name|…}"]),
        ("", "{order}", ["warning: {order} stays empty for those who come by an open link; write {order|…}"]),
    ],
)  # fmt: skip
def test_a_placeholder_is_filled_by_something(invite: str, sentence: str, said: list[str]) -> None:
    file = TITLE + invite + question("a", "csat", f'hint = {{ he = "{sentence}", en = "{sentence}" }}')
    assert [one.partition(" ")[2] for one in faults(file, EVENTS)] == 2 * said  # in each language


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([question("a", "csat", "core = true")], []),
        ([question("a", "csat")],
         ["1:1: warning: no question is core, so the survey has no CSAT; mark its csat question with `core = true`,"
          " or the survey with `scored = false`"]),
        ([question(id, "csat", "core = true") for id in "abc"],
         ["11:1: error: a survey can have only one core question; the question of line 6 is core already",
          "16:1: error: a survey can have only one core question; the question of line 6 is core already"]),
        ([question("a", "csat", "core = 1")], ["6:1: error: `core` is a number; write true, without quotes"]),
    ],
)  # fmt: skip
def test_a_survey_has_one_core_question(questions: list[str], said: list[str]) -> None:
    assert faults(HEAD + "".join(questions)) == said


def test_the_pages_of_a_form_follow_each_other() -> None:
    numbers = (None, 1, 2, None, 5, 2, 5, 1)
    lines = [[] if number is None else [f"page = {number}"] for number in numbers]
    asked = [question(f"q{index}", "csat", *line) for index, line in enumerate(lines)]
    assert faults(TITLE + "".join(asked)) == [
        f"{line}:1: error: page {number} is over: the questions above are on page 5;"
        " write page = 5 or more, or move this question up"
        for line, number in ((30, 2), (40, 1))
    ]


ENDS = 'low = { en = "Bad", he = "רע" }\nhigh = { en = "Good", he = "טוב" }\nmin = 1\nmax = 10'
FIVE = ENDS.replace("10", "5")
HINT = 'mark the ratings of satisfaction, of expectations and of the ideal with index = "csi", or none'


def item(id: str, *lines: str, ends: str = ENDS) -> str:
    return question(id, "rating", 'index = "csi"', *lines, ends)


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([item("a"), item("b", "weight = 2"), item("c"), question("d", "rating", ENDS)], []),
        ([question("a", "rating", ENDS)], ["1:1: warning: no question is core, so the survey has no CSAT; mark its csat"
          " question with `core = true`, or the survey with `scored = false`"]),
        ([item("a")],
         [f"6:1: error: the satisfaction index is made of 3 ratings, and here 1 is marked; {HINT}"]),
        ([item("a"), item("b")],
         [f"15:1: error: the satisfaction index is made of 3 ratings, and here 2 are marked; {HINT}"]),
        ([item("a"), item("b"), item("c"), item("d"), item("e")],
         [f"33:1: error: the satisfaction index is made of 3 ratings, and here 5 are marked; {HINT}"]),
        ([item("a"), item("b", ends=FIVE), item("c")],
         ["15:1: error: a rating of the satisfaction index has the scale 1 to 10, not 1 to 5;"
          " write min = 1 and max = 10"]),
        ([question("a", "rating", ENDS, "weight = 2"), question("b", "csat", "core = true")],
         ["10:1: error: `weight` says how much a rating counts in the satisfaction index, and this one is not in it;"
          ' write index = "csi" too, or delete it']),
        ([item("a", "weight = 0"), item("b"), item("c")], ["7:1: error: `weight` is too small; 0.01 is the least"]),
    ],
)  # fmt: skip
def test_a_satisfaction_index_has_three_ratings_from_one_to_ten(questions: list[str], said: list[str]) -> None:
    assert faults(HEAD + "".join(questions)) == said


def test_bad_wording_is_a_warning() -> None:
    file = TITLE + question("a", "csat", 'hint = { en = "A", he = "נא לבחור: לקוח/ה" }')
    assert faults(file) == [
        "7:20: warning: `לקוח/ה` joins two genders; write it without gender, for instance with a noun"
    ]


def surveys(**files: str) -> list[str]:
    """What is said of surveys that stand beside each other; a name is a stage, two underscores and an id."""
    drafts = [
        draft(
            name.partition("__")[2],
            name.partition("__")[0],
            parse((head + TITLE + question("a", "csat")).encode(), name),
            {},
        )
        for name, head in files.items()
    ]
    assert [one.faults for one in drafts if one.faults] == []
    return [str(fault) for fault in (*between(drafts), *shut_out(drafts, timedelta(days=7)))]


def test_an_id_belongs_to_one_file() -> None:
    assert surveys(purchase__a="", relationship__a="") == [
        "relationship__a:1:1: error: the survey id `a` is taken by purchase__a; give one of the files another name"
    ]


def test_a_touchpoint_has_one_stage() -> None:
    assert surveys(purchase__a="", purchase__b='touchpoint = "a"\n', relationship__c='\ntouchpoint = "a"\n') == [
        "relationship__c:2:1: error: the touchpoint `a` belongs to the stage purchase in purchase__a;"
        " a touchpoint has one stage"
    ]


def drawn(sample: float, draw: str = "d", on: str = "order.paid") -> str:
    return f'invite.on = "{on}"\ninvite.draw = "{draw}"\ninvite.sample = {sample}\n'


def test_a_touchpoint_has_one_target() -> None:
    files = {
        "long": f"touchpoint = 'delivery'\ntarget = {{ csat = 90 }}\n{HEAD}{question('a', 'csat')}",
        "delivery": f"target = {{ csat = 85 }}\n{HEAD}{question('a', 'csat')}",
        "button": f"touchpoint = 'delivery'\nscored = false\ntarget = {{ csat = 50 }}\n{HEAD}{question('a', 'csat')}",
    }
    drafts = [draft(id, "purchase", parse(text.encode(), f"{id}.toml"), {}) for id, text in files.items()]
    assert [str(fault) for fault in between(drafts)] == [
        "delivery.toml:1:12: warning: the touchpoint `delivery` has the target 90 in long.toml; "
        "a touchpoint has one target, and that one holds; write the same here, or none"
    ]


def test_the_chances_of_a_draw_sum_to_one_at_most() -> None:
    thirds = {f"purchase__{name}": drawn(1 / 3) for name in "abc"}
    assert surveys(**thirds, purchase__e=drawn(1, "other")) == []
    assert surveys(**thirds, purchase__d=drawn(0.1)) == [
        "purchase__d:3:8: error: the chances of the draw `d` sum to 1.1;"
        " give its surveys a `sample` that sums to 1 at most"
    ]


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ((0.5, None), ""),
        ((0.6, 0.4), ""),
        ((0.6, 0.6), "purchase__b:4:8: warning: the shares of all surveys add up to 1.2; make them 1 together, or less"
                     " where other surveys have none; until then they hold in proportion"),
        ((1.0, None), "purchase__a:4:8: warning: the shares add up to 1, and leave nothing to the surveys that have"
                      " none; make it smaller"),
    ],
)  # fmt: skip
def test_shares_of_all_surveys_hold_together(shares: tuple[float | None, ...], told: str) -> None:
    wanted = (f"invite.share = {share}\n" if share else "" for share in shares)
    files = {f"purchase__{name}": drawn(1, name) + share for name, share in zip("ab", wanted, strict=True)}
    assert surveys(**files) == ([told] if told else [])


@pytest.mark.parametrize(
    ("exempt", "other", "is_told"),
    [
        ("", "", True),
        ("invite.sample = 0.5\n", "", False),
        ("invite.when = { total = { above = 100 } }\n", "", False),
        ("", "invite.priority = 5\n", False),    # it is decided about first
        ("", 'invite.after = "14 days"\n', False),
        ("", "invite.exempt = true\n", False),
        ("", "closed = true\n", False),
    ],
)  # fmt: skip
def test_an_exempt_survey_leaves_others_somebody_to_ask(exempt: str, other: str, is_told: bool) -> None:
    asks = 'invite.on = "order.paid"\n'
    said = surveys(purchase__a=f"{asks}invite.exempt = true\n{exempt}", purchase__b=f"{other}{asks}")
    assert said == is_told * [
        "purchase__a:2:8: warning: `exempt` asks about every `order.paid`: within the cooldown nobody is left for b;"
        " give it a `sample` below 1, or a higher `priority` to b"
    ]


def test_the_surveys_of_a_draw_are_about_the_same_occasion() -> None:
    one, other = (f'{drawn(0.5)}invite.about = {about}\n' for about in ('"order"', "false"))
    assert surveys(purchase__a=one, purchase__b=one) == []
    assert surveys(purchase__a=one, purchase__b=other) == [
        "purchase__b:4:8: error: the draw `d` is about another occasion in another survey;"
        " give all surveys of a draw the same `about`"
    ]


def test_a_draw_is_about_one_event() -> None:
    assert surveys(purchase__a=drawn(0.5), purchase__b=drawn(0.5, on="order.lost")) == [
        "purchase__b:1:8: error: the draw `d` is about `order.paid` in another survey;"
        " surveys share a draw only for the same event"
    ]
