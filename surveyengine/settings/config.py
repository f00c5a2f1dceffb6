"""config.toml: one business, its journey and how the engine serves it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError

from ..definitions import oddity, proof, tongue, validation_errors
from ..definitions.duration import Duration
from ..definitions.fault import Fault
from ..definitions.model import Many, Model, closest, nearest
from ..definitions.plain import spelled_out
from ..definitions.survey import Target
from ..definitions.text import Text, places, texts
from ..definitions.text import faults as text_faults
from ..definitions.toml.document import Document, Node
from ..i18n.calendar import first_weekday
from ..values.clean import unmarked
from ..values.enumeration import STAGES
from . import calendar_faults, hooks, import_faults, ready_imports
from .calendar import Calendar, calendar
from .contact import Contact, PageAddress
from .hooks import HookSettings
from .import_faults import DeclaredEvent
from .imports import ImportSettings
from .value import (
    WEEKDAYS,
    ClosedTime,
    Color,
    Country,
    Day,
    Limits,
    Logo,
    MailRoute,
    Origin,
    QuietHours,
    WebAddress,
    WeekStart,
    Zone,
)

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SHORTEST_SECRET = 4  # characters; a shorter value may be part of any message
Mailbox = Annotated[str, AfterValidator(unmarked)]


class Business(Model):
    """The business, with its languages, colour and addresses."""

    name: Text
    languages: Annotated[Many[str], Field(min_length=1)] = ("en",)
    timezone: Zone = "UTC"
    country: Country | None = None
    week: WeekStart | None = None  # that of the country, or of the first language
    url: WebAddress | None = None
    color: Color = "#0a6c74"
    logo: Logo | None = None
    contact: Contact | None = None
    privacy: PageAddress | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the business counts its days."""
        return ZoneInfo(self.timezone)

    @property
    def first_weekday(self) -> int:
        """The day on which weeks begin, 0 for Monday."""
        return WEEKDAYS.index(self.week) if self.week else first_weekday(self.country, self.languages[0])


class DatabaseSettings(Model):
    """The database of the engine."""

    url: str = "sqlite:///data/surveyengine.db"


class EmailSettings(Model):
    """How mails are sent."""

    url: MailRoute = "file:data/outbox"
    from_: Mailbox = Field("surveys@localhost.localdomain", alias="from")


class SendingSettings(Model):
    """How often and when customers may be asked."""

    cooldown: Duration = timedelta(days=7)
    limits: Limits = Field(default_factory=dict, alias="at_most")
    late: Duration = timedelta(days=7)
    quiet_hours: QuietHours = ()
    closed: Many[ClosedTime] = ()
    moved: Mapping[Day, Day] = Field(default_factory=dict)  # a holiday's estimated day, and its real one
    open: Many[Day] = ()  # whatever `closed` says
    test_only: Many[Mailbox] = ()
    per_minute: Annotated[int, Field(ge=1, le=100_000)] = 120  # for mails more than ten minutes late

    @cached_property
    def at_most(self) -> tuple[tuple[timedelta, int], ...]:
        """The most invitations to a customer within each span of time."""
        return tuple(self.limits.items())


class Web(Model):
    """How the pages are served."""

    min_fill: Duration = timedelta(seconds=2)
    answers_per_hour: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = 0
    embed_origins: Many[Origin] = ()


