"""Where a campaign takes place: an empty directory, an empty database, and a look at what is stored in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

from sqlalchemy import select

from surveyengine import keys
from surveyengine.channels.email import EMAIL
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import deliver_one, recover
from surveyengine.store.schema import answer, customer, event, invitation, sending
from tests.support import business, postgres
from tests.support.posts import by_mail

from .audit import Stored

SQLITE = "sqlite:///data/surveyengine.db"
AT_ONCE = business.DELIVERY.replace('after     = "12 hours"', 'after     = "0 hours"')


@dataclass(frozen=True)
class Ground:
    """A directory for the project, and the address of its database."""

    root: Path
    database: str = SQLITE

    @property
    def is_sqlite(self) -> bool:
        return self.database == SQLITE

    def project(self, email: str = "file:data/outbox", surveys: Mapping[str, str] | None = None) -> str:
        """Write the project, make its tables, and return an API key."""
        business.write(self.root, surveys or {"purchase/delivery": AT_ONCE}, database=self.database, email=email)
        with self.engine() as engine:
            return keys.add(engine, "shop", "events", datetime.now(UTC)) or ""

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The project, opened in this process."""
        engine = start(self.root)
        try:
            yield engine
        finally:
            engine.close()

    def settle(self) -> None:
        """Settle what killed workers left behind, and send what is still to be sent. No worker may be alive."""
        with self.engine() as engine:
            now = datetime.now(UTC)
            post = by_mail(engine, EMAIL.open(engine.config.email.url, self.root), "https://feedback.example.com")
            recover(post, now, alone=True)
            while deliver_one(post, now):
                pass

    def mailed(self) -> tuple[str, ...]:
        """Return whom the mails in the outbox are for."""
        mails = (self.root / "data" / "outbox").glob("*.eml")
        return tuple(parseaddr(message_from_bytes(mail.read_bytes())["To"])[1] for mail in mails)

    def stored(self) -> Stored:
        """Return what the database holds."""
        with self.engine() as engine:
            return stored(engine)


def stored(engine: Engine) -> Stored:
    """Return what the database of an engine holds."""
    message = select(customer.c.email, sending.c.state).join(invitation, invitation.c.key == sending.c.invitation)
    with engine.database.read() as connection:
        answers = select(answer.c.value).where(answer.c.question == "reason")
        return Stored(
            tuple(connection.execute(answers).scalars()),
            tuple(connection.execute(select(event.c.id)).scalars()),
            tuple((email, state) for email, state in connection.execute(
                message.join(customer, customer.c.id == invitation.c.customer))),
            not engine.database.is_sqlite
            or connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok",
        )  # fmt: skip


@contextmanager
def grounds(kind: str) -> Iterator[Iterator[Ground]]:
    """Fresh grounds, as many as are asked for, with databases of that kind: sqlite or postgresql."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True)))
        server = stack.enter_context(postgres.running(folder)) if kind == "postgresql" else None
        yield stack.enter_context(closing(_grounds(folder, server)))


def _grounds(folder: Path, server: postgres.Postgres | None) -> Generator[Ground, None, None]:
    number = 0
    while True:
        number += 1
        if server is None:
            yield Ground(folder / f"{number}")
        else:
            with server.fresh_database() as url:
                yield Ground(folder / f"{number}", url)
