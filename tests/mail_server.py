"""A mail server on this machine that does as a test says and keeps what it is sent."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

_FINE = {"AUTH": "235 welcome", "STARTTLS": "220 go on", "DATA": "354 go on", "QUIT": "221 bye"}


@dataclass
class Mailbox:
    """`replies` go out in the place of the usual ones; "." is the one to a whole mail.

    At `hangs_at` it says nothing until the test is over, at `leaves_at` it hangs up.
    """

    replies: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    hangs_at: str = ""
    leaves_at: str = ""
    tls: ssl.SSLContext | None = None
    mails: list[EmailMessage] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def commands(self) -> list[str]:
        return [line.split(" ")[0].upper() for line in self.lines]

    def reply(self, command: str, encrypted: bool) -> str:
        if command == "EHLO" and command not in self.replies:
            offers = ["catcher", *self.extensions, *(["STARTTLS"] if self.tls and not encrypted else [])]
            return "\r\n".join([*(f"250-{name}" for name in offers[:-1]), f"250 {offers[-1]}"])
        return self.replies.get(command) or _FINE.get(command, "250 fine")

    def keep(self, raw: bytes) -> None:
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[Mailbox]:
    class Conversation(socketserver.StreamRequestHandler):
        encrypted = False

        def handle(self) -> None:
            self.say("220 catcher")
            while line := self.rfile.readline().decode().strip():
                mailbox.lines.append(line)
                if not self.go_on(line.split(" ")[0].upper()):
                    return

        def go_on(self, command: str) -> bool:
            if command == mailbox.hangs_at:
                mailbox.over.wait(30)
            if command in (mailbox.hangs_at, mailbox.leaves_at):
                return False
            answer = mailbox.reply(command, self.encrypted)
            self.say(answer)
            if command == "DATA" and answer.startswith("3"):
                self.take_mail()
            if command == "STARTTLS":
                self.encrypt()
            return command != "QUIT"

        def take_mail(self) -> None:
            lines = list(iter(self.rfile.readline, b".\r\n"))
            answer = mailbox.reply(".", self.encrypted)
            if answer.startswith("2"):
                mailbox.keep(b"".join(line.removeprefix(b".") for line in lines))
            self.say(answer)

        def encrypt(self) -> None:
            assert mailbox.tls
            self.connection = self.request = mailbox.tls.wrap_socket(self.request, server_side=True)
            self.rfile, self.encrypted = self.request.makefile("rb"), True

        def say(self, text: str) -> None:
            self.request.sendall(text.encode() + b"\r\n")

        def finish(self) -> None:
            self.rfile.close()
            self.request.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up in the middle is what some tests are about."""

    with Server(("127.0.0.1", 0), Conversation) as server:
        mailbox.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield mailbox
        finally:
            mailbox.over.set()
            server.shutdown()
