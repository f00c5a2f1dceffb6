"""Reads what is known of the customers who answered more than once in a period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from ..engine import Engine
from ..store import repeats
from ..store.engine.database import Connection
from ..store.repeats import AnswersWanted, CustomerAnswer
from ..store.tallies import RESPONSES, Cell
from .repeat import RECODED, Repeats, of_customer, together
from .score import SCORES
from .versions import CountedVersion, Seen

MOST = 1_000
"""The responses of a period whose customers are all looked at, those of the smallest touchpoints first."""
SAMPLE = 400
"""The responses that are drawn of all others, at most: more would double the time of pages of busy months."""
LEAST = 20
"""The answers of a kind at a touchpoint that must be among them to tell anything."""

Key = tuple[str, str]
"""A touchpoint, and a kind of score."""


class Whole(NamedTuple):
    """What a sample was drawn of, and how much: responses by touchpoint, answers by touchpoint and kind.

    `drawn` are the responses in it, and `given` the answers that these hold.
    """

    responses: Mapping[str, int]
    answers: Mapping[Key, int]
    drawn: Mapping[str, int]
    given: Mapping[Key, int]


def regulars(engine: Engine, connection: Connection, seen: Seen, counted: Sequence[Cell]) -> Mapping[Key, Repeats]:
    """Return by touchpoint and kind what repeats there are among the identified answers of the period."""
    places = {digest: place for digest, one in seen.versions.items() if (place := _touchpoint(engine, one))}
    sizes = Counter[str]()
    for cell in counted:
        if cell.question == RESPONSES and cell.digest in places:
            sizes[places[cell.digest]] += cell.n
    few = _few(sizes)
    found = _all(connection, _wanted(seen, places, few)) if few else {}
    if many := {place: n for place, n in sizes.items() if place not in few}:
        answers = _answers(seen, places, counted)
        found |= _sampled(connection, _wanted(seen, places, many), many, answers)
    return found


def _few(sizes: Mapping[str, int]) -> set[str]:
    """Return the touchpoints all of whose customers are looked at."""
    ordered = sorted((n, place) for place, n in sizes.items())
    together = accumulate(n for n, _ in ordered)
    return {place for (_, place), total in zip(ordered, together, strict=True) if total <= MOST}


def _wanted(seen: Seen, places: Mapping[str, str], which: Collection[str]) -> AnswersWanted:
    versions = {digest: seen.versions[digest] for digest, place in places.items() if place in which}
    surveys = {one.cohort.survey: places[digest] for digest, one in versions.items()}
    questions = [(digest, question) for digest, one in versions.items() for question, _ in one.roles]
    return AnswersWanted(surveys, questions, RECODED, seen.days)


def _all(connection: Connection, wanted: AnswersWanted) -> dict[Key, Repeats]:
    """Return the sums over all customers who answered again."""
    given = repeats.answers(connection, wanted, repeats.again(connection, wanted))
    return {key: together(of_customer(one) for one, _ in theirs) for key, theirs in _by_customer(given).items()}


def _sampled(
    connection: Connection, wanted: AnswersWanted, responses: Mapping[str, int], answers: Mapping[Key, int]
) -> dict[Key, Repeats]:
    """Return the sums as a sample of responses tells them.

    Each customer whom it comes upon is read whole, and weighs as much of their answers as was drawn: one with more
    answers is come upon more often (Horvitz and Thompson 1952, Journal of the American Statistical Association
    47:663-685). Of those who answered once it is enough to know how many they are.
    """
    found = repeats.drawn(connection, wanted, SAMPLE / sum(responses.values()))
    again = repeats.again(connection, wanted, found)
    customers = _by_customer(repeats.answers(connection, wanted, again), {one.id for one in found})
    several = {(one.place, one.customer) for one in again}
    given = Counter(repeats.given(connection, wanted, (one for one in found if one[:2] not in several)))
    given.update({key: sum(drawn for _, drawn in theirs) for key, theirs in customers.items()})
    whole = Whole(responses, answers, Counter(one.place for one in found), given)
    return {key: sums for key in given if (sums := estimated(key, customers.get(key, ()), whole))}


def estimated(key: Key, customers: Collection[tuple[Sequence[int], int]], whole: Whole) -> Repeats | None:
    """Return the sums of a touchpoint and kind; None where the sample tells nothing of them."""
    if whole.given[key] < LEAST:
        return None
    times = min(whole.responses[key[0]] / whole.drawn[key[0]], whole.answers[key] / whole.given[key])
    return together(of_customer(given, times * drawn / len(given)) for given, drawn in customers)


def _by_customer(
    given: Iterable[CustomerAnswer], sample: Collection[str] = ()
) -> Mapping[Key, Collection[tuple[Sequence[int], int]]]:
    """Return for each customer what their answers add, and how many of them are of responses in the sample."""
    found: defaultdict[Key, defaultdict[str, tuple[list[int], list[bool]]]]
    found = defaultdict(lambda: defaultdict(lambda: ([], [])))
    for place, customer, series, value, response in given:
        adds, drawn = found[place, series][customer]
        adds.append(RECODED[series].get(int(value), 0))
        drawn.append(response in sample)
    return {key: [(adds, sum(drawn)) for adds, drawn in theirs.values()] for key, theirs in found.items()}


def _answers(seen: Seen, places: Mapping[str, str], counted: Sequence[Cell]) -> Mapping[Key, int]:
    """Return how many answers of each kind fill a score of each touchpoint."""
    found = Counter[Key]()
    for cell in counted:
        role = seen.versions[cell.digest].roles.get((cell.question, cell.series))
        metric = SCORES.get(role.kind) if role and cell.digest in places else None
        if role and metric and cell.value in map(str, metric.values):
            found[places[cell.digest], role.kind] += cell.n
    return found


def _touchpoint(engine: Engine, version: CountedVersion) -> str:
    """Return where the answers to a version fill a score; "" where they fill none, or nobody knows whose they are."""
    survey = engine.library.surveys.get(version.survey)
    return survey.touchpoint if survey and survey.head.scored and not version.is_blocked else ""
