"""A course with people and a published assessment, for tests of every room above rubrics.

Ada and Ben are learners, Sofia a reviewer (Instructor#Grader), Tomas the teacher; Olga learns in
another course of the same LMS, and `elsewhere()` makes a whole world behind another registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from grading import decisions, intake, pipeline, placements
from grading.models import Placement, Response, RoutingDecision, Submission
from lti_tool.models import (
    Context,
    Deployment,
    LineItem,
    Membership,
    Person,
    Registration,
    ResourceLink,
)
from lti_tool.roles import MEMBERSHIP, rights_of
from review import marking
from review.models import Review
from rubrics.models import Assessment
from rubrics.publishing import new_draft, publish

ASSESSMENT = Path(__file__).parent / "assessment.yaml"
LEARNER = [f"{MEMBERSHIP}#Learner"]
TEACHER = [f"{MEMBERSHIP}#Instructor"]
REVIEWER = [f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}/Instructor#Grader"]
SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
RIGHT_CODE = "def double(x):\n    return 2 * x\n"


@dataclass
class World:
    course: Context
    link: ResourceLink
    placement: Placement
    assessment: Assessment
    ada: Person
    ben: Person
    sofia: Person
    tomas: Person

    def join(self, sub: str, roles: list[str], course: Context | None = None) -> Person:
        return join(course or self.course, sub, roles)

    def under(self, **rules: object) -> None:
        """From now on attempts begin under a policy with these rules."""
        policy = new_draft(self.assessment.policy)
        for name, value in rules.items():
            setattr(policy, name, value)
        policy.save()
        draft = new_draft(self.assessment)
        draft.policy = policy
        draft.save(update_fields=["policy"])
        publish(draft)
        self.assessment = placements.current_assessment(self.placement)

    def answered(self, person: Person | None = None, **answers: str) -> Submission:
        """An open attempt with answers by item code; right ones where none are given."""
        submission = intake.begin(self.placement, person or self.ada)
        right = {
            "double": RIGHT_CODE,
            "rate": "12.5 ms",
            "why": "Because it is.",
            "pick": "This one",
        }
        for code, text in {**right, **answers}.items():
            response = submission.responses.get(item__code=code)
            if code == "pick":
                chosen = [choice.pk for choice in response.item.choices.filter(text=text)]
                intake.save(response, choices=chosen)
            else:
                intake.save(response, text=text)
        return submission

    def handed_in(self, person: Person | None = None, **answers: str) -> Submission:
        return intake.hand_in(self.answered(person, **answers))

    def routed(self, person: Person | None = None, **answers: str) -> Submission:
        """Handed in and taken by the pipeline as far as it goes without a person."""
        submission = self.handed_in(person, **answers)
        pipeline.advance(str(submission.pk))
        submission.refresh_from_db()
        return submission

    def waiting(self, person: Person | None = None, **answers: str) -> Response:
        """A response that waits for a reviewer."""
        return self.routed(person, **answers).responses.get(item__code="why")


def marked(response: Response, by: Person, correctness: int = 1, clarity: int = 1) -> Review:
    """`by` marks a response that waits until it is final, through the reveal where there is one."""
    review = marking.open_review(by, decision_of(response))
    points = {"correctness": correctness, "clarity": clarity}
    chosen = {
        criterion: marking.Choice(criterion.levels.get(points=points[criterion.code]), "")
        for criterion in response.item.rubric.criteria.all()
    }
    while review.settled_at is None:
        review = marking.save(review, chosen)
    return review


def released(here: World, person: Person | None = None, **answers: str) -> Response:
    """The response that a reviewer marked of an attempt whose grade has left."""
    response = here.waiting(person, **answers)
    marked(response, here.sofia)
    pipeline.advance(str(response.submission_id))
    response.submission.refresh_from_db()
    assert response.submission.state == Submission.State.RELEASED
    return response


def decision_of(response: Response) -> RoutingDecision:
    """The newest step on the response's way."""
    found = decisions.of(response)
    assert found is not None
    return found


def join(course: Context, sub: str, roles: list[str]) -> Person:
    person, _ = Person.objects.get_or_create(registration=course.deployment.registration, sub=sub)
    Membership.objects.create(
        person=person, context=course, roles=roles, rights=sorted(rights_of(roles))
    )
    return person


def course_of(registration: Registration, name: str) -> Context:
    deployment, _ = Deployment.objects.get_or_create(
        registration=registration, deployment_id="1", defaults={"active": True}
    )
    return Context.objects.create(deployment=deployment, lti_id=name, title=name)


def registered(tenant: str = "default", name: str = "lms") -> Registration:
    address = f"https://{name}.example"
    return Registration.objects.create(
        tenant=tenant,
        name=name,
        issuer=address,
        client_id="cograde",
        auth_login_url=f"{address}/auth",
        token_url=f"{address}/token",
        jwks_url=f"{address}/jwks",
        active=True,
    )


def world(tenant: str = "default", name: str = "lms") -> World:
    call_command("import_assessment", str(ASSESSMENT), publish=True, tenant=tenant, verbosity=0)
    course = course_of(registered(tenant, name), "Autumn")
    link = ResourceLink.objects.create(
        context=course, lti_id="practical", title="Practical", custom={"assessment": "small"}
    )
    LineItem.objects.create(
        resource_link=link,
        url=f"https://{name}.example/items/1",
        scopes=[SCOPE + "score", SCOPE + "result.readonly"],
        seen_at=timezone.now(),
    )
    placement = placements.resolve(link)
    assert placement is not None
    return World(
        course=course,
        link=link,
        placement=placement,
        assessment=placements.current_assessment(placement),
        ada=join(course, "ada", LEARNER),
        ben=join(course, "ben", LEARNER),
        sofia=join(course, "sofia", REVIEWER),
        tomas=join(course, "tomas", TEACHER),
    )


def signed_in(person: Person) -> Client:
    """A browser in which this person has launched."""
    client = Client()
    session = client.session
    session["person"] = str(person.pk)
    session.save()
    return client
