"""PLACEHOLDER by the lead so that Django starts: its owner overwrites this file."""


class MarkedText: ...


class TextModel: ...


def train(*a: object, **k: object) -> TextModel:
    return TextModel()
