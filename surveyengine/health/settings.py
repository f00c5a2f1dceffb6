"""Settings that contradict how the engine is used: each is valid by itself."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ..settings.config import Config
from ..values.enumeration import MailScheme
from .deployment import Deployment
from .finding import Finding, warning

HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104  # compared with, not listened on
KEPT_HERE = (MailScheme.FILE, MailScheme.CONSOLE)
PUBLISH = 'write the address by which customers reach the pages: url = "https://feedback.example.com" in [business]'


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what the settings contradict."""
    return judged(deployment.config)


def judged(config: Config) -> Iterator[Finding]:
    """Yield what in the settings does not go together."""
    address = urlsplit(config.business.url or "")
    is_public = bool(address.hostname) and address.hostname not in HERE
    way = config.email.url.partition(":")[0]
    leaves = way not in KEPT_HERE
    if is_public and address.scheme.lower() == "http":
        words = f"business.url is {config.business.url}: answers and links travel unencrypted"
        yield warning("url-http", words, "put the pages behind HTTPS, and write https:// there")
    if is_public and not leaves:
        where = "into a folder" if way == MailScheme.FILE else "to the terminal"
        words = f"the pages are public, but mails only go {where} (email.url is {way}:)"
        yield warning(
            "mail-stays", words, 'name the mail server: url = "smtps://user:${SMTP_PASSWORD}@host" in [email]'
        )
    if leaves and not is_public:
        words = (
            "mails leave for customers, with links to this machine" if address.hostname else "business.url is not set"
        )
        yield warning("url-missing", f"{words}: nobody else can open what is mailed", PUBLISH)
    if config.sending.test_only:
        words = f"sending.test_only is on: no mail leaves but to what it lists ({len(config.sending.test_only)})"
        yield warning("test-only", words, "empty it when real customers are to be asked")
    if is_public and address.scheme.lower() == "https" and config.web.trusted_proxies == 0:
        words = "the pages are public by HTTPS, and web.trusted_proxies is 0: all customers look like one network"
        yield warning("proxies", words, "write how many proxies stand before the engine: trusted_proxies = 1 in [web]")
