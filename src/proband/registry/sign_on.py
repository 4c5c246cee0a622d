"""Sign-on by the hospital's own provider (OpenID Connect): it says who has come to the door, and nothing else.

Whoever has an account binds the hospital's account to it once, from inside; from then on the provider's word stands in the place of the password **at
the entrance**. A passkey is asked all the same, and a signature is made by a passkey or by one's own password as before: nobody who runs the
provider signs anything here. Nobody gets an account by coming this way.

The protocol is Authlib's: the provider's own description, the code flow with PKCE, state and nonce, and the identity token checked by the provider's
published keys, for this client, from this issuer, in time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from proband.terms.errors import ProbandError

#: what a server sets where a hospital has a provider: its issuer, and what it calls this registry
ISSUER, CLIENT, SECRET = "PROBAND_OIDC_ISSUER", "PROBAND_OIDC_CLIENT", "PROBAND_OIDC_SECRET"
#: signatures of identity tokens that are taken: by keys that the provider publishes, never by a secret that both have, never none
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
#: seconds that an answer of the provider is waited for (design choice)
PATIENCE = 10
#: seconds that clocks may differ (design choice; the provider's and ours are kept by NTP)
LEEWAY = 60
_DISCOVERY = "/.well-known/openid-configuration"
_LOCAL = ("localhost", "127.0.0.1", "::1")


class SignOnFault(ProbandError):
    """The hospital's sign-on opens nothing this time."""


@dataclass(frozen=True, slots=True)
class HospitalProvider:
    """The provider of a hospital, as the server was told of it."""

    issuer: str
    client: str
    secret: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise SignOnFault("registry.sign-on.issuer", issuer=self.issuer[:100])


def provider_of_environment() -> HospitalProvider | None:
    """The provider that the environment names, if it names one.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.issuer`` for one that is not reached by HTTPS.
    """
    issuer = os.environ.get(ISSUER, "")
    if not issuer:
        return None
    return HospitalProvider(issuer.rstrip("/"), os.environ.get(CLIENT, ""), os.environ.get(SECRET, ""))


@cache
def client_of(provider: HospitalProvider) -> Any:
    """What speaks the protocol with a provider; made once in a process, so that its keys are fetched once and anew when it turns them.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.absent`` where the extra is not installed.
    """
    try:
        from authlib.integrations.django_client import OAuth
    except ImportError as error:
        raise SignOnFault("registry.sign-on.absent") from error
    return OAuth().register(
        "hospital", client_id=provider.client, client_secret=provider.secret, server_metadata_url=provider.issuer + _DISCOVERY,
        client_kwargs={"scope": "openid", "code_challenge_method": "S256", "default_timeout": PATIENCE},
    )  # fmt: skip


def began(request: Any, provider: HospitalProvider, back: str) -> Any:
    """The answer that sends a browser to the provider; state, nonce and verifier wait in its session.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.provider`` where the provider does not answer, or is another one than it says.
    """
    return _asked(lambda: _checked(client_of(provider), provider).authorize_redirect(request, back))


def came_back(request: Any, provider: HospitalProvider) -> str:
    """Who came back from the provider: its name for the person (``sub``), which it never gives to anybody else.

    Raises
    ------
    SignOnFault
        ``registry.sign-on.provider`` where anything of it does not hold.
    """

    def told() -> Any:
        client = _checked(client_of(provider), provider)
        options = {
            # to the letter as its description writes it, which may end in a stroke
            "iss": {"essential": True, "value": client.load_server_metadata()["issuer"]},
            # a token for somebody else is none for us, whoever asked for it (``azp``)
            "aud": {"essential": True, "value": provider.client},
            "exp": {"essential": True}, "sub": {"essential": True},
        }  # fmt: skip
        return client.authorize_access_token(request, claims_options=options, leeway=LEEWAY).get("userinfo")

    said = _asked(told)
    subject = said.get("sub") if said else None
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignOnFault("registry.sign-on.provider", why="it told nobody")
    return subject


def _checked(client: Any, provider: HospitalProvider) -> Any:
    """The client, where the provider's description is its own (OpenID Connect Discovery 1.0, 4.3) and its signatures are ones that are taken."""
    said = client.load_server_metadata()
    if str(said.get("issuer", "")).rstrip("/") != provider.issuer:
        raise SignOnFault("registry.sign-on.provider", why="its description names another issuer")
    offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    said["id_token_signing_alg_values_supported"] = [one for one in ALGORITHMS if one in offered]
    return client


def _asked(ask: Any) -> Any:
    """What a provider answers; whatever goes wrong on the way opens nothing, and is said without what was in it."""
    try:
        return ask()
    except SignOnFault:
        raise
    # whatever a provider sends, the door stays shut
    except Exception as error:
        raise SignOnFault("registry.sign-on.provider", why=type(error).__name__) from error
