"""The REST API of items."""

import json
from typing import Any

from tornado.httpclient import HTTPResponse

from .support import AppCase


class ItemsTest(AppCase):
    # % if auth
    def setUp(self) -> None:
        super().setUp()
        self.cookie = self.log_in()

    # % endif
    def see(self, path: str, **headers: str) -> HTTPResponse:
        headers["Cookie"] = self.cookie  # % if auth
        return self.fetch(path, headers=headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        sent = None if body is None else json.dumps(body)
        return self.send_text(method, path, sent, **headers)

    def send_text(self, method: str, path: str, body: str | None, **headers: str) -> HTTPResponse:
        headers["Cookie"] = self.cookie  # % if auth
        return self.fetch(
            path,
            method=method,
            body=body,
            headers={"Content-Type": "application/json", **headers},
            allow_nonstandard_methods=True,
        )

    def make(self, **values: Any) -> str:
        response = self.send("POST", "/items", {"name": "Tea", **values})
        assert response.code == 201
        return response.headers["Location"]

    # % if auth
    def test_only_members_are_let_in(self) -> None:
        self.cookie = ""
        assert self.see("/items").code == 401
        assert self.send("POST", "/items", {"name": "Tea"}).code == 401

    # % endif
    def test_what_is_made_is_found(self) -> None:
        path = self.make(quantity=3)
        found = json.loads(self.see(path).body)
        assert found == {
            "id": path.rpartition("/")[2],
            "name": "Tea",
            "description": "",
            "quantity": 3,
        }

    def test_a_list_has_pages_and_a_filter(self) -> None:
        for name in ("Green tea", "Coffee", "Black tea", "100% juice"):
            self.make(name=name)
        page = json.loads(self.see("/items?name=TEA&size=1&page=2").body)
        assert [item["name"] for item in page["items"]] == ["Green tea"]
        assert (page["page"], page["size"], page["total"]) == (2, 1, 2)
        assert json.loads(self.see("/items?name=%25").body)["total"] == 1

    def test_an_item_is_replaced_whole_or_changed_in_part(self) -> None:
        path = self.make(description="Hot", quantity=3)
        patched = self.send("PATCH", path, {"quantity": 4})
        assert json.loads(patched.body)["description"] == "Hot"
        assert json.loads(patched.body)["quantity"] == 4
        replaced = self.send("PUT", path, {"name": "Coffee"})
        assert json.loads(replaced.body)["name"] == "Coffee"
        assert json.loads(replaced.body)["quantity"] == 0
        assert json.loads(self.see(path).body) == json.loads(replaced.body)

    def test_what_is_deleted_is_gone(self) -> None:
        path = self.make()
        assert self.send("DELETE", path).code == 204
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"name": "x"})):
            assert self.send(method, path, body).code == 404

    def test_nobody_overwrites_what_they_have_not_seen(self) -> None:
        path = self.make()
        seen = self.see(path).headers["Etag"]
        changed = self.send("PATCH", path, {"quantity": 1}, **{"If-Match": seen})
        assert changed.code == 200
        assert changed.headers["Etag"] != seen
        for method, body in (("PUT", {"name": "x"}), ("PATCH", {"name": "x"}), ("DELETE", None)):
            assert self.send(method, path, body, **{"If-Match": seen}).code == 412
        assert self.send("DELETE", path, **{"If-Match": changed.headers["Etag"]}).code == 204

    def test_who_has_an_item_already_is_not_sent_it_again(self) -> None:
        path = self.make()
        seen = self.see(path).headers["Etag"]
        assert self.see(path, **{"If-None-Match": seen}).code == 304

    def test_what_is_wrong_is_said_field_by_field(self) -> None:
        body = {"name": " ", "quantity": -1, "colour": "red"}
        response = self.send("POST", "/items", body)
        assert response.code == 422
        assert response.headers["Content-Type"] == "application/problem+json"
        fields = {error["field"] for error in json.loads(response.body)["errors"]}
        assert fields == {"name", "quantity", "colour"}
        assert self.see("/items?size=1000").code == 422

    def test_a_field_cannot_be_emptied_by_null(self) -> None:
        assert self.send("PATCH", self.make(), {"name": None}).code == 422

    def test_only_json_is_taken(self) -> None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert self.send("POST", "/items", {"name": "Tea"}, **form).code == 415

    def test_what_is_no_json_is_refused(self) -> None:
        assert self.send_text("POST", "/items", "{").code == 400
