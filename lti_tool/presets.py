"""What differs between LMS products for whoever connects one, as data.

Each preset says which addresses a product has, where in its own menus things stand, and which of
our addresses belongs into which of its fields, in the words that the product shows. docs/lms/
names the sources. What could not be verified is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from lti_tool import quirks
from lti_tool.models import Registration
from lti_tool.platform_configuration import PlatformConfiguration

Text = str | Promise


@dataclass(frozen=True)
class Entry:
    """A field of the LMS's form, and which of our addresses it takes.

    ``ours`` is target, login, launch, keys, domain, name or canvas_json; else it is what to choose.
    """

    label: str
    ours: Text


@dataclass(frozen=True)
class Preset:
    """``{site}`` in an address stands for the LMS's own address, without a slash at its end.

    An empty address has to be copied from the LMS. ``families`` are the product family codes under
    which the LMS is met. ``automatic`` are the steps of dynamic registration, empty where the
    product has none. ``remedies`` belong to the steps of ``lti_tool.health``.
    """

    code: str
    name: str
    families: tuple[str, ...] = ()
    issuer: str = "{site}"
    auth_login_url: str = ""
    token_url: str = ""
    jwks_url: str = ""
    audience: str = ""
    needs_site: bool = True
    automatic: tuple[Text, ...] = ()
    by_hand: tuple[Text, ...] = ()
    entries: tuple[Entry, ...] = ()
    client_id_at: Text = ""
    deployment_at: Text = ""
    afterwards: tuple[Text, ...] = ()
    remedies: Mapping[str, Text] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """The page about this product below docs/lms/, empty when there is none."""
        return "" if self is OTHER else f"{self.code}.md"

    def addresses(self, site: str) -> dict[str, str]:
        """The fields of a registration that follow from the LMS's own address."""
        home = site_of(site)
        names = ("issuer", "auth_login_url", "token_url", "jwks_url", "audience")
        templates = {name: getattr(self, name) for name in names}
        return {
            name: template.replace("{site}", home) if home or "{site}" not in template else ""
            for name, template in templates.items()
        }


_MOODLE_TOOL = later(
    "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools,"
    " the pencil (“Edit”) on Cograde's card."
)
_MOODLE_GRADES = later(
    "In Moodle: Manage tools > the pencil (“Edit”) on Cograde's card > Services >"
    " IMS LTI Assignment and Grade Services: “Use this service for grade sync and column"
    " management”."
)
_MOODLE_ROSTER = later(
    "In Moodle: Manage tools > the pencil (“Edit”) on Cograde's card > Services >"
    " IMS LTI Names and Role Provisioning: “Use this service to retrieve members' information as"
    " per privacy settings”."
)

MOODLE = Preset(
    code="moodle",
    name="Moodle",
    families=("moodle",),
    auth_login_url="{site}/mod/lti/auth.php",
    token_url="{site}/mod/lti/token.php",  # noqa: S106 - an address
    jwks_url="{site}/mod/lti/certs.php",
    automatic=(
        later(
            "Open Site administration > Plugins > Activity modules > External tool > Manage tools."
        ),
        later("Paste the address into “Tool URL…” and press “Add LTI Advantage”."),
        later("Press “Connect” on our page; Moodle closes it."),
        later("Cograde is now in the list as pending: press “Activate” on its card."),
        later(
            "So that teachers find it: the pencil (“Edit”) on its card > Tool configuration usage:"
            " “Show in activity chooser and as a preconfigured tool”."
        ),
    ),
    by_hand=(
        later(
            "Open Site administration > Plugins > Activity modules > External tool > Manage tools"
            " > “configure a tool manually” and fill in the fields below."
        ),
        later("Under Services and Privacy choose what stands below, then save."),
        later(
            "On Cograde's card press the magnifying glass (“View configuration details”) and copy"
            " what it shows into the form here."
        ),
    ),
    entries=(
        Entry("Tool name", "name"),
        Entry("Tool URL", "target"),
        Entry("LTI version", "LTI 1.3"),
        Entry("Public key type", "Keyset URL"),
        Entry("Public keyset", "keys"),
        Entry("Initiate login URL", "login"),
        Entry("Redirection URI(s)", "launch"),
        Entry("Supports Deep Linking (Content-Item Message)", later("tick it")),
        Entry("Content Selection URL", "target"),
        Entry(
            "IMS LTI Assignment and Grade Services",
            "Use this service for grade sync and column management",
        ),
        Entry(
            "IMS LTI Names and Role Provisioning",
            "Use this service to retrieve members' information as per privacy settings",
        ),
        Entry("Share launcher's name with tool", "Always"),
        Entry("Share launcher's email with tool", "Always"),
        Entry("Accept grades from the tool", "Always"),
    ),
    client_id_at=later("View configuration details > Client ID"),
    deployment_at=later("View configuration details > Deployment ID"),
    afterwards=(
        later("A tool that registered itself is pending until you press “Activate” on its card."),
    ),
    remedies={
        "keys": later("Open mod/lti/certs.php of your Moodle in a browser: it must show a key."),
        "clock": later("Let the server of Moodle keep its time with NTP."),
        "grades": _MOODLE_GRADES,
        "roster": _MOODLE_ROSTER,
        "columns": _MOODLE_GRADES,
        "token": _MOODLE_TOOL,
        "launch": later(
            "In Moodle the tool must be active: Manage tools > “Activate” on Cograde's card."
        ),
    },
)

