"""The REST API of items."""

from pydantic import BaseModel
from tornado.web import HTTPError

from ..db.items import Item, Items
from ..db.users import Role  # % if auth
from ..schemas import ItemChanges, ItemPage, ItemQuery, ItemView, NewItem
from .base import BaseHandler
from .json_body import json_of, query_of, refusing


class JsonHandler(BaseHandler):
    # % if auth
    needs = Role.MEMBER

    # % endif
    @property
    def items(self) -> Items:
        return Items(self.database)

    def answer(self, model: BaseModel) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(model.model_dump_json())

    def answer_item(self, item: Item) -> None:
        self.set_header("Etag", etag_of(item))
        if self.request.method == "GET" and self.check_etag_header():
            self.set_status(304)
            self.finish()
        else:
            self.answer(ItemView.model_validate(item))


class ItemsHandler(JsonHandler):
    async def get(self) -> None:
        with refusing():
            query = ItemQuery.model_validate(query_of(self))
        found, total = await self.items.page(number=query.page, size=query.size, name=query.name)
        views = [ItemView.model_validate(item) for item in found]
        self.answer(ItemPage(items=views, page=query.page, size=query.size, total=total))

    async def post(self) -> None:
        with refusing():
            wanted = NewItem.model_validate_json(json_of(self))
        item = await self.items.add(**wanted.model_dump())
        self.set_status(201)
        self.set_header("Location", self.reverse_url("item", item.id))
        self.answer_item(item)


class ItemHandler(JsonHandler):
    async def get(self, item_id: str) -> None:
        self.answer_item(await self.find(item_id))

    async def put(self, item_id: str) -> None:
        """Replace the whole item: what is not given becomes what a new item has."""
        item = await self.find_as_expected(item_id)
        with refusing():
            wanted = NewItem.model_validate_json(json_of(self))
        await self.change(item, wanted.model_dump())

    async def patch(self, item_id: str) -> None:
        item = await self.find_as_expected(item_id)
        with refusing():
            wanted = ItemChanges.model_validate_json(json_of(self))
        await self.change(item, wanted.model_dump(exclude_unset=True))

    async def delete(self, item_id: str) -> None:
        item = await self.find_as_expected(item_id)
        if not await self.items.remove(item):
            raise HTTPError(409)
        self.set_status(204)

    async def find(self, item_id: str) -> Item:
        item = await self.items.get(item_id)
        if item is None:
            raise HTTPError(404)
        return item

    async def find_as_expected(self, item_id: str) -> Item:
        """Return the item, unless somebody changed what the client saw (If-Match)."""
        item = await self.find(item_id)
        expected = self.request.headers.get("If-Match", "*")
        if expected != "*" and etag_of(item) not in [tag.strip() for tag in expected.split(",")]:
            raise HTTPError(412)
        return item

    async def change(self, item: Item, values: dict[str, object]) -> None:
        changed = await self.items.change(item, **values)
        if changed is None:
            raise HTTPError(409)
        self.answer_item(changed)


def etag_of(item: Item) -> str:
    return f'"{item.version}"'
