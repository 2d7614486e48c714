"""The browser that tests drive: one on the path, else Playwright's own. As a script: install one where none is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_BY_HAND = """make test drives a browser, and none could be installed. Put chromium on the path (Debian, as root:
  apt-get install chromium) or let Playwright install its own: .venv/bin/playwright install --with-deps chromium"""


def found() -> str | None:
    """Give the path of a browser that starts."""
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
    for path in filter(None, [*map(shutil.which, _NAMES), own]):
        if not Path(path).exists():
            continue
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def main() -> None:
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
        ways.insert(0, [["apt-get", "update", "--quiet"], packages])
    while not found():
        if not ways:
            sys.exit(_BY_HAND)
        for command in ways.pop(0):
            print("Installing a browser for the tests:", *command, flush=True)
            subprocess.run(command, check=False)


if __name__ == "__main__":
    main()
