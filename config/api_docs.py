"""What can the HTTP API do? Its description, and a page made from it that loads nothing from elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import api

type Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    id: str
    group: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[tuple[str, tuple[Field, ...]], ...]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api_docs.html", {"title": api.title, "groups": _groups()})


@require_safe
def openapi(_request: HttpRequest) -> JsonResponse:
    return JsonResponse(api.get_openapi_schema())


@cache
def _groups() -> list[tuple[str, list[Operation]]]:
    schema = api.get_openapi_schema()
    operations = sorted(_operations(schema), key=lambda operation: operation.group)
    return [(group, list(found)) for group, found in groupby(operations, lambda operation: operation.group)]


def _operations(schema: Schema) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(schema, path, method, methods[method])


def _operation(schema: Schema, path: str, method: str, described: Schema) -> Operation:
    body = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = (
        (f"Answer {status}", tuple(_fields(schema, _content(answer))))
        for status, answer in described["responses"].items()
        if int(status) < 400
    )
    return Operation(
        id=described["operationId"],
        group=(described.get("tags") or ["Other"])[0],
        method=method.upper(),
        path=path,
        summary=described["summary"],
        description=described.get("description", ""),
        scope=_scope(described),
        query=tuple(_query(schema, described)),
        body=tuple(_fields(schema, body)),
        answers=tuple(answers),
    )


def _scope(described: Schema) -> str:
    names = [name for scheme in described.get("security", []) for name in scheme]
    return ", ".join(name.removesuffix("Key").lower() for name in names)


def _content(answer: Schema) -> Schema:
    found: Schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _query(schema: Schema, described: Schema) -> Iterator[Field]:
    for parameter in described.get("parameters", []):
        if parameter["in"] == "query":
            type_ = _type(schema, parameter["schema"])
            yield Field(parameter["name"], type_, parameter["required"], parameter.get("description", ""))


def _fields(schema: Schema, body: Schema, before: str = "") -> Iterator[Field]:
    """With those of the objects inside: `steps[].path`."""
    resolved = _resolved(schema, body)
    required = resolved.get("required", [])
    for name, described in resolved.get("properties", {}).items():
        about = {**_resolved(schema, described), **described}
        path = before + name
        yield Field(path, _type(schema, described), name in required, about.get("description", ""))
        if about.get("type") == "array":
            yield from _fields(schema, about.get("items", {}), f"{path}[].")
        else:
            yield from _fields(schema, about, f"{path}.")


def _resolved(schema: Schema, described: Schema) -> Schema:
    if len(described.get("allOf", [])) == 1:
        return _resolved(schema, described["allOf"][0])
    if "$ref" not in described:
        return described
    found: Schema = schema["components"]["schemas"][described["$ref"].rpartition("/")[2]]
    return _resolved(schema, found)


def _type(schema: Schema, described: Schema) -> str:
    """In words: `text`, `list of Variable`, `number or null`, `one of call, chat`."""
    if options := described.get("anyOf"):
        return " or ".join(_type(schema, option) for option in options)
    resolved = _resolved(schema, described)
    if choices := resolved.get("enum"):
        return f"one of {', '.join(str(choice) for choice in choices)}"
    if "const" in resolved:
        return repr(resolved["const"])
    if resolved.get("type") == "array":
        return f"list of {_type(schema, resolved.get('items', {}))}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}
    named = resolved.get("format") or resolved.get("type", "any value")
    return words.get(named, str(named))
