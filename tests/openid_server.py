"""An OpenID provider on this machine: discovery, keys, and tokens that it signs."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE: Final = "pipeline-health"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def public(key: PrivateKey, key_id: str, **said: Any) -> dict[str, Any]:
    """As a provider publishes it (RFC 7517)."""
    owner = key.public_key()
    made = (
        RSAAlgorithm.to_jwk(owner, as_dict=True)
        if isinstance(owner, rsa.RSAPublicKey)
        else ECAlgorithm.to_jwk(owner, as_dict=True)
    )
    return {**made, "kid": key_id, "use": "sig", **said}


RSA_OWNER: Final = rsa_key()
EC_OWNER: Final = ec.generate_private_key(ec.SECP256R1())
OWNERS: Final[dict[str, tuple[PrivateKey, str]]] = {
    "rsa-1": (RSA_OWNER, "RS256"),
    "ec-1": (EC_OWNER, "ES256"),
}


@dataclass
class Provider:
    """`asked` are the paths that were read; `status` is what it answers with."""

    port: int = 0
    status: int = 200
    said: dict[str, Any] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(
        default_factory=lambda: [public(key, name) for name, (key, _) in OWNERS.items()]
    )
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        if path == "/keys":
            return {"keys": self.keys}
        return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **self.said}

    def token(
        self, key_id: str | None = "rsa-1", key: Any = None, alg: str | None = None, **said: Any
    ) -> str:
        """For us, for the next five minutes, but for what is said otherwise; None leaves a claim out."""
        owner, algorithm = OWNERS.get(key_id or "", (RSA_OWNER, "RS256"))
        claims = {"iss": self.issuer, "aud": AUDIENCE, "exp": time.time() + 300, "sub": "somebody", **said}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, owner if key is None else key, alg or algorithm, {"kid": key_id})


def part(value: object) -> str:
    """One of a token's three."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextmanager
def openid_server() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(provider.answer(self.path)).encode()
            self.send_response(provider.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: what was asked is in `provider`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield provider
        finally:
            server.shutdown()
