"""`make screenshots`: a stack of its own, filled by the demo, photographed for README.md."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect, sync_playwright

from tests.e2e.page.chromium import launch
from tests.e2e.page.looking import Looking
from tests.e2e.stack import Stack, running
from tests.template import ROOT

IMAGES: Final = ROOT / "docs" / "images"
SEED: Final = "7"
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 860}, "timezone_id": "UTC"}
DARK: Final[dict[str, Any]] = {"color_scheme": "dark"}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "timezone_id": "UTC"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack, sync_playwright() as driver:
        browser = launch(driver)
        desk, phone = Looking(browser, stack, DESK), Looking(browser, stack, PHONE)
        night = Looking(browser, stack, DESK | DARK)
        take(desk, "empty", "", ".steps")
        tell_the_demo_story(stack)
        take(desk, "light", "", ".c-rate:not(:empty)")
        take(night, "dark", f"?pipeline={broken_with_a_log(stack)}&window=30d", ".level")
        take(night, "tv", "?tv=1", ".tv-others .strip")
        take(phone, "phone", "", ".c-rate:not(:empty)")
        browser.close()


def take(looking: Looking, name: str, address: str, shown: str) -> None:
    looking.go(address)
    expect(looking.page.locator(shown).first).to_be_attached()
    if "tv" not in address:
        looking.is_live()
    looking.page.wait_for_load_state("networkidle")
    looking.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def tell_the_demo_story(stack: Stack) -> None:
    command = [sys.executable, "-m", "local.demo", "--port", str(stack.port), "--seed", SEED]
    subprocess.run(command, cwd=ROOT, check=True)


def broken_with_a_log(stack: Stack) -> str:
    """The pipeline whose page shows most."""
    broken = [each for each in stack.get("/pipelines")["pipelines"] if each["broken_since"]]
    logs = {each["id"]: stack.get(f"/builds/{each['streak']['last_build']}")["logs"] for each in broken}
    return str(next(known for known, log in logs.items() if log))


if __name__ == "__main__":
    main()
