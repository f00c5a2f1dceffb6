"""config.toml: one business, its journey and how the engine serves it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from .definitions.document import Document
from .definitions.duration import Duration, duration
from .definitions.fault import Fault
from .definitions.model import Many, Model, faults, nearest
from .definitions.survey import STAGES, Target
from .definitions.text import Text

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = ("shabbat", "holidays", *WEEKDAYS)


def _zone(name: str) -> str:
    if name not in available_timezones():
        hint = nearest(name, (zone for zone in available_timezones() if zone[:1] == name[:1]) if name else ())
        raise PydanticCustomError(
            "timezone",
            "is no time zone; {hint}",
            {"hint": hint if "did you" in hint else 'write one such as "Asia/Jerusalem"'},
        )
    return name


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise PydanticCustomError("url", 'is no web address; write one such as "https://feedback.example.com"')
    return text.rstrip("/")


def _origin(text: str) -> str:
    if urlsplit(_web_address(text)).path not in ("", "/"):
        raise PydanticCustomError("origin", 'has a path; an origin is as short as "https://shop.example.com"')
    return text.rstrip("/")


def _clock(text: object) -> time:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError("clock", 'is no time of day; write one such as "20:00"')
    return time(int(found[1]), int(found[2]))


def _windows(raw: object) -> tuple[tuple[timedelta, int], ...]:
    if not isinstance(raw, Mapping):
        raise PydanticCustomError("windows", 'is not a table such as {{ "90 days" = 3 }}')
    for count in raw.values():
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise PydanticCustomError("windows", "counts invitations, so its values are whole numbers from 1")
    return tuple((duration(span), count) for span, count in raw.items())


WebAddress = Annotated[str, AfterValidator(_web_address)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]


class Business(Model):
    """Who asks."""

    name: Text
    languages: Annotated[Many[Language], Field(min_length=1)] = ("en",)
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    url: WebAddress | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#0a6c74"
    logo: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the business counts its days."""
        return ZoneInfo(self.timezone)


class Database(Model):
    """Where everything is kept."""

    url: str = "sqlite:///data/surveyengine.db"


class Email(Model):
    """How mails leave."""

    url: str = "file:data/outbox"
    from_: str = Field("surveys@localhost.localdomain", alias="from")


class Sending(Model):
    """How often a customer may be asked at all."""

    cooldown: Duration = timedelta(days=7)
    at_most: Annotated[tuple[tuple[timedelta, int], ...], BeforeValidator(_windows)] = ()
    late: Duration = timedelta(days=7)
    quiet_hours: Many[Annotated[time, BeforeValidator(_clock)]] = ()
    closed: Many[str] = ()
    test_only: Many[str] = ()

    @model_validator(mode="after")
    def _known(self) -> Sending:
        if len(self.quiet_hours) not in (0, 2):
            raise PydanticCustomError(
                "quiet_hours", '`quiet_hours` needs two times; write ["20:00", "09:00"], or [] for none'
            )
        if strange := [day for day in self.closed if day not in CLOSED]:
            raise PydanticCustomError(
                "closed", "`closed` knows no {day}; {hint}", {"day": strange[0], "hint": nearest(strange[0], CLOSED)}
            )
        return self


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


def config(
    document: Document, known: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[Config | None, list[Fault]]:
    """Read config.toml from its document; `known` are the languages that the engine speaks. None where there is an error."""
    found: list[Fault] = []
    filled = Document(document.file, _filled(document.data, (), document, environment, found), document.positions)
    try:
        read = Config.model_validate(filled.data, context={"known": known})
    except ValidationError as error:
        return None, found + faults(error, filled, Config)
    found += _languages(read, filled, known) + _stages(read, filled)
    return (None if found else read), found


def _filled(
    value: Any, path: tuple[str | int, ...], document: Document, environment: Mapping[str, str], found: list[Fault]
) -> Any:
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
                document.fault(path, f"the environment has no `{name}`", f"set {name} before the engine starts")
            )
    return VARIABLE.sub(lambda match: environment.get(match[1], ""), value)


def _languages(read: Config, document: Document, known: Sequence[str]) -> list[Fault]:
    found = [
        document.fault(
            ("business", "languages", index), f"the engine does not speak `{language}`", nearest(language, known)
        )
        for index, language in enumerate(read.languages)
        if language not in known
    ]
    texts: list[tuple[tuple[str, ...], Mapping[str, str]]] = [(("business", "name"), read.business.name)]
    texts += [(("journey", name, "name"), stage.name) for name, stage in read.journey.items() if stage.name]
    for path, text in texts:
        if missing := [language for language in read.languages if not text.get(language, "").strip()]:
            found.append(
                document.fault(path, f"`name` has no text in {', '.join(missing)}", "add the missing languages")
            )
    return found


def _stages(read: Config, document: Document) -> list[Fault]:
    return [
        document.fault(("journey", stage), f"`{stage}` is no stage of the journey", nearest(stage, STAGES))
        for stage in read.journey
        if stage not in STAGES
    ]
