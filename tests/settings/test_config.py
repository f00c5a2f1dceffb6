from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta

import pytest

from surveyengine.definitions.toml.document import parse
from surveyengine.settings.config import Config, config

KNOWN = ("en", "fa", "he")
BUSINESS = '[business]\nname = { en = "Nava", he = "נאווה" }\nlanguages = ["he", "en"]\n'
UNSPOKEN = "the engine does not speak `xx`; it speaks en, fa, he; it learns `xx` from its words in"
UNSPOKEN += " translations/xx/LC_MESSAGES/surveyengine.po"
SPAN = 'must be a span of time; write one such as "90 minutes", "12 hours", "2 weeks"'
CITY = 'must be a time zone; write that of a city, such as "Asia/Jerusalem"'
PICTURE = 'write the name of a picture, such as "static/logo.svg"'
ADDRESS = 'must be a web address; write one such as "https://feedback.example.com"'


def said(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    read, faults = config(parse(text.encode(), "f"), KNOWN, environment or {})
    assert (read is None) is bool(faults)
    return [str(fault).removeprefix("f:").replace("error: ", "", 1) for fault in sorted(faults)]


def good(text: str, environment: Mapping[str, str] | None = None) -> Config:
    read, faults = config(parse(text.encode(), "f"), KNOWN, environment or {})
    assert read, faults
    return read


def test_the_name_of_a_field_that_no_event_carries_is_told() -> None:
    lines = '[events."order.paid"]\nfields = ["order"]\n[fields.ordr]\nname = { en = "Order", he = "הזמנה" }\n'
    read, faults = config(parse(f"{BUSINESS}{lines}".encode(), "f"), KNOWN, {})
    assert read
    assert [*map(str, faults)] == [
        "f:6:9: warning: no event carries `ordr`: its name is not used; did you mean `order`?"
    ]


def test_a_name_is_enough() -> None:
    read = good('business.name.en = "Nava"')
    assert (read.languages, read.business.timezone, read.database.url) == (
        ("en",),
        "UTC",
        "sqlite:///data/surveyengine.db",
    )
    assert (read.email.url, read.sending.cooldown, read.sending.at_most) == ("file:data/outbox", timedelta(days=7), ())
    assert (read.web.min_fill, read.privacy.anonymous_minimum) == (timedelta(seconds=2), 10)


def test_rules_are_read_and_switched_off() -> None:
    read = good(
        f'{BUSINESS}[sending]\ncooldown = 0\nat_most = {{ "90 days" = 3, "1 year" = 8 }}\n'
        'quiet_hours = ["20:00", "09:00"]\nclosed = []\n[web]\nmin_fill = "0 seconds"\n'
    )
    assert read.sending.cooldown == read.web.min_fill == timedelta(0)
    assert read.sending.at_most == ((timedelta(days=90), 3), (timedelta(days=365), 8))
    assert (read.sending.quiet_hours, read.sending.closed) == ((time(20), time(9)), ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["1:1: the table [business] is missing; add it, with `name`"]),
        ("[business]\n", ['1:2: `name` is missing; add `name = { en = "…" }`']),
        ('[business]\nname.en = "N"\nweek = "sundy"\n',
         ["3:1: `week` cannot begin on `sundy`; did you mean `sunday`?"]),
        ('[business]\nname.en = "N"\nweek = 7\n', ['3:1: `week` cannot begin on `7`; write "sunday"']),
        ('[business]\nname.en = "N"\nweek = "monday "\n', ['3:1: `week` cannot begin on `monday `; write "monday"']),
        ('[business]\nname.en = "N"\nweek = "Sat"\n', ['3:1: `week` cannot begin on `Sat`; write "saturday"']),
        ('[business]\nname.en = "N"\nweek = "friday"\n',
         ['3:1: `week` cannot begin on `friday`; write "sunday", "saturday" or "monday"']),
        ('[business]\nname.en = "N"\nweek = true\n',
         ['3:1: `week` cannot begin on `true`; write "sunday", "saturday" or "monday"']),
        ('business = "Nava"\n', ["1:1: `business` is a text; write a table: { … }"]),
        ("[bussiness]\n", ["1:1: the table [business] is missing; add it, with `name`",
                           "1:2: unknown key `bussiness`; did you mean `business`?"]),
        ('[business]\nname = "Nava"\n', []),
        ('[business]\nname = "נאווה"\nlanguages = ["en", "he"]\n',
         ['2:1: `name` does not say in which language it is; write { en = "…", he = "נאווה" }']),
        ('[business]\nname = { en = "Nava" }\nlanguages = ["he"]\n', ['2:1: `name` has no text in he; add he = "…"']),
        ('[business]\nname = { he = "Nava" }\n', ['2:1: `name` has no text in en; add en = "…"']),
        ('[business]\nname = { he = "N", xx = "N" }\nlanguages = ["he", "xx", "he", "English", 5]\n',
         [f"3:20: {UNSPOKEN}",
          "3:26: `he` is given twice; delete one of them",
          "3:32: the engine does not speak `English`; write `en`",
          '3:43: `languages` is a number; write it in quotes: "5"']),
        ('[business]\nname = {}\nlanguages = []\n', ["3:1: `languages` is empty; give 1 or more"]),
        ('[business]\nname = {}\nlanguages = "he"\n', ['3:1: `languages` is a text; write a list: ["he"]']),
    ],
)  # fmt: skip
def test_a_business_needs_a_name_in_its_languages(text: str, told: list[str]) -> None:
    assert said(text) == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("langs = 1", ["4:1: unknown key `langs`; write `languages`"]),
        ('timezone = "Asia/Jeruslem"', ["4:1: `timezone` must be a time zone; did you mean `Asia/Jerusalem`?"]),
        ('timezone = "Jerusalem"', ['4:1: `timezone` must be a time zone; write "Asia/Jerusalem"']),
        *((f'timezone = "{zone}"', [f"4:1: `timezone` {CITY}"]) for zone in ("", "../etc", "GMT+3")),
        ("timezone = 2", ['4:1: `timezone` is a number; write it in quotes: "2"']),
        ('country = "Israel"', ['4:1: `country` cannot be `Israel`; write "IL" (two capital letters)']),
        ('color = "teal"', ['4:1: `color` cannot be `teal`; write "#008080" (# and the six digits of a color)']),
        *((f'logo = "{path}"', [f"4:1: `logo` cannot be `{path}`; {PICTURE}"]) for path in (
            "data/secret", "config.toml", "/etc/logo.png", "../logo.png", "static/", "data/surveyengine.db")),
        ("logo = true", ['4:1: `logo` is true or false; write a text in quotes: "…"']),
        *((f'url = "{url}"', [f"4:1: `url` {ADDRESS}"]) for url in (
            "", "ftp://x.com", "https://", "https://[x", "https://u:p@x.com", "https://x.com?a=1",
            "https://x.com/#a", "https://x .com", "https://x.com\\n", "https://x.com:port", "javascript://x.com/%0a")),
        ('url = "shop.com"', ['4:1: `url` must be a web address; write "https://shop.com"']),
        ("[database]\nurll = 5", ["5:1: unknown key `urll`; did you mean `url`?"]),
        ('[email]\nurl = "mailto:x"',
         ['5:1: `url` must say how mail leaves; write "file:data/outbox", "console:" or "smtp://…"']),
        ('[email]\nfrom_ = "x"', ["5:1: unknown key `from_`; did you mean `from`?"]),
        ('[sending]\ncooldown = "7 dys"\nlate = 7', ['5:1: `cooldown` must be a span of time; write "7 days"',
          '6:1: `late` must be a span of time; say in which unit: "7 hours", "7 days"']),
        ("[sending]\nat_most = 3", ["5:1: `at_most` must say within which span of time; write { \"90 days\" = 3 }"]),
        ('[sending]\nlimits = { "1 day" = 1 }', ["5:1: unknown key `limits`; known are `at_most`, `closed`, `cooldown`,"
                                                 " `late`, `moved`, `open`, `per_minute`, `quiet_hours`, `test_only`"]),
        ('[sending]\nat_most = { "90 dayz" = 3, "1 day" = 0, "2 days" = "3", "3 days" = 1.5 }',
         ['5:13: `90 dayz` must be a span of time; write "90 days"', "5:28: `1 day` is too small; 1 is the least",
          "5:41: `2 days` is a text; write 3, without quotes",
          "5:57: `3 days` must be a whole number, such as 3"]),
        ('[sending]\nquiet_hours = ["20:00"]',
         ['5:1: `quiet_hours` must be two times; write ["20:00", "09:00"], or [] for none']),
        ('[sending]\nquiet_hours = ["20:00", "24:00"]',
         ['5:25: `quiet_hours` must be a time of day; write one such as "20:00"']),
        ("[sending]\nquiet_hours = [20:00:00, 9]",
         ['5:16: `quiet_hours` must be a time of day; write "20:00"',
          '5:26: `quiet_hours` must be a time of day; write "09:00"']),
        ('[sending]\nclosed = ["shabat", 5]',
         ["5:11: `closed` has `shabat`, which is not a day; did you mean `shabbat`?",
          '5:21: `closed` is a number; write it in quotes: "5"']),
        ('[sending]\nclosed = ["2026-02-30", "holidays:UK", "holidays:IRR", "holidays:Israel", "holidays:ירח", "xyz"]',
         ['5:11: `closed` has `2026-02-30`, which is not a day of the calendar; write one such as "2026-12-25"',
          '5:40: `closed` asks for the holidays of `IRR`, which are not known; did you mean "IR"?',
          '5:75: `closed` asks for the holidays of `ירח`, which are not known; write the two letters of a country, '
          'such as "holidays:IL"',
          "5:91: `closed` has `xyz`, which is not a day; write shabbat, holidays, monday, tuesday, wednesday, "
          'thursday, friday, saturday, sunday, "holidays:IL" or a day such as "2026-12-25"']),
        ('[sending]\nclosed = ["shabbat", "holidays"]',
         ['5:22: `holidays` does not say of which country; write country = "IL" under [business], or "holidays:IL" '
          "here"]),
        ('[sending]\nclosed = ["holidays:DE-XX", "holidays:IL-JM", "holidays:germany-by", "holidays:XX-Y"]',
         ['5:11: `closed` asks for the holidays of `DE-XX`, which are not known; of DE there are DE-AUGSBURG, DE-BB, '
          'DE-BE, DE-BW, DE-BY, DE-HB, DE-HE, DE-HH, DE-MV, DE-NI, DE-NW, DE-RP, DE-SH, DE-SL, DE-SN, DE-ST, DE-TH',
          '5:29: `closed` asks for the holidays of `IL-JM`, which are not known; write "holidays:IL", of whose parts '
          'none are known',
          '5:70: `closed` asks for the holidays of `XX-Y`, which are not known; write the two letters of a country, '
          'such as "holidays:IL"']),
        ('[sending]\nclosed = ["holidays:IL", "friday", "2026-12-25"]\nopen = ["2026-04-22", "2026-11-27", 2026-12-25]',
         ["6:37: 2026-12-25 is open here, and closed by `closed`; take it out of one of them"]),
        ('country = "XX"\n[sending]\nclosed = ["holidays"]',
         ["6:11: the holidays of `XX`, the country of the business, are not known; write the two letters of a country, "
          'such as "holidays:IL"']),
        ('[sending]\nclosed = ["sunday", "monday", "tuesday", "wednesday", "thursday", "shabbat", "friday"]\n'
         'quiet_hours = ["20:00", "09:00"]',
         ["5:1: nothing is ever sent: all of the week is closed; leave a day open"]),
        ('[sending]\nclosed = ["holidays:IR"]\nmoved = { "2027-03-10" = "2027-03-11", "2027-03-13" = "2027-03-14" }',
         ["6:40: no holiday of `closed` is on 2027-03-13; near it are 2027-03-10 (Eid al-Fitr), "
          "2027-03-11 (Eid al-Fitr Holiday), 2027-03-20 (Iranian Oil Industry Nationalization Day)"]),
        ('[sending]\nmoved = { "2027-03-10" = "tomorrow" }',
         ['5:11: `2027-03-10` has `tomorrow`, which is not a day of the calendar; write one such as "2026-12-25"']),
        ('[sending]\nmoved = { "2027-03-10" = "2027-03-11" }',
         ['5:11: no holiday of `closed` is on 2027-03-10; add "holidays" to `closed`']),
        ('[sending]\ntest_only = "x@example.com"', ['5:1: `test_only` is a text; write a list: ["x@example.com"]']),
        ("[web]\nmin_fil = 1\nanswers_per_hour = -1\ntrusted_proxies = 11",
         ["5:1: unknown key `min_fil`; did you mean `min_fill`?",
          "6:1: `answers_per_hour` is too small; 0 is the least",
          "7:1: `trusted_proxies` is too large; 10 is the most"]),
        ('[web]\nembed_origins = ["https://x.com/path", "https://x.com", "x", "*"]',
         ['5:18: `embed_origins` has a path; an origin is as short as "https://shop.example.com"',
          f"5:57: `embed_origins` {ADDRESS}", f"5:62: `embed_origins` {ADDRESS}"]),
        ("[journey.purchse]", ["4:10: there is no stage `purchse`; did you mean `purchase`?"]),
        ("[journey]\npurchase = 5", ["5:1: `purchase` is a number; write a table: { … }"]),
        ('[journey.purchase]\nnam = 1\nname = { en = "P" }\nweights = { a = -1, b = "2" }\ntarget = { csat = 101 }',
         ["5:1: unknown key `nam`; did you mean `name`?", '6:1: `name` has no text in he; add he = "…"',
          "7:13: `a` is too small; 0 is the least", "7:21: `b` is a text; write 2, without quotes",
          "8:12: `csat` is too large; 100 is the most"]),
        ('[events."order.paid"]\nfeilds = []\nfields = "order"',
         ["5:1: unknown key `feilds`; did you mean `fields`?", '6:1: `fields` is a text; write a list: ["order"]']),
        ('[events."order.paid"]\nfields = ["order", "total"]\namounts = ["total", "totel", 5]',
         ["6:21: the event `order.paid` carries no `totel`; did you mean `total`?",
          '6:30: `amounts` is a number; write it in quotes: "5"']),
        ('[events."order.paid"]\namounts = ["total"]',
         ['5:12: the event `order.paid` carries no `total`; add fields = ["total"]']),
        ('[events."order.paid"]\nfields = ["order"]\n[fields.order]\nname = { en = "Order" }',
         ['7:1: `name` has no text in he; add he = "…"']),
        ('[privacy]\nkeep_answers = "3"\nanonymous_minimum = 0',
         [f"5:1: `keep_answers` {SPAN}", "6:1: `anonymous_minimum` is too small; 1 is the least"]),
    ],
)  # fmt: skip
def test_a_fault_says_where_it_is_and_what_would_be_right(lines: str, told: list[str]) -> None:
    assert said(f"{BUSINESS}{lines}\n") == told


