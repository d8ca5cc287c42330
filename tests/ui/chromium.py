"""Which Chromium the browser tests drive. Run as a script, prints its path, or fails if there is none that starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Path of the browser: `CHROMIUM` if set, else the first on PATH that starts, else playwright's own."""
    return next((path for path in _candidates() if path and _starts(path)), None)


def _candidates() -> Iterator[str | None]:
    if named := os.environ.get("CHROMIUM"):
        yield named
        return
    yield from map(shutil.which, NAMES)
    yield _of_playwright()


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
    print(browser)
