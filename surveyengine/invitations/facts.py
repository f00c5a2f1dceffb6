"""What is stored about customers that bears on their invitations; of many, it is read by as few queries as of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..definitions.survey import Survey
from ..store.customers import Person
from . import lots
from .contact import DecisionContext, contacts_of
from .decision import Contact
from .past import History, histories


class Concern(NamedTuple):
    """Whom an event concerns: the surveys that may ask about it, and those that it may undo something of.

    In a contest the lot decides, so that the customer's book matters.
    """

    person: Person
    asking: Sequence[Survey]
    undone: Sequence[Survey] = ()
    is_contest: bool = False


class Facts(NamedTuple):
    """How a customer can be reached and when they were asked, and what became of it.

    `contact` is None where no survey asks.
    """

    contact: Contact | None
    history: History


def facts(context: DecisionContext, concerns: Collection[Concern], types: Collection[str]) -> dict[str, Facts]:
    """Return what is stored about these customers, by their ids; events of the `types` may have undone something."""
    drawing = [one.person for one in concerns if one.is_contest]
    lots.hold(context, drawing)
    contacts = contacts_of(context, [one.person for one in concerns if one.asking])
    for id, (ticket, book) in lots.books(context, drawing).items():
        contacts[id] = contacts[id]._replace(ticket=ticket, book=book)
    surveys = {survey.id: survey for one in concerns for survey in (*one.asking, *one.undone)}
    found = histories(context, [one.person.id for one in concerns], surveys.values(), types)
    return {id: Facts(contacts.get(id), history) for id, history in found.items()}
