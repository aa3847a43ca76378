"""Files go to the disk and come back, whole or in parts."""

import re
from pathlib import Path

import pytest
from tornado.httpclient import HTTPResponse

from project_name.handlers import files
from project_name.uploads import safe_name

from .support import AppCase

FORM = (
    b'--edge\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
    b"Content-Type: text/plain\r\n\r\n%b\r\n--edge--\r\n"
)


class FilesTest(AppCase):
    # % if auth
    def setUp(self) -> None:
        super().setUp()
        self.cookie = self.log_in()

    # % endif
    def see(self, path: str, **headers: str) -> HTTPResponse:
        headers["Cookie"] = self.cookie  # % if auth
        return self.fetch(path, headers=headers)

    def send(self, body: bytes, kind: str = "multipart/form-data; boundary=edge") -> HTTPResponse:
        headers = {"Content-Type": kind}
        headers["Cookie"] = self.cookie  # % if auth
        return self.fetch(
            "/files", method="POST", body=body, headers=headers, follow_redirects=False
        )

    def upload(self, name: bytes = b"notes.txt", content: bytes = b"0123456789") -> str:
        """Return the path of the file."""
        assert self.send(FORM % (name, content)).code == 303
        found = re.search(r'href="(/files/[^"]+)"', self.see("/files").body.decode())
        assert found is not None
        return found[1]

    @property
    def on_disk(self) -> list[Path]:
        folder: Path = self._app.settings["config"].uploads
        return [path for path in folder.rglob("*") if path.is_file()]

    def test_a_file_comes_back_as_it_was(self) -> None:
        content = bytes(range(256)) * 4096
        response = self.see(self.upload(content=content))
        assert response.body == content
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_download_goes_on_where_it_was_broken_off(self) -> None:
        response = self.see(self.upload(), Range="bytes=4-6")
        assert (response.code, response.body) == (206, b"456")

    def test_what_is_no_form_or_has_no_file_leaves_nothing(self) -> None:
        for kind in ("text/plain", "multipart/form-data"):
            assert self.send(b"x", kind).code == 415
        assert self.send(b"no form at all").code == 422
        assert self.send(FORM % (b"", b"")).code == 422
        assert self.send((FORM % (b"half.txt", b"x"))[:-10]).code == 422
        assert self.on_disk == []

    def test_what_is_too_large_is_refused(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "LARGEST", 10)
            assert self.send(FORM % (b"a.txt", b"x" * 100)).code == 413
        assert self.on_disk == []

    # % if auth
    def test_only_members_see_files(self) -> None:
        path = self.upload()
        self.cookie = ""
        assert self.see(path).code == 401
        assert self.send(FORM % (b"a.txt", b"x")).code == 401

    # % endif
    def test_no_path_leads_out_of_the_folder(self) -> None:
        self.upload(b"../../../etc/passwd")
        [file] = self.on_disk
        assert file.name == "passwd"
        folder = file.parent.name
        assert self.see(f"/files/{folder}/..%2f..%2fsecret").code in (403, 404)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("notes.txt", "notes.txt"),
        ("C:\\temp\\a b.txt", "a_b.txt"),
        ("../..", "file"),
        (".bashrc", "bashrc"),
        ('x";\r\n.html', "x_.html"),
        ("über.pdf", "über.pdf"),
        ("z" * 200 + ".txt", "z" * 96 + ".txt"),
    ],
)
def test_names_are_safe(given: str, safe: str) -> None:
    assert safe_name(given) == safe
