"""Values to plain data, inside the sandbox: `[tag, content]` as JSON text.

Exact built-in types only: an instance of a subclass may carry methods, so it is described, not
sent. Nothing is imported but a C helper, because this file is loaded at each start of a sandbox.
The other half, which reads the text outside, is `plain.py`.
"""

from __future__ import annotations

from _json import encode_basestring_ascii as quote

DEPTH = 64  # containers inside containers
NODES = 20_000  # values in all; also bounds what colliding hashes can cost the reader
TEXT = 200_000  # characters or bytes in one string
BITS = 200_000  # bits in one whole number
REPR = 2_000  # characters shown of a value that is not plain
MEMORY_EXIT = 93  # exit code of a child that had no memory left to say so

_SEQUENCES: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "z"}


class NotPlain(Exception):  # noqa: N818 - says what it is
    """The value holds something that has no plain form, or too much of it."""


class _Encoder:
    def __init__(self) -> None:
        self.nodes = 0
        self.open: set[int] = set()

    def encode(self, value: object, depth: int = 0) -> str:
        self.nodes += 1
        if self.nodes > NODES or depth > DEPTH:
            raise NotPlain
        kind = type(value)
        if kind in _SEQUENCES or kind is dict:
            return self._container(value, depth)
        return _scalar(value)

    def _container(self, value: object, depth: int) -> str:
        if id(value) in self.open:
            raise NotPlain
        self.open.add(id(value))
        if type(value) is dict:
            parts = [
                f"[{self.encode(key, depth + 1)},{self.encode(item, depth + 1)}]"
                for key, item in value.items()
            ]
            tag = "d"
        else:
            parts = [self.encode(item, depth + 1) for item in value]  # type: ignore[attr-defined]
            tag = _SEQUENCES[type(value)]
        self.open.discard(id(value))
        return f'["{tag}",[{",".join(parts)}]]'


def _scalar(value: object) -> str:
    kind = type(value)
    if value is None:
        return '["n",0]'
    if kind is bool:
        return '["b",1]' if value else '["b",0]'
    if kind is int and value.bit_length() <= BITS:  # type: ignore[attr-defined]
        return f'["i","{value:x}"]'
    if kind is float:
        return f'["f","{value!r}"]'
    if kind is complex:
        return f'["c",["{value.real!r}","{value.imag!r}"]]'  # type: ignore[attr-defined]
    if kind is str and len(value) <= TEXT:  # type: ignore[arg-type]
        return f'["u",{quote(value)}]'  # type: ignore[arg-type]
    if kind is bytes and len(value) <= TEXT:  # type: ignore[arg-type]
        return f'["y","{value.hex()}"]'  # type: ignore[attr-defined]
    raise NotPlain


def encode(value: object) -> str:
    """JSON text of the value, or of its description: `["o",[type name, repr text]]`.

    The repr of a foreign object runs the learner's code; whatever that does happens in the
    learner's own process and under its limits.
    """
    try:
        return _Encoder().encode(value)
    except NotPlain:
        return f'["o",[{quote(type_name(value))},{quote(shown(value))}]]'


def type_name(value: object) -> str:
    """The true name of the type, not what a metaclass or `__class__` pretends."""
    return str(type.__dict__["__name__"].__get__(type(value)))[:100]


def shown(value: object) -> str:
    """A repr of at most `REPR` characters; what cannot be shown is said."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - the learner's code
        return f"<{type_name(value)} whose repr raised {type_name(error)}>"
    return str.__str__(text)[:REPR]
