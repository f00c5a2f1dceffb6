"""E-mail: by SMTP, into a folder of .eml files, or on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from ..look.autolink import parted
from ..settings.config import Config
from ..values.email_address import is_address
from ..values.enumeration import MailScheme
from ..values.msgid import N_
from .channel import Addressee, ConfigFault, Content, Transport
from .console import open_console
from .folder import open_folder
from .logo import logo
from .message import invitation
from .mime import LOGO, Mail, is_sender, named
from .smtp import open_smtp

WAYS: dict[str, Callable[[str, Path], Transport[Mail]]] = {
    MailScheme.FILE: open_folder,
    MailScheme.CONSOLE: open_console,
    MailScheme.SMTP: open_smtp,
    MailScheme.SMTPS: open_smtp,
}


class EmailChannel:
    """The channel whose addresses are mailboxes."""

    name: ClassVar[str] = "email"
    how: ClassVar[str] = N_("by e-mail")
    messages: ClassVar[str] = "Mails"
    misspelt: ClassVar[str] = N_("Mail cannot be sent to their address; one like {example} would be right.")
    example: ClassVar[str] = "dana@example.com"

    def url(self, config: Config) -> str | None:
        """Return the URL of the section [email]; there always is one."""
        return config.email.url

    def faults(self, config: Config, root: Path) -> Iterator[ConfigFault]:
        """Yield what is wrong with the URL, and with the sender."""
        try:
            transport = self.open(config.email.url, root)
        except ValueError as error:
            yield ConfigFault(("email", "url"), str(error))
            return
        given = "from_" in config.email.model_fields_set
        if given and not is_sender(config.email.from_):
            hint = 'write one such as "Nava Home <hello@example.com>"'
            yield ConfigFault(("email", "from"), "`email.from` must be the address that mails come from", hint)
        elif not given and not transport.repeatable:
            hint = 'add `from = "hello@example.com"`, an address that this server may send for'
            yield ConfigFault(("email", "url"), "mails that leave by SMTP need a sender", hint)

    def address(self, person: Addressee) -> str | None:
        """Return the person's e-mail address."""
        return person.email or None

    def can_reach(self, person: Addressee) -> bool:
        """Whether the person has an e-mail address that mail servers accept."""
        return bool(person.email) and is_address(person.email or "")

    def compose(self, content: Content) -> Mail:
        """Return the mail in the language of the content, with links to the other languages of the business."""
        config, language = content.config, content.speech.language
        picture = logo(content.root, config.business.logo)
        subject, text, html = invitation(content, f"cid:{LOGO}" if picture else None)
        name = parted(content.name or "")
        own = content.survey.invite.from_name if content.survey.invite else None
        origin = named(config.email.from_, content.speech.words(own or config.business.name), anew=bool(own))
        unsubscribe = content.unsubscribe_link
        after = content.reminder.after if content.reminder else None
        return Mail(content.to, name, origin, subject, text, html, language, unsubscribe, content.key, picture, after)

    def open(self, url: str, root: Path) -> Transport[Mail]:
        """Return the transport of a URL; raises ValueError for a wrong one."""
        scheme = url.partition(":")[0].lower()
        if scheme not in WAYS or not url.isprintable():
            raise ValueError(
                "the e-mail url must start with file:, console:, smtp:// or smtps://, like file:data/outbox"
            )
        return WAYS[scheme](url, root)


EMAIL = EmailChannel()
