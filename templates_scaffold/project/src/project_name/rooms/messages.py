"""What browsers, rooms and processes tell each other."""

from collections.abc import Sequence
from typing import Annotated, Literal

# % if broker
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter

# % else
# %| from pydantic import BaseModel, StringConstraints
# %|
# % endif
LONGEST_TEXT = 500

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]


class Line(BaseModel):
    """What somebody has said."""

    id: str
    name: str
    text: Text
    at: float
    """Seconds since 1970."""


class Say(BaseModel):
    """From a browser: say this in the room."""

    type: Literal["say"]
    text: Text


class Lines(BaseModel):
    """To a browser: these were said. One that it has already may be among them."""

    type: Literal["lines"] = "lines"
    lines: Sequence[Line]


class People(BaseModel):
    """To a browser: these are in the room now."""

    type: Literal["people"] = "people"
    names: list[str]


class Refused(BaseModel):
    """To a browser: what it sent was not taken."""

    type: Literal["refused"] = "refused"
    reason: str


class Said(BaseModel):
    """To all processes: this was said."""

    type: Literal["said"] = "said"
    room: str
    line: Line


# % if broker
class State(BaseModel):
    """To all processes: what one of them has of a room."""

    type: Literal["state"] = "state"
    room: str
    process: str
    names: list[str]
    """Who is there through this process."""
    lines: Sequence[Line] = ()
    asks: bool = False
    """The others are to tell theirs."""


Notice = Annotated[Said | State, Field(discriminator="type")]
NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice)
# % else
# %| Notice = Said
# % endif
