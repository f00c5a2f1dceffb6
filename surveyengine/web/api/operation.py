"""What a machine can ask for: each address with its scope, parameters and answers, declared beside its code.

The declaration is what is checked at each request, and what the OpenAPI document is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Response, request

from ...definitions.model import nearest
from ...engine import Engine
from ...values import label
from ...values.enumeration import InvitationState
from ...values.name import SURVEY as SURVEY_NAME
from ...values.period import day
from ..services import services
from .common import RequestProblem, permitted

Given = Mapping[str, Any]
"""The parameters that a request gives, read; None for one that it does not give."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query; `read` raises ValueError with what goes on from the parameter's name."""

    name: str
    about: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any] = str


@dataclass(frozen=True)
class Operation:
    """An address; `answer` is the shape of its success, `scope` None where no key is needed."""

    summary: str
    answer: Any
    example: Any
    scope: str | None = "read"
    status: int = 200
    parameters: tuple[Parameter, ...] | None = None  # None: they are not looked at
    body: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""


View = Callable[[Engine, Given], Response]
OPERATIONS: dict[Callable[..., Any], Operation] = {}


def operation(declared: Operation) -> Callable[[View], Callable[[], Response]]:
    """Make a view of a function that gets the engine, if the key allows, and the parameters."""

    def made(function: View) -> Callable[[], Response]:
        @wraps(function)
        def view() -> Response:
            engine = permitted(declared.scope) if declared.scope else services().engine
            return function(engine, _given(declared.parameters) if declared.parameters is not None else {})

        OPERATIONS[view] = declared
        return view

    return made


def _given(parameters: tuple[Parameter, ...]) -> Given:
    known = [one.name for one in parameters]
    for name, values in request.args.lists():
        if name not in known:
            raise RequestProblem(400, f"unknown parameter {name!r}; known are {', '.join(known[:-1])} and {known[-1]}")
        if len(values) > 1:
            raise RequestProblem(400, f"{name} is given twice")
    return {one.name: _value(one) for one in parameters}


def _value(parameter: Parameter) -> Any:
    if (text := request.args.get(parameter.name)) is None:
        return None
    try:
        return parameter.read(text)
    except ValueError as error:
        raise RequestProblem(400, f"{parameter.name} {error}") from error


def one_of(*words: str) -> Callable[[str], str]:
    """Return what reads one of these words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def matching(pattern: str, hint: str) -> Callable[[str], str]:
    """Return what reads a text of that form."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(hint)
        return text

    return read


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= MOST:
        raise ValueError(f"must be a number from 1 to {MOST}")
    return int(text)


def _state(text: str) -> str:
    if text not in [*InvitationState]:
        raise ValueError(f"must be a state of an invitation; {nearest(text, [*InvitationState])}")
    return text


MOST = 500  # rows of a page
LABEL = {"type": "string", "pattern": label.PATTERN, "maxLength": label.LONGEST}
CURSOR = r"([0-9a-f]{2}){1,64}"
FROM = Parameter("from", "The first day.", {"type": "string", "format": "date"}, day)
TO = Parameter("to", "The last day.", {"type": "string", "format": "date"}, day)
SURVEY = Parameter(
    "survey",
    "Of one survey.",
    {"type": "string", "pattern": f"^{SURVEY_NAME}$"},
    matching(SURVEY_NAME, "must be the id of a survey"),
)
CUSTOMER = Parameter(
    "customer",
    "Of one customer, by the id that events give.",
    LABEL,
    label.label,
)
STATE = Parameter("state", "In one state.", {"type": "string", "enum": [*InvitationState]}, _state)
LIMIT = Parameter(
    "limit",
    "The most rows of a page; 100 where it is not given.",
    {"type": "integer", "minimum": 1, "maximum": MOST},
    _number,
)
AFTER = Parameter(
    "after",
    "Where the page begins: what `next` of the page before says.",
    {"type": "string", "pattern": f"^{CURSOR}$"},
    matching(CURSOR, "must be a place in this list; take it from `next` of the page before"),
)
