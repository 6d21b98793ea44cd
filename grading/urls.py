from __future__ import annotations

from django.urls import path

from grading.views import (
    answering,
    appealing,
    assets,
    deep_linking,
    launching,
    privacy,
    regrading,
    results,
    reviewing,
    teaching,
)

app_name = "grading"

CLASS = "link/<int:link_pk>/class/"
ITEM = "attempt/<uuid:pk>/item/<slug:code>/"

urlpatterns = [
    path("link/<int:link_pk>/", launching.open_activity, name="open"),
    path("link/<int:link_pk>/again/", launching.again, name="again"),
    path("link/<int:link_pk>/begin/", launching.begin, name="begin"),
    path("link/<int:link_pk>/choose/", launching.choose_for_link, name="choose_for_link"),
    path(
        "link/<int:link_pk>/learner/<uuid:person_pk>/",
        reviewing.submission_review,
        name="submission_review",
    ),
    path(CLASS, teaching.class_page, name="class"),
    path(CLASS + "resend/", teaching.resend_all, name="resend_all"),
    path(CLASS + "resend/<int:score_pk>/", teaching.resend, name="resend"),
    path(CLASS + "roster/", teaching.read_roster, name="read_roster"),
    path(CLASS + "gradebook/", teaching.read_gradebook, name="read_gradebook"),
    path(CLASS + "regrade/", regrading.page, name="regrade"),
    path(CLASS + "regrade/begin/", regrading.begin, name="regrade_begin"),
    path(CLASS + "regrade/<uuid:pk>/publish/", regrading.publish, name="regrade_publish"),
    path(CLASS + "regrade/<uuid:pk>/drop/", regrading.drop, name="regrade_drop"),
    path("choose/<int:pk>/", deep_linking.choose, name="choose"),
    path("attempt/<uuid:pk>/", answering.attempt, name="attempt"),
    path(ITEM, answering.item, name="item"),
    path(ITEM + "save/", answering.save, name="save"),
    path(ITEM + "files/", answering.files, name="files"),
    path(ITEM + "files/<int:upload_pk>/remove/", answering.remove_file, name="remove_file"),
    path(ITEM + "check/", answering.check, name="check"),
    path(ITEM + "run/<int:number>/", answering.run, name="run"),
    path("attempt/<uuid:pk>/hand-in/", answering.hand_in, name="hand_in"),
    path(ITEM + "appeal/<slug:criterion_code>/", appealing.appeal, name="appeal"),
    path("attempt/<uuid:pk>/result/", results.result, name="result"),
    path("attempt/<uuid:pk>/learner/", reviewing.learner_result, name="learner_result"),
    path("privacy/<int:pk>/", privacy.page, name="privacy"),
    path("privacy/<int:pk>/download/", privacy.download, name="privacy_download"),
    path("privacy/<int:pk>/erase/", privacy.erase, name="privacy_erase"),
    path("file/<int:pk>/", results.file, name="file"),
    path("picture/<int:pk>/", results.picture, name="picture"),
    path("report/<int:pk>/", assets.report, name="asset_report"),
    path("attached/<int:context_pk>/", assets.processor, name="asset_processor"),
]
