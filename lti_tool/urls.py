from __future__ import annotations

from django.urls import path

from lti_tool.views import launching

app_name = "lti_tool"

urlpatterns = [
    # Launching
    path("login/", launching.login, name="login"),
    path("launch/", launching.launch, name="launch"),
    path("jwks.json", launching.jwks, name="jwks"),
    # Connecting an LMS
]
