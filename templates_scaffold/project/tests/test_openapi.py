"""The description of the API is true."""

import json
import re

from project_name.app import ROUTES
from project_name.handlers.base import BaseHandler
from project_name.openapi import OPERATIONS

from .support import AppCase


class OpenApiTest(AppCase):
    def test_every_operation_is_described_and_no_other(self) -> None:
        described = {(one.path.replace("{item_id}", ""), one.method) for one in OPERATIONS}
        there = {
            (re.sub(r"\(.*", "", route.regex.pattern).rstrip("$"), method)
            for route in ROUTES
            if route.regex.pattern.startswith("/items")
            for method in ("get", "post", "put", "patch", "delete")
            if getattr(route.target, method) is not getattr(BaseHandler, method)
        }
        assert described == there

    def test_every_reference_leads_to_a_schema(self) -> None:
        text = self.fetch("/openapi.json").body.decode()
        schemas = json.loads(text)["components"]["schemas"]
        references = set(re.findall(r'"#/components/schemas/(\w+)"', text))
        assert references <= set(schemas)
        assert {"NewItem", "ItemPage", "Problem"} <= references

    def test_people_can_read_it_without_anything_from_elsewhere(self) -> None:
        page = self.fetch("/docs")
        assert page.code == 200
        assert b"List items" in page.body
        assert b"http" not in page.body
