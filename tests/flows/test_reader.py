"""Signed tokens of an identity provider: what opens, and everything near it that must not."""

import json
from base64 import urlsafe_b64encode
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pipeline_health.flows.reader import Forged, Key, bearer, check, key_of, read

NOW: Final = 1_795_435_200_000
SECONDS: Final = NOW // 1000
OWNER: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ISSUER, AUDIENCE = "https://id.example.com", "pipeline-health"
CLAIMS: Final = {"iss": ISSUER, "aud": AUDIENCE, "exp": SECONDS + 300, "sub": "somebody"}
HEADER: Final = {"alg": "RS256", "kid": "one", "typ": "JWT"}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(signer: rsa.RSAPrivateKey = OWNER, header: dict[str, Any] = HEADER, **claims: Any) -> str:
    said = f"{part(header)}.{part(CLAIMS | claims)}"
    algorithm = {"RS384": hashes.SHA384(), "RS512": hashes.SHA512()}.get(header["alg"], hashes.SHA256())
    return f"{said}.{part(signer.sign(said.encode(), padding.PKCS1v15(), algorithm))}"


def key() -> Key:
    numbers = OWNER.public_key().public_numbers()
    return Key(numbers.n, numbers.e)


def opens(text: str, audience: str = AUDIENCE) -> bool:
    try:
        check(read(text), key(), ISSUER, audience, NOW)
    except Forged:
        return False
    return True


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_it_opens_to_what_the_issuer_signed(algorithm: str) -> None:
    assert opens(token(header=HEADER | {"alg": algorithm}))


def test_it_opens_to_one_of_several_audiences() -> None:
    assert opens(token(aud=["other", AUDIENCE]))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
        {"exp": SECONDS - 61},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": float("nan")},
        {"nbf": SECONDS + 61},
        {"nbf": "now"},
    ],
)
def test_it_stays_shut_for_a_token_that_is_not_for_us_or_not_for_now(claims: dict[str, Any]) -> None:
    assert not opens(token(**claims))


def test_it_stays_shut_without_an_audience() -> None:
    assert not opens(token(aud=""), audience="")


def test_it_stays_shut_for_what_somebody_else_signed() -> None:
    assert not opens(token(signer=STRANGER))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "PS256", "ES256", "", None])
def test_it_takes_no_algorithm_but_its_own(algorithm: object) -> None:
    said = f"{part(HEADER | {'alg': algorithm})}.{part(CLAIMS)}"
    signature = OWNER.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert not opens(f"{said}.{part(signature)}")


def test_it_takes_no_changed_part() -> None:
    header, claims, signature = token().split(".")
    forged = part(CLAIMS | {"sub": "admin"})
    other = part(HEADER | {"kid": "two"})
    changed = [f"{header}.{forged}.{signature}", f"{other}.{claims}.{signature}"]
    changed += [f"{header}.{claims}.{signature[:-8]}", f"{header}.{claims}.{'A' * len(signature)}"]
    assert not any(opens(text) for text in changed)


def test_it_takes_no_signature_beyond_the_modulus() -> None:
    """s + n verifies like s; two spellings of one signature are one too many."""
    header, claims, _ = token().split(".")
    raw = OWNER.sign(f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    beyond = int.from_bytes(raw, "big") + key().modulus
    assert not opens(f"{header}.{claims}.{part(beyond.to_bytes(257, 'big'))}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "..",
        "e30.e30.",
        "!!.!!.!!",
        f"{part(b'[]')}.{part({})}.AA",
        f"{part(b'[' * 5000)}.{part({})}.AA",
        f"{part(b'1' * 5000)}.{part({})}.AA",
        f"{part(HEADER | {'crit': ['exp']})}.{part(CLAIMS)}.AA",
        f"{part({'alg': 'RS256'})}.{part(CLAIMS)}.AA",
        "\u2028.\ud800.x",
    ],
)
def test_it_takes_nothing_else_for_a_token(text: str) -> None:
    with pytest.raises(Forged):
        read(text)


@pytest.mark.parametrize(
    "changed", [{"kty": "EC"}, {"use": "enc"}, {"n": part(b"\xff" * 128)}, {"e": part(b"\x01")}, {"n": 7}]
)
def test_it_takes_no_weak_or_other_key(changed: dict[str, Any]) -> None:
    numbers = OWNER.public_key().public_numbers()
    said = {"kty": "RSA", "use": "sig", "n": part(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    assert key_of(said) == key()
    assert key_of(said | changed) is None


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"authorization": "Bearer abc"}, "abc"),
        ({"Authorization": "bearer  abc "}, "abc"),
        ({"authorization": "Basic abc"}, ""),
        ({"authorization": "abc"}, ""),
        ({}, ""),
    ],
)
def test_it_finds_the_token_in_its_header(headers: dict[str, str], found: str) -> None:
    assert bearer(headers) == found
