"""What all that is kept shares: how it becomes a document and back, and ids that nobody can guess."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

Document = dict[str, Any]


def new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class Kept:
    id: str = field(default_factory=new_id)

    @property
    def document(self) -> Document:
        facts = asdict(self)
        return {"_id": facts.pop("id"), **facts}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Read a document; what else is in it is no business of this class."""
        known = {one.name: document[one.name] for one in fields(cls) if one.name != "id"}
        return cls(id=document["_id"], **known)

    @classmethod
    def if_any(cls, document: Mapping[str, Any] | None) -> Self | None:
        return None if document is None else cls.of(document)