class Stage(Model):
    """One stage of the journey as the business sees it."""

    name: Text | None = None
    weights: Mapping[str, Annotated[float, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    target: Target | None = None


class ResultsSettings(Model):
    """What the report tells beside its plain scores."""

    weighted: bool = False


class EventDeclaration(Model):
    """The fields of an event."""

    fields: Many[str] = ()
    amounts: Many[str] = ()  # the numeric fields; a number in any other field is an identifier

    @classmethod
    def astray(cls, key: str) -> str:
        quoted = f'a type with a dot stands in quotes: [events."….{key}"]'
        return super().astray(key) if closest(key, cls.known_keys()) else quoted

    @classmethod
    def instead(cls, value: object, languages: Sequence[str]) -> str:
        return f"write {{ fields = {json.dumps(value, ensure_ascii=False)} }}" if isinstance(value, list) else ""


class EventField(Model):
    """A field of events, as the pages for the business's people call it."""

    name: Text


class Privacy(Model):
    """How long data are kept, and the smallest number of anonymous answers that is shown."""

    keep_answers: Duration = timedelta(days=3 * 365)
    keep_contacts: Duration = timedelta(days=395)
    anonymous_minimum: Annotated[int, Field(ge=1)] = 10


class Config(Model):
    """All of config.toml."""

    business: Business
    database: DatabaseSettings = DatabaseSettings()
    email: EmailSettings = EmailSettings()
    sending: SendingSettings = SendingSettings()
    web: Web = Web()
    journey: Mapping[str, Stage] = Field(default_factory=dict)
    events: Mapping[str, EventDeclaration] = Field(default_factory=dict)
    fields: Mapping[str, EventField] = Field(default_factory=dict)
    imports: Mapping[str, ImportSettings] = Field(default_factory=dict, alias="import")
    hooks: Mapping[str, HookSettings] = Field(default_factory=dict)
    results: ResultsSettings = ResultsSettings()
    privacy: Privacy = Privacy()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the business; the first is the fallback."""
        return self.business.languages

    @cached_property
    def calendar(self) -> Calendar:
        """When nothing is sent."""
        sending = self.sending
        kept = calendar(sending.closed, self.business.country, sending.quiet_hours, sending.moved)
        return kept._replace(opened=frozenset(sending.open))

    def called(self, field: str, language: str) -> str:
        """Return the name of a field of events in a language, or else in the first that it has; the field without."""
        names = self.fields[field].name if field in self.fields else {}
        return names.get(language) or next(iter(names.values()), field)

    def amounts(self, event_type: str | None) -> tuple[str, ...]:
        """Return the numeric fields of an event; () without an event or a declaration."""
        declared = self.events.get(event_type) if event_type else None
        return declared.amounts if declared else ()


def config(
    document: Document, known: Sequence[str], environment: Mapping[str, str] = os.environ
) -> tuple[Config | None, list[Fault]]:
    """Return the config in a document, None where it has errors, and its faults; `known` are the engine's languages."""
    found: list[Fault] = []
    spoken = languages(document)
    if len(spoken) == 1:
        document = spelled_out(document, places(Config, document.data), spoken[0])
    filled = Document(document.file, _filled(document.at(), environment, found), document.positions)
    read: Config | None = None
    try:
        read = Config.model_validate(filled.data)
    except ValidationError as error:
        unset = {(fault.line, fault.column) for fault in found}
        told = validation_errors.faults(error, filled.at(), Config, spoken)
        found += [_without(one, document, environment) for one in told if (one.line, one.column) not in unset]
    found += [*_languages(filled, known), *_stages(filled), *_amounts(filled), *_targets(filled)]
    found += [_without(one, document, environment) for one in _words(filled)]
    if read:
        found += [*_fields(filled, read), *_imports(filled, read), *_hooks(document, read)]
        found += calendar_faults.faults(filled.at("sending"), read.calendar, read.sending, read.business.country)
    return (None if any(one.level == "error" for one in found) else read), found


def languages(document: Document) -> tuple[str, ...]:
    """Return the languages in config.toml, whatever else is wrong in it."""
    business = document.data.get("business")
    given = business.get("languages", ["en"]) if isinstance(business, dict) else []
    return tuple(dict.fromkeys(one for one in given if isinstance(one, str))) if isinstance(given, list) else ()


def _without(fault: Fault, document: Document, environment: Mapping[str, str]) -> Fault:
    """Return the fault with the values of environment variables, which may be secret, replaced by their names."""
    message, hint = fault.message, fault.hint
    for name in VARIABLE.findall(json.dumps(document.data, default=str)):
        if len(value := environment.get(name, "")) >= SHORTEST_SECRET:
            message, hint = (said.replace(value, f"${{{name}}}") for said in (message, hint))
    return replace(fault, message=message, hint=hint)


def _filled(node: Node, environment: Mapping[str, str], found: list[Fault]) -> Any:
    """Return the value with every `${NAME}` in its strings read from the environment."""
    value = node.value
    if isinstance(value, dict):
        return {key: _filled(node.below(key), environment, found) for key in value}
    if isinstance(value, list):
        return [_filled(node.below(index), environment, found) for index in range(len(value))]
    if not isinstance(value, str):
        return value
    for name in VARIABLE.findall(value):
        if name not in environment:
            message = f"the environment variable `{name}` is not set"
            found.append(node.fault(message, "set it before the engine starts"))
    if "${" in VARIABLE.sub("", value):
        found.append(node.fault("`${` is not followed by a variable's name", "write ${NAME}, of letters, digits and _"))
    return VARIABLE.sub(lambda match: environment.get(match[1], ""), value)


def _languages(document: Document, known: Sequence[str]) -> Iterator[Fault]:
    """Yield the faults of the business's languages, and of the texts in them."""
    business = document.data.get("business")
    given = business.get("languages", ["en"]) if isinstance(business, dict) else []
    listed = given if isinstance(given, list) else []
    for index, language in enumerate(listed):
        at = ("business", "languages", index)
        if isinstance(language, str) and language not in known:
            yield document.fault(at, f"the engine does not speak `{language}`", tongue.hint(language, known))
        elif language in listed[:index]:
            yield document.fault(at, f"`{language}` is given twice", "delete one of them")
    spoken = [language for language in listed if language in known]
    for path, text in texts(Config, document.data):
        yield from text_faults(document.at(*path), text, spoken, (*known, *listed))  # each language is told once


def _words(document: Document) -> Iterator[Fault]:
    """Yield the faults in the wording of the texts."""
    for path, text in texts(Config, document.data):
        yield from proof.faults(document.at(*path), text, is_name=path == ("business", "name"))


def _targets(document: Document) -> Iterator[Fault]:
    journey = document.data.get("journey")
    for name, stage in journey.items() if isinstance(journey, dict) else ():
        if isinstance(stage, dict):
            yield from oddity.share(document, ("journey", name, "target"), stage.get("target"))


def _stages(document: Document) -> Iterator[Fault]:
    journey = document.data.get("journey")
    for stage in journey if isinstance(journey, dict) else ():
        if stage not in STAGES:
            yield document.fault(("journey", stage), f"there is no stage `{stage}`", nearest(stage, STAGES))


def _amounts(document: Document) -> Iterator[Fault]:
    """Yield the amounts that are not among the fields of their event."""
    events = document.data.get("events")
    for type, declared in events.items() if isinstance(events, dict) else ():
        fields, amounts = (_listed(declared, key) for key in ("fields", "amounts"))
        for index, name in enumerate(amounts):
            if name not in fields:
                hint = nearest(name, fields) or f'add fields = ["{name}"]'
                message = f"the event `{type}` carries no `{name}`"
                yield document.fault(("events", type, "amounts", index), message, hint)


def _fields(document: Document, read: Config) -> Iterator[Fault]:
    """Yield the names of fields that no event is declared to carry."""
    declared = {field for event in read.events.values() for field in event.fields}
    for name in read.fields:
        if name not in declared:
            hint = nearest(name, declared) or "add it to the `fields` of an event"
            yield document.fault(("fields", name), f"no event carries `{name}`: its name is not used", hint, "warning")


def _imports(document: Document, read: Config) -> Iterator[Fault]:
    declared = {type: DeclaredEvent(type, one.fields, one.amounts) for type, one in read.events.items()}
    for name, how in read.imports.items():
        yield from import_faults.faults(document.at("import", name), how, declared)


def _hooks(written: Document, read: Config) -> Iterator[Fault]:
    for name, hook in read.hooks.items():
        yield from hooks.faults(written, name, hook, {*read.imports, *ready_imports.names()})


def _listed(table: object, key: str) -> list[str]:
    """Return the texts in a list of a table; other values are reported elsewhere."""
    listed = table.get(key) if isinstance(table, dict) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
