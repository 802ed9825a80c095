"""The Chromium that this machine has."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Install it (on Debian: apt install chromium), or name one in CHROMIUM."


def executable() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def launch(driver: Playwright) -> Browser:
    path = executable()
    if path is None:
        raise FileNotFoundError(f"No Chromium found. {MISSING}")
    sandbox = os.geteuid() != 0  # it refuses root
    arguments = ["--disable-dev-shm-usage"]
    return driver.chromium.launch(executable_path=path, chromium_sandbox=sandbox, args=arguments)
