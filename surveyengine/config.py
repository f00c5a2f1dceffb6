"""config.toml: one business, its journey and how the engine serves it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from .contact import Contact, PageAddress
from .definitions import misfit
from .definitions.document import Document, Path
from .definitions.duration import Duration
from .definitions.fault import Fault
from .definitions.model import Many, Model, nearest, spelled
from .definitions.survey import STAGES, Target
from .definitions.text import Text, texts
from .definitions.text import faults as text_faults
from .responses.clean import unmarked

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
WEB_ADDRESS = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[^\s?#]*)?", re.IGNORECASE)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = ("shabbat", "holidays", *WEEKDAYS)


_zones = cache(available_timezones)  # to find them all takes longer than to read the rest of the file


def _zone(name: str) -> str:
    if name not in _zones():
        hint = nearest(name, (zone for zone in _zones() if zone[:1] == name[:1]) if name else ())
        raise PydanticCustomError(
            "timezone",
            "is no time zone; {hint}",
            {"hint": hint if "did you" in hint else 'write one such as "Asia/Jerusalem"'},
        )
    return name


def _web_address(text: str) -> str:
    if not WEB_ADDRESS.fullmatch(text):
        raise PydanticCustomError("url", 'is no web address; write one such as "https://feedback.example.com"')
    return text.rstrip("/")


def _origin(text: str) -> str:
    if "/" in _web_address(text).partition("://")[2]:
        raise PydanticCustomError("origin", 'has a path; an origin is as short as "https://shop.example.com"')
    return text.rstrip("/")


def _clock(text: object) -> time:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError("clock", 'is no time of day; write one such as "20:00"')
    return time(int(found[1]), int(found[2]))


def _weekday(day: str) -> str:
    if day not in CLOSED:
        hint = nearest(day, CLOSED)
        raise PydanticCustomError("closed", "is no day: `{day}`; {hint}", {"day": day, "hint": hint})
    return day


def _two(hours: tuple[time, ...]) -> tuple[time, ...]:
    if len(hours) not in (0, 2):
        raise PydanticCustomError("quiet_hours", 'is not two times; write ["20:00", "09:00"], or [] for none')
    return hours


def _email(url: str) -> str:
    if url.partition(":")[0].lower() not in ("file", "console", "smtp", "smtps"):
        raise PydanticCustomError("email", 'is no way to send mail; write "file:data/outbox", "console:" or "smtp://…"')
    return url


Mailbox = Annotated[str, AfterValidator(unmarked)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Country = Annotated[str, spelled(r"[A-Z]{2}", 'write two capital letters, such as "IL"')]
Color = Annotated[str, spelled(r"#[0-9a-fA-F]{6}", 'write a color such as "#0a6c74"')]
# Of no other file: the secret and the answers lie in the project too.
PICTURE = r"(?i)(?!.*\.\.)[^/\\].*\.(svg|png|jpe?g|gif|webp)"
Logo = Annotated[str, spelled(PICTURE, 'write the name of a picture, such as "static/logo.svg"')]
Clock = Annotated[time, BeforeValidator(_clock)]
Count = Annotated[int, Field(ge=1)]


class Business(Model):
    """Who asks."""

    name: Text
    languages: Annotated[Many[str], Field(min_length=1)] = ("en",)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    country: Country | None = None
    url: WebAddress | None = None
    color: Color = "#0a6c74"
    logo: Logo | None = None
    contact: Contact | None = None
    privacy: PageAddress | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the business counts its days."""
        return ZoneInfo(self.timezone)


class Database(Model):
    """Where everything is kept."""

    url: str = "sqlite:///data/surveyengine.db"


class Email(Model):
    """How mails leave."""

    url: Annotated[str, AfterValidator(_email)] = "file:data/outbox"
    from_: Mailbox = Field("surveys@localhost.localdomain", alias="from")


class Sending(Model):
    """How often a customer may be asked at all."""

    cooldown: Duration = timedelta(days=7)
    limits: Mapping[Duration, Count] = Field(default_factory=dict, alias="at_most")
    late: Duration = timedelta(days=7)
    quiet_hours: Annotated[Many[Clock], AfterValidator(_two)] = ()
    closed: Many[Annotated[str, AfterValidator(_weekday)]] = ()
    test_only: Many[Mailbox] = ()

    @property
    def at_most(self) -> tuple[tuple[timedelta, int], ...]:
        """How many invitations there may be within each span of time."""
        return tuple(self.limits.items())


