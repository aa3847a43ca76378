"""The API described as OpenAPI 3.1, from the models that its handlers read and answer with."""

import re
from dataclasses import dataclass
from http.client import responses
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from .schemas import ItemChanges, ItemPage, ItemQuery, ItemView, NewItem, Problem

Json = dict[str, Any]
MODELS: tuple[type[BaseModel], ...] = (ItemChanges, ItemPage, ItemView, NewItem, Problem)
REFERENCES = "#/components/schemas/{model}"
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that was seen: if it is no longer that of the item, nothing happens.",
    "schema": {"type": "string"},
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    path: str
    summary: str
    query: type[BaseModel] | None = None
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200
    faults: tuple[int, ...] = ()

    @property
    def is_conditional(self) -> bool:
        return 412 in self.faults


ITEMS = "/items"
ITEM = "/items/{item_id}"
CHANGE_FAULTS = (400, 404, 409, 412, 415, 422)
OPERATIONS = (
    Operation(
        method="get",
        path=ITEMS,
        summary="List items",
        query=ItemQuery,
        gives=ItemPage,
        faults=(422,),
    ),
    Operation(
        method="post",
        path=ITEMS,
        summary="Make an item",
        takes=NewItem,
        gives=ItemView,
        status=201,
        faults=(400, 415, 422),
    ),
    Operation(method="get", path=ITEM, summary="Get an item", gives=ItemView, faults=(404,)),
    Operation(
        method="put",
        path=ITEM,
        summary="Replace an item",
        takes=NewItem,
        gives=ItemView,
        faults=CHANGE_FAULTS,
    ),
    Operation(
        method="patch",
        path=ITEM,
        summary="Change fields of an item",
        takes=ItemChanges,
        gives=ItemView,
        faults=CHANGE_FAULTS,
    ),
    Operation(
        method="delete", path=ITEM, summary="Delete an item", status=204, faults=(404, 409, 412)
    ),
)


def description() -> Json:
    paths: Json = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Project Name", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas()},
    }


def described(operation: Operation) -> Json:
    told: Json = {
        "summary": operation.summary,
        "operationId": operation.summary.lower().replace(" ", "_"),
        "parameters": parameters(operation),
        "responses": {str(operation.status): answer(operation.status, operation.gives)}
        | {
            str(fault): answer(fault, Problem, "application/problem+json")
            for fault in all_faults(operation)
        },
    }
    if operation.takes:
        told["requestBody"] = {"required": True, "content": content(operation.takes)}
    return told


def all_faults(operation: Operation) -> list[int]:
    faults = list(operation.faults)
    faults.append(401)  # % if auth
    return sorted(faults)


def parameters(operation: Operation) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    if operation.query:
        fields = operation.query.model_json_schema()["properties"]
        found += [{"name": name, "in": "query", "schema": fields[name]} for name in fields]
    return [*found, IF_MATCH] if operation.is_conditional else found


def answer(status: int, model: type[BaseModel] | None, kind: str = "application/json") -> Json:
    told: Json = {"description": responses[status]}
    return told | {"content": content(model, kind)} if model else told


def content(model: type[BaseModel], kind: str = "application/json") -> Json:
    return {kind: {"schema": {"$ref": REFERENCES.format(model=model.__name__)}}}


def schemas() -> Json:
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(one, "validation") for one in MODELS]
    _, definitions = models_json_schema(models, ref_template=REFERENCES)
    found: Json = definitions["$defs"]
    return found
