"""Contents in and out of the database.

Reading prefetches what it needs: a whole assessment is a fixed, small number of queries.
Writing makes drafts only; nothing here publishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields

from rubrics import content, models
from rubrics.standard import STANDARD_RUBRICS


def rubric_content(rubric: models.Rubric) -> content.Rubric:
    criteria = rubric.criteria.prefetch_related("competencies", "levels__anchors")
    return content.Rubric(
        code=rubric.code,
        title=rubric.title,
        criteria=tuple(_criterion_content(each) for each in criteria),
    )


def _criterion_content(criterion: models.Criterion) -> content.Criterion:
    return content.Criterion(
        code=criterion.code,
        title=criterion.title,
        description=criterion.description,
        weight=criterion.weight,
        competencies=tuple(sorted(each.code for each in criterion.competencies.all())),
        remediation=criterion.remediation,
        levels=tuple(
            content.Level(
                points=level.points,
                title=level.title,
                descriptor=level.descriptor,
                anchors=tuple(content.Anchor(each.text, each.note) for each in level.anchors.all()),
            )
            for level in criterion.levels.all()
        ),
    )


def policy_content(policy: models.Policy) -> content.Policy:
    names = [field.name for field in fields(content.Policy)]
    return content.Policy(**{name: getattr(policy, name) for name in names})


def assessment_content(assessment: models.Assessment) -> content.Assessment:
    items = assessment.items.select_related("rubric").prefetch_related(
        "choices", "pairs", "gaps", "checks__criterion"
    )
    return content.Assessment(
        code=assessment.code,
        title=assessment.title,
        instructions=assessment.instructions,
        language=assessment.language,
        time_limit_minutes=assessment.time_limit_minutes,
        items=tuple(item_content(each) for each in items),
    )


def item_content(item: models.Item) -> content.Item:
    everything = content.Item(
        code=item.code,
        kind=item.kind,
        title=item.title,
        rubric=item.rubric.code,
        points=item.points,
        prompt=item.prompt,
        accept_multiple=item.accept_multiple,
        partial_credit=item.partial_credit,
        choices=tuple(
            content.Choice(each.text, each.correct, each.feedback) for each in item.choices.all()
        ),
        pairs=tuple(content.Pair(each.text, each.partner) for each in item.pairs.all()),
        cloze=item.cloze,
        gaps=tuple(_gap_content(each) for each in item.gaps.all()),
        numeric_answer=item.numeric_answer,
        numeric_tolerance=item.numeric_tolerance,
        numeric_unit=item.numeric_unit,
        numeric_figures=item.numeric_figures,
        words_min=item.words_min,
        words_max=item.words_max,
        language=item.language,
        filename=item.filename,
        flags=tuple(item.flags),
        starter=item.starter,
        prelude=item.prelude,
        reference=item.reference,
        cpu_seconds=item.cpu_seconds,
        memory_mb=item.memory_mb,
        checks=tuple(_check_content(each) for each in item.checks.all()),
        max_files=item.max_files,
        extensions=tuple(item.extension_list),
        max_file_mb=item.max_file_mb,
    )
    return content.only_its_kind(everything)


def _gap_content(gap: models.Gap) -> content.Gap:
    return content.Gap(
        code=gap.code,
        answers=tuple(gap.answers),
        wrong=tuple(gap.wrong),
        match_case=gap.match_case,
        tolerance=gap.tolerance,
        unit=gap.unit,
        weight=gap.weight,
    )


def _check_content(check: models.Check) -> content.Check:
    everything = content.Check(
        code=check.code,
        kind=check.kind,
        title=check.title,
        criterion=check.criterion.code if check.criterion else None,
        weight=check.weight,
        call=check.call,
        expected=check.expected,
        compare=check.compare,
        checker=check.checker,
        output_file=check.output_file,
        tolerance=check.tolerance,
        stdin=check.stdin,
        arguments=tuple(check.arguments),
        rules=check.rules,
        complexity=check.complexity,
        require=tuple(check.require),
        forbid=tuple(check.forbid),
        generator=check.generator,
        fault=check.fault,
        runner=check.runner,
        files=dict(check.files),
        tests=check.tests,
        hint=check.hint,
        show_expected=check.show_expected,
    )
    return content.only_its_check_kind(everything)


def document(assessment: models.Assessment) -> content.Document:
    """Return the assessment with its policy, its own rubrics and the competencies they name.

    Rubrics are in the order in which items first use them, competencies by code. Of a rubric that
    two items use in different versions (a draft that cannot be published) the first is taken.
    """
    programme = assessment.programme
    rubrics = {
        code: rubric_content(rubric)
        for code, rubric in rubrics_of(assessment).items()
        if code not in STANDARD_RUBRICS
    }
    named = {
        code
        for rubric in rubrics.values()
        for criterion in rubric.criteria
        for code in criterion.competencies
    }
    return content.Document(
        programme=content.Programme(programme.code, programme.title),
        policy=policy_content(assessment.policy),
        assessment=assessment_content(assessment),
        competencies=tuple(
            content.Competency(each.code, each.title, each.description)
            for each in programme.competencies.filter(code__in=named).order_by("code")
        ),
        rubrics=tuple(rubrics.values()),
    )


def rubrics_of(assessment: models.Assessment) -> dict[str, models.Rubric]:
    """Return the rubrics that the items use, by code, in the order of first use."""
    used: dict[str, models.Rubric] = {}
    for item in assessment.items.select_related("rubric"):
        used.setdefault(item.rubric.code, item.rubric)
    return used


def write_rubric(
    programme: models.Programme, written: content.Rubric, version: int
) -> models.Rubric:
    """Store a draft. Every competency that it names must exist in the programme."""
    rubric = models.Rubric.objects.create(
        programme=programme, code=written.code, title=written.title, version=version
    )
    competencies = {each.code: each for each in programme.competencies.all()}
    for position, each in enumerate(written.criteria, start=1):
        criterion = models.Criterion.objects.create(
            rubric=rubric,
            position=position,
            code=each.code,
            title=each.title,
            description=each.description,
            weight=each.weight,
            remediation=each.remediation,
        )
        criterion.competencies.set([competencies[code] for code in each.competencies])
        _write_levels(criterion, each.levels)
    return rubric


def _write_levels(criterion: models.Criterion, levels: Iterable[content.Level]) -> None:
    for written in levels:
        level = models.Level.objects.create(
            criterion=criterion,
            points=written.points,
            title=written.title,
            descriptor=written.descriptor,
        )
        models.Anchor.objects.bulk_create(
            models.Anchor(level=level, text=each.text, note=each.note) for each in written.anchors
        )


def write_policy(
    programme: models.Programme, written: content.Policy, version: int
) -> models.Policy:
    """Store a draft."""
    return models.Policy.objects.create(programme=programme, version=version, **asdict(written))


def write_assessment(
    programme: models.Programme,
    written: content.Assessment,
    version: int,
    *,
    policy: models.Policy,
    rubrics: Mapping[str, models.Rubric],
) -> models.Assessment:
    """Store a draft. `rubrics` has each rubric that an item names, by code."""
    assessment = models.Assessment.objects.create(
        programme=programme,
        code=written.code,
        title=written.title,
        version=version,
        instructions=written.instructions,
        language=written.language,
        time_limit_minutes=written.time_limit_minutes,
        policy=policy,
    )
    for position, each in enumerate(written.items, start=1):
        _write_item(assessment, position, each, rubrics[each.rubric])
    return assessment


def _write_item(
    assessment: models.Assessment, position: int, written: content.Item, rubric: models.Rubric
) -> None:
    item = models.Item.objects.create(
        assessment=assessment,
        position=position,
        code=written.code,
        kind=written.kind,
        title=written.title,
        prompt=written.prompt,
        points=written.points,
        rubric=rubric,
        accept_multiple=written.accept_multiple,
        partial_credit=written.partial_credit,
        cloze=written.cloze,
        numeric_answer=written.numeric_answer,
        numeric_tolerance=written.numeric_tolerance,
        numeric_unit=written.numeric_unit,
        numeric_figures=written.numeric_figures,
        words_min=written.words_min,
        words_max=written.words_max,
        language=written.language,
        filename=written.filename,
        flags=list(written.flags),
        starter=written.starter,
        prelude=written.prelude,
        reference=written.reference,
        cpu_seconds=written.cpu_seconds,
        memory_mb=written.memory_mb,
        max_files=written.max_files,
        extensions=", ".join(written.extensions),
        max_file_mb=written.max_file_mb,
    )
    models.Choice.objects.bulk_create(
        models.Choice(item=item, position=number, **asdict(each))
        for number, each in enumerate(written.choices, start=1)
    )
    models.Pair.objects.bulk_create(
        models.Pair(item=item, position=number, **asdict(each))
        for number, each in enumerate(written.pairs, start=1)
    )
    models.Gap.objects.bulk_create(
        _gap_row(item, number, each) for number, each in enumerate(written.gaps, start=1)
    )
    criteria = {each.code: each for each in rubric.criteria.all()}
    models.Check.objects.bulk_create(
        _check_row(item, number, each, criteria)
        for number, each in enumerate(written.checks, start=1)
    )


def _gap_row(item: models.Item, position: int, written: content.Gap) -> models.Gap:
    values = asdict(written)
    for name in ("answers", "wrong"):
        values[name] = list(values[name])
    return models.Gap(item=item, position=position, **values)


def _check_row(
    item: models.Item,
    position: int,
    written: content.Check,
    criteria: Mapping[str, models.Criterion],
) -> models.Check:
    values = asdict(written)
    for name in ("arguments", "require", "forbid"):
        values[name] = list(values[name])
    values["files"] = dict(values["files"])
    # A code that the rubric does not have can come from a draft whose item changed its rubric.
    values["criterion"] = criteria.get(written.criterion or "")
    return models.Check(item=item, position=position, **values)
