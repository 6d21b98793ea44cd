from __future__ import annotations

from rest_framework.routers import SimpleRouter

from rubrics.api.views import AssessmentViewSet, RubricViewSet

app_name = "rubrics-api"

router = SimpleRouter()
router.register("rubrics", RubricViewSet, basename="rubric")
router.register("assessments", AssessmentViewSet, basename="assessment")

urlpatterns = router.urls
