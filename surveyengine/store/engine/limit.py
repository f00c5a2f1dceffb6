"""How long a transaction may take: each kind has its own limits."""

from __future__ import annotations

from typing import NamedTuple


class Limit(NamedTuple):
    """The limits of a kind of transaction on PostgreSQL, in seconds; 0 stands for none."""

    lock: int  # that a statement waits for what another transaction holds
    statement: int  # that a statement takes, waiting included
    whole: int  # from the first statement to the last, after which a server that says nothing is hung up on

    def beyond(self, kept: Limit) -> list[str]:
        """Return the statements that give a transaction these limits, where its connection keeps to others."""
        both = {"lock_timeout": (self.lock, kept.lock), "statement_timeout": (self.statement, kept.statement)}
        return [f"SET LOCAL {name} = '{own}s'" for name, (own, others) in both.items() if own != others]


ANSWER = Limit(3, 5, 6)
"""Of a customer who waits for a page: with a new connection, and one more look, it stays below ten seconds."""
WORK = Limit(3, 60, 300)
"""Of what is done in pieces, such as events, mails and counts: a piece that was cut off is done again."""
REPORT = Limit(3, 600, 900)
"""Of what reads much at once."""
MIGRATION = Limit(60, 0, 0)
"""Of a change of the tables: nobody may cut it off, and it does not let all others queue up behind it for good."""

IDLE = 60  # seconds that a process may stand still in a transaction, and keep others from what it has locked
# What a connection keeps to where its transactions say nothing; an answer's are spared the words.
KEPT = (
    f"SELECT set_config('lock_timeout', '{ANSWER.lock}s', false),"
    f" set_config('statement_timeout', '{ANSWER.statement}s', false),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE}s', false),"
    " set_config('jit', 'off', false)"  # to compile a short query takes longer than to run it
)
