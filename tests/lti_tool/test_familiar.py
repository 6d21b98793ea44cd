"""Launches of known links, which are written down in one or two statements.

What those write must be what the long way writes, so the same launches come twice: to one
registration as they are, to another one whose platform always counts as unknown.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lti_tool import columns, familiar
from lti_tool.messages import AGS_ENDPOINT, CLAIM, GROUPS_SERVICE, ROSTER_SERVICE
from lti_tool.models import (
    Context,
    Deployment,
    LineItem,
    Membership,
    Person,
    PersonName,
    Registration,
    ResourceLink,
    UsedState,
)
from tests.lti_tool.test_launch import code_of
from tests.lti_tool.tokens import (
    CONTEXT,
    CUSTOM,
    DEPLOYMENT,
    GRADER,
    INSTRUCTOR,
    LEARNER,
    REMOVED,
    RESOURCE_LINK,
    ROLES,
    SCHOOL_ADMIN,
    Lms,
)

pytestmark = pytest.mark.django_db

STORIES, LAUNCHES = 3, 40


def test_the_short_way_writes_what_the_long_way_writes(
    client: Client, lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some random stories of one LMS, compared after every launch."""
    taken = Taken(monkeypatch)
    for seed in range(STORIES):
        story = random.Random(seed)
        short = register(lms, f"short-{seed}")
        long = register(lms, f"long-{seed}")
        taken.never_for(long)
        for number in range(LAUNCHES):
            claims, between = next_launch(story, lms), next_event(story)
            told = []
            for registration in (short, long):
                between(registration)
                answer = launch(lms, client, registration, claims)
                told.append((answer.status_code, code_of(answer) if not is_open(answer) else ""))
            assert told[0] == told[1], (seed, number, claims)
            assert rows(short) == rows(long), (seed, number, claims)
    # Or nothing was compared.
    assert min(taken.short, taken.joined) > 10


def test_whoever_comes_to_a_known_link_costs_few_statements(lms: Lms) -> None:
    lms.register()
    client, newcomer = Client(), Client()
    lms.launch(client)
    assert statements(lambda: lms.launch(client)) == 1
    assert statements(lambda: lms.launch(newcomer, claims={"sub": "user-2"})) <= 3
    assert Person.objects.count() == 2


def test_a_launch_is_noted_exactly(lms: Lms) -> None:
    """A list of people that the LMS was asked for just before must not overrule it."""
    lms.register()
    lms.launch(Client())
    for roles in ([LEARNER], [INSTRUCTOR]):
        asked = timezone.now()
        lms.launch(Client(), claims={ROLES: roles})
        assert Membership.objects.get().seen_at > asked


def test_a_familiar_launch_counts_once_however_often_it_is_sent(lms: Lms) -> None:
    lms.register()
    client = Client()
    lms.launch(client)
    asked = lms.start(client)
    fields = {"state": asked["state"], "id_token": lms.token(lms.claims(asked["nonce"]))}
    assert client.post("/lti/launch/", fields).status_code == 302
    seen = Membership.objects.get().seen_at

    again = client.post("/lti/launch/", fields)

    assert code_of(again) == "state-used"
    assert Membership.objects.get().seen_at == seen


