"""The contract of a channel: whom it reaches, what its messages say, and by which transport they leave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol, TypeVar, runtime_checkable

from ..definitions.survey import Survey
from ..definitions.text import Values
from ..definitions.toml.document import Path as Setting
from ..i18n.speech import Speech
from ..settings.config import Config


class Addressee(Protocol):
    """A person's addresses, as their events told them."""

    @property
    def email(self) -> str | None: ...

    @property
    def phone(self) -> str | None: ...


class Message(Protocol):
    """A composed message; `key` is the same for every attempt at sending it."""

    @property
    def to(self) -> str: ...

    @property
    def key(self) -> str: ...


class Reminder(NamedTuple):
    """What a reminder is about: the key of the message that it follows, and the last day on which its link works."""

    after: str
    until: date


@dataclass(frozen=True)
class Content:
    """What a message is made of, in every channel; `link` and `unsubscribe_link` have no `lang` parameter yet."""

    key: str
    to: str
    name: str | None  # of the customer
    survey: Survey
    speech: Speech
    values: Values
    link: str
    unsubscribe_link: str
    config: Config
    root: Path
    reminder: Reminder | None = None  # None for the first message of an invitation


class ConfigFault(NamedTuple):
    """What is wrong with a channel's settings: where in config.toml, why, and what would be right."""

    setting: Setting
    message: str
    hint: str = ""


Composed = TypeVar("Composed", bound=Message)
Sendable = TypeVar("Sendable", bound=Message, contravariant=True)


class Transport(Protocol[Sendable]):
    """What sends the messages of a channel, such as one mail server."""

    repeatable: ClassVar[bool]  # whether sending the same message again cannot double it

    def send(self, message: Sendable, now: datetime, handing_over: Callable[[], None], /) -> str:
        """Deliver the message, and return the receiver's reference to it; raises DeliveryError or Uncertain.

        `handing_over` is called once, right before the point of no return; when it raises, nothing is delivered.
        """


@runtime_checkable
class Keeping(Protocol):
    """A transport that keeps what it has sent where we can reach it."""

    def forget(self, keys: Collection[str], /) -> int:
        """Delete the messages of these keys, and return how many there were; raises OSError where it cannot."""


class Channel(Protocol[Composed]):
    """A kind of message. `name` is used in surveys and the database; `how` and `messages` are used in sentences."""

    name: ClassVar[str]  # 16 characters at most
    how: ClassVar[str]  # asked "by e-mail"; a msgid
    messages: ClassVar[str]  # "Mails" leave by …
    misspelt: ClassVar[str]  # the sentence about an address that cannot be one, with an {example}; a msgid
    example: ClassVar[str]  # of an address

    def url(self, config: Config) -> str | None:
        """Return the URL of the transport; None where the business does not use this channel."""

    def faults(self, config: Config, root: Path) -> Iterator[ConfigFault]:
        """Yield what is wrong with this channel's settings."""

    def address(self, person: Addressee) -> str | None:
        """Return the person's address in this channel, as it was told; None without one."""

    def can_reach(self, person: Addressee) -> bool:
        """Whether a message can be sent to the person's address in this channel."""

    def compose(self, content: Content) -> Composed:
        """Return the message made of this content."""

    def open(self, url: str, root: Path) -> Transport[Composed]:
        """Return the transport of a URL, its files relative to `root`; raises ValueError for a wrong URL."""
