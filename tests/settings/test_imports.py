"""What `check` says of an [import.NAME] and of a [hooks.NAME]."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surveyengine.definitions.toml.document import parse
from surveyengine.settings import ready_imports
from surveyengine.settings.config import config

BUSINESS = '[business]\nname.en = "Nava"\n[events."order.paid"]\nfields = ["order", "total"]\namounts = ["total"]\n'
TABLE = {
    "type": '"order.paid"', "id": '"{Name}-paid"', "time": '"Paid at"',
    "fields": '{ order = "Name", "customer.email" = "Email" }',
}  # fmt: skip
LINE = {key: 7 + number for number, key in enumerate(TABLE)}


def said(text: str) -> list[str]:
    _, faults = config(parse(text.encode(), "f"), ("en",), {})
    return [str(replace(one, column=0)).removeprefix("f:").replace(":0:", ":", 1) for one in sorted(faults)]


def table(**more: str) -> str:
    lines = (f"{key} = {value}" for key, value in {**TABLE, **more}.items())
    return "\n".join([BUSINESS + "[import.orders]", *lines])


EXAMPLE = 'write the number 1234.56 as the file would, such as "1,234.56", "1.234,56" or "1234.56"'
BRACE = '8: error: `id` has a brace that nothing closes or opens; write one such as "{Name}-paid"'
FORMAT = 'write one such as "%d/%m/%Y" or "%Y-%m-%d %H:%M:%S %z"'


def field(given: str) -> str:
    return '{ "customer.email" = "Email", order = ' + given + " }"


@pytest.mark.parametrize(("key", "value", "told"), [
    ("colour", '"x"', ["11: error: unknown key `colour`; known are `encoding`, `fields`, `id`, `one_per`, `source`,"
                       " `time`, `type`, `zone`"]),
    ("encodng", '"x"', ["11: error: unknown key `encodng`; did you mean `encoding`?"]),
    ("encoding", '"iso-8859-8"', ['11: error: `encoding` cannot be `iso-8859-8`; write "cp1255"']),
    ("encoding", '"utf-9"', ["11: error: `encoding` cannot be `utf-9`; did you mean `utf-8`?"]),
    ("zone", '"Jerusalem"', ['11: error: `zone` must be a time zone; write "Asia/Jerusalem"']),
    ("id", '"{Name-paid"', [BRACE]),
    ("id", '"{}-paid"', [BRACE]),
    ("time", '{ column = "A", format = "%d/%Y" }',
     [f"9: error: `format` does not say where the month stands, such as %m; {FORMAT}"]),
    ("time", '{ column = "A", format = "%d/%m/%Q" }',
     ["9: error: `format` has `%Q`, which is not known; known are %Y, %y, %m, %d, %H, %I, %M, %S, %f, %p, %z, %b, %B;"
      f" {FORMAT}"]),
    ("time", '{ column = "A", format = ["%d/%m/%Y", "%m/%d/%Y"] }',
     ["9: error: `format` reads the same day in two ways, by `%d/%m/%Y` and by `%m/%d/%Y`; keep one of them"]),
    ("fields", field("5"), ["10: error: `order` is a number; write { value = 5 }"]),
    ("fields", field('{ column = "A", number = "12.50" }'), [f"10: error: `number` cannot be `12.50`; {EXAMPLE}"]),
    ("fields", field('{ column = "A", number = "1.23" }'), [f"10: error: `number` cannot be `1.23`; {EXAMPLE}"]),
    ("fields", field('{ column = "A", text = "{B}" }'),
     ["10: error: it has `column` and `text`; give one of `column`, `text` and `value`"]),
    ("fields", field("{ empty = [] }"),
     ["10: error: it has no `column`, `text` or `value`; give one of `column`, `text` and `value`"]),
    ("fields", field('{ text = "{A}", number = "1,234.56" }'),
     ["10: error: only what a column holds can be read in a way of its own; write `column`, or delete the rest"]),
    ("fields", field('{ column = "A", number = "1,234.56", format = "%d/%m/%Y" }'),
     ["10: error: it has `number` and `format`; a value is a number or a date; delete one of them"]),
    ("fields", field('{ column = "A", lines = "sum" }'),
     ['10: error: only numbers can be multiplied and added; add number = "1,234.56", written as in the file']),
    ("fields", '{ "customer.mail" = "A" }',
     ["10: error: `customer.mail` is not a field; did you mean `customer.email`?"]),
    ("fields", '{ "customer.email" = "A", time = "B" }',
     ["10: error: `time` is not a field; write it beside `fields`: time = …"]),
    ("fields", '{ order = "A" }',
     ['10: warning: `fields` says nothing of the customer, so nobody is asked; add "customer.email" = "…", with the'
      " column of the address"]),
    ("fields", field('"A"').replace("order", "ordr"),
     ["10: warning: the event `order.paid` is declared without `ordr`; did you mean `order`?"]),
    ("fields", field('"A"').replace("order", "total"),
     ['10: warning: `total` is an amount, and is read as a text; write { column = "A", number = "1,234.56" }, written'
      " as in the file"]),
    ("type", '[{ type = "order.paid" }, { type = "order.cancelled", when = { A = 1 }, id = "A" }]',
     ["7: error: `order.paid` has no `when`, so what follows it is never reached; put it last"]),
    ("type", '[{ type = "order.cancelled", when = { A = 1 } }, { type = "order.paid" }]',
     ["7: error: `order.paid` has the same id as `order.cancelled`, so that the second would be taken for a repeat;"
      ' give it an id of its own, such as id = "{Name}-order.paid"']),
    ("type", "[]", ["7: error: `type` is empty; give 1 or more"]),
])  # fmt: skip
def test_a_mapping_that_cannot_be_meant_is_said(key: str, value: str, told: list[str]) -> None:
    assert said(table(**{key: value})) == told


@pytest.mark.parametrize("name", ready_imports.names())
def test_a_ready_import_has_no_fault(name: str) -> None:
    assert said('[business]\nname.en = "Nava"\n' + ready_imports.text(name)) == []


def test_a_good_mapping_has_no_fault() -> None:
    assert said(table(type='[{ type = "order.paid", when = { Status = ["paid"] } }]', time='["A", "B"]')) == []


SECRET = {
    "S": "the-secret-of-a-shop", "SHORT": "s3cr3t", "WEAK": "whsec_c2hvcnQgb25l",
    "W": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}  # fmt: skip


@pytest.mark.parametrize(("hook", "told"), [
    ('shop = { kind = "shopify", secret = "${S}" }', []),
    ('shop = { kind = "shopify", secret = ["${S}", "${W}"], import = "segment-events" }', []),
    ('shop = { kind = "signed", secret = "${W}", import = "segment-events" }', []),
    ('shop = { kind = "shopify", secret = "the-secret-of-a-shop" }',
     ['4: error: a secret in this file is known to all who read it; write secret = "${HOOK_SECRET}", and set that'
      " variable where the engine runs"]),
    ('shop = { kind = "shopify", secret = "${SHORT}" }',
     ["4: error: `secret` is shorter than 16 characters; make a longer one there"]),
    ('shop = { kind = "shopify", secret = "${GONE}" }',
     ["4: error: the environment variable `GONE` is not set; set it before the engine starts"]),
    ('shop = { kind = "shopfy", secret = "${S}" }', ["4: error: `kind` cannot be `shopfy`; did you mean `shopify`?"]),
    ('shop = { kind = "shopify" }', ['4: error: `secret` is missing; add `secret = [ … ]`']),
    ('shop = { kind = "signed", secret = "${W}" }',
     ['4: error: nothing says how messages of `shop` are read; write import = "…", with the name of an [import.…] in'
      " this file"]),
    ('shop = { kind = "signed", secret = "${WEAK}", import = "segment-events" }',
     ["4: error: a secret of Standard Webhooks is 24 bytes or more, in base64; it looks like "
      '"whsec_…"; copy all of it']),
    ('shop = { kind = "signed", secret = "${S}", import = "segment-events" }',
     ["4: error: a secret of Standard Webhooks is 24 bytes or more, in base64; it looks like "
      '"whsec_…"; copy all of it']),
    ('shop = { kind = "shopify", secret = "${S}", import = "shopify-webhook" }',
     ["4: error: there is no [import.shopify-webhook]; did you mean `shopify-webhooks`?"]),
    ('"my shop" = { kind = "shopify", secret = "${S}" }',
     ["4: error: `my shop` cannot be a part of an address; use small letters a-z, digits and hyphens"]),
])  # fmt: skip
def test_a_webhook_that_cannot_work_is_said(hook: str, told: list[str]) -> None:
    _, faults = config(parse(f'[business]\nname.en = "N"\n[hooks]\n{hook}\n'.encode(), "f"), ("en",), SECRET)
    found = [str(replace(one, column=0)).removeprefix("f:").replace(":0:", ":", 1) for one in sorted(faults)]
    assert found == told
    assert not any(secret in one for one in found for secret in SECRET.values())
