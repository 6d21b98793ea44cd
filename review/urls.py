from __future__ import annotations

from django.urls import path

from review import views

app_name = "review"

urlpatterns = [
    path("", views.home, name="home"),
    path("course/<int:course_pk>/", views.queue_page, name="queue"),
    path("course/<int:course_pk>/next/", views.next_response, name="next"),
    path("course/<int:course_pk>/agreement/", views.agreement_page, name="agreement"),
    path(
        "course/<int:course_pk>/agreement/<int:human>/<int:machine>/",
        views.behind_page,
        name="behind",
    ),
    path("response/<uuid:pk>/", views.response_page, name="response"),
    path("response/<uuid:pk>/similar/<uuid:other_pk>/", views.similar_page, name="similar"),
    path("response/<uuid:pk>/comments/<slug:code>/", views.comments_page, name="comments"),
    path("response/<uuid:pk>/save/", views.autosave, name="autosave"),
    path("response/<uuid:pk>/skip/", views.skip, name="skip"),
]
