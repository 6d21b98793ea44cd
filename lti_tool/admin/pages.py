"""Pages of the admin that ask something, in its own frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django_stubs_ext import StrOrPromise
from unfold import decorators
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant

F = TypeVar("F", bound=Callable[..., Any])


def action(
    description: StrOrPromise,
    *,
    icon: str,
    url_path: str,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[F], F]:
    """A link at the top of a list or of an object's page; the method's name is its path too."""
    return cast(
        Callable[[F], F],
        decorators.action(description=description, icon=icon, url_path=url_path, variant=variant),
    )


def page(
    of: ModelAdmin, request: HttpRequest, template: str, *, title: str, **context: Any
) -> HttpResponse:
    return TemplateResponse(
        request,
        template,
        {
            **admin.site.each_context(request),
            "opts": of.opts,
            "title": title,
            "back": reverse(f"admin:{of.opts.app_label}_{of.opts.model_name}_changelist"),
            **context,
        },
    )


def user_name(request: HttpRequest) -> str:
    """Who presses the button, for the record."""
    return str(request.user.get_username())
