"""`make fuzz`, its second half: a million inputs to verify and parse of every sender, led by what they cover.

It fails, and libFuzzer writes the input down, where anything but our own refusal comes out, or where a door
opens to who does not know the secret. It has an environment of its own (requirements/fuzz.in).
"""

import json
import os
import random
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import atheris

with atheris.instrument_imports(include=["pipeline_health.providers", "pipeline_health.domain"]):
    from pipeline_health.providers.delivery import Delivery
    from pipeline_health.providers.refusal import Refusal, Unauthorized
    from pipeline_health.providers.senders import SENDERS

from tests.ingesting import (
    NOW,
    circleci_workflow,
    encoded,
    flat_body,
    github_job,
    github_run,
    gitlab_pipeline,
    jenkins_build,
    signature,
)

SECRET: Final = os.urandom(16).hex().encode()
PROVIDERS: Final = sorted(SENDERS)
EVENTS: Final = ("", "workflow_run", "workflow_job", "ping", "Pipeline Hook", "workflow-completed")
NAMES: Final = {"circleci": "circleci-event-type", "gitlab": "x-gitlab-event"}
TYPES: Final = ("application/json", "application/x-www-form-urlencoded")
SEEDS: Final = (
    ("github", "workflow_run", github_run()),
    ("github", "workflow_job", github_job()),
    ("github", "", flat_body()),
    ("circleci", "workflow-completed", circleci_workflow()),
    ("gitlab", "Pipeline Hook", gitlab_pipeline()),
    ("jenkins", "", jenkins_build()),
    ("jenkins", "", flat_body()),
)
HOSTILE: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 10**18, 10**400, 1e308, "", "\0", "\ufffd", "\udfff", "x" * 600, [], {}, [[]]),
    *(
        "2026-11-23T12:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "javascript:alert(1)",
        "https://x/%00",
        "completed",
    ),
)
_HEAD: Final = 4  # bytes: which sender, which event, which type, how much of what follows is shown as proof


def one_input(data: bytes) -> None:
    if len(data) < _HEAD:
        return
    provider = PROVIDERS[data[0] % len(PROVIDERS)]
    shown, body = data[_HEAD : _HEAD + data[3]], data[_HEAD + data[3] :]
    headers = {"content-type": TYPES[data[2] % len(TYPES)]}
    if event := EVENTS[data[1] % len(EVENTS)]:
        headers[NAMES.get(provider, "x-github-event")] = event
    _parse(provider, Delivery(body, NOW, headers))
    _knock(provider, body, headers, shown.decode("utf-8", "surrogateescape"))


def _parse(provider: str, delivery: Delivery) -> None:
    with suppress(Refusal):
        SENDERS[provider].parse(delivery)


def _knock(provider: str, body: bytes, headers: dict[str, str], shown: str) -> None:
    """With what was made up, and with the right signature after junk; only the right one alone may open."""
    right = signature(body, SECRET)
    proofs = (shown, f"{shown}{right}", f"{right}{shown}", f"sha256={shown}", f"{shown},{right}")
    for proof in proofs:
        signed = {**headers, "x-hub-signature-256": proof}
        token = {**headers, "authorization": f"Bearer {proof}"}
        for delivery in (Delivery(body, NOW, signed), Delivery(body, NOW, token, {"token": shown})):
            if _opens(provider, delivery) and (proof != right or delivery.headers is token):
                raise AssertionError(f"{provider} let in {proof!r}")
    if "x-github-event" in headers and provider == "github":
        assert _opens(provider, Delivery(body, NOW, {**headers, "x-hub-signature-256": right}))


def _opens(provider: str, delivery: Delivery) -> bool:
    try:
        SENDERS[provider].verify(delivery, [SECRET])
    except Unauthorized:
        return False
    return True


def mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time bytes, as ever; else a field of the document, or JSON would hardly ever stay JSON."""
    chance = random.Random(seed)
    document = _document(data)
    if document is None or chance.random() < 0.5:
        return bytes(atheris.Mutate(data, max_size))
    _spoil(document, chance)
    start = _HEAD + data[3]
    return (data[:start] + json.dumps(document).encode("utf-8", "replace"))[:max_size]


def _document(data: bytes) -> Any:
    try:
        document = json.loads(data[_HEAD + data[3] :])
    except (ValueError, IndexError, RecursionError):
        return None
    return document if isinstance(document, dict) and document else None


def _spoil(document: dict[str, Any], chance: random.Random) -> None:
    place = document
    while True:
        name = chance.choice(sorted(place))
        inner = place[name]
        if not (isinstance(inner, dict) and inner and chance.random() < 0.9):
            break
        place = inner
    if chance.random() < 0.2:
        del place[name]
    else:
        place[name] = chance.choice(HOSTILE)


def seeds(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (provider, event, document) in enumerate(SEEDS):
        head = bytes([PROVIDERS.index(provider), EVENTS.index(event), 0, 0])
        (folder / f"seed-{number}").write_bytes(head + encoded(document))


def main() -> None:
    """Options: https://llvm.org/docs/LibFuzzer.html#options. The folder keeps what it learnt."""
    corpus = Path(".local/fuzz/corpus")
    seeds(corpus)
    options = ["-max_len=16384", "-timeout=10", "-artifact_prefix=.local/fuzz/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], str(corpus)], one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
