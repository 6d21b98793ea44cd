from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from rubrics.completeness.problem import Problem, named
from rubrics.content import Policy
from rubrics.numbers import plain


def policy_problems(policy: Policy) -> Iterator[Problem]:
    return named(_("Policy “%(code)s”") % {"code": policy.code}, _problems(policy))


def _problems(policy: Policy) -> Iterator[Problem]:
    if policy.extended_threshold > policy.auto_threshold:
        yield Problem(
            ("extended_threshold",),
            _(
                "“doubtful below” (%(low)s) is above “sure enough from” (%(high)s);"
                " it must be at most the same"
            )
            % {"low": plain(policy.extended_threshold), "high": plain(policy.auto_threshold)},
        )
    if policy.sla_hours < 1:
        yield Problem(("sla_hours",), _("give people at least 1 hour to answer"))
    if policy.appeal_hours < 1:
        yield Problem(("appeal_hours",), _("give people at least 1 hour to answer an appeal"))
    if policy.drafts and (policy.blind or policy.stakes != "low"):
        yield Problem(
            ("drafts",), _("the machine's marks are filled in only for low stakes and not blind")
        )