_CANVAS_KEY = later(
    "In Canvas: Admin > your account > Developer Keys, edit Cograde's LTI key; the switches stand"
    " under LTI Advantage Services. The key's State must be ON."
)

CANVAS = Preset(
    code="canvas",
    name="Canvas",
    families=("canvas",),
    issuer="https://canvas.instructure.com",
    auth_login_url="https://sso.canvaslms.com/api/lti/authorize_redirect",
    token_url="https://sso.canvaslms.com/login/oauth2/token",  # noqa: S106 - an address
    jwks_url="https://sso.canvaslms.com/api/lti/security/jwks",
    needs_site=False,
    automatic=(
        later("Open Admin > your account > Developer Keys > + Developer Key > + LTI Registration."),
        later("Enter the address as registration URL and press “Continue”."),
        later("Press “Connect” on our page; Canvas shows what Cograde asked for."),
        later("Press “Enable & Close” and make sure that the key's State is ON."),
        later(
            "Install it: Admin > Settings > Apps > View App Configurations > + App > By Client ID,"
            " with the number in the key's Details column."
        ),
    ),
    by_hand=(
        later("Open Admin > your account > Developer Keys > + Developer Key > + LTI Key."),
        later(
            "Choose the method “Enter URL”, give the two addresses below, save, and switch the"
            " key's State to ON."
        ),
        later(
            "Install it: Admin > Settings > Apps > View App Configurations > + App > By Client ID,"
            " with the number in the key's Details column."
        ),
        later("Copy the client id and the deployment id into the form here."),
    ),
    entries=(
        Entry("Key Name", "name"),
        Entry("Redirect URIs", "launch"),
        Entry("Method", "Enter URL"),
        Entry("JSON URL", "canvas_json"),
    ),
    client_id_at=later("Developer Keys: the number in the key's Details column"),
    deployment_at=later("Settings > Apps: the gear of the app > Deployment Id"),
    afterwards=(
        later(
            "The addresses here are those of Canvas hosted by Instructure; your own server has"
            " its own, with your host in them."
        ),
    ),
    remedies={
        "keys": later("The keys of hosted Canvas stand at sso.canvaslms.com."),
        "grades": _CANVAS_KEY,
        "roster": _CANVAS_KEY,
        "columns": _CANVAS_KEY,
        "token": _CANVAS_KEY,
        "launch": later("The course must be published and the LTI key's State must be ON."),
    },
)

_BLACKBOARD_TOOL = later(
    "In Blackboard: Administrator Panel > Integrations > LTI Tool Providers, edit Cograde: it must"
    " be approved, and must be let use grades and memberships."
)

