"""Who is let in when signatures are asked for."""

from collections.abc import Sequence

import pytest

from pipeline_health.providers.delivery import Delivery
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
