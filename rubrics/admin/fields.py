"""Form fields for what authors type."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field, JSONField, TextField
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

# Text in which a blank or a line break at the end can matter.
PROGRAMS = frozenset({"starter", "prelude", "reference", "checker", "generator", "fault", "files"})
VERBATIM = PROGRAMS | {"stdin", "expected", "text", "cloze"}
CODE = PROGRAMS | {"stdin", "expected", "call"}
LONG = frozenset({"prompt", "cloze", "instructions", "starter", "reference", "files"})
SHORT = frozenset({"call", "rules", "hint", "feedback", "note", "descriptor", "description"})


class LinesField(forms.CharField):
    """Text with line breaks as Python knows them; browsers send them as CR LF."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return str(text).replace("\r\n", "\n") if text else ""


class ListField(forms.CharField):
    """A list of texts, one per line; entries that lines cannot hold are shown as JSON."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        if all(entry.strip() == entry and entry and "\n" not in entry for entry in value):
            lines = "\n".join(value)
            return json.dumps(value) if lines.startswith("[") else lines
        return json.dumps(value)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text.startswith("["):
            return [line.strip() for line in text.splitlines() if line.strip()]
        try:
            entries = json.loads(text)
        except ValueError:
            entries = None
        if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
            raise ValidationError(_("Write one per line, or a JSON list of texts."))
        return entries

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True


class FilesField(forms.CharField):
    """Files by their path, each begun by a line `=== path`."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "".join(f"=== {path}\n{_ended(text)}" for path, text in value.items())

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace("\r\n", "\n")
        files: dict[str, str] = {}
        path = ""
        for line in text.splitlines(keepends=True):
            if line.startswith("=== "):
                path = line[4:].strip()
                if not path or path in files:
                    raise ValidationError(_("Give each file a path of its own: === tests/it.py"))
                files[path] = ""
            elif path:
                files[path] += line
            elif line.strip():
                raise ValidationError(_("Begin each file with a line such as === tests/it.py"))
        return files

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except ValidationError:
            return True


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def text_field(db_field: Field[Any, Any], **kwargs: Any) -> forms.Field | None:
    """Return the form field of a text or list column; None for other columns."""
    name = db_field.name
    rows = 2 if name in SHORT else 10 if name in LONG else 4
    attrs = {"rows": rows, "spellcheck": "false"} if name in CODE else {"rows": rows}
    widget = UnfoldAdminTextareaWidget(attrs=attrs)
    if name in CODE:
        widget.attrs["class"] += " font-mono"
    if name == "files":
        return FilesField(
            label=db_field.verbose_name,
            required=False,
            strip=False,
            widget=widget,
            help_text=_("Begin each file with a line === and its path."),
        )
    if isinstance(db_field, JSONField):
        return ListField(
            label=db_field.verbose_name,
            required=False,
            widget=widget,
            help_text=db_field.help_text or _("One per line."),
        )
    if isinstance(db_field, TextField):
        kwargs.pop("widget", None)
        return db_field.formfield(
            form_class=LinesField, widget=widget, strip=name not in VERBATIM, **kwargs
        )
    return None
