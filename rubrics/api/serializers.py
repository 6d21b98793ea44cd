from __future__ import annotations

from rest_framework import serializers

from rubrics.models import (
    Anchor,
    Assessment,
    Check,
    Choice,
    Criterion,
    Gap,
    Item,
    Level,
    Pair,
    Policy,
    Rubric,
)

VERSION_FIELDS = ["id", "programme", "code", "version", "title", "published_at"]


class AnchorSerializer(serializers.ModelSerializer[Anchor]):
    class Meta:
        model = Anchor
        fields = ["text", "note"]


class LevelSerializer(serializers.ModelSerializer[Level]):
    anchors = AnchorSerializer(many=True, read_only=True)

    class Meta:
        model = Level
        fields = ["id", "points", "title", "descriptor", "anchors"]


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    competencies: serializers.SlugRelatedField[Criterion] = serializers.SlugRelatedField(
        slug_field="code", many=True, read_only=True
    )
    levels = LevelSerializer(many=True, read_only=True)

    class Meta:
        model = Criterion
        fields = [
            "id",
            "code",
            "title",
            "description",
            "weight",
            "competencies",
            "remediation",
            "levels",
        ]


class RubricLineSerializer(serializers.ModelSerializer[Rubric]):
    """A rubric in a list; `programme` is its code."""

    programme = serializers.CharField(source="programme.code", read_only=True)

    class Meta:
        model = Rubric
        fields = VERSION_FIELDS


class RubricSerializer(RubricLineSerializer):
    criteria = CriterionSerializer(many=True, read_only=True)

    class Meta:
        model = Rubric
        fields = [*VERSION_FIELDS, "criteria"]


class PolicySerializer(serializers.ModelSerializer[Policy]):
    class Meta:
        model = Policy
        fields = [
            "code",
            "version",
            "title",
            "mode",
            "stakes",
            "blind",
            "auto_threshold",
            "extended_threshold",
            "attempts",
            "checks_limit",
            "cooldown_seconds",
            "sla_hours",
            "audit_share",
            "trust_suites",
            "drafts",
            "double_blind",
            "extended_hours",
            "second_share",
            "second_for_new",
            "second_tolerance",
            "calibration_first",
            "calibration_every",
            "appeal_budget",
            "appeal_days",
            "appeal_hours",
        ]


class ChoiceSerializer(serializers.ModelSerializer[Choice]):
    class Meta:
        model = Choice
        fields = ["id", "text", "correct", "feedback"]


class PairSerializer(serializers.ModelSerializer[Pair]):
    class Meta:
        model = Pair
        fields = ["id", "text", "partner"]


class GapSerializer(serializers.ModelSerializer[Gap]):
    answers = serializers.ListField(child=serializers.CharField(), read_only=True)
    wrong = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Gap
        fields = ["id", "code", "answers", "wrong", "match_case", "tolerance", "unit", "weight"]


class CheckSerializer(serializers.ModelSerializer[Check]):
    """`criterion` is a code; null stands for the first criterion of the rubric."""

    criterion = serializers.CharField(source="criterion.code", default=None, read_only=True)
    arguments = serializers.ListField(child=serializers.CharField(), read_only=True)
    require = serializers.ListField(child=serializers.CharField(), read_only=True)
    forbid = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Check
        fields = [
            "id",
            "code",
            "kind",
            "title",
            "criterion",
            "weight",
            "call",
            "expected",
            "compare",
            "checker",
            "output_file",
            "tolerance",
            "stdin",
            "arguments",
            "rules",
            "complexity",
            "require",
            "forbid",
            "generator",
            "fault",
            "runner",
            "files",
            "tests",
            "hint",
            "show_expected",
        ]


class ItemSerializer(serializers.ModelSerializer[Item]):
    rubric = RubricLineSerializer(read_only=True)
    choices = ChoiceSerializer(many=True, read_only=True)
    pairs = PairSerializer(many=True, read_only=True)
    gaps = GapSerializer(many=True, read_only=True)
    checks = CheckSerializer(many=True, read_only=True)

    class Meta:
        model = Item
        fields = [
            "id",
            "code",
            "kind",
            "title",
            "prompt",
            "points",
            "rubric",
            "accept_multiple",
            "partial_credit",
            "choices",
            "pairs",
            "cloze",
            "gaps",
            "numeric_answer",
            "numeric_tolerance",
            "numeric_unit",
            "numeric_figures",
            "words_min",
            "words_max",
            "language",
            "filename",
            "flags",
            "starter",
            "prelude",
            "reference",
            "cpu_seconds",
            "memory_mb",
            "checks",
            "max_files",
            "extensions",
            "max_file_mb",
        ]


class AssessmentLineSerializer(serializers.ModelSerializer[Assessment]):
    """An assessment in a list; `programme` is its code."""

    programme = serializers.CharField(source="programme.code", read_only=True)

    class Meta:
        model = Assessment
        fields = VERSION_FIELDS


class AssessmentSerializer(AssessmentLineSerializer):
    policy = PolicySerializer(read_only=True)
    items = ItemSerializer(many=True, read_only=True)

    class Meta:
        model = Assessment
        fields = [
            *VERSION_FIELDS,
            "instructions",
            "language",
            "time_limit_minutes",
            "policy",
            "items",
        ]