@pytest.mark.django_db(transaction=True)
def test_of_equal_familiar_launches_at_once_one_is_taken(lms: Lms) -> None:
    lms.register()
    lms.launch(Client())
    client = Client()
    asked = lms.start(client)
    token = lms.token(lms.claims(asked["nonce"], sub="user-2", name="Grace Hopper"))
    fields = {"state": asked["state"], "id_token": token}
    answers: list[int] = []

    def send() -> None:
        own = Client()
        own.cookies.load(client.cookies.output(header="", sep=";"))
        try:
            answers.append(own.post("/lti/launch/", fields).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [302] + [401] * 5
    assert PersonName.objects.get(person__sub="user-2").name == "Grace Hopper"


@pytest.mark.django_db(transaction=True)
def test_a_class_that_comes_at_once_is_written_down_whole(lms: Lms) -> None:
    lms.register()
    lms.launch(Client())
    ResourceLink.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    refused: list[object] = []

    def come(number: int) -> None:
        try:
            answer = lms.launch(Client(), claims={"sub": f"learner-{number % 8}"})
            if answer.status_code != 302:
                refused.append(answer.content)
        finally:
            connection.close()

    threads = [threading.Thread(target=come, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == []
    assert Membership.objects.count() == PersonName.objects.count() == 9
    assert UsedState.objects.count() == 17
    assert ResourceLink.objects.get().seen_at > timezone.now() - timedelta(minutes=1)


def test_a_deployment_that_is_switched_off_lets_nobody_in_any_more(lms: Lms) -> None:
    lms.register()
    lms.launch(Client())
    Deployment.objects.update(active=False)

    for sub in ("user-1", "user-2"):
        assert code_of(lms.launch(Client(), claims={"sub": sub})) == "deployment-inactive"

    assert Person.objects.count() == 1


def test_scores_go_to_the_column_that_was_named_last(lms: Lms) -> None:
    lms.register()
    first, second = f"{lms.line_items}/1", f"{lms.line_items}/2"
    for url in (first, second, first, second, second, first):
        lms.launch(Client(), claims={AGS_ENDPOINT: grades(lms, url)})
        named = columns.for_score(ResourceLink.objects.get(), maximum=100)  # type: ignore[arg-type]
        assert named is not None
        assert named.url == url


# The stories


class Taken:
    """How many launches went the short way; the registrations for which none may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.short = self.joined = 0
        self.never: set[int] = set()
        known, row = familiar._platform_is_known, familiar._row

        def is_known(registration: Registration, message: Any) -> bool:
            return registration.pk not in self.never and known(registration, message)

        def counted(statement: str, facts: dict[str, Any]) -> tuple[Any, ...]:
            found = row(statement, facts)
            self.short += statement == familiar._SEEN and found[1] is not None
            self.joined += statement == familiar._JOINED
            return found

        monkeypatch.setattr(familiar, "_platform_is_known", is_known)
        monkeypatch.setattr(familiar, "_row", counted)

    def never_for(self, registration: Registration) -> None:
        self.never.add(registration.pk)


def register(lms: Lms, client_id: str) -> Registration:
    return lms.register(client_id=client_id)


def launch(lms: Lms, client: Client, registration: Registration, claims: dict[str, Any]) -> Any:
    client.cookies.clear()
    asked = lms.start(client, client_id=registration.client_id)
    own = {"aud": registration.client_id, **claims}
    token = lms.token(lms.claims(asked["nonce"], **own))
    return client.post("/lti/launch/", {"state": asked["state"], "id_token": token})


def is_open(answer: Any) -> bool:
    return bool(answer.status_code == 302)


def grades(lms: Lms, line_item: str) -> dict[str, Any]:
    return {"scope": ["a", "b"], "lineitem": line_item, "lineitems": lms.line_items}


def next_launch(story: random.Random, lms: Lms) -> dict[str, Any]:
    """Mostly what everybody says; now and then something about one thing is different."""
    claims: dict[str, Any] = {
        "sub": f"user-{story.randint(1, 4)}",
        RESOURCE_LINK: {"id": f"link-{story.choice('112')}", "title": "Practical"},
    }
    rare: dict[str, list[Any]] = {
        "sub": [REMOVED, "user-5", "user-6", "a new one"],
        "name": ["Grace Hopper", "", REMOVED],
        "email": ["", REMOVED, "new@example.org"],
        ROLES: [[INSTRUCTOR], [INSTRUCTOR, GRADER], [], [LEARNER, SCHOOL_ADMIN], ["unknown"]],
        RESOURCE_LINK: [{"id": "link-1", "title": "Renamed"}, {"id": "link-3"}],
        CONTEXT: [REMOVED, {"id": "course-2"}, {"id": "course-1", "title": "Renamed"}],
        CUSTOM: [{}, {"assessment": "x", "cograde_link": "mark"}, REMOVED],
        AGS_ENDPOINT: [REMOVED, grades(lms, ""), grades(lms, f"{lms.line_items}/8")],
        ROSTER_SERVICE: [{"context_memberships_url": f"{lms.url}/members"}],
        GROUPS_SERVICE: [{"context_groups_url": f"{lms.url}/groups", "scope": ["g"]}],
        DEPLOYMENT: ["2"],
        CLAIM + "lti1p1": [{"user_id": "old-7"}, {"oauth_consumer_key": "k", "user_id": "old"}],
        CLAIM + "tool_platform": [{"guid": "g", "product_family_code": "other"}],
    }
    for name in story.sample(list(rare), story.choice((0, 0, 1))):
        claims[name] = story.choice(rare[name])
    return claims


def next_event(story: random.Random) -> Callable[[Registration], None]:
    """Something that happens between two launches, mostly nothing."""
    rare = [_hours_pass, _roster, _departed, _unlisted, _off]
    return story.choice([_nothing, *(4 * [_on]), *rare])


def _nothing(registration: Registration) -> None:
    pass


def _hours_pass(registration: Registration) -> None:
    earlier = timezone.now() - timedelta(hours=3)
    ResourceLink.objects.filter(context__deployment__registration=registration).update(
        seen_at=earlier
    )
    LineItem.objects.filter(resource_link__context__deployment__registration=registration).update(
        seen_at=earlier
    )
    memberships(registration).update(seen_at=earlier)


def _roster(registration: Registration) -> None:
    """The course was read: a list names people whom no launch has."""
    Context.objects.filter(deployment__registration=registration).update(
        roster_due_at=None, roster_read_at=timezone.now()
    )
    for context in Context.objects.filter(deployment__registration=registration, of_link=False):
        person, _ = Person.objects.get_or_create(registration=registration, sub="user-5")
        PersonName.objects.get_or_create(person=person, defaults={"name": "From the list"})
        Membership.objects.get_or_create(person=person, context=context)
        Person.objects.get_or_create(registration=registration, sub="user-6")


def _departed(registration: Registration) -> None:
    memberships(registration).update(departed_at=timezone.now(), rights=[])


def _unlisted(registration: Registration) -> None:
    PersonName.objects.filter(person__registration=registration).update(said="")


def _off(registration: Registration) -> None:
    Deployment.objects.filter(registration=registration, deployment_id="1").update(active=False)


def _on(registration: Registration) -> None:
    Deployment.objects.filter(registration=registration).update(active=True)


def memberships(registration: Registration) -> Any:
    return Membership.objects.filter(person__registration=registration)


def rows(registration: Registration) -> dict[str, Any]:
    """All that launches have written for a registration, without our own ids; of moments only
    whether they are of today's last minute."""
    late = timezone.now() - timedelta(minutes=1)
    people = Person.objects.filter(registration=registration)
    named = {person.pk: "unnamed" if person.anonymous else person.sub for person in people}
    contexts = Context.objects.filter(deployment__registration=registration)
    links = ResourceLink.objects.filter(context__in=contexts)
    places = {
        each.pk: (each.deployment.deployment_id, each.lti_id, each.of_link)
        for each in contexts.select_related("deployment")
    }
    registration.refresh_from_db()
    return {
        "platform": (registration.product, registration.origins),
        "people": sorted((named[each.pk], each.anonymous, each.legacy_id) for each in people),
        "names": sorted(
            (named[each.pk], each.name, each.email, each.said)
            for each in PersonName.objects.filter(person__in=people)
        ),
        "memberships": sorted(
            (
                named[each.person_id],
                places[each.context_id],
                each.roles,
                each.rights,
                each.seen_at > late,
                each.listed_at,
                each.departed_at is None,
            )
            for each in memberships(registration)
        ),
        "courses": sorted(
            (
                places[each.pk],
                each.title,
                each.label,
                each.legacy_id,
                each.roster_url,
                each.groups_url,
                each.group_scopes,
                each.roster_due_at is None,
                each.roster_read_at is None,
            )
            for each in contexts
        ),
        "links": sorted(
            (
                places[each.context_id],
                each.lti_id,
                each.title,
                sorted(each.custom.items()),
                each.uid,
                each.legacy_id,
                each.line_items_url,
                each.service_scopes,
                each.seen_at > late,
            )
            for each in links
        ),
        "columns": sorted(
            (
                places[each.resource_link.context_id],
                each.resource_link.lti_id,
                each.url,
                each.scopes,
                each.seen_at > late,
            )
            for each in LineItem.objects.filter(resource_link__in=links).select_related(
                "resource_link"
            )
        ),
        "deployments": sorted(registration.deployments.values_list("deployment_id", "active")),
    }


def statements(act: Callable[[], object]) -> int:
    """SQL statements, but for the registration, which processes keep for some seconds."""
    with CaptureQueriesContext(
        connection,
    ) as seen:
        act()
    return len([each for each in seen if 'FROM "lti_tool_registration"' not in str(each["sql"])])
