"""The template's parameters, and the environment variables of `make run` that set them."""

import re
import tomllib

import pytest

from local.settings import PARAMETERS, BadSettingError, read_settings
from tests.template import ROOT, load, resources

TEMPLATE = load()
ONLY_LOCAL = {"AwsEndpointUrl", "WebSocketEndpoint", "WebSocketUrl", "AllowInsecureReceivers"}
ONLY_AWS = {
    "AlarmEmail",
    "Architecture",
    "LogRetentionDays",
    "ThrottlingRate",
    "ThrottlingBurst",
    "SesIdentity",
}


def test_it_describes_every_parameter_and_output() -> None:
    for part in ("Parameters", "Outputs"):
        for name, described in TEMPLATE[part].items():
            assert described["Description"].endswith("."), name


def test_it_bounds_every_parameter_and_has_a_default_for_each() -> None:
    free = {"SesIdentity", "SmtpHost"}  # any host, address or domain
    for name, parameter in TEMPLATE["Parameters"].items():
        bounds = {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue"} & parameter.keys()
        assert bounds or name in free, name
        assert "Default" in parameter, name


def test_it_accepts_its_own_defaults() -> None:
    for name, parameter in TEMPLATE["Parameters"].items():
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"]), name
        assert parameter["Default"] in parameter.get("AllowedValues", [parameter["Default"]]), name


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("WebhookSecret", "It's-a-secret/+=", 'with"quote'),
        ("ReadToken", "abc123", "two words"),
        ("OidcIssuer", "https://id.example.com/realms/ci", "id.example.com"),
        ("OidcAudience", "pipeline-health", "two words"),
        ("AllowOrigins", "https://a.example.com,http://localhost:3000", "a.example.com"),
        (
            "FrameAncestors",
            "https://wiki.example.com,https://*.example.com:8443",
            "https://a.example.com; script-src *",
        ),
        ("DefaultBranches", "main,release/1.x", "main, master"),
        ("SlackWebhook", "https://hooks.slack.com/services/T/B/x", "hooks.slack.com"),
        ("AlertEmailFrom", "ci@example.com", "CI <ci@example.com>, x@y"),
        ("AlertEmailTo", "a@example.com, b@example.com", "nobody"),
        ("AlarmEmail", "ops@example.com", "a@example.com,b@example.com"),
        ("SmtpPassword", "pass word{}", "back\\slash"),
        ("ReconcileGitHubRepos", "acme/app, acme/my.lib", "acme"),
        ("ReconcileGitHubOrgs", "acme, acme-labs", "acme/app"),
        ("ReconcileJenkinsUrls", "https://ci.example.com/job/a/?multibranch=1", "ci.example.com"),
        ("ReconcileJenkinsTokens", "ci:11aa,other:22bb", "11aa"),
    ],
)
def test_it_takes_usable_values_and_no_others(name: str, good: str, bad: str) -> None:
    pattern = TEMPLATE["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)


def test_it_can_be_set_up_on_one_machine_as_on_aws() -> None:
    settable = set(PARAMETERS.values()) | ONLY_LOCAL | ONLY_AWS
    assert settable == TEMPLATE["Parameters"].keys()


def test_it_hands_on_what_the_environment_says() -> None:
    settings = read_settings(
        {"ALERT_SLACK_WEBHOOK": "http://x", "SMTP_PASS": "p", "ALERT_ON": "", "HOME": "/"}
    )
    assert settings.parameters == {"SlackWebhook": "http://x", "SmtpPassword": "p"}
    assert settings.all_parameters["AllowInsecureReceivers"] == "on"
    assert (settings.url, settings.websocket_url) == ("http://localhost:8001", "ws://localhost:8001/ws")


@pytest.mark.parametrize(
    ("environment", "port"),
    [({}, 8001), ({"BACKEND_PORT": "9000"}, 9000), ({"BACKEND_PORT": "9000", "PORT": "9001"}, 9001)],
)
def test_it_listens_where_it_is_told(environment: dict[str, str], port: int) -> None:
    assert read_settings(environment).port == port


@pytest.mark.parametrize(
    "environment", [{"PORT": "no"}, {"PORT": "0"}, {"AWS_PORT": "65536"}, {"PORT": "4566"}]
)
def test_it_refuses_ports_that_are_none(environment: dict[str, str]) -> None:
    with pytest.raises(BadSettingError, match="PORT"):
        read_settings(environment)


def test_it_deploys_to_development_and_production() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    stacks = {name: config[name]["global"]["parameters"]["stack_name"] for name in ("default", "production")}
    assert stacks == {"default": "pipeline-health-dev", "production": "pipeline-health"}
    overrides = config["default"]["deploy"]["parameters"]["parameter_overrides"]
    assert {pair.split("=")[0] for pair in overrides.split()} <= TEMPLATE["Parameters"].keys()


def test_it_tells_whoever_counts_and_whoever_reads_the_same_default_branches() -> None:
    functions = resources("AWS::Serverless::Function")
    for name in ("AggregateFunction", "ApiFunction"):
        told = functions[name]["Properties"]["Environment"]["Variables"]
        assert told["DEFAULT_BRANCHES"] == {"Ref": "DefaultBranches"}, name