def test_variables_come_from_the_environment() -> None:
    text = BUSINESS + '[email]\nurl = "smtp://u:${PASSWORD}@${HOST_1}:587"\n'
    read = good(text, {"PASSWORD": "a${HOST_1}b", "HOST_1": "mail"})
    assert read.email.url == "smtp://u:a${HOST_1}b@mail:587"  # filled once


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://u:${PW}@h", ["5:1: the environment variable `PW` is not set; set it before the engine starts"]),
        ("${PW}", ["5:1: the environment variable `PW` is not set; set it before the engine starts"]),
        ("smtp://${A}:${B}@h", ["5:1: the environment variable `A` is not set; set it before the engine starts",
                                "5:1: the environment variable `B` is not set; set it before the engine starts"]),
        ("smtp://${}", ["5:1: `${` is not followed by a variable's name; write ${NAME}, of letters, digits and _"]),
        ("smtp://${PW", ["5:1: `${` is not followed by a variable's name; write ${NAME}, of letters, digits and _"]),
        ("smtp://$PW", []),
    ],
)  # fmt: skip
def test_a_variable_that_is_not_set_is_an_error(url: str, told: list[str]) -> None:
    assert said(f'{BUSINESS}[email]\nurl = "{url}"\n') == told


def test_a_variable_may_stand_in_any_text() -> None:
    read = good(
        '[business]\nname = { en = "${NAME}" }\n[sending]\ntest_only = ["${ME}"]', {"NAME": "Nava", "ME": "a@b"}
    )
    assert (read.business.name["en"], read.sending.test_only) == ("Nava", ("a@b",))


