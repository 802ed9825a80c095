"""Mail through SMTP: encrypted where it can be, refused for good at 5xx, tried again at 4xx."""

import datetime
import ssl
import traceback
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline_health.adapters.mail import Mail, compose
from pipeline_health.adapters.smtp import SmtpServer
from pipeline_health.flows.delivery import DeliveryFailed
from tests.alert_examples import HOSTILE, alert
from tests.mail_server import Mailbox, mail_server

SENDER = "ci@acme.example"
RECEIVERS = ("ada@acme.example", "bob@acme.example")


def deliver(
    mailbox: Mailbox, mail: Mail | None = None, **options: str | bool | float
) -> DeliveryFailed | None:
    with mail_server(mailbox):
        server = SmtpServer("127.0.0.1", mailbox.port, **options)  # type: ignore[arg-type]
        failed: DeliveryFailed | None = None
        try:
            server.deliver(mail or compose(alert()), SENDER, RECEIVERS)
        except DeliveryFailed as error:
            failed = error
    assert "pa55" not in "".join(traceback.format_exception(failed))
    return failed


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's context with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem: Path = tmp_path_factory.mktemp("tls") / "pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_it_delivers_html_and_text_to_everybody() -> None:
    mailbox = Mailbox()
    assert deliver(mailbox) is None
    (mail,) = mailbox.mails
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert (text, html) == (compose(alert()).text, compose(alert()).html)
    assert (mail["From"], mail["To"]) == (SENDER, ", ".join(RECEIVERS))
    asked = [line.lower() for line in mailbox.lines if line.lower().startswith("rcpt")]
    assert asked == [f"rcpt to:<{receiver}>" for receiver in RECEIVERS]


def test_it_carries_an_id_that_is_the_same_when_sent_again() -> None:
    mailbox = Mailbox()
    deliver(mailbox)
    deliver(mailbox)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_it_lets_no_name_add_a_header(name: str) -> None:
    mailbox = Mailbox()
    mail = compose(alert(repo=name, pipeline=name, branch=name, title=name))
    assert deliver(mailbox, mail) is None
    (arrived,) = mailbox.mails
    assert arrived["Bcc"] is None
    assert set(arrived.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }


def test_it_carries_any_letters_in_its_subject() -> None:
    mailbox = Mailbox()
    mail = compose(alert(branch="größe/✨-日本語" * 20))
    deliver(mailbox, mail)
    assert mailbox.mails[0]["Subject"] == mail.subject


@pytest.mark.parametrize(
    ("command", "reply", "permanent"),
    [
        ("MAIL", "550 not you", True),
        ("MAIL", "451 later", False),
        ("RCPT", "550 nobody here", True),
        ("RCPT", "450 greylisted", False),
        ("DATA", "554 no", True),
        (".", "552 too big", True),
        (".", "452 full", False),
        ("EHLO", "421 busy", False),
    ],
)
def test_it_tells_refusals_for_good_from_those_for_now(command: str, reply: str, permanent: bool) -> None:
    mailbox = Mailbox(replies={command: reply, "HELO": reply})
    failed = deliver(mailbox)
    assert failed
    assert (failed.reason, failed.permanent) == (f"smtp_{reply[:3]}", permanent)
    assert mailbox.mails == []


def test_it_is_delivered_once_the_mail_is_taken_whatever_follows() -> None:
    for mailbox in (Mailbox(leaves_at="QUIT"), Mailbox(replies={"QUIT": "554 no goodbye"})):
        assert deliver(mailbox) is None
        assert len(mailbox.mails) == 1


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "DATA"])
def test_it_tries_again_when_the_server_hangs_or_hangs_up(command: str) -> None:
    for mailbox in (Mailbox(hangs_at=command), Mailbox(leaves_at=command)):
        failed = deliver(mailbox, step_seconds=0.2)
        assert failed
        assert not failed.permanent


def test_it_logs_in_over_tls(tls: ssl.SSLContext) -> None:
    mailbox = Mailbox(extensions=("AUTH PLAIN",), tls=tls)
    assert deliver(mailbox, user="ci", password="pa55", insecure=True) is None
    assert mailbox.commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_it_trusts_no_unknown_certificate(tls: ssl.SSLContext) -> None:
    failed = deliver(Mailbox(tls=tls))
    assert failed
    assert (failed.reason, failed.permanent) == ("unreachable", False)


def test_it_tells_its_password_to_no_server_without_tls() -> None:
    mailbox = Mailbox(extensions=("AUTH PLAIN",))
    failed = deliver(mailbox, user="ci", password="pa55")
    assert failed
    assert (failed.reason, failed.permanent) == ("no_tls_for_login", True)
    assert "AUTH" not in mailbox.commands


def test_it_calls_a_wrong_password_permanent() -> None:
    mailbox = Mailbox(extensions=("AUTH PLAIN",), replies={"AUTH": "535 no"})
    failed = deliver(mailbox, user="ci", password="pa55", insecure=True)
    assert failed
    assert (failed.reason, failed.permanent) == ("smtp_535", True)


def test_it_calls_a_server_that_knows_no_login_permanent() -> None:
    failed = deliver(Mailbox(), user="ci", password="pa55", insecure=True)
    assert failed
    assert (failed.reason, failed.permanent) == ("smtp_not_supported", True)


def test_it_shows_its_password_to_nobody() -> None:
    assert "pa55" not in repr(SmtpServer("mail.example", 587, "ci", "pa55"))


def test_it_calls_one_that_is_not_there_temporary() -> None:
    with mail_server(Mailbox()) as gone:
        port = gone.port
    with pytest.raises(DeliveryFailed, match="unreachable") as failed:
        SmtpServer("127.0.0.1", port).deliver(compose(alert()), SENDER, RECEIVERS)
    assert not failed.value.permanent


def test_it_sends_nothing_when_the_greeting_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((0.0, 21.0))
    monkeypatch.setattr("pipeline_health.adapters.smtp.time.time", lambda: next(clock))
    mailbox = Mailbox()
    failed = deliver(mailbox)
    assert failed
    assert (failed.reason, mailbox.mails) == ("timeout", [])
