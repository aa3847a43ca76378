"""Items: what is kept of them, and all that is ever asked of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReturnDocument

from .base import Document, Kept
from .engine import Database


@dataclass(frozen=True, kw_only=True)
class Item(Kept):
    name: str
    description: str = ""
    quantity: int = 0
    version: int = 1


class Items:
    def __init__(self, database: Database) -> None:
        self.items = database["items"]

    async def page(self, *, number: int, size: int, name: str) -> tuple[Sequence[Item], int]:
        """One page of the items whose name has `name` in it, and how many there are."""
        matches: Document = {"name": {"$regex": re.escape(name), "$options": "i"}}
        total = await self.items.count_documents(matches)
        found = self.items.find(matches).sort(["name", "_id"])
        wanted = found.skip((number - 1) * size).limit(size)
        return [Item.of(document) async for document in wanted], total

    async def get(self, item_id: str) -> Item | None:
        return Item.if_any(await self.items.find_one({"_id": item_id}))

    async def add(self, **values: Any) -> Item:
        item = Item(**values)
        await self.items.insert_one(item.document)
        return item

    async def change(self, item: Item, **values: Any) -> Item | None:
        """Return the item with `values`; None if it is no longer the one that was read."""
        changed = await self.items.find_one_and_update(
            {"_id": item.id, "version": item.version},
            {"$set": {**values, "version": item.version + 1}},
            return_document=ReturnDocument.AFTER,
        )
        return Item.if_any(changed)

    async def remove(self, item: Item) -> bool:
        """Tell whether the item was still the one that was read, and so is gone."""
        done = await self.items.delete_one({"_id": item.id, "version": item.version})
        return bool(done.deleted_count)
