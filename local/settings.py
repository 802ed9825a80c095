"""What `make run` is asked for, read once from the environment it is started in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.translate import REGION, ROOT

# Parameters of template.yaml, by the environment variable that sets them here.
PARAMETERS: Final = {
    "ALLOW_ORIGINS": "AllowOrigins",
    "ALERT_SLACK_WEBHOOK": "SlackWebhook",
    "ALERT_EMAIL_FROM": "AlertEmailFrom",
    "ALERT_EMAIL_TO": "AlertEmailTo",
    "SMTP_HOST": "SmtpHost",
    "SMTP_PORT": "SmtpPort",
    "SMTP_USER": "SmtpUser",
    "SMTP_PASS": "SmtpPassword",
    "ALERT_ON": "AlertOn",
    "ALERT_BRANCHES": "AlertBranches",
    "ALERT_MAX_AGE_SECONDS": "AlertMaxAge",
    "AUTH": "Auth",
    "WEBHOOK_SECRET": "WebhookSecret",
    "READ_TOKEN": "ReadToken",
    "OIDC_ISSUER": "OidcIssuer",
    "OIDC_AUDIENCE": "OidcAudience",
    "PUBLIC_HEALTH": "PublicHealth",
    "PUBLIC_BADGES": "PublicBadges",
    "FRAME_ANCESTORS": "FrameAncestors",
    "RETENTION_DAYS": "RetentionDays",
    "DEFAULT_BRANCHES": "DefaultBranches",
    "FLAKY_COMMITS": "FlakyCommits",
    "RECONCILE_GITHUB_REPOS": "ReconcileGitHubRepos",
    "RECONCILE_GITHUB_ORGS": "ReconcileGitHubOrgs",
    "RECONCILE_GITHUB_TOKEN": "ReconcileGitHubToken",
    "GITHUB_API_URL": "GitHubApiUrl",
    "RECONCILE_JENKINS_URLS": "ReconcileJenkinsUrls",
    "RECONCILE_JENKINS_TOKENS": "ReconcileJenkinsTokens",
    "LOG_LEVEL": "LogLevel",
}
HTTP_API: Final = "a0000001"  # ids that never change, so that addresses are known before anything is deployed
WEBSOCKET_API: Final = "a0000002"


class BadSettingError(Exception):
    """A setting that cannot be used; the message says which and what would be right."""


@dataclass(frozen=True)
class Settings:
    host: str
    port: int  # ours: the HTTP API at /, the WebSocket at /ws
    aws_port: int  # the embedded AWS
    folder: Path  # everything this run writes; removed when it ends
    parameters: dict[str, str]

    @property
    def shown_host(self) -> str:
        return "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::") else self.host

    @property
    def url(self) -> str:
        return f"http://{self.shown_host}:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://{self.shown_host}:{self.port}/ws"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def container_aws_url(self) -> str:
        """The embedded AWS as a container of `sam local` reaches it, where HOST lets it."""
        return f"http://host.docker.internal:{self.aws_port}"

    @property
    def locked(self) -> bool:
        return self.parameters.get("Auth") == "on"

    @property
    def all_parameters(self) -> dict[str, str]:
        """What was asked for, and what only a stack on one machine needs; it is open by default."""
        return (
            {"Auth": "off"}
            | self.parameters
            | {
                "AwsEndpointUrl": self.aws_url,
                "WebSocketEndpoint": f"{self.aws_url}/_aws/execute-api/{WEBSOCKET_API}/ws",
                "WebSocketUrl": self.websocket_url,
                "AllowInsecureReceivers": "on",
                "SesIdentity": self.parameters.get("AlertEmailFrom", ""),  # verified here without a letter
            }
        )


def read_settings(environ: Mapping[str, str]) -> Settings:
    aws_port = _port(environ, "AWS_PORT", 4566)
    port = _port(environ, "PORT", _port(environ, "BACKEND_PORT", 8001))
    if port == aws_port:
        raise BadSettingError(f"PORT and AWS_PORT are both {port}: the two need a port each.")
    return Settings(
        host=environ.get("HOST") or "127.0.0.1",
        port=port,
        aws_port=aws_port,
        folder=Path(environ.get("LOCAL_DIR") or ROOT / ".local") / f"run-{aws_port}",
        parameters={name: environ[key] for key, name in PARAMETERS.items() if environ.get(key)},
    )


def embedded_aws_environment(settings: Settings, path: str) -> dict[str, str]:
    """The whole environment of the embedded AWS; all of it reaches the functions, so this is all."""
    return {
        "PATH": path,
        "LANG": "C.UTF-8",
        "TMPDIR": str(settings.folder),
        "GATEWAY_PORT": str(settings.aws_port),
        "AUTH": "true",  # its own: each function may do what its role allows, and no more
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise BadSettingError(f"{name}={text} is no port: give a number from 1 to 65535.")
    return int(text)
