"""No request goes to this machine or its network, however often a name changes its mind."""

import socket
from typing import Any

import pytest

from pipeline_health.adapters.http_reader import Site
from pipeline_health.adapters.webhooks import Webhook, public
from pipeline_health.flows.delivery import DeliveryFailed
from pipeline_health.flows.reconcile import SourceFailed


@pytest.fixture
def rebound(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A listener of this machine, which the name in the URL leads to now."""
    listener = socket.create_server(("127.0.0.1", 0))
    where = ("127.0.0.1", listener.getsockname()[1])
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kinds: answer)
    with listener:
        yield listener


def sent(listener: socket.socket) -> bytes:
    accepted, _ = listener.accept()
    with accepted:
        accepted.settimeout(5)
        return accepted.recv(1000)


def test_a_webhook_sends_nothing_to_this_network(rebound: socket.socket) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        Webhook("https://hooks.example.com/secret").post({"text": "x"})
    assert (failed.value.reason, failed.value.permanent) == ("private_address", True)
    assert sent(rebound) == b""


def test_a_source_is_not_asked_in_this_network(rebound: socket.socket) -> None:
    with pytest.raises(SourceFailed):
        Site("https://ci.example.com", {"Authorization": "secret"}).get("/")
    assert sent(rebound) == b""


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::"),
    ],
)
def test_it_knows_what_is_not_of_the_world(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "3.5.140.2", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_it_knows_what_is(address: str) -> None:
    assert public(address)
