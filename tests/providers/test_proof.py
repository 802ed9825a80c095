"""Who is let in when signatures are asked for."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

import pytest

from pipeline_health.providers.delivery import Delivery
from pipeline_health.providers.proof import signing_token
from pipeline_health.providers.refusal import Unauthorized
from pipeline_health.providers.senders import SENDERS
from tests.ingesting import NOW, SECRET, basic, signature

BODY = b"Hello, World!"
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
GIVEN = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def let_in(
    provider: str,
    headers: dict[str, str],
    secrets: Sequence[bytes] = (SECRET,),
    body: bytes = BODY,
    **query: str,
) -> bool:
    try:
        SENDERS[provider].verify(Delivery(body, NOW, headers, query), secrets)
    except Unauthorized:
        return False
    return True


def github(given: str, secrets: Sequence[bytes] = (SECRET,), body: bytes = BODY) -> bool:
    headers = {"x-github-event": "workflow_run", "x-hub-signature-256": given}
    return let_in("github", headers, secrets, body)


def test_it_accepts_githubs_own_example() -> None:
    assert github(GIVEN)


def test_it_signs_the_raw_bytes() -> None:
    assert github(signature(b'{"a":\r\n "\xff"}'), body=b'{"a":\r\n "\xff"}')
    assert not github(GIVEN, body=BODY + b"\n")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        GIVEN.removeprefix("sha256="),
        GIVEN.replace("sha256", "sha1"),
        GIVEN[:-1],
        GIVEN[:-1] + "8",
        GIVEN + "0",
        f"{GIVEN},{GIVEN}",
        "sha256=é\udc80",
        signature(BODY, b"another secret"),
    ],
)
def test_it_refuses_any_other_signature(given: str) -> None:
    assert not github(given)


def test_it_refuses_a_github_event_without_a_signature_even_with_a_token() -> None:
    token = {"authorization": f"Bearer {SECRET.decode()}"}
    assert not let_in("github", {"x-github-event": "ping", **token})


@pytest.mark.parametrize("secrets", [(), (b"",), (b"", b"")])
def test_no_secret_lets_nobody_in(secrets: Sequence[bytes]) -> None:
    assert not github(signature(BODY, b""), secrets)
    assert not let_in("jenkins", {"authorization": "Bearer "}, secrets)
    assert not let_in("jenkins", {"authorization": basic(b"")}, secrets)
    assert not let_in("jenkins", {}, secrets, token="")


def test_both_secrets_hold_while_one_replaces_the_other() -> None:
    both = (b"new", SECRET)
    assert github(GIVEN, both)
    assert github(signature(BODY, b"new"), both)
    assert let_in("jenkins", {}, both, token="new")


def test_every_secret_is_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append(expected)
        return given == expected

    monkeypatch.setattr("pipeline_health.providers.proof.compare_digest", compare)
    assert github(GIVEN, (SECRET, b"b", b"c"))
    assert len(compared) == 3


@pytest.mark.parametrize("provider", ["jenkins", "github"])
@pytest.mark.parametrize(
    "authorization", [f"Bearer {SECRET.decode()}", f"bearer  {SECRET.decode()}", basic(SECRET)]
)
def test_a_token_will_do_for_jenkins_and_for_flat_bodies(provider: str, authorization: str) -> None:
    assert let_in(provider, {"authorization": authorization})


def test_the_token_may_stand_in_the_url() -> None:
    assert let_in("jenkins", {}, token=SECRET.decode())
    assert not let_in("jenkins", {}, token=SECRET.decode() + " ")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer wrong",
        f"Token {SECRET.decode()}",
        basic(b"wrong"),
        "Basic !!!",
        "Basic é",
        f"Basic {SECRET.decode()}",
        basic(SECRET)[:-4],
        basic(SECRET).replace(" ", " !"),  # a lenient decoder would skip it
        "Bearer \udc80",
    ],
)
def test_any_other_token_is_refused(authorization: str) -> None:
    assert not let_in("jenkins", {"authorization": authorization})


def test_a_token_outside_ascii_is_compared_as_its_bytes() -> None:
    assert let_in("jenkins", {}, ("schlüssel".encode(),), token="schlüssel")
    assert let_in("jenkins", {"authorization": basic("schlüssel".encode())}, ("schlüssel".encode(),))


@pytest.mark.parametrize("provider", ["jenkins", "github"])
def test_a_signature_will_do_for_flat_bodies_and_a_wrong_one_never_falls_back_to_the_token(
    provider: str,
) -> None:
    assert let_in(provider, {"x-hub-signature-256": GIVEN})
    wrong = {"x-hub-signature-256": GIVEN[:-1] + "8", "authorization": f"Bearer {SECRET.decode()}"}
    assert not let_in(provider, wrong)


PIPELINE = {"x-gitlab-event": "Pipeline Hook"}
# https://docs.svix.com/receiving/verifying-payloads/how-manual
STANDARD = {
    **PIPELINE,
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_SECRET = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def standard(headers: dict[str, str], *secrets: bytes, body: bytes = STANDARD_BODY) -> bool:
    return let_in("gitlab", STANDARD | headers, secrets or (STANDARD_SECRET,), body)


def test_it_accepts_the_example_of_standard_webhooks_alone_or_among_others() -> None:
    assert standard({})
    assert standard({}, b"new", STANDARD_SECRET)
    assert standard({"webhook-signature": f"v1,AAAA {STANDARD['webhook-signature']} v1a,BBBB"})


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": STANDARD["webhook-signature"].removeprefix("v1,")},
        {"webhook-signature": STANDARD["webhook-signature"][:-1]},
        {"webhook-signature": "v1,é\udc80"},
        {"webhook-id": "msg_another"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-signature": "v1,AAAA", "x-gitlab-token": STANDARD_SECRET.decode()},
    ],
)
def test_it_refuses_any_other_standard_signature_even_beside_the_token(headers: dict[str, str]) -> None:
    assert not standard(headers)


def test_it_signs_with_the_very_body_and_never_with_an_empty_key() -> None:
    assert not standard({}, body=STANDARD_BODY + b" ")
    for empty in (b"whsec_", b"whsec_!", b""):
        nothing = hmac.digest(b"", b".".join([*map(str.encode, told(STANDARD)), STANDARD_BODY]), "sha256")
        assert not standard({"webhook-signature": f"v1,{b64encode(nothing).decode()}"}, empty)


def told(headers: dict[str, str]) -> tuple[str, str]:
    return headers["webhook-id"], headers["webhook-timestamp"]


def test_gitlab_may_sign_with_what_is_made_of_the_webhook_secret() -> None:
    token = signing_token(SECRET)
    assert len(b64decode(token.removeprefix("whsec_"))) == 32  # the only length that GitLab takes
    signed = b".".join([*map(str.encode, told(STANDARD)), BODY])
    mac = b64encode(hmac.digest(b64decode(token.removeprefix("whsec_")), signed, "sha256")).decode()
    assert standard({"webhook-signature": f"v1,{mac}"}, SECRET, body=BODY)
    assert signing_token(STANDARD_SECRET) == STANDARD_SECRET.decode()


def test_gitlabs_secret_token_lets_in_where_nothing_is_signed() -> None:
    token = PIPELINE | {"x-gitlab-token": SECRET.decode()}
    assert let_in("gitlab", token)
    assert let_in("gitlab", token, (b"new", SECRET))
    assert not let_in("gitlab", PIPELINE | {"x-gitlab-token": "wrong"})
    assert not let_in("gitlab", PIPELINE | {"x-gitlab-token": ""}, (b"",))
    assert not let_in("gitlab", PIPELINE, token=SECRET.decode())  # the URL is in GitLab's own lists and logs


# CircleCI's own example, of secret `secret` and body `hello world`:
# https://circleci.com/docs/guides/integration/outbound-webhooks/#validate-webhooks
CIRCLECI = "v1=734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a"


def circleci(given: str, *secrets: bytes, **more: str) -> bool:
    headers = {"circleci-event-type": "workflow-completed", "circleci-signature": given, **more}
    return let_in("circleci", headers, secrets or (b"secret",), b"hello world")


def test_it_accepts_circlecis_own_example_alone_or_among_others() -> None:
    assert circleci(CIRCLECI)
    assert circleci(f"v2=0011,{CIRCLECI}")
    assert circleci(CIRCLECI, b"new", b"secret")


@pytest.mark.parametrize(
    "given",
    ["", "v1=", CIRCLECI[:-1], CIRCLECI.removeprefix("v1="), CIRCLECI.replace("v1", "v2"), "v1=é\udc80"],
)
def test_it_refuses_any_other_signature_of_circleci_even_with_a_token(given: str) -> None:
    assert not circleci(given)
    assert not circleci(given, authorization="Bearer secret")
    assert not circleci(CIRCLECI, b"another")
    assert not circleci(CIRCLECI, b"")
