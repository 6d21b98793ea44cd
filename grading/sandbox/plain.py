"""Reading values that come out of the sandbox. The text is hostile until it has been read here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from grading.sandbox.encoding import BITS, DEPTH, NODES, TEXT

Plain: TypeAlias = (
    "bool | int | float | complex | str | bytes"
    " | list[Any] | tuple[Any, ...] | dict[Any, Any] | set[Any] | frozenset[Any] | None"
)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value with no plain form: its type and what it shows of itself. Equals no plain value."""

    type: str
    text: str


class Unreadable(ValueError):  # noqa: N818 - says what it is
    """The text is no value: somebody other than our own code wrote it, or too much of it."""

    permanent = True


def decode(data: object) -> Plain | Opaque:
    """The value of parsed `[tag, content]` arrays.

    Raises Unreadable. Only constructors of built-in types are called, and the number of values is
    bounded, so hostile text costs at most about a second (colliding hashes in one big set).
    """
    if type(data) is list and len(data) == 2 and data[0] == "o":
        return _opaque(data[1])
    try:
        value: Plain = _Decoder().value(data, 0)
    except Unreadable:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(str(error)[:200]) from None
    return value


def _opaque(content: object) -> Opaque:
    if type(content) is list and len(content) == 2 and all(type(part) is str for part in content):
        return Opaque(content[0][:100], content[1][:TEXT])
    raise Unreadable("an opaque value without its description")


class _Decoder:
    def __init__(self) -> None:
        self.nodes = 0

    def value(self, data: object, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > NODES or depth > DEPTH:
            raise Unreadable("too large or too deep")
        if type(data) is not list or len(data) != 2 or type(data[0]) is not str:
            raise Unreadable("not a tagged value")
        tag, content = data
        if tag == "d":
            return {
                self.value(key, depth + 1): self.value(item, depth + 1) for key, item in content
            }
        if tag in _SEQUENCES:
            if type(content) is not list:
                raise Unreadable("a sequence without its parts")
            return _SEQUENCES[tag](self.value(item, depth + 1) for item in content)
        if tag in _SCALARS:
            return _SCALARS[tag](content)
        raise Unreadable("an unknown kind of value")


def _whole_number(content: object) -> int:
    if type(content) is not str or len(content) > BITS // 4 + 2:
        raise Unreadable("a whole number that is too long")
    return int(content, 16)


def _text(content: object) -> str:
    if type(content) is not str or len(content) > TEXT:
        raise Unreadable("a text that is too long")
    return content


def _float(content: object) -> float:
    if type(content) is not str or len(content) > 40:
        raise Unreadable("not a number")
    return float(content)


def _complex(content: object) -> complex:
    if type(content) is not list or len(content) != 2:
        raise Unreadable("not a complex number")
    return complex(_float(content[0]), _float(content[1]))


_SEQUENCES: dict[str, Callable[[Any], Any]] = {"l": list, "t": tuple, "s": set, "z": frozenset}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "n": lambda _content: None,
    "b": lambda content: content == 1,
    "i": _whole_number,
    "f": _float,
    "c": _complex,
    "u": _text,
    "y": lambda content: bytes.fromhex(_text(content)),
}
