"""What an LMS says of itself before it knows us: its OpenID configuration, read strictly.

Sources: LTI Dynamic Registration 1.0 (OpenID configuration), OpenID Connect Discovery 1.0 section
3. Nothing in it is proven: whoever holds an invitation can name any address. So every address must
be one that we call at all, and what does not fit together is said to the people who decide.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lti_tool import transport
from lti_tool.messages import is_web_url
from lti_tool.transport import TransportError

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS_ACCOUNT = "https://canvas.instructure.com/lti/account_name"
CONFIGURATION_BYTES = 256 * 1024
TOKEN_LENGTH = 8000
ISSUER_LENGTH = 255
URL_LENGTH = 1000
NAME_LENGTH = 100
MOST_ENTRIES = 500
# Second-level names under which a country's own registry hands out names.
_SHARED_SECOND = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "net", "or", "org"})


class ConfigurationRefused(Exception):  # noqa: N818 - said as in "the configuration was refused"
    """An LMS that cannot be connected as it describes itself; the text says why, for its admin."""


@dataclass(frozen=True)
class PlatformConfiguration:
    """``messages`` gives the places of each message type; it, ``scopes`` and ``variables`` are
    empty when the LMS does not say. ``audience`` is empty when it is the token address.
    """

    configuration_url: str
    issuer: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    audience: str = ""
    product: str = ""
    version: str = ""
    account: str = ""
    scopes: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    messages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return host_of(self.registration_url)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> PlatformConfiguration:
        """The reverse of :meth:`as_dict`, also after a way through JSON."""
        values = dict(stored)
        values["scopes"] = tuple(values["scopes"])
        values["variables"] = tuple(values["variables"])
        values["messages"] = {kind: tuple(at) for kind, at in values["messages"].items()}
        return cls(**values)


def fetch(url: str, token: str) -> PlatformConfiguration:
    """Ask the LMS at ``url``; Canvas answers only who shows the registration token.

    Raises :class:`ConfigurationRefused`.
    """
    check_token(token)
    _url({"openid_configuration": url}, "openid_configuration")
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = transport.send(
            "GET", url, headers=headers, repeatable=True, limit=CONFIGURATION_BYTES
        )
        if not answer.ok:
            raise ConfigurationRefused(
                _("The LMS did not give us its configuration (HTTP %(status)s).")
                % {"status": answer.status}
            )
        return read(url, answer.json())
    except TransportError as error:
        raise ConfigurationRefused(error.cause) from error


def check_token(token: str) -> None:
    """Raises :class:`ConfigurationRefused` for what no HTTP header can carry."""
    if len(token) > TOKEN_LENGTH or not all("!" <= sign <= "~" for sign in token):
        raise ConfigurationRefused(_("The LMS sent a registration token that cannot be one."))


def read(url: str, found: Any) -> PlatformConfiguration:
    """The configuration that an LMS published at ``url``. Raises :class:`ConfigurationRefused`."""
    if not isinstance(found, dict):
        raise ConfigurationRefused(_("The LMS sent no configuration."))
    said = found.get(PLATFORM)
    platform: Mapping[str, Any] = said if isinstance(said, dict) else {}
    product = plain(platform.get("product_family_code"))
    return PlatformConfiguration(
        configuration_url=url,
        issuer=_issuer(found),
        auth_login_url=_url(found, "authorization_endpoint"),
        token_url=_url(found, "token_endpoint"),
        jwks_url=_url(found, "jwks_uri"),
        registration_url=_url(found, "registration_endpoint"),
        audience=_audience(found, product),
        product=product,
        version=plain(platform.get("version")),
        account=plain(platform.get(CANVAS_ACCOUNT)),
        scopes=_texts(found.get("scopes_supported")),
        variables=tuple(name.lstrip("$") for name in _texts(platform.get("variables"))),
        messages=_messages(platform.get("messages_supported")),
    )


def doubts(configuration_url: str, issuer: str) -> list[str]:
    """What whoever approves should look at: an LMS that speaks for somebody else's name."""
    told_by, named = host_of(configuration_url), host_of(issuer)
    if not told_by or same_site(told_by, named):
        return []
    return [
        _(
            "The LMS calls itself %(issuer)s, but its configuration came from %(host)s, which is"
            " another site. Make sure that both belong to the same school before you go on."
        )
        % {"issuer": issuer, "host": told_by}
    ]


def token_leaves_home(platform: PlatformConfiguration) -> bool:
    """Whether registering would show the LMS's token to a site that neither sent us its
    configuration nor is the issuer's."""
    target = host_of(platform.registration_url)
    homes = (host_of(platform.configuration_url), host_of(platform.issuer))
    return not any(same_site(target, home) for home in homes)


def same_site(one: str, other: str) -> bool:
    """Whether two host names share the part that somebody registered.

    There is no list of public suffixes here: two labels count as registered, three below a
    country's shared second level (``school.ac.uk``). A wrong no costs a question, a wrong yes
    would need somebody else's name below the same shared suffix.
    """
    if one == other:
        return bool(one)
    if _is_address(one) or _is_address(other):
        return False
    return bool(_registered(one)) and _registered(one) == _registered(other)


def host_of(url: str) -> str:
    """The host name of ``url`` in small letters, empty when it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def plain(value: object, length: int = NAME_LENGTH) -> str:
    """A text of an LMS on one line, without signs that do not print; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())[:length]


def _registered(host: str) -> str:
    labels = host.split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_SECOND
    needed = 3 if country else 2
    return ".".join(labels[-needed:]) if len(labels) >= needed else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _url(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not is_web_url(value) or len(value) > URL_LENGTH:
        raise ConfigurationRefused(_wrong(name))
    try:
        transport.check_address(value)
    except TransportError as error:
        raise ConfigurationRefused(_wrong(name)) from error
    return value


def _wrong(name: str) -> str:
    if settings.INSECURE_PLATFORMS:
        return _("%(name)s of the LMS is missing or is no web address.") % {"name": name}
    return _("%(name)s of the LMS is missing or is no https address.") % {"name": name}


def _issuer(found: Mapping[str, Any]) -> str:
    issuer = _url(found, "issuer")
    parts = urlsplit(issuer)
    if len(issuer) > ISSUER_LENGTH or parts.query or parts.fragment:
        raise ConfigurationRefused(_wrong("issuer"))
    return issuer


def _audience(found: Mapping[str, Any], product: str) -> str:
    """The ``aud`` of token requests (authorization_server), empty for the token URL.

    Canvas publishes its bare host name there, and takes only the token URL (its
    ``client_credentials_provider.rb``).
    """
    value = found.get("authorization_server")
    if not is_web_url(value) or len(str(value)) > URL_LENGTH or product.lower() == "canvas":
        return ""
    return "" if value == found.get("token_endpoint") else str(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(text for text in value[:MOST_ENTRIES] if isinstance(text, str) and len(text) < 256)


def _messages(value: object) -> dict[str, tuple[str, ...]]:
    """Message types and their places. Moodle lists bare names, others objects with a type."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in value[:MOST_ENTRIES] if isinstance(value, list) else ():
        if isinstance(entry, str):
            found[entry] = ()
        elif isinstance(entry, dict) and isinstance(entry.get("type"), str):
            found[entry["type"]] = _texts(entry.get("placements"))
    # What is signed and sent through the browser stays small.
    return found if len(json.dumps(found)) < 64 * 1024 else {}
