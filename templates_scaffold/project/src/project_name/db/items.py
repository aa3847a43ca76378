"""Items: their table, and all that is ever asked of it."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, new_id
from .engine import Database


class Item(Base, kw_only=True):
    __tablename__ = "items"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default_factory=new_id)
    name: Mapped[str] = mapped_column(String(80), index=True)
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class Items:
    def __init__(self, database: Database) -> None:
        self.session = database.session

    async def page(self, *, number: int, size: int, name: str) -> tuple[Sequence[Item], int]:
        """One page of the items whose name has `name` in it, and how many there are."""
        matches = Item.name.icontains(name, autoescape=True)
        wanted = select(Item).where(matches).order_by(Item.name, Item.id)
        async with self.session() as session:
            total = await session.scalar(select(func.count()).select_from(Item).where(matches))
            found = await session.scalars(wanted.limit(size).offset((number - 1) * size))
            return found.all(), total or 0

    async def get(self, item_id: str) -> Item | None:
        async with self.session() as session:
            return await session.get(Item, item_id)

    async def add(self, **values: Any) -> Item:
        item = Item(**values)
        async with self.session.begin() as session:
            session.add(item)
        return item

    async def change(self, item: Item, **values: Any) -> Item | None:
        """Return the item with `values`; None if it is no longer the one that was read."""
        same = (Item.id == item.id) & (Item.version == item.version)
        changed = update(Item).where(same).values(**values, version=item.version + 1)
        async with self.session.begin() as session:
            done = cast("CursorResult[Any]", await session.execute(changed))
            return await session.get(Item, item.id) if done.rowcount else None

    async def remove(self, item: Item) -> bool:
        """Tell whether the item was still the one that was read, and so is gone."""
        same = (Item.id == item.id) & (Item.version == item.version)
        async with self.session.begin() as session:
            done = cast("CursorResult[Any]", await session.execute(delete(Item).where(same)))
            return bool(done.rowcount)
