"""Values with named fields, for what processes tell each other and what policies are told, know and decide."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, Self, TypeVar, dataclass_transform

T = TypeVar("T")


class _Fields:
    """A subclass lists its fields, as a dataclass would.

    There are a hundred kinds of them, and every process of ours defines most before it can do anything. The methods
    that a dataclass gets written and compiled for it cost 0.4 ms a class; here all classes share these.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        del kw_only  # It is for type checkers to hold.
        super().__init_subclass__()
        own = tuple(cls.__annotations__)
        names = dict.fromkeys((*cls.__match_args__, *own))
        cls.__match_args__ = tuple(names)  # type: ignore[misc] # type checkers make one up themselves
        cls._names = cls._names.union(own)
        cls._defaults = {**cls._defaults, **{name: cls.__dict__[name] for name in own if name in cls.__dict__}}

    def __init__(self, *values: Any, **named: Any) -> None:
        """Take the fields; raise TypeError for one that is missing, unknown or given twice."""
        placed = dict(zip(self.__match_args__, values, strict=False))
        fields = {**self._defaults, **placed, **named}
        if len(placed) < len(values) or placed.keys() & named.keys() or fields.keys() != self._names:
            raise TypeError(f"{type(self).__name__} takes {', '.join(sorted(self._names)) or 'nothing'}")
        self.__dict__.update(fields)

    def but(self, **changes: Any) -> Self:
        """Return the same with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), frozenset(self.__dict__.items())))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"


@dataclass_transform(frozen_default=True)
class Record(_Fields):
    """One that nobody changes."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is not to be changed")


class _Anew:
    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def anew(*, factory: Callable[[], T]) -> T:
    """Be the default of a field of a State: each has one of its own."""
    return _Anew(factory)  # type: ignore[return-value]


@dataclass_transform(field_specifiers=(anew,))
class State(_Fields):
    """One that changes, and is compared by identity."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        for name, value in self.__dict__.items():
            if isinstance(value, _Anew):
                self.__dict__[name] = value.factory()