BLACKBOARD = Preset(
    code="blackboard",
    name="Blackboard Learn",
    families=("blackboardlearn", "blackboard", "blackboard learn"),
    issuer="https://blackboard.com",
    auth_login_url="https://developer.blackboard.com/api/v1/gateway/oidcauth",
    token_url="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",  # noqa: S106
    jwks_url="",
    needs_site=False,
    by_hand=(
        later(
            "Once for all schools: register Cograde at developer.anthology.com as an application"
            " with “My integration supports LTI 1.3” and the fields below."
        ),
        later(
            "The portal shows an application id (our client id) and a public keyset URL that ends"
            " with it: copy both into the form here."
        ),
        later(
            "In each Blackboard: Administrator Panel > Integrations > LTI Tool Providers > Register"
            " LTI 1.3/Advantage Tool, enter the client id, submit, and set the tool to Approved."
        ),
        later("Send the deployment id that Blackboard shows there, or just launch once."),
    ),
    entries=(
        Entry("Application Name", "name"),
        Entry("Domain(s)", "domain"),
        Entry("Login Initiation URL", "login"),
        Entry("Tool Redirect URL(s)", "launch"),
        Entry("Tool JWKS URL", "keys"),
        Entry("Signing Algorithm", "RS256"),
    ),
    client_id_at=later("developer.anthology.com: Application ID"),
    deployment_at=later("LTI Tool Providers > Edit: Deployment ID"),
    remedies={
        "grades": _BLACKBOARD_TOOL,
        "roster": _BLACKBOARD_TOOL,
        "columns": _BLACKBOARD_TOOL,
        "token": _BLACKBOARD_TOOL,
        "launch": _BLACKBOARD_TOOL,
    },
)

_D2L_TOOL = later(
    "In Brightspace: Admin Tools > Manage Extensibility > LTI Advantage > Cograde: it must be"
    " enabled, and the extension must be ticked there and in External Learning Tools > LTI"
    " Advantage > its deployment."
)

BRIGHTSPACE = Preset(
    code="brightspace",
    name="D2L Brightspace",
    families=("desire2learn", "brightspace", "d2l"),
    auth_login_url="{site}/d2l/lti/authenticate",
    token_url="https://auth.brightspace.com/core/connect/token",  # noqa: S106 - an address
    jwks_url="{site}/d2l/.well-known/jwks",
    audience=quirks.D2L_AUDIENCE,
    automatic=(
        later("Open Admin Tools > Manage Extensibility > LTI Advantage > Register Tool."),
        later("Choose “Dynamic”, enter the address, press “Register”: our page opens in a tab."),
        later("Press “Connect” there and close the tab."),
        later("Open the new registration, check what Cograde asked for, and enable it."),
        later(
            "Make a deployment: View Deployments > New Deployment, with the extensions and the"
            " security settings for names, for the org units that may use it."
        ),
    ),
    by_hand=(
        later(
            "Open Admin Tools > Manage Extensibility > LTI Advantage > Register Tool > Standard and"
            " fill in the fields below."
        ),
        later("Copy what Brightspace shows after “Register” into the form here."),
        later("View Deployments > New Deployment; copy its Deployment Id as well."),
    ),
    entries=(
        Entry("Name", "name"),
        Entry("Domain", "domain"),
        Entry("Redirect URLs", "launch"),
        Entry("OpenID Connect Login URL", "login"),
        Entry("Target Link URI", "target"),
        Entry("Keyset URL", "keys"),
        Entry(
            "Extensions",
            "Assignment and Grade Services, Deep Linking, Names and Role Provisioning Services",
        ),
    ),
    client_id_at=later("the registration: Client Id"),
    deployment_at=later("External Learning Tools > LTI Advantage > the deployment: Deployment Id"),
    afterwards=(
        later("A tool that registered itself is disabled until you enable it."),
        later("In a course, add a link of the deployment, or choose content by deep linking."),
    ),
    remedies={
        "grades": _D2L_TOOL,
        "roster": _D2L_TOOL,
        "columns": _D2L_TOOL,
        "token": _D2L_TOOL,
        "launch": _D2L_TOOL,
    },
)

_SAKAI_TOOL = later(
    "In Sakai: Administration Workspace > External Tools > edit Cograde: the services and the"
    " sending of names stand in that form."
)

