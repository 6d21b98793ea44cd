"""The models: human marks in, candidates trained, one approved and active, rolled back at need."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from audit import record
from grading.models import PastAnswer, ScoringModel
from grading.scoring.base import CriterionSpec, LevelSpec
from grading.scoring.text_model import MarkedText, TextModel, train
from rubrics.models import Criterion, Item

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The promise: of the marks that are settled automatically, at most this share differs from what
# people settle on, with 95 % confidence (see docs/model-card.md).
LARGEST_ERROR = 0.15
SEED = 20_260


def criterion_spec(criterion: Criterion, prompt: str = "") -> CriterionSpec:
    """The criterion as scorers see it; level index i is the i-th by points."""
    return CriterionSpec(
        code=criterion.code,
        title=criterion.title,
        weight=criterion.weight,
        levels=tuple(
            LevelSpec(
                points=level.points,
                title=level.title,
                descriptor=level.descriptor,
                anchors=tuple(anchor.text for anchor in level.anchors.all()),
            )
            for level in criterion.levels.prefetch_related("anchors").order_by("points")
        ),
        prompt=prompt,
    )


def marked_texts(item: Item, criterion: Criterion) -> list[MarkedText]:
    """Past answers to the item with every rater's level on the criterion.

    Marks whose points are no level of this rubric version are left out: they were given by
    another standard.
    """
    levels = {
        points: index
        for index, points in enumerate(
            criterion.levels.order_by("points").values_list("points", flat=True)
        )
    }
    marks: dict[int, list[int]] = defaultdict(list)
    answers = PastAnswer.objects.filter(
        programme=item.assessment.programme,
        assessment_code=item.assessment.code,
        item_code=item.code,
    ).order_by("identifier")
    for answer_id, points in (
        answers.filter(marks__criterion_code=criterion.code)
        .order_by("pk", "marks__rater")
        .values_list("pk", "marks__points")
    ):
        if points in levels:
            marks[answer_id].append(levels[points])
    return [
        MarkedText(text=answer.text, marks=tuple(marks[answer.pk]))
        for answer in answers
        if marks[answer.pk]
    ]


def train_candidate(item: Item, criterion: Criterion) -> ScoringModel:
    """Trains a candidate. Raises `NotEnoughEvidence` when the marks do not carry one."""
    examples = marked_texts(item, criterion)
    model = train(criterion_spec(criterion, item.prompt), examples, seed=SEED)
    candidate, _created = ScoringModel.objects.get_or_create(
        criterion=criterion,
        item_code=item.code,
        version=model.version,
        defaults={
            "artefact": model.to_bytes(),
            "metrics": model.metrics.as_dict(),
            "promised_from": model.threshold_for(LARGEST_ERROR),
        },
    )
    return candidate


@transaction.atomic
def approve(candidate: ScoringModel, by: User) -> None:
    """Makes a model the active one; the one before is retired and can be approved again."""
    rivals = ScoringModel.objects.select_for_update().filter(
        criterion=candidate.criterion, item_code=candidate.item_code
    )
    rivals.filter(state=ScoringModel.State.ACTIVE).exclude(pk=candidate.pk).update(
        state=ScoringModel.State.RETIRED
    )
    candidate.state = ScoringModel.State.ACTIVE
    candidate.approved_by = by
    candidate.approved_at = timezone.now()
    candidate.save(update_fields=["state", "approved_by", "approved_at"])
    record.append(
        record.chain_of("model", candidate.item_code, str(candidate.criterion_id)),
        "model.approved",
        f"staff:{by.pk}",
        {"version": candidate.version, "promised_from": candidate.promised_from},
    )


def active_model(item: Item, criterion: Criterion) -> ScoringModel | None:
    return (
        ScoringModel.objects.filter(
            criterion=criterion, item_code=item.code, state=ScoringModel.State.ACTIVE
        )
        .defer("artefact", "metrics")
        .first()
    )


@lru_cache(maxsize=64)
def load(pk: int) -> TextModel:
    """The trained model of a row. Kept in memory: rows of models never change their artefact."""
    artefact = ScoringModel.objects.values_list("artefact", flat=True).get(pk=pk)
    return TextModel.from_bytes(bytes(artefact))
