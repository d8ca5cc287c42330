"""Which Chromium the browser tests drive. Run as a script, prints its path, or fails if there is none that starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Path of the browser: `CHROMIUM` if set, else the first on PATH that starts, else playwright's own."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else [path for name in NAMES if (path := shutil.which(name))]
    if not named:
        candidates.append(_of_playwright())
    return next((path for path in candidates if path and _starts(path)), None)


def _of_playwright() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    # A name alone is not enough: on Ubuntu `chromium-browser` may only be a note that tells to install a snap.
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    browser = find()
    if browser is None:
        sys.exit("No Chromium found.")
    print(browser)  # noqa: T201 - a script's answer
