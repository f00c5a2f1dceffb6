"""The people who may sign in below /staff, and the links by which they choose a password."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from ..values.enumeration import Role
from .engine.upsert import insert_new, upsert
from .schema import staff_link, staff_member


class StaffMember(NamedTuple):
    """Somebody of the business as they are known; `email` is in its normal form."""

    id: str
    email: str
    name: str
    role: Role
    language: str


class ListedMember(NamedTuple):
    """Somebody as they are listed; `password` is its hash, None where none has been chosen yet."""

    member: StaffMember
    password: str | None
    created_at: datetime


_MEMBER = [staff_member.c[name] for name in StaffMember._fields]


def made(row: tuple[str, str, str, str, str]) -> StaffMember:
    """Return a member from the columns of a row."""
    id, email, name, role, language = row
    return StaffMember(id, email, name, Role(role), language)


def add(connection: Connection, member: StaffMember, now: datetime) -> bool:
    """Store somebody without a password; False where the e-mail address is taken."""
    return insert_new(connection, staff_member, {**member._asdict(), "created_at": now}) is not None


def by_email(connection: Connection, email: str) -> ListedMember | None:
    """Return whoever has the e-mail address, in its normal form."""
    return next(iter(_listed(connection, staff_member.c.email == email)), None)


def by_id(connection: Connection, id: str) -> ListedMember | None:
    """Return whoever has the id."""
    return next(iter(_listed(connection, staff_member.c.id == id)), None)


def listed(connection: Connection) -> list[ListedMember]:
    """Return everybody, by name."""
    return _listed(connection)


def is_empty(connection: Connection) -> bool:
    """Whether nobody may sign in."""
    return connection.execute(select(staff_member.c.id).limit(1)).first() is None


def others_with(connection: Connection, role: Role, id: str) -> int:
    """Return how many others with that role have a password. On PostgreSQL nobody changes theirs meanwhile."""
    theirs = staff_member.c.role == role, staff_member.c.password.is_not(None)
    rows = connection.execute(select(staff_member.c.id).where(*theirs).order_by(staff_member.c.id).with_for_update())
    return sum(one != id for one in rows.scalars())


def change(connection: Connection, id: str, **columns: str | None) -> bool:
    """Change columns of somebody; False where there is nobody with the id."""
    changed = update(staff_member).where(staff_member.c.id == id).values(**columns)
    return connection.execute(changed).rowcount == 1


def remove(connection: Connection, id: str) -> None:
    """Forget somebody, with their sessions and links."""
    connection.execute(delete(staff_member).where(staff_member.c.id == id))


def link(connection: Connection, token_hash: str, member: str | None, expires_at: datetime) -> None:
    """Store a link for somebody, or with None for the first admin; one that was made before for the same is gone."""
    connection.execute(delete(staff_link).where(staff_link.c.member.is_not_distinct_from(member)))
    values = {"token_hash": token_hash, "member": member, "expires_at": expires_at}
    connection.execute(upsert(connection, staff_link).values(**values))


def linked(connection: Connection, token_hash: str, now: datetime) -> tuple[StaffMember | None] | None:
    """Return whose link it is, in a tuple, the first admin's as None; None for a link that is not valid."""
    found = select(staff_link.c.token_hash, *_MEMBER).outerjoin_from(staff_link, staff_member)
    valid = found.where(staff_link.c.token_hash == token_hash, staff_link.c.expires_at > now)
    row = connection.execute(valid).first()
    return (made(tuple(row[1:])) if row[1] else None,) if row else None


def use(connection: Connection, token_hash: str) -> bool:
    """Make a link useless; False where it was so already."""
    return connection.execute(delete(staff_link).where(staff_link.c.token_hash == token_hash)).rowcount == 1


def drop_links(connection: Connection, now: datetime) -> None:
    """Forget the links that have expired."""
    connection.execute(delete(staff_link).where(staff_link.c.expires_at <= now))


def _listed(connection: Connection, *where: object) -> list[ListedMember]:
    query = select(*_MEMBER, staff_member.c.password, staff_member.c.created_at).where(*where)  # type: ignore[arg-type]
    rows = connection.execute(query.order_by(func.lower(staff_member.c.name), staff_member.c.email))
    return [ListedMember(made(tuple(row[:5])), row.password, row.created_at) for row in rows]
