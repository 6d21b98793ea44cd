from __future__ import annotations

from django.urls import path

from lti_tool.views import connecting, launching

app_name = "lti_tool"

urlpatterns = [
    # Launching
    path("login/", launching.login, name="login"),
    path("launch/", launching.launch, name="launch"),
    path("window/", launching.window, name="window"),
    path("jwks.json", launching.jwks, name="jwks"),
    # Connecting an LMS
    path("register/<slug:tenant>/<str:token>/", connecting.register, name="register"),
    path("addresses/", connecting.addresses, name="addresses"),
    path("canvas.json", connecting.canvas, name="canvas"),
]
