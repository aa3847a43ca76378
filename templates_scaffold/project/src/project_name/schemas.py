"""What the API takes and gives."""

from pydantic import BaseModel, ConfigDict, Field


# % if openapi
class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    status: int
    title: str
    request_id: str
    errors: list[FieldError] = []


# % endif
class Strict(BaseModel):
    """What is not known is refused, and not lost without a word."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewItem(Strict):
    name: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=2000)
    quantity: int = Field(default=0, ge=0, le=1_000_000_000)


class ItemChanges(Strict):
    """Only the fields that are given are changed."""

    name: str = Field(default="", min_length=1, max_length=80)
    description: str = Field(default="", max_length=2000)
    quantity: int = Field(default=0, ge=0, le=1_000_000_000)


class ItemQuery(Strict):
    page: int = Field(default=1, ge=1, le=10_000, description="Counted from 1")
    size: int = Field(default=20, ge=1, le=100, description="Items on a page, 100 at most")
    name: str = Field(default="", max_length=80, description="Only items with this in their name")


class ItemView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    description: str
    quantity: int


class ItemPage(BaseModel):
    items: list[ItemView]
    page: int
    size: int
    total: int
