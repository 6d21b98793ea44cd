"""Values that are encrypted before they reach the database.

The keys come from ``settings.ENCRYPTION_KEYS``: the first one encrypts, every one of them
decrypts, so a key is rotated by putting a new one in front and saving the rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.lookups import IsNull


class CannotDecrypt(ImproperlyConfigured):
    """None of the configured keys opens a stored value."""


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty: nothing can be encrypted.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must hold Fernet keys (32 bytes in URL-safe base64)."
        ) from error


def _current() -> MultiFernet:
    keys: Sequence[str] = settings.ENCRYPTION_KEYS
    return _cipher(tuple(keys))


def encrypt(text: str) -> str:
    """The Fernet token (ASCII) that hides ``text``; different at every call."""
    return _current().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """The text behind a token of :func:`encrypt`; raises :class:`CannotDecrypt`."""
    try:
        return _current().decrypt(token.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise CannotDecrypt(
            "A stored value cannot be decrypted with any of ENCRYPTION_KEYS. "
            "Put the key that was used when it was stored back into the list."
        ) from error


class EncryptedTextField(models.TextField[str, str]):
    """Text that the database only ever sees encrypted. Empty text stays empty.

    Equal texts have different ciphertexts, so the field cannot be searched: every look-up but
    ``isnull`` is refused instead of silently matching nothing.
    """

    def get_lookup(self, lookup_name: str) -> Any:
        return IsNull if lookup_name == "isnull" else None

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, *_expression_and_connection: object) -> str | None:
        return decrypt(value) if value else value