SAKAI = Preset(
    code="sakai",
    name="Sakai",
    families=("sakailms.org", "sakai"),
    auth_login_url="{site}/imsoidc/lti13/oidc_auth",
    token_url="",
    jwks_url="{site}/imsblis/lti13/keyset",
    automatic=(
        later("Open Administration Workspace > External Tools > LTI Advantage Auto Provision."),
        later("Enter a title and press “Auto Provision”."),
        later("Press “Use LTI Advantage Auto Configuration” and enter the address."),
        later("Press “Connect” on our page, then look through the form and save the tool."),
    ),
    by_hand=(
        later(
            "Open Administration Workspace > External Tools > Install LTI 1.x Tool and fill in the"
            " fields below."
        ),
        later("Save, open the tool again, and copy the platform's addresses into the form here."),
    ),
    entries=(
        Entry("Tool Title", "name"),
        Entry("Launch URL", "target"),
        Entry("Tool supports LTI 1.3", later("choose it")),
        Entry("LTI 1.3 Tool Keyset URL", "keys"),
        Entry("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", "login"),
        Entry("LTI 1.3 Tool Redirect Endpoint", "launch"),
    ),
    client_id_at=later("the tool: LTI 1.3 Client ID"),
    deployment_at=later("the tool: LTI 1.3 Deployment ID"),
    remedies={
        "grades": _SAKAI_TOOL,
        "roster": _SAKAI_TOOL,
        "columns": _SAKAI_TOOL,
        "token": _SAKAI_TOOL,
        "launch": _SAKAI_TOOL,
    },
)

_EDX_BLOCK = later(
    "In Open edX Studio: edit the LTI Consumer component; grades need “LTI Assignment and Grades"
    " Service”, and names the leave of the course to share personal data."
)

OPEN_EDX = Preset(
    code="openedx",
    name="Open edX",
    families=("open-edx", "openedx", "open edx", "edx"),
    auth_login_url="{site}/api/lti_consumer/v1/launch/",
    token_url="",
    jwks_url="",
    by_hand=(
        later(
            'In Studio: Settings > Advanced Settings > Advanced Module List, add "lti_consumer".'
        ),
        later("In a unit: Add New Component > Advanced > LTI Consumer, then Edit."),
        later("Fill in the fields below and save; the component then shows its own addresses."),
        later(
            "Copy them into the form here. Each component has a client id, a keyset URL and an"
            " access token URL of its own, so each is connected once."
        ),
    ),
    entries=(
        Entry("LTI Version", "LTI 1.3"),
        Entry("Tool Launch URL", "target"),
        Entry("Registered Redirect URIs", "launch"),
        Entry("Tool Initiate Login URL", "login"),
        Entry("Tool Public Key Mode", "Keyset URL"),
        Entry("Tool Keyset URL", "keys"),
        Entry("Deep Linking Launch URL", "target"),
    ),
    client_id_at=later("the component in Studio: Client ID"),
    deployment_at=later("the component in Studio: Deployment ID"),
    remedies={
        "grades": _EDX_BLOCK,
        "roster": _EDX_BLOCK,
        "columns": _EDX_BLOCK,
        "token": _EDX_BLOCK,
        "launch": _EDX_BLOCK,
    },
)

_SCHOOLOGY_APP = later(
    "In Schoology: App Center > Organization Apps > Cograde > edit: the services stand at the"
    " bottom of the form."
)

SCHOOLOGY = Preset(
    code="schoology",
    name="Schoology",
    families=("schoology",),
    issuer="https://schoology.schoology.com",
    auth_login_url="https://lti-service.svc.schoology.com/lti-service/authorize-redirect",
    token_url="https://lti-service.svc.schoology.com/lti-service/access-token",  # noqa: S106
    jwks_url="https://lti-service.svc.schoology.com/lti-service/.well-known/jwks",
    needs_site=False,
    by_hand=(
        later("Open App Center > Organization Apps (or My Developer Apps) > Add App."),
        later("Choose the type “LTI 1.3 App” and fill in the fields below, then submit."),
        later("Press “Install LTI 1.3 App” and choose where it may be used."),
        later("Options > API Info shows the client id for the form here."),
    ),
    entries=(
        Entry("Type of App", "LTI 1.3 App"),
        Entry("Privacy", later("send name and email")),
        Entry("Deep Linking", later("tick it")),
        Entry("Assignments and Grade Services", later("tick it")),
        Entry("Names and Roles Services", later("tick it")),
        Entry("Domain/URL", "target"),
        Entry("Public key type", "Keyset URL"),
        Entry("JWKS URL", "keys"),
        Entry("OIDC Login Init URL", "login"),
        Entry("Redirect URLs", "launch"),
    ),
    client_id_at=later("the app: Options > API Info > Client ID"),
    deployment_at=later("the first launch brings it; approve it in the list of connections"),
    remedies={
        "grades": _SCHOOLOGY_APP,
        "roster": _SCHOOLOGY_APP,
        "columns": _SCHOOLOGY_APP,
        "token": _SCHOOLOGY_APP,
        "launch": _SCHOOLOGY_APP,
    },
)

