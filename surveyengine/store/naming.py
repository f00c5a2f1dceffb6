"""What all tables share: their metadata, how their constraints are called, and the kind of their keys."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Integer, MetaData

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)
Key = BigInteger().with_variant(Integer, "sqlite")


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the constraint that the column holds one of a closed list of words."""
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, map(str, words)))})", name=column)