@pytest.mark.parametrize("line", ['email.url = "x${PW}"', 'web.embed_origins = ["https://u:${PW}@x"]'])
def test_a_password_in_an_address_is_in_no_fault(line: str) -> None:
    told = said(f"{line}\n{BUSINESS}", {"PW": "hunter2"})
    assert len(told) == 1
    assert "hunter2" not in told[0]


@pytest.mark.parametrize(("day", "told"), [("2027-03-11", []), ("2027-03-20", []), ("2027-04-11", ["warning"])])
def test_a_holiday_that_is_moved_far_is_asked_about(day: str, told: list[str]) -> None:
    text = f'{BUSINESS}[sending]\nclosed = ["holidays:IR"]\nmoved = {{ "2027-03-10" = "{day}" }}'
    read, faults = config(parse(text.encode(), "f"), KNOWN, {})
    assert (read is not None, [one.level for one in faults]) == (True, told)
    assert all("is moved to 2027-04-11" in one.message and one.line == 6 for one in faults)


def test_a_day_on_which_nothing_is_closed_need_not_be_opened() -> None:
    text = f'{BUSINESS}[sending]\nclosed = ["shabbat", "holidays:IL"]\nopen = ["2026-11-28", "2026-03-03"]'
    read, (fault,) = config(parse(text.encode(), "f"), KNOWN, {})
    assert read is not None
    assert (fault.line, fault.column, fault.level) == (6, 23, "warning")
    assert fault.message == "nothing of `closed` is on 2026-03-03"
    assert fault.hint.startswith("it is open anyway; near it are 2026-04-02 (Pesach)")
