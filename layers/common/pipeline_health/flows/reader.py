"""What a reader shows, and what is asked of a signed one (OpenID Connect)."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256, sha384, sha512
from hmac import compare_digest
from typing import Any, Final

from pipeline_health.domain.times import SECOND

LEEWAY: Final = 60  # seconds that clocks may differ
_PART: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_BITS: Final = 2048  # of a key; shorter ones can be broken
_MOST_BITS: Final = 8192  # a longer one would cost the time of everybody else

# PKCS #1 v1.5: the DER that goes before the digest (RFC 8017, section 9.2, note 1). Never "none", never HMAC:
# with those whoever knows the issuer's public key could sign.
_ALGORITHMS: Final[Mapping[str, tuple[bytes, Callable[[bytes], Any]]]] = {
    "RS256": (bytes.fromhex("3031300d060960864801650304020105000420"), sha256),
    "RS384": (bytes.fromhex("3041300d060960864801650304020205000430"), sha384),
    "RS512": (bytes.fromhex("3051300d060960864801650304020305000440"), sha512),
}


def bearer(headers: Mapping[str, str]) -> str:
    """The token of an Authorization header, empty where there is none."""
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = given.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Forged(Exception):
    """The token does not say what it must, or nobody we trust has said it."""


@dataclass(frozen=True)
class Key:
    """An issuer's RSA key."""

    modulus: int
    exponent: int


@dataclass(frozen=True)
class Signed:
    """A JSON Web Token, read and not yet believed."""

    algorithm: str
    key_id: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def read(token: str) -> Signed:
    parts = token.split(".")
    if len(parts) != 3:
        raise Forged
    header, claims = _object(parts[0]), _object(parts[1])
    if header.get("crit") or not isinstance(header.get("kid"), str):
        raise Forged
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Signed(str(header.get("alg")), header["kid"], claims, signed, decoded(parts[2]))


def check(token: Signed, key: Key, issuer: str, audience: str, now: int) -> None:
    """Forged unless the key's owner signed it, for us, and it holds now."""
    if not _is_signed(token, key):
        raise Forged
    claims, seconds = token.claims, now // SECOND
    meant = claims.get("aud")
    if claims.get("iss") != issuer or not audience:
        raise Forged
    if audience not in (meant if isinstance(meant, list) else [meant]):
        raise Forged
    if not seconds < _time(claims, "exp") + LEEWAY:
        raise Forged
    if "nbf" in claims and seconds < _time(claims, "nbf") - LEEWAY:
        raise Forged


def key_of(said: Mapping[str, Any]) -> Key | None:
    """A key as the issuer publishes it (RFC 7517), None where it is none we take."""
    if said.get("kty") != "RSA" or said.get("use", "sig") != "sig":
        return None
    key = Key(_number(said.get("n")), _number(said.get("e")))
    sound = _BITS <= key.modulus.bit_length() <= _MOST_BITS and 3 <= key.exponent < 2**33
    return key if sound and key.exponent % 2 else None


def _is_signed(token: Signed, key: Key) -> bool:
    """By making what the signature must hold and comparing all of it: nothing of it is ever parsed."""
    if token.algorithm not in _ALGORITHMS:
        return False
    prefix, digest = _ALGORITHMS[token.algorithm]
    size = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(token.signature, "big")
    if len(token.signature) != size or number >= key.modulus:
        return False
    hashed = prefix + digest(token.signed).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(hashed) - 3) + b"\x00" + hashed
    return compare_digest(pow(number, key.exponent, key.modulus).to_bytes(size, "big"), padded)


def _time(claims: Mapping[str, Any], name: str) -> float:
    said = claims.get(name)
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Forged
    return said


def _object(part: str) -> dict[str, Any]:
    try:
        document: Any = json.loads(decoded(part))
    except (ValueError, RecursionError):
        raise Forged from None
    if not isinstance(document, dict):
        raise Forged
    return document


def _number(text: object) -> int:
    return int.from_bytes(decoded(text), "big") if isinstance(text, str) else 0


def decoded(part: str) -> bytes:
    """base64url without padding (RFC 7515); Python's own takes junk in between."""
    if not _PART.fullmatch(part) or len(part) % 4 == 1:
        raise Forged
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
