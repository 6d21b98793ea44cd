"""unfold's decorators, with types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from django_stubs_ext import StrOrPromise
from unfold import decorators
from unfold.enums import ActionVariant

F = TypeVar("F", bound=Callable[..., Any])


def display(
    description: StrOrPromise, *, label: Mapping[str, str] | None = None
) -> Callable[[F], F]:
    """A column or read-only field; with `label` its key is shown as a coloured label."""
    return cast(Callable[[F], F], decorators.display(description=description, label=label))


def action(
    description: StrOrPromise,
    *,
    url_path: str,
    icon: str,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[F], F]:
    """A link at the top of an object's page. The path is the method's name too."""
    return cast(
        Callable[[F], F],
        decorators.action(description=description, url_path=url_path, icon=icon, variant=variant),
    )
