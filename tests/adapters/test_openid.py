"""Tokens of an OpenID provider that is asked over HTTP: what opens, and everything near it that must not."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipeline_health.adapters.openid import KEPT, PAUSE, RETRY, OpenIdTokens
from pipeline_health.flows.reconcile import SourceFailed
from tests.openid_server import AUDIENCE, EC_OWNER, RSA_OWNER, Provider, openid_server, part, public, rsa_key

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with openid_server() as provider:
        yield provider


@pytest.fixture
def tokens(provider: Provider) -> OpenIdTokens:
    return OpenIdTokens(provider.issuer, AUDIENCE, insecure=True)


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.parametrize("key_id", ["rsa-1", "ec-1"])
def test_it_opens_to_what_the_issuer_signed_until_it_expires(
    provider: Provider, tokens: OpenIdTokens, key_id: str
) -> None:
    ends = int(time.time()) + 300
    reader = tokens.open(provider.token(key_id, exp=ends), now())
    assert reader
    assert reader.until == ends * 1000


@pytest.mark.parametrize("claims", [{"aud": ["other", AUDIENCE]}, {"exp": -30}, {"nbf": 30}])
def test_it_opens_to_one_of_several_audiences_and_whatever_a_clock_may_differ(
    provider: Provider, tokens: OpenIdTokens, claims: dict[str, Any]
) -> None:
    assert tokens.open(provider.token(**from_now(claims)), now())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"aud": []},
        {"aud": f"{AUDIENCE}-2"},
        {"exp": -90},
        {"exp": None},
        {"exp": "soon"},
        {"exp": float("nan")},
        {"nbf": 90},
        {"nbf": "now"},
    ],
)
def test_it_stays_shut_for_a_token_that_is_not_for_us_or_not_for_now(
    provider: Provider, tokens: OpenIdTokens, claims: dict[str, Any]
) -> None:
    assert tokens.open(provider.token(**from_now(claims)), now()) is None


def test_it_stays_shut_without_an_audience(provider: Provider) -> None:
    assert OpenIdTokens(provider.issuer, "", insecure=True).open(provider.token(aud=""), now()) is None


def test_it_stays_shut_for_what_somebody_else_signed(provider: Provider, tokens: OpenIdTokens) -> None:
    strangers = (rsa_key(), ec.generate_private_key(ec.SECP256R1()))
    assert tokens.open(provider.token(key=strangers[0]), now()) is None
    assert tokens.open(provider.token("ec-1", key=strangers[1]), now()) is None


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_it_takes_no_other_algorithm_of_the_same_key(
    provider: Provider, tokens: OpenIdTokens, algorithm: str
) -> None:
    assert tokens.open(provider.token(alg=algorithm), now()) is None


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_it_takes_no_key_that_everybody_knows_for_a_shared_secret(
    provider: Provider, tokens: OpenIdTokens, algorithm: str
) -> None:
    """Algorithm confusion: an HMAC made with the public key."""
    import hashlib
    import hmac

    known = RSA_OWNER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, claims, _ = provider.token().split(".")
    said = f"{part({'alg': algorithm, 'kid': 'rsa-1', 'typ': 'JWT'})}.{claims}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    assert tokens.open(f"{said}.{part(hmac.digest(known, said.encode(), digest))}", now()) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "ES256", 7, ["RS256"]])
def test_it_takes_no_token_whose_algorithm_is_not_its_keys(
    provider: Provider, tokens: OpenIdTokens, algorithm: object
) -> None:
    _, claims, signature = provider.token().split(".")
    header = part({"alg": algorithm, "kid": "rsa-1", "typ": "JWT"})
    assert tokens.open(f"{header}.{claims}.{signature}", now()) is None
    assert tokens.open(f"{header}.{claims}.", now()) is None


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_it_takes_no_algorithm_but_its_two_though_the_issuer_offers_it(
    provider: Provider, tokens: OpenIdTokens, algorithm: str
) -> None:
    provider.keys = [public(RSA_OWNER, "rsa-1", alg=algorithm)]
    assert tokens.open(provider.token(alg=algorithm), now()) is None


def test_it_takes_no_shared_secret_though_the_issuer_publishes_it(
    provider: Provider, tokens: OpenIdTokens
) -> None:
    secret = b"published by mistake, 32 bytes long"
    provider.keys = [{"kty": "oct", "kid": "rsa-1", "k": part(secret), "alg": "HS256"}]
    assert tokens.open(provider.token(key=secret, alg="HS256"), now()) is None


def test_it_takes_no_key_that_the_token_brings_along(provider: Provider, tokens: OpenIdTokens) -> None:
    import jwt

    stranger = rsa_key()
    headers = {"kid": "rsa-1", "jwk": public(stranger, "rsa-1"), "jku": "http://127.0.0.1:1/keys"}
    claims = {"iss": provider.issuer, "aud": AUDIENCE, "exp": time.time() + 300}
    assert tokens.open(jwt.encode(claims, stranger, "RS256", headers), now()) is None
    assert provider.asked == [DISCOVERY, "/keys"]


def test_it_takes_no_changed_part(provider: Provider, tokens: OpenIdTokens) -> None:
    header, claims, signature = provider.token().split(".")
    other = provider.token("ec-1").split(".")
    changed = [
        f"{header}.{other[1]}x.{signature}",
        f"{other[0]}.{claims}.{signature}",
        f"{header}.{claims}.{other[2]}",
        f"{header}.{claims}.{signature[:-8]}",
        f"{header}.{claims}.{'A' * len(signature)}",
        f"x{header}.{claims}.{signature}",
        f"{header}.{claims}.{signature}.",
        f"{header}.{claims}.{signature}!",
    ]
    assert [text for text in changed if tokens.open(text, now())] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "a.b", "a.b.c.d", "..", "e30.e30.", "!!.!!.!!", "\u2028.\ud800.x"),
        f"{part(b'[]')}.{part({})}.AA",
        f"{part(b'[' * 5000)}.{part({})}.AA",
        f"{part(b'1' * 5000)}.{part({})}.AA",
        f"{part({'alg': 'RS256', 'kid': 'rsa-1', 'crit': ['exp']})}.{part({})}.AA",
        f"{part({'alg': 'RS256', 'kid': 'rsa-1', 'crit': ['b64'], 'b64': False})}..AA",
        f"{part({'alg': 'RS256'})}.{part({})}.AA",
        f"{part({'alg': 'RS256', 'kid': 7})}.{part({})}.AA",
        f"{part({'alg': 'RS256', 'kid': 'rsa-1'})}.{part(b'[' * 5000)}.AA",
    ],
)
def test_it_takes_nothing_else_for_a_token(tokens: OpenIdTokens, text: str) -> None:
    assert tokens.open(text, now()) is None


@pytest.mark.parametrize(
    "key",
    [
        public(RSA_OWNER, "rsa-1", use="enc"),
        public(RSA_OWNER, "rsa-1", alg="RS512"),
        public(RSA_OWNER, "rsa-1", alg="HS256"),
        public(RSA_OWNER, "rsa-1", n="AQAB"),
        public(RSA_OWNER, "rsa-1", n=7),
        public(RSA_OWNER, "rsa-1", kty="oct", k="c2VjcmV0"),
        {"kid": "rsa-1"},
        public(EC_OWNER, "rsa-1"),
        public(rsa_key(1024), "rsa-1"),
    ],
)
def test_it_takes_no_weak_or_other_key(provider: Provider, tokens: OpenIdTokens, key: dict[str, Any]) -> None:
    provider.keys = [key, public(EC_OWNER, "ec-1")]
    assert tokens.open(provider.token("rsa-1"), now()) is None
    assert tokens.open(provider.token("ec-1"), now())


def test_it_takes_no_weak_key_with_which_the_token_was_signed(
    provider: Provider, tokens: OpenIdTokens
) -> None:
    weak = rsa_key(1024)
    provider.keys = [public(weak, "rsa-1")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library, which signs with it all the same
        assert tokens.open(provider.token(key=weak), now()) is None


def test_it_asks_the_issuer_for_its_keys_once_an_hour(provider: Provider, tokens: OpenIdTokens) -> None:
    began = now()
    for later in (0, 1, KEPT - 1):
        assert tokens.open(provider.token(), began + later)
    assert provider.asked == [DISCOVERY, "/keys"]
    assert tokens.open(provider.token(), began + KEPT)
    assert len(provider.asked) == 4


def test_it_follows_the_issuer_from_one_key_to_the_next(provider: Provider, tokens: OpenIdTokens) -> None:
    began, fresh = now(), rsa_key()
    assert tokens.open(provider.token(), began)
    provider.keys = [public(fresh, "rsa-2")]
    assert tokens.open(provider.token("rsa-2", key=fresh), began + PAUSE)
    assert tokens.open(provider.token(), began + PAUSE) is None


def test_it_does_not_ask_for_everyone_who_names_a_key(provider: Provider, tokens: OpenIdTokens) -> None:
    began = now()
    assert tokens.open(provider.token(), began)
    for guess in range(20):
        assert tokens.open(provider.token(f"guess-{guess}"), began + PAUSE - 1) is None
    assert len(provider.asked) == 2


def test_it_lets_nobody_in_while_the_keys_are_unknown(provider: Provider, tokens: OpenIdTokens) -> None:
    began, provider.status = now(), 503
    for _ in range(3):
        with pytest.raises(SourceFailed):
            tokens.open(provider.token(), began)
    assert len(provider.asked) == 1
    provider.status = 200
    assert tokens.open(provider.token(), began + RETRY)


def test_it_believes_no_other_issuer(provider: Provider, tokens: OpenIdTokens) -> None:
    provider.said = {"issuer": "https://evil.example.com"}
    with pytest.raises(SourceFailed, match="another_issuer"):
        tokens.open(provider.token(), now())


def test_it_fetches_keys_from_no_private_address(provider: Provider) -> None:
    with pytest.raises(SourceFailed, match="insecure_url"):
        OpenIdTokens(provider.issuer, AUDIENCE).open(provider.token(), now())


def from_now(claims: dict[str, Any]) -> dict[str, Any]:
    """Times are said in seconds from now."""
    at = {"exp", "nbf"}
    return {
        name: time.time() + value if name in at and isinstance(value, int) else value
        for name, value in claims.items()
    }
