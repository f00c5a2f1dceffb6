"""The OpenAPI 3.1 document, made of what is declared beside each address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, request
from pydantic import TypeAdapter

from ... import __version__
from ...engine import Engine
from . import schemas
from .common import addresses, answered
from .operation import OPERATIONS, Given, Operation, Parameter, operation

bp = addresses("openapi")
REF = "#/components/schemas/{model}"
ABOUT = "Events in; scores, surveys, invitations, responses out. Lists come in pages: follow `next` until it is null."
REASONS = {
    400: "The request is at fault; `detail` says where, and what would be right.",
    401: "There is no valid key.",
    403: "The key's scope does not allow this.",
    404: "There is nobody of that id.",
    409: "A message to the customer is just being sent; nothing was done, and the request may be sent again.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    429: "Too many keys that are not valid came from this network.",
    500: "Something went wrong on our side; nothing was done.",
    503: "The database is away, or too much is being sent; nothing was done, and the request may be sent again.",
}
HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"const": "Bearer"}, "required": True}},
    **dict.fromkeys(
        (409, 429, 503), {"Retry-After": {"schema": {"type": "integer"}, "required": True, "description": "Seconds."}}
    ),
}


@bp.get("/openapi.json")
@operation(Operation("This document", dict[str, Any], {"openapi": "3.1.0"}, scope=None))
def openapi(engine: Engine, given: Given) -> Response:
    """Return the document."""
    return answered(document(current_app, request.script_root))


def document(app: Flask, root: str = "") -> dict[str, Any]:
    """Return the OpenAPI document of an application that is served below the path `root`."""
    operations = dict(_operations(app))
    shapes = _schemas([schemas.Problem, *(one.answer for _, _, one in operations.values())])
    paths: dict[str, Any] = {}
    for id, (path, method, declared) in operations.items():
        paths.setdefault(path, {})[method] = _operation(id, declared, shapes[1])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "surveyengine",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root or "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": shapes[0],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of `surveyengine key add NAME`."}
            },
        },
    }


def _operations(app: Flask) -> Iterator[tuple[str, tuple[str, str, Operation]]]:
    """Yield path, method and declaration of each operation by its id."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        declared = OPERATIONS.get(app.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}) if declared else ():
            assert declared  # noqa: S101  # as the line above says
            yield f"{method.lower()}_{rule.endpoint.rpartition('.')[2]}", (_path(rule.rule), method.lower(), declared)


def _path(rule: str) -> str:
    """Return the path of a rule as the document spells it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _schemas(shapes: Iterable[Any]) -> tuple[dict[str, Any], Callable[[Any], dict[str, Any]]]:
    """Return the schemas by their names, and what gives the schema of a shape."""
    adapters: dict[int, tuple[Any, TypeAdapter[Any]]] = {id(one): (one, TypeAdapter(one)) for one in shapes}
    inputs = [(key, "validation", adapter) for key, (_, adapter) in adapters.items()]
    found, common = TypeAdapter.json_schemas(inputs, ref_template=REF)  # type: ignore[arg-type]  # a literal in a tuple
    return common["$defs"], lambda shape: found[id(shape), "validation"]


def _operation(id: str, declared: Operation, schema: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    success = {"schema": schema(declared.answer), "example": declared.example}
    answers = {
        declared.status: {"description": HTTPStatus(declared.status).phrase, "content": {"application/json": success}}
    }
    answers |= {status: _problem(status, schema(schemas.Problem)) for status in _failures(declared)}
    return {
        "operationId": id,
        "summary": declared.summary,
        **({"description": declared.about} if declared.about else {}),
        **({"security": []} if declared.scope is None else {"x-scope": declared.scope}),
        **({"parameters": [_parameter(one) for one in declared.parameters]} if declared.parameters else {}),
        **({"requestBody": declared.body} if declared.body else {}),
        "responses": {str(status): answer for status, answer in answers.items()},
    }


def _failures(declared: Operation) -> Iterator[int]:
    if declared.parameters or declared.body:
        yield 400
    if declared.scope:
        yield from (401, 403, 429, 503)
    if any(one.place == "path" for one in declared.parameters or ()):
        yield 404
    yield from declared.problems
    if declared.body:
        yield from (408, 413)
    yield 500


def _parameter(one: Parameter) -> dict[str, Any]:
    needed = {"required": True} if one.place == "path" else {}
    described = {"description": one.about, "schema": one.adapter.json_schema()}
    return {"name": one.name, "in": one.place, **needed, **described}


def _problem(status: int, schema: dict[str, Any]) -> dict[str, Any]:
    example = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": REASONS[status]}
    content = {"application/problem+json": {"schema": schema, "example": example}}
    headers = {"headers": HEADERS[status]} if status in HEADERS else {}
    return {"description": REASONS[status], **headers, "content": content}
