from __future__ import annotations

from django.urls import path

from lti_tool import views

app_name = "lti_tool"

urlpatterns = [
    path("login/", views.login, name="login"),
    path("launch/", views.launch, name="launch"),
    path("jwks.json", views.jwks, name="jwks"),
]
