"""What proves that a delivery comes from someone who knows the secret. Every way fails closed."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Final

from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.refusal import Unauthorized

SIGNATURE: Final = "x-hub-signature-256"
_CIRCLECI: Final = "circleci-signature"
_STANDARD: Final = "webhook-signature"
_GITLAB: Final = "x-gitlab-token"
_SIGNING: Final = "whsec_"


def require_signature(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """`sha256=` and the hex HMAC of the raw body, made with any of the secrets (two during a rotation).

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    given = delivery.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
    # A list, not a generator: every secret is compared, so the time taken tells nothing.
    matches = [compare_digest(given, _signature(delivery.body, secret)) for secret in _usable(secrets)]
    if not any(matches):
        raise Unauthorized("X-Hub-Signature-256 is missing or is not the body's HMAC with the secret.")


def require_token(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """The secret itself: as Bearer, as Basic password, or as `?token=` for senders that only take a URL."""
    matches = [
        compare_digest(token, secret) for secret in _usable(secrets) for token in _tokens(delivery) if token
    ]
    if not any(matches):
        raise Unauthorized("The token is missing or wrong: send it as Bearer, Basic password or ?token=.")


def require_either(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """The signature where one is given (never a fall back from a wrong one), else the token."""
    (require_signature if SIGNATURE in delivery.headers else require_token)(delivery, secrets)


def require_circleci(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """`v1=` and the hex HMAC of the raw body, among signatures of other versions.

    https://circleci.com/docs/reference/outbound-webhooks-reference/
    """
    given = [_plain(each.strip()) for each in delivery.headers.get(_CIRCLECI, "").split(",")]
    matches = [
        compare_digest(one, b"v1=" + _hex(delivery.body, secret))
        for secret in _usable(secrets)
        for one in given
    ]
    if not any(matches):
        raise Unauthorized("circleci-signature is missing or is not the body's HMAC with the secret.")


def require_gitlab(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """The signature where one is given (never a fall back from a wrong one), else the secret token.

    https://docs.gitlab.com/user/project/integrations/webhooks/
    """
    matches = (
        _standard(delivery, secrets) if _STANDARD in delivery.headers else _gitlab_token(delivery, secrets)
    )
    if not any(matches):
        raise Unauthorized("The signing token or the secret token is missing or is not this stack's.")


def signing_token(secret: bytes) -> str:
    """What GitLab is given for the webhook secret: 32 bytes in base64 are all that it takes."""
    return _SIGNING + b64encode(_key(secret)).decode()


def _standard(delivery: Delivery, secrets: Sequence[bytes]) -> list[bool]:
    """`v1,` and the base64 HMAC of id, time and body; several of them stand apart by spaces. Old ones hold,
    too: what is delivered twice changes nothing.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    told = (delivery.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp"))
    signed = b".".join([*map(_plain, told), delivery.body])
    given = [_plain(each) for each in delivery.headers[_STANDARD].split(" ")]
    return [
        compare_digest(one, b"v1," + b64encode(hmac_digest(_key(secret), signed, sha256)))
        for secret in _usable(secrets)
        for one in given
    ]


def _key(secret: bytes) -> bytes:
    """Of a secret that is such a token itself what it says; of any other its digest. Never empty."""
    said = secret.removeprefix(_SIGNING.encode())
    if said == secret:
        return sha256(secret).digest()
    try:
        return b64decode(said, validate=True) or sha256(secret).digest()
    except NotBase64:
        return sha256(secret).digest()


def _gitlab_token(delivery: Delivery, secrets: Sequence[bytes]) -> list[bool]:
    given = _plain(delivery.headers.get(_GITLAB, ""))
    return [compare_digest(given, secret) for secret in _usable(secrets)]


def _usable(secrets: Sequence[bytes]) -> list[bytes]:
    """An empty secret signs happily, and anyone can sign with it."""
    return [secret for secret in secrets if secret]


def _signature(body: bytes, secret: bytes) -> bytes:
    return b"sha256=" + _hex(body, secret)


def _hex(body: bytes, secret: bytes) -> bytes:
    return hmac_digest(secret, body, sha256).hex().encode()


def _tokens(delivery: Delivery) -> list[bytes]:
    scheme, _, credentials = delivery.headers.get("authorization", "").partition(" ")
    authorization = {"bearer": _plain, "basic": _basic_password}.get(scheme.lower(), _nothing)
    return [authorization(credentials.strip()), _plain(delivery.query.get("token", ""))]


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _basic_password(credentials: str) -> bytes:
    try:
        return b64decode(_plain(credentials), validate=True).partition(b":")[2]
    except NotBase64:
        return b""


def _nothing(_: str) -> bytes:
    return b""
