"""A file into the database: new drafts where something changed, nothing where nothing did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from rubrics import completeness, content, publishing, rows
from rubrics.completeness import Problem
from rubrics.completeness.problem import below
from rubrics.interchange import yaml_form
from rubrics.interchange.problems import FileProblem, UnreadableError
from rubrics.interchange.yaml_tree import Tree
from rubrics.models import Assessment, Policy, Programme, Rubric
from rubrics.standard import STANDARD_RUBRICS


@dataclass
class Imported:
    """What an import did: one line each in `done`, and what keeps the draft from publishing."""

    assessment: Assessment
    done: list[str] = field(default_factory=list)
    open_points: list[FileProblem] = field(default_factory=list)
    changed: bool = False


@transaction.atomic
def import_assessment(raw: bytes, *, tenant: str = "default", publish: bool = False) -> Imported:
    """Take in an assessment file, whole or not at all.

    What differs from the newest version of its code becomes a new draft version. Raises
    UnreadableError with every problem of the file; with `publish` also when something is missing
    for publishing. Nothing of the database is touched then.
    """
    document, tree = yaml_form.load(raw)
    open_points = [
        FileProblem(*tree.place(problem.path), problem.words)
        for problem in document_problems(document)
    ]
    if publish and open_points:
        raise UnreadableError(open_points)
    imported = _Import(document, tenant).run()
    imported.open_points = open_points
    if publish:
        _publish(imported, tree)
    return imported


def document_problems(document: content.Document) -> Iterator[Problem]:
    """Yield what keeps the document from being published, with paths from its top."""
    rubrics = {**STANDARD_RUBRICS, **{each.code: each for each in document.rubrics}}
    for index, rubric in enumerate(document.rubrics):
        yield from below(("rubrics", index), completeness.rubric_problems(rubric))
    yield from below(("policy",), completeness.policy_problems(document.policy))
    yield from below(
        ("assessment",), completeness.assessment_problems(document.assessment, rubrics)
    )


def _publish(imported: Imported, tree: Tree) -> None:
    if imported.assessment.is_published:
        return
    try:
        publishing.publish(imported.assessment)
    except publishing.NotPublishable as error:
        place = tree.place(("assessment",))
        raise UnreadableError([FileProblem(*place, words) for words in error.problems]) from None
    imported.changed = True
    words = _("Published assessment “%(code)s” version %(version)d with its rubrics and policy.")
    imported.done.append(
        words % {"code": imported.assessment.code, "version": imported.assessment.version}
    )


class _Import:
    def __init__(self, document: content.Document, tenant: str) -> None:
        self.document = document
        self.tenant = tenant
        self.done: list[str] = []

    def run(self) -> Imported:
        self.programme = self._programme()
        self._competencies()
        rubrics = {each.code: self._rubric(each) for each in self.document.rubrics}
        for item in self.document.assessment.items:
            if item.rubric in STANDARD_RUBRICS and item.rubric not in rubrics:
                rubrics[item.rubric] = publishing.standard_rubric(self.programme, item.rubric)
        policy = self._policy(self.document.policy)
        assessment = self._assessment(policy, rubrics)
        return Imported(assessment, self.done, changed=bool(self.done))

    def _programme(self) -> Programme:
        said = self.document.programme
        programme, made = Programme.objects.get_or_create(
            tenant=self.tenant, code=said.code, defaults={"title": said.title}
        )
        # Two imports at once go one after the other, or both would make the same new version.
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        if made:
            self.done.append(_("Made programme “%(code)s”.") % {"code": said.code})
        elif programme.title != said.title:
            programme.title = said.title
            programme.save(update_fields=["title"])
            self.done.append(_("Renamed programme “%(code)s”.") % {"code": said.code})
        return programme

    def _competencies(self) -> None:
        existing = {each.code: each for each in self.programme.competencies.all()}
        for said in self.document.competencies:
            competency = existing.get(said.code)
            values = {"title": said.title, "description": said.description}
            if competency is None:
                self.programme.competencies.create(code=said.code, **values)
                self.done.append(_("Made competency “%(code)s”.") % {"code": said.code})
            elif (competency.title, competency.description) != (said.title, said.description):
                self.programme.competencies.filter(pk=competency.pk).update(**values)
                self.done.append(_("Changed competency “%(code)s”.") % {"code": said.code})

    def _rubric(self, said: content.Rubric) -> Rubric:
        newest = publishing.latest(Rubric, self.programme, said.code, published=False)
        if newest is not None and rows.rubric_content(newest) == said:
            return newest
        version = publishing.next_version(Rubric, self.programme, said.code)
        rubric = rows.write_rubric(self.programme, said, version)
        words = _("Made rubric “%(code)s” version %(version)d, a draft.")
        self.done.append(words % {"code": said.code, "version": version})
        return rubric

    def _policy(self, said: content.Policy) -> Policy:
        newest = publishing.latest(Policy, self.programme, said.code, published=False)
        if newest is not None and rows.policy_content(newest) == said:
            return newest
        version = publishing.next_version(Policy, self.programme, said.code)
        policy = rows.write_policy(self.programme, said, version)
        words = _("Made policy “%(code)s” version %(version)d, a draft.")
        self.done.append(words % {"code": said.code, "version": version})
        return policy

    def _assessment(self, policy: Policy, rubrics: dict[str, Rubric]) -> Assessment:
        said = self.document.assessment
        newest = publishing.latest(Assessment, self.programme, said.code, published=False)
        if newest is not None and self._is_the_same(newest, policy, rubrics):
            return newest
        version = publishing.next_version(Assessment, self.programme, said.code)
        assessment = rows.write_assessment(
            self.programme, said, version, policy=policy, rubrics=rubrics
        )
        words = _("Made assessment “%(code)s” version %(version)d, a draft.")
        self.done.append(words % {"code": said.code, "version": version})
        return assessment

    def _is_the_same(self, newest: Assessment, policy: Policy, rubrics: dict[str, Rubric]) -> bool:
        used = rows.rubrics_of(newest)
        return (
            newest.policy_id == policy.pk
            and rows.assessment_content(newest) == self.document.assessment
            and all(rubric.pk == rubrics[code].pk for code, rubric in used.items())
        )