OTHER = Preset(
    code="other",
    name="another LMS",
    needs_site=False,
    issuer="",
    automatic=(
        later("Look for “dynamic registration” where the LMS adds LTI 1.3 tools."),
        later("Enter the address there and press “Connect” on our page."),
        later("Switch the tool on, if the LMS asks for that."),
    ),
    by_hand=(
        later("Add an LTI 1.3 (LTI Advantage) tool in your LMS with the addresses below."),
        later("Copy the LMS's own addresses, the client id and the deployment id here."),
    ),
    entries=(
        Entry("Target link URI, launch URL", "target"),
        Entry("Login initiation URL", "login"),
        Entry("Redirect URI", "launch"),
        Entry("Public keyset (JWKS) URL", "keys"),
        Entry("Deep linking URL", "target"),
    ),
    client_id_at=later("where the LMS shows the tool"),
    deployment_at=later("where the LMS shows the tool; otherwise the first launch brings it"),
    remedies={},
)

PRESETS: tuple[Preset, ...] = (
    MOODLE,
    CANVAS,
    BLACKBOARD,
    BRIGHTSPACE,
    SAKAI,
    OPEN_EDX,
    SCHOOLOGY,
    OTHER,
)
_BY_CODE = {preset.code: preset for preset in PRESETS}
_BY_FAMILY = {family: preset for preset in PRESETS for family in preset.families}
# What to do where the product's own words are not known.
_GENERAL_REMEDIES: Mapping[str, Text] = {
    "keys": later(
        "The public keyset URL of the connection must be the one that the LMS shows for this tool,"
        " and must be reachable from here."
    ),
    "clock": later("Let the server of the LMS keep its time with NTP."),
    "token": later("The tool must be switched on in the LMS, and may use its services."),
    "grades": later("Let the tool use Assignment and Grade Services in the LMS."),
    "columns": later("Let the tool make and list gradebook columns in the LMS (line items)."),
    "roster": later("Let the tool use Names and Role Provisioning Services in the LMS."),
    "launch": later("Open the activity in a course of the LMS once."),
    "refusals": later("The code of each says what to check; docs/lms/ explains them."),
}


def by_code(code: str) -> Preset:
    """The preset of that name; the general one for any other."""
    return _BY_CODE.get(code, OTHER)


def by_family(family: str) -> Preset:
    """The preset of the product that calls itself ``family``; the general one for others."""
    return _BY_FAMILY.get(family.strip().lower(), OTHER)


def of(registration: Registration) -> Preset:
    return by_family(registration.product)


def product_name(family: str) -> str:
    """How people call the product: Moodle for ``moodle``; its own word when we do not know it."""
    preset = by_family(family)
    return (family or _("An LMS")) if preset is OTHER else preset.name


def title(platform: PlatformConfiguration) -> str:
    """A name for a connection: the account that Canvas tells, else the product and its host."""
    where = platform.account or platform.host
    return _("%(product)s at %(where)s") % {
        "product": product_name(platform.product),
        "where": where,
    }


def remedy(registration: Registration, kind: str) -> str:
    """What to do about a step of that kind, in the words of the product's own menus."""
    found = of(registration).remedies.get(kind) or _GENERAL_REMEDIES.get(kind, "")
    return str(found)


def site_of(address: str) -> str:
    """``https://lms.example/path`` of whatever somebody typed as the LMS's address."""
    text = address.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http") or not host:
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
