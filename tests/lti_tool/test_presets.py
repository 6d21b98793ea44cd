"""What we tell people about their LMS: the addresses follow, and nothing is left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from lti_tool import health, presets, quirks, transport
from lti_tool.admin.connections import _value
from lti_tool.models import Registration
from lti_tool.presets import OTHER, PRESETS, Preset
from lti_tool.refusals import REFUSALS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "lms"
KNOWN = [preset for preset in PRESETS if preset is not OTHER]


def ids(preset: Preset) -> str:
    return preset.code


def test_moodle_is_found_below_its_own_address() -> None:
    found = presets.MOODLE.addresses("moodle.example.edu/learn/")
    assert found == {
        "issuer": "https://moodle.example.edu/learn",
        "auth_login_url": "https://moodle.example.edu/learn/mod/lti/auth.php",
        "token_url": "https://moodle.example.edu/learn/mod/lti/token.php",
        "jwks_url": "https://moodle.example.edu/learn/mod/lti/certs.php",
        "audience": "",
    }


def test_canvas_is_the_same_for_every_school() -> None:
    found = presets.CANVAS.addresses("https://school.instructure.com")
    assert found["issuer"] == "https://canvas.instructure.com"
    assert found["token_url"] == "https://sso.canvaslms.com/login/oauth2/token"
    assert found == presets.CANVAS.addresses("")


def test_brightspace_has_an_audience_of_its_own() -> None:
    assert presets.BRIGHTSPACE.addresses("d.example")["audience"] == quirks.D2L_AUDIENCE


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("moodle.example.edu", "https://moodle.example.edu"),
        (" https://moodle.example.edu/ ", "https://moodle.example.edu"),
        ("https://a.example:8443/x/?y=1#z", "https://a.example:8443/x"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("", ""),
        ("javascript:alert(1)", ""),
        ("ftp://a.example", ""),
        ("https://[", ""),
    ],
)
def test_whatever_is_typed_becomes_an_address_or_nothing(typed: str, site: str) -> None:
    assert presets.site_of(typed) == site


@pytest.mark.parametrize("preset", PRESETS, ids=ids)
def test_every_address_is_one_that_we_call(preset: Preset) -> None:
    found = preset.addresses("https://lms.example")
    for name in ("auth_login_url", "token_url", "jwks_url"):
        assert "{" not in found[name]
        if found[name]:
            transport.check_address(found[name])


@pytest.mark.parametrize("preset", PRESETS, ids=ids)
def test_every_product_says_what_goes_where(preset: Preset) -> None:
    assert preset.by_hand
    assert preset.client_id_at
    assert preset.deployment_at
    copied = {str(entry.ours) for entry in preset.entries if _value(entry)[1]}
    assert {"launch"} <= copied
    assert {"login", "keys"} <= copied or "canvas_json" in copied


@pytest.mark.parametrize("preset", KNOWN, ids=ids)
def test_every_product_has_its_page(preset: Preset) -> None:
    page = (DOCS / preset.page).read_text(encoding="utf-8")
    overview = (DOCS / "README.md").read_text(encoding="utf-8")
    assert f"({preset.page})" in overview
    assert ("## It connects itself" in page) == bool(preset.automatic)
    for name in ("auth_login_url", "token_url", "jwks_url"):
        address: str = getattr(preset, name)
        assert address.replace("{site}", "") in page, name


def test_every_page_belongs_to_a_product() -> None:
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert pages == {preset.page for preset in KNOWN}


@pytest.mark.parametrize("preset", PRESETS, ids=ids)
def test_every_step_that_can_fail_has_a_remedy(preset: Preset) -> None:
    registration = Registration(product=preset.families[0] if preset.families else "unheard-of")
    for kind in set(health.TITLES) - {"outbox"}:
        assert presets.remedy(registration, kind), kind
    assert set(preset.remedies) <= set(health.TITLES)


def test_products_are_known_by_whatever_they_call_themselves() -> None:
    for family in (*quirks.PRODUCTS, *quirks.ALIASES):
        assert presets.by_family(family) is not OTHER, family
    assert presets.by_family(" Moodle ") is presets.MOODLE
    assert presets.product_name("BlackboardLearn") == "Blackboard Learn"
    assert presets.product_name("something else") == "something else"
    assert presets.product_name("") == "An LMS"


def test_the_codes_that_the_overview_explains_exist() -> None:
    overview = (DOCS / "README.md").read_text(encoding="utf-8")
    table = overview.split("## Common refusals")[1]
    for row in table.splitlines():
        if row.startswith("| `"):
            for code in row.split("|")[1].replace("`", "").split(","):
                assert code.strip() in REFUSALS
