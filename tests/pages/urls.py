"""The addresses that base.html names, so that pages are drawn without the rooms behind them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", nothing, name="home")]
