"""A small business of the tests' own: its files, its events, and a customer who answers."""

# ruff: noqa: E501  # a survey file has one line for a text in three languages
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event
from surveyengine.project.files import read
from surveyengine.store.schema import invitation, survey_version
from surveyengine.values.link_tokens import answer_token, token_hash

CONFIG = """\
[business]
name      = { en = "Nava Home", he = "נאווה הום", fa = "ناوا هوم" }
languages = ["he", "fa", "en"]
timezone  = "Asia/Jerusalem"
url       = "https://feedback.example.com"

[database]
url = "{database}"

[email]
url  = "{email}"
from = "Nava Home <hello@example.com>"

[sending]
cooldown = "0 days"
"""

DELIVERY = """\
title = { en = "Your delivery", he = "המשלוח שלך", fa = "تحویل سفارش شما" }

[invite]
on        = "shipment.delivered"
after     = "12 hours"
cancel_on = ["return.requested"]
subject   = { en = "How did the delivery go?", he = "איך עבר המשלוח?", fa = "تحویل سفارش چطور بود؟" }

[[question]]
id       = "satisfaction"
kind     = "csat"
core     = true
required = true
text     = { en = "How satisfied are you with order {order|}?", he = "מהי מידת שביעות הרצון מהזמנה {order|}?", fa = "از سفارش {order|} چقدر راضی هستید؟" }

[[question]]
id      = "timing"
kind    = "choice"
text    = { en = "When did it arrive?", he = "מתי הגיע המשלוח?", fa = "چه زمانی رسید؟" }
options = [
  { id = "on_time", text = { en = "On time", he = "במועד", fa = "سر موعد" } },
  { id = "late",    text = { en = "Late", he = "באיחור", fa = "دیرتر از موعد" } },
]

[[question]]
id      = "reason"
kind    = "text"
show_if = { satisfaction = { at_most = 3 } }
text    = { en = "What is the reason?", he = "מה הסיבה?", fa = "دلیل چیست؟" }
"""

ASKING = """\
title  = { en = "Your visit", he = "הביקור שלך", fa = "بازدید شما" }
closed = {closed}

[invite]
{invite}

[[question]]
id   = "satisfaction"
kind = "csat"
core = true
text = { en = "How satisfied are you?", he = "מהי מידת שביעות הרצון?", fa = "چقدر راضی هستید؟" }
"""


def asking(closed: bool = False, **invite: Any) -> str:
    """A survey file with one question and that [invite]; unless it says otherwise, sent after a delivery."""
    lines = [f"{key} = {toml(value)}" for key, value in {"on": "shipment.delivered", **invite}.items()]
    return ASKING.replace("{closed}", toml(closed)).replace("{invite}", "\n".join(lines))


def toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def change(engine: Engine, surveys: Mapping[str, str], **sending: Any) -> None:
    """Add surveys to the business, or replace them, and its [sending] table, as if that had been long ago."""
    lines = "\n".join(f"{key} = {toml(value)}" for key, value in sending.items())
    config = CONFIG.replace('cooldown = "0 days"', lines) if sending else CONFIG
    write(engine.root, surveys, config, database=engine.config.database.url, email=engine.config.email.url)
    project = read(engine.root, engine.catalogs.languages)
    assert project.errors == ()
    engine.library.publish(project, datetime.now(UTC))
    with engine.database.write() as connection:
        for digest, at in connection.execute(select(*survey_version.c["digest", "published_at"])).all():
            if at.year > 2020:
                earlier = update(survey_version).where(survey_version.c.digest == digest)
                connection.execute(earlier.values(published_at=at - timedelta(days=7_300)))


def write(root: Path, surveys: Mapping[str, str] | None = None, config: str = CONFIG, **urls: str) -> Path:
    """Write a project: `surveys` maps "stage/id" to the file's text; without them there is the delivery survey."""
    urls = {"database": "sqlite:///data/surveyengine.db", "email": "file:data/outbox", **urls}
    for name, url in urls.items():
        config = config.replace(f"{{{name}}}", url)
    root.mkdir(parents=True, exist_ok=True)
    (root / "config.toml").write_text(config, encoding="utf-8")
    for name, text in (surveys or {"purchase/delivery": DELIVERY}).items():
        path = root / "surveys" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def delivered(
    id: str = "1", time: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC), customer: str = "c-17", **data: Any
) -> Event:
    """A parcel that has arrived."""
    whom = Customer(customer, f"{customer}@example.com", None, "Dana", data.pop("language", "he"), None, None, None)
    return Event("shop", f"o-{id}", "shipment.delivered", time, {"order": f"A-{id}", **data}, whom, False)


def personal_link(engine: Engine, id: str) -> str:
    """The personal link of an invitation, given out as by its mail."""
    token = answer_token(engine.secret, id)
    with engine.database.write() as connection:
        new = update(invitation).where(invitation.c.id == id, invitation.c.token_hash.is_(None))
        connection.execute(new.values(token_hash=token_hash(token)))
    return f"/r/{token}"


def give_links_out(engine: Engine) -> list[str]:
    """Give all personal links out, and return the hashes of their tokens."""
    with engine.database.read() as connection:
        ids = connection.execute(select(invitation.c.id)).scalars().all()
    return [token_hash(personal_link(engine, id).removeprefix("/r/")) for id in ids]


def answer(client: FlaskClient, link: str, **answers: Any) -> Any:
    """Open a link, fill the form in, send it, and return what the server says to that."""
    form = token(client.get(link).text)
    return client.post(link, data={"form": form, **answers})


def token(html: str) -> str:
    """The form's token in a page."""
    found = re.search(r'name="form" value="([^"]+)"', html)
    assert found, html
    return found[1]
