"""The operations of the API: each address with its scope, parameters and answers, declared beside its code.

The declaration is what is checked at each request, and what the OpenAPI document is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, wraps
from typing import Annotated, Any

from flask import Response, request
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema

from ...definitions.model import nearest
from ...engine import Engine
from ...values import label
from ...values.enumeration import InvitationState
from ...values.name import SURVEY as SURVEY_NAME
from ...values.period import day
from ..services import services
from .common import RequestProblem, permitted

Given = Mapping[str, Any]
"""The parsed parameters of a request; None for one that it does not have."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query, or a part of the path: its kind is checked and documented.

    A refusal is worded by the kind's validator where that raises ValueError with words, else by `hint`.
    """

    name: str
    about: str
    kind: Any
    hint: str = ""
    place: str = "query"  # or path

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The check of the parameter, and its JSON schema."""
        return TypeAdapter(self.kind)

    def read(self, text: str) -> Any:
        """Return the value of a text; raises RequestProblem for another than the kind allows."""
        try:
            return self.adapter.validate_python(text)
        except ValidationError as error:
            reason = str(error.errors()[0].get("ctx", {}).get("error", ""))
            raise RequestProblem(400, f"{self.name} {reason or self.hint}") from error


@dataclass(frozen=True)
class Operation:
    """An address; `answer` is the shape of its success, `scope` None where no key is needed."""

    summary: str
    answer: Any
    example: Any
    scope: str | None = "read"
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[int, ...] = ()  # beside those that every address has
    about: str = ""


View = Callable[[Engine, Given], Response]
OPERATIONS: dict[Callable[..., Any], Operation] = {}


def operation(declared: Operation) -> Callable[[View], Callable[..., Response]]:
    """Return a decorator: its view checks the key and calls the function with the engine and the parsed parameters."""

    def made(function: View) -> Callable[..., Response]:
        @wraps(function)
        def view(**path: str) -> Response:
            engine = permitted(declared.scope) if declared.scope else services().engine
            return function(engine, _given(declared.parameters, path))

        OPERATIONS[view] = declared
        return view

    return made


def _given(parameters: tuple[Parameter, ...], path: Mapping[str, str]) -> Given:
    known = [one.name for one in parameters if one.place == "query"]
    for name, values in request.args.lists():
        if name not in known:
            raise RequestProblem(400, f"unknown parameter {name!r}; {_listed(known)}")
        if len(values) > 1:
            raise RequestProblem(400, f"{name} is given twice")
    given = {**request.args.to_dict(), **path}
    return {one.name: one.read(given[one.name]) if one.name in given else None for one in parameters}


def _listed(known: Sequence[str]) -> str:
    if not known:
        return "this address takes none"
    return f"known are {', '.join(known[:-1])} and {known[-1]}" if known[1:] else f"known is {known[0]}"


def _digits(text: str) -> str:
    if re.fullmatch("[0-9]{1,3}", text):
        return text
    raise ValueError  # pydantic would take ` 5`, `5.0` and `1_0`


def _state(text: str) -> str:
    if text not in [*InvitationState]:
        raise ValueError(f"must be a state of an invitation; {nearest(text, [*InvitationState])}")
    return text


MOST = 500  # rows of a page
STATES = {"type": "string", "enum": [*InvitationState]}
LABEL = {"type": "string", "pattern": label.PATTERN, "maxLength": label.LONGEST}
CURSOR = r"([0-9a-f]{2}){1,64}"
DAY = Annotated[date, BeforeValidator(day)]
FROM = Parameter("from", "The first day.", DAY)
TO = Parameter("to", "The last day.", DAY)
SURVEY = Parameter(
    "survey", "Of one survey.", Annotated[str, Field(pattern=f"^{SURVEY_NAME}$")], "must be the id of a survey"
)
CUSTOMER = Parameter(
    "customer",
    "Of one customer, by the id that events give.",
    Annotated[str, AfterValidator(label.label), WithJsonSchema(LABEL)],
)
CUSTOMER_ID = Parameter(
    "id",
    "The customer's id, as events give it, or an e-mail address that is one customer's alone.",
    Annotated[str, AfterValidator(label.label), WithJsonSchema(LABEL)],
    place="path",
)
STATE = Parameter("state", "In one state.", Annotated[str, AfterValidator(_state), WithJsonSchema(STATES)])
LIMIT = Parameter(
    "limit",
    "The most rows of a page; 100 where it is not given.",
    Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_digits)],
    f"must be a number from 1 to {MOST}",
)
AFTER = Parameter(
    "after",
    "Where the page begins: what `next` of the page before says.",
    Annotated[str, Field(pattern=f"^{CURSOR}$")],
    "must be a valid cursor; take it from `next` of the page before",
)
