from __future__ import annotations

from django.urls import path

from review.views import comparing, grouping, marking, queueing, remarks

app_name = "review"

COURSE = "course/<int:course_pk>/"
RESPONSE = "response/<uuid:pk>/"

urlpatterns = [
    path("", queueing.home, name="home"),
    path(COURSE, queueing.queue_page, name="queue"),
    path(COURSE + "next/", queueing.next_response, name="next"),
    path(COURSE + "views/", queueing.keep_view, name="keep_view"),
    path(COURSE + "yourself/", queueing.yourself, name="yourself"),
    path(COURSE + "agreement/", comparing.agreement_page, name="agreement"),
    path(
        COURSE + "agreement/<slug:against>/<int:human>/<int:other>/",
        comparing.behind_page,
        name="behind",
    ),
    path("claim/<int:decision_pk>/release/", queueing.release_claim, name="release_claim"),
    path(RESPONSE, marking.response_page, name="response"),
    path(RESPONSE + "similar/<uuid:other_pk>/", marking.similar_page, name="similar"),
    path(RESPONSE + "comments/<slug:code>/", marking.comments_page, name="comments"),
    path(RESPONSE + "comments/<slug:code>/preview/", marking.comment_preview, name="preview"),
    path(RESPONSE + "save/", marking.autosave, name="autosave"),
    path(RESPONSE + "ahead/", marking.ahead, name="ahead"),
    path(RESPONSE + "skip/", marking.skip, name="skip"),
    path(RESPONSE + "annotate/", remarks.annotate, name="annotate"),
    path(RESPONSE + "note/", remarks.note, name="note"),
    path(RESPONSE + "flag/", remarks.flag, name="flag"),
    path(RESPONSE + "gold/", comparing.choose_gold, name="gold"),
    path("review/<int:review_pk>/undo/", marking.take_back, name="undo"),
    path("review/<int:review_pk>/alike/", grouping.alike_page, name="alike"),
    path("review/<int:review_pk>/alike/count/", grouping.alike_count, name="alike_count"),
    path("review/<int:review_pk>/compared/", comparing.compared_page, name="compared"),
    path("batch/<uuid:pk>/", grouping.batch_page, name="batch"),
    path("batch/<uuid:pk>/undo/", grouping.undo_batch, name="undo_batch"),
]
