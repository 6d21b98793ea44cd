from __future__ import annotations

from django.urls import path

from lti_tool.views import connecting, health_page, launching, notices, preferences

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
    path("health/<int:pk>/", health_page.show, name="health"),
    path("health/<int:pk>/examine/", health_page.examine, name="health_examine"),
    path("health/<int:pk>/round-trip/", health_page.round_trip, name="health_round_trip"),
    # Whoever has come
    path("preferences/", preferences.keep, name="preferences"),
    # Notices
    path("notices/<slug:address>/", notices.receive, name="notices"),
]
