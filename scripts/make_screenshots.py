"""Takes docs/pages/: the leaderboard's page and the site's pages as a browser shows them, over results/reference/."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "results" / "reference"
TARGET = ROOT / "docs" / "pages"
RUN = "run=local-smollm2-135m"
SITE = {
    "runs": "/",
    "run": f"/run?{RUN}",
    "records": f"/records?{RUN}&outcome=idk",
    "transcript": f"/record?{RUN}&k=0",
}


def board(browser: Browser) -> None:
    """The leaderboard's page: light, dark, and on a phone."""
    path = (ROOT / "docs" / "figures" / "published.html").as_uri()
    for name, scheme, width in (("light", "light", 1100), ("dark", "dark", 1100), ("phone", "light", 390)):
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
        page.goto(path)
        page.screenshot(path=TARGET / f"board-{name}.png", full_page=True)
        page.close()


def site(browser: Browser) -> None:
    """The pages of `evalkit view`."""
    command = [sys.executable, "-m", "evalkit", "view", str(REFERENCE), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        found = re.match(r"(http://[\d.:]+)/", process.stderr.readline() if process.stderr else "")
        if found is None:
            raise SystemExit("evalkit view did not start")
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        for name, path in SITE.items():
            page.goto(found.group(1) + path)
            page.screenshot(path=TARGET / f"site-{name}.png")
        process.send_signal(signal.SIGINT)


def main() -> None:
    """All of them."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is absent: apt-get install chromium")
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        board(browser)
        site(browser)
        browser.close()


if __name__ == "__main__":
    main()