class Web(Model):
    """How the pages are served."""

    min_fill: Duration = timedelta(seconds=2)
    answers_per_hour: Annotated[int, Field(ge=0)] | None = None
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    embed_origins: Many[Annotated[str, AfterValidator(_origin)]] = ()


class Stage(Model):
    """One stage of the journey as the business sees it."""

    name: Text | None = None
    weights: Mapping[str, Annotated[float, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    target: Target | None = None


class EventDeclaration(Model):
    """What an event carries."""

    fields: Many[str] = ()
    amounts: Many[str] = ()  # of the fields, those that say how much; every other number is an identifier


class Privacy(Model):
    """How long data are kept, and how few anonymous answers are too few to show."""

    keep_answers: Duration = timedelta(days=3 * 365)
    keep_contacts: Duration = timedelta(days=395)
    anonymous_minimum: Annotated[int, Field(ge=1)] = 10


class Config(Model):
    """All of config.toml."""

    business: Business
    database: Database = Database()
    email: Email = Email()
    sending: Sending = Sending()
    web: Web = Web()
    journey: Mapping[str, Stage] = Field(default_factory=dict)
    events: Mapping[str, EventDeclaration] = Field(default_factory=dict)
    privacy: Privacy = Privacy()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the business; the first is the fallback."""
        return self.business.languages

    def amounts(self, event_type: str | None) -> tuple[str, ...]:
        """Return the fields of an event that say how much; none where there is no event, or nothing is declared."""
        declared = self.events.get(event_type) if event_type else None
        return declared.amounts if declared else ()


def config(
    document: Document, known: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[Config | None, list[Fault]]:
    """Read config.toml from its document, None where it is at fault; `known` are what the engine speaks."""
    found: list[Fault] = []
    filled = Document(document.file, _filled(document.data, (), document, environment, found), document.positions)
    read: Config | None = None
    try:
        read = Config.model_validate(filled.data)
    except ValidationError as error:
        unset = {(fault.line, fault.column) for fault in found}
        found += [one for one in misfit.faults(error, filled, Config) if (one.line, one.column) not in unset]
    found += [*_languages(filled, known), *_stages(filled), *_amounts(filled)]
    return (None if found else read), found


def _filled(value: Any, path: Path, document: Document, environment: Mapping[str, str], found: list[Fault]) -> Any:
    """Return the value with every `${NAME}` in its strings read from the environment."""
    if isinstance(value, dict):
        return {key: _filled(one, (*path, key), document, environment, found) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, (*path, index), document, environment, found) for index, one in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in VARIABLE.findall(value):
        if name not in environment:
            found.append(
                document.fault(path, f"the environment variable `{name}` is not set", "set it before the engine starts")
            )
    if "${" in VARIABLE.sub("", value):
        found.append(document.fault(path, "`${` begins no variable", "write ${NAME}, of letters, digits and _"))
    return VARIABLE.sub(lambda match: environment.get(match[1], ""), value)


def _languages(document: Document, known: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with the languages of the business, and with its texts in them."""
    business = document.data.get("business")
    given = business.get("languages", ["en"]) if isinstance(business, dict) else []
    listed = given if isinstance(given, list) else []
    for index, language in enumerate(listed):
        at = ("business", "languages", index)
        if isinstance(language, str) and language not in known:
            yield document.fault(at, f"the engine does not speak `{language}`", nearest(language, known))
        elif language in listed[:index]:
            yield document.fault(at, f"`{language}` is given twice", "delete one of them")
    spoken = [language for language in listed if language in known]
    for path, text in texts(Config, document.data):
        yield from text_faults(document, path, text, spoken, known)


def _stages(document: Document) -> Iterator[Fault]:
    journey = document.data.get("journey")
    for stage in journey if isinstance(journey, dict) else ():
        if stage not in STAGES:
            yield document.fault(("journey", stage), f"there is no stage `{stage}`", nearest(stage, STAGES))


def _amounts(document: Document) -> Iterator[Fault]:
    """Yield the amounts that are no fields of their event."""
    events = document.data.get("events")
    for type, declared in events.items() if isinstance(events, dict) else ():
        fields, amounts = (_listed(declared, key) for key in ("fields", "amounts"))
        for index, name in enumerate(amounts):
            if name not in fields:
                hint = nearest(name, fields) or f'add fields = ["{name}"]'
                message = f"the event `{type}` carries no `{name}`"
                yield document.fault(("events", type, "amounts", index), message, hint)


def _listed(table: object, key: str) -> list[str]:
    """Return the texts in a list of a table; what else stands there is told elsewhere."""
    listed = table.get(key) if isinstance(table, dict) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
