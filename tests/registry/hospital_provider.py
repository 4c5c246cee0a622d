"""A provider of a hospital that speaks OpenID Connect over real sockets: description, keys, code flow with PKCE; and that can be told to do one thing wrong."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "proband", "a secret of both"
KEY, OTHER = (RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}) for _ in range(2))


class TestProvider:
    """A provider at ``issuer``: whoever comes is ``subject``; ``bent`` names what it does wrong."""

    __test__ = False

    def __init__(self) -> None:
        self.subject, self.bent = "s-1", ""
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        provider = self

        class Answer(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Nothing is said."""

            def do_GET(self) -> None:
                provider.answer(self, parse_qs(urlsplit(self.path).query))

            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.answer(self, parse_qs(said))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        #: as it writes its issuer itself
        self.named = self.issuer
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, to: BaseHTTPRequestHandler, said: dict[str, list[str]]) -> None:
        """What is answered at an address."""
        at = urlsplit(to.path).path
        self.asked.append(at)
        one = {name: values[0] for name, values in said.items()}
        if at == "/.well-known/openid-configuration":
            return self._json(to, self._description())
        if at == "/keys":
            return self._json(to, {"keys": [KEY.as_dict(private=False)]})
        if at == "/authorize":
            return self._authorize(to, one)
        return self._token(to, one)

    def _description(self) -> dict[str, Any]:
        named = "https://elsewhere.example.org" if self.bent == "described as another" else self.named
        return {
            "issuer": named, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"], "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }  # fmt: skip

    def _authorize(self, to: BaseHTTPRequestHandler, said: dict[str, str]) -> None:
        wanted = {"response_type": "code", "client_id": CLIENT, "scope": "openid", "code_challenge_method": "S256"}  # fmt: skip
        assert {name: said.get(name) for name in wanted} == wanted
        assert said["redirect_uri"].endswith("/sign-on/back/")
        code = secrets.token_urlsafe(16)
        self.codes[code] = said
        state = "another" if self.bent == "state of another" else said["state"]
        to.send_response(302)
        to.send_header("Location", f"{said['redirect_uri']}?{urlencode({'code': code, 'state': state})}")
        to.end_headers()

    def _token(self, to: BaseHTTPRequestHandler, said: dict[str, str]) -> None:
        client = base64.b64decode(to.headers["Authorization"].removeprefix("Basic ")).decode()
        assert client == f"{CLIENT}:{SECRET}".replace(" ", "+") or client == f"{CLIENT}:{SECRET}"
        begun = self.codes.pop(said["code"], None)
        challenge = base64.urlsafe_b64encode(sha256(said["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            begun is None
            or begun["redirect_uri"] != said["redirect_uri"]
            or begun["code_challenge"] != challenge.decode()
        ):
            return self._json(to, {"error": "invalid_grant"}, 400)
        told = {"access_token": "a", "token_type": "Bearer", "id_token": self._identity(begun["nonce"])}
        if self.bent == "no identity":
            del told["id_token"]
        return self._json(to, told)

    def _identity(self, nonce: str) -> str:
        now = int(time.time())
        says = {"iss": self.named, "sub": self.subject, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300}  # fmt: skip
        says |= {
            "another issuer": {"iss": "https://elsewhere.example.org"},
            "another audience": {"aud": "another"},
            "asked by us for another": {"aud": ["another"], "azp": CLIENT},
            "too old": {"iat": now - 7200, "exp": now - 3600},
            "another nonce": {"nonce": "another"},
            "nobody": {"sub": ""},
        }.get(self.bent, {})
        if self.bent == "no nonce":
            del says["nonce"]
        if self.bent == "never ends":
            del says["exp"]
        if self.bent == "unsigned":
            head, body = ({"alg": "none"}, says)
            parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, body)]  # fmt: skip
            return f"{parts[0]}.{parts[1]}."
        if self.bent == "signed by what both know":
            # the public key taken for a shared secret
            shared = OctKey.import_key(KEY.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "k1"}, says, shared, algorithms=["HS256"])
        key = OTHER if self.bent == "another key" else KEY
        return jwt.encode({"alg": "RS256", "kid": "k1"}, says, key)

    def _json(self, to: BaseHTTPRequestHandler, said: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(said).encode()
        to.send_response(status)
        to.send_header("Content-Type", "application/json")
        to.send_header("Content-Length", str(len(content)))
        to.end_headers()
        to.wfile.write(content)
