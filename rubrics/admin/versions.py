# ruff: noqa: ARG002 - the admin calls methods with arguments that not every answer needs
"""Publishing and what comes after it, the same for rubrics, policies and assessments."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.enums import ActionVariant

from rubrics import drafting, publishing
from rubrics.admin.decorators import action, display
from rubrics.admin.guard import DraftAdmin, change_url
from rubrics.models import Assessment, Policy, Programme, Rubric

Version = Rubric | Policy | Assessment


class StateFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("draft", _("Draft")), ("published", _("Published"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(published_at__isnull=self.value() == "draft")


class VersionedAdmin(DraftAdmin):
    list_display = ["title", "code", "version", "state", "programme", "published_at"]
    list_display_links = ["title"]
    list_filter = [StateFilter, "programme"]
    search_fields = ["title", "code"]
    list_select_related = ["programme"]
    ordering = ["programme", "code", "-version"]
    actions_detail = ["publish", "new_draft"]
    save_on_top = False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        if obj is None:
            return []
        fixed = ["programme", "version", "state_in_words"]
        # Versions belong together by their code, so only a first version may change it.
        return [*fixed, "code"] if cast(Version, obj).version > 1 else fixed

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        programmes = Programme.objects.all()[:2]
        if len(programmes) == 1:
            initial.setdefault("programme", programmes[0].pk)
        return initial

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not obj.code:
            obj.code = drafting.free_code_for(obj)
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead on to the page of the new draft, where its parts are written."""
        if "_popup" in request.POST or "_addanother" in request.POST:
            return cast(HttpResponse, super().response_add(request, obj, post_url_continue))
        messages.success(request, self.next_step(obj))
        return HttpResponseRedirect(change_url(obj))

    def next_step(self, obj: Model) -> str:
        return _("The draft is saved.")

    @display(gettext_lazy("state"), label={"draft": "warning", "published": "success"})
    def state(self, obj: Version) -> tuple[str, str]:
        if obj.is_published:
            return "published", _("Published")
        return "draft", _("Draft")

    @display(gettext_lazy("state"))
    def state_in_words(self, obj: Version) -> str:
        if obj.published_at is None:
            return _("Draft")
        return _("Published %(day)s") % {"day": date_format(obj.published_at)}

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        obj = self.get_object(request, str(object_id))
        if obj is None:
            return []
        hidden = {"publish"} if obj.is_published else {"new_draft"}
        may_change = super().has_change_permission(request)
        may_add = self.has_add_permission(request)
        if not may_change:
            hidden.add("publish")
        if not may_add:
            hidden.add("new_draft")
        return [
            each
            for each in super().get_actions_detail(request, object_id)
            if each.path not in hidden
        ]

    @action(
        gettext_lazy("Publish …"),
        url_path="publish",
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask with everything that is still missing; on POST publish for good."""
        obj = self._found(request, object_id, may=super().has_change_permission(request))
        problems: list[str] = []
        if request.method == "POST":
            try:
                publishing.publish(obj)
            except publishing.NotPublishable as error:
                problems = error.problems
            else:
                self.log_change(request, obj, _("Published."))
                messages.success(request, _("“%(name)s” is published.") % {"name": obj.title})
                if hint := self.what_is_left(obj):
                    messages.warning(request, hint)
                return HttpResponseRedirect(change_url(obj))
        else:
            problems = publishing.all_problems(obj)
        return self._asked(
            request,
            "admin/rubrics/publish.html",
            obj,
            title=_("Publish “%(name)s”?") % {"name": obj.title},
            problems=problems,
            along=publishing.drafts_along(obj),
        )

    def what_is_left(self, obj: Version) -> str:
        """What somebody has to do yet before something published has an effect."""
        return ""

    @action(gettext_lazy("New draft version …"), url_path="new_draft", icon="edit")
    def new_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the newest draft if there is one; else ask, and on POST make one."""
        obj = self._found(request, object_id, may=self.has_add_permission(request))
        newest = publishing.newest_of(obj)
        if newest is not None and not newest.is_published:
            messages.info(
                request,
                _("There is a draft already: version %(number)d.") % {"number": newest.version},
            )
            return HttpResponseRedirect(change_url(newest))
        if request.method == "POST":
            return self._drafted(request, obj)
        return self._asked(
            request,
            "admin/rubrics/new_draft.html",
            obj,
            title=_("New draft of “%(name)s”?") % {"name": obj.title},
        )

    def _drafted(self, request: HttpRequest, obj: Version) -> HttpResponse:
        try:
            draft = cast(Version, publishing.new_draft(cast(Any, obj)))
        except publishing.NoNewVersionError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(obj))
        self.log_addition(
            request, draft, _("Draft from version %(number)d.") % {"number": obj.version}
        )
        messages.success(
            request,
            _("Version %(number)d is a draft now; learners still get the published one.")
            % {"number": draft.version},
        )
        return HttpResponseRedirect(change_url(draft))

    def _found(self, request: HttpRequest, object_id: str, *, may: bool) -> Version:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not may:
            raise PermissionDenied
        return cast(Version, obj)

    def _asked(
        self, request: HttpRequest, template: str, obj: Version, **context: Any
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": obj,
                "back": change_url(obj),
                **context,
            },
        )
