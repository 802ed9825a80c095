"""Mail through an SMTP server: TLS where it is offered, a login only over TLS, each mail in a connection."""

import smtplib
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Final

from pipeline_health.adapters.mail import Mail
from pipeline_health.flows.delivery import DeliveryFailed

STEP_SECONDS: Final = 5  # for each command
GREETING_SECONDS: Final = 20  # for all that comes before the mail itself
SMTPS_PORT: Final = 465  # TLS from the first byte, RFC 8314


@dataclass(frozen=True)
class SmtpServer:
    """`insecure` logs in without TLS where there is none, and takes any certificate."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    insecure: bool = False
    step_seconds: float = STEP_SECONDS

    def deliver(self, mail: Mail, sender: str, receivers: tuple[str, ...]) -> None:
        """Returns once the server took it for at least one receiver."""
        try:
            with self._session() as smtp:
                smtp.send_message(_message(mail, sender, receivers))
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refused(code for code, _ in refused.recipients.values()) from None
        except smtplib.SMTPResponseException as refused:
            raise _refused([refused.smtp_code]) from None
        except smtplib.SMTPNotSupportedError:
            raise DeliveryFailed("smtp_not_supported", permanent=True) from None
        except TimeoutError:
            raise DeliveryFailed("timeout", permanent=False) from None
        except OSError:  # smtplib's other errors among them
            raise DeliveryFailed("unreachable", permanent=False) from None

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Once the mail is taken, how the server says goodbye changes nothing."""
        began = time.time()
        smtp = self._connect()
        try:
            self._log_in(smtp)
            if time.time() - began > GREETING_SECONDS:  # perhaps another has been given it to send by now
                raise TimeoutError
            yield smtp
            with suppress(OSError):
                smtp.quit()
        finally:
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        if self.port == SMTPS_PORT:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.step_seconds, context=self._tls())
        smtp = smtplib.SMTP(self.host, self.port, timeout=self.step_seconds)
        try:
            smtp.ehlo_or_helo_if_needed()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls())
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if not self.user:
            return
        if not (self.insecure or isinstance(smtp.sock, ssl.SSLSocket)):
            raise DeliveryFailed("no_tls_for_login", permanent=True)
        smtp.login(self.user, self.password)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _refused(codes: Iterable[int]) -> DeliveryFailed:
    """5xx is for good, 4xx for now (RFC 5321, 4.2.1); with several receivers one that may heal is enough."""
    code = min(codes)
    return DeliveryFailed(f"smtp_{code}", permanent=500 <= code < 600)


def _message(mail: Mail, sender: str, receivers: tuple[str, ...]) -> EmailMessage:
    """EmailMessage refuses line ends in headers, so that no name can add one."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(receivers)
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in answer
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
