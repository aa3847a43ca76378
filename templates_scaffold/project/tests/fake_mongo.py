"""Stands for a MongoDB: the few calls that the repositories make, and no others."""

import operator
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Self
from unittest import TestCase
from unittest.mock import patch

import bson
from bson.codec_options import CodecOptions
from pymongo import IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]
TIMES = CodecOptions(tz_aware=True, tzinfo=UTC, document_class=dict[str, Any])


def use_fake_mongo(case: TestCase) -> None:
    fake = patch("project_name.db.engine.AsyncMongoClient", FakeClient)
    fake.start()
    case.addCleanup(fake.stop)


class FakeCursor:
    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents

    def sort(self, keys: str | list[str]) -> Self:
        names = [keys] if isinstance(keys, str) else keys
        self.documents.sort(key=lambda document: [document[name] for name in names])
        return self

    def skip(self, count: int) -> Self:
        self.documents = self.documents[count:]
        return self

    def limit(self, count: int) -> Self:
        self.documents = self.documents[:count]
        return self

    async def __aiter__(self) -> AsyncIterator[Document]:
        for document in self.documents:
            yield document


@dataclass(frozen=True)
class Done:
    deleted_count: int


class FakeCollection:
    def __init__(self) -> None:
        self.documents: dict[Any, Document] = {}
        self.indexes: dict[str, Mapping[str, Any]] = {}

    async def create_indexes(self, indexes: list[IndexModel]) -> None:
        self.indexes |= {index.document["name"]: index.document for index in indexes}

    async def insert_one(self, document: Document) -> None:
        if document["_id"] in self.documents:
            raise DuplicateKeyError("_id")
        self.put(document)

    async def find_one(self, wanted: Document) -> Document | None:
        return next(iter(self.found(wanted)), None)

    def find(self, wanted: Document) -> FakeCursor:
        return FakeCursor(self.found(wanted))

    async def count_documents(self, wanted: Document) -> int:
        return len(self.found(wanted))

    async def update_one(self, wanted: Document, update: Document) -> None:
        await self.find_one_and_update(wanted, update, return_document=ReturnDocument.AFTER)

    async def find_one_and_update(
        self, wanted: Document, update: Document, *, return_document: bool
    ) -> Document | None:
        assert return_document is ReturnDocument.AFTER
        document = await self.find_one(wanted)
        if document is not None:
            for name, values in update.items():
                UPDATES[name](document, values)
            self.put(document)
        return document

    async def delete_one(self, wanted: Document) -> Done:
        return self.delete(self.found(wanted)[:1])

    async def delete_many(self, wanted: Document) -> Done:
        return self.delete(self.found(wanted))

    def delete(self, documents: list[Document]) -> Done:
        for document in documents:
            del self.documents[document["_id"]]
        return Done(len(documents))

    def found(self, wanted: Document) -> list[Document]:
        copies = [copy_of(document) for document in self.documents.values()]
        return [
            document
            for document in copies
            if all(fits(document.get(name), condition) for name, condition in wanted.items())
        ]

    def put(self, document: Document) -> None:
        """Keep it, if nothing of it is taken that has to be unique."""
        others = [one for key, one in self.documents.items() if key != document["_id"]]
        for index in [index for index in self.indexes.values() if index.get("unique")]:
            [name] = index["key"]
            taken = {value for other in others for value in values_of(other, name)}
            if taken & set(values_of(document, name)):
                raise DuplicateKeyError(index["name"])
        self.documents[document["_id"]] = copy_of(document)


class FakeDatabase(dict[str, FakeCollection]):
    def __missing__(self, name: str) -> FakeCollection:
        return self.setdefault(name, FakeCollection())


class FakeClient:
    def __init__(self, *_: Any, **__: Any) -> None:
        self.collections = FakeDatabase()
        self.admin = self
        self.is_closed = False

    def get_default_database(self, _name: str) -> FakeDatabase:
        return self.collections

    async def command(self, name: str) -> Document:
        assert name == "ping"
        return {"ok": 1.0}

    async def close(self) -> None:
        self.is_closed = True


def copy_of(document: Document) -> Document:
    """Return it as a server would: what BSON cannot say is an error, times lose their microseconds."""
    return bson.decode(bson.encode(document), TIMES)


def values_of(document: Document, name: str) -> list[Any]:
    value = document.get(name, [])
    return value if isinstance(value, list) else [value]


def fits(value: Any, condition: Any) -> bool:
    match condition:
        case {"$regex": pattern, "$options": "i"}:
            return re.search(pattern, value, re.IGNORECASE) is not None
        case {"$gt": limit}:
            return bool(operator.gt(value, limit))
        case dict():
            raise NotImplementedError(condition)
    return value == condition or (isinstance(value, list) and condition in value)


def increment(document: Document, values: Document) -> None:
    for name, step in values.items():
        document[name] += step


def add_to_set(document: Document, values: Document) -> None:
    for name, value in values.items():
        document[name] = list(dict.fromkeys([*document.get(name, []), value]))


UPDATES: dict[str, Callable[[Document, Document], None]] = {
    "$set": dict.update,
    "$inc": increment,
    "$addToSet": add_to_set,
}
