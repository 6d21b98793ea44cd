from __future__ import annotations

from django.urls import path

from grading.views import answering, deep_linking, launching, results, teaching

app_name = "grading"

ITEM = "attempt/<uuid:pk>/item/<slug:code>/"

urlpatterns = [
    path("link/<int:link_pk>/", launching.open_activity, name="open"),
    path("link/<int:link_pk>/begin/", launching.begin, name="begin"),
    path("link/<int:link_pk>/choose/", launching.choose_for_link, name="choose_for_link"),
    path("link/<int:link_pk>/class/", teaching.class_page, name="class"),
    path("link/<int:link_pk>/class/resend/<int:score_pk>/", teaching.resend, name="resend"),
    path("choose/<int:pk>/", deep_linking.choose, name="choose"),
    path("attempt/<uuid:pk>/", answering.attempt, name="attempt"),
    path(ITEM, answering.item, name="item"),
    path(ITEM + "save/", answering.save, name="save"),
    path(ITEM + "check/", answering.check, name="check"),
    path(ITEM + "run/<int:number>/", answering.run, name="run"),
    path("attempt/<uuid:pk>/hand-in/", answering.hand_in, name="hand_in"),
    path("attempt/<uuid:pk>/result/", results.result, name="result"),
    path("file/<int:pk>/", results.file, name="file"),
]
