"""Takes docs/pages/: the board's page, the site's pages over results/reference/, and the terminal of a first run."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "results" / "reference"
TARGET = ROOT / "docs" / "pages"
COLUMNS = 124
FIRST = "evalkit run --threshold none,0.75 --limit 20"
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
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        found = re.match(r"(http://[\d.:]+)/", process.stderr.readline() if process.stderr else "")
        if found is None:
            raise SystemExit("evalkit view did not start")
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        for name, path in SITE.items():
            page.goto(found.group(1) + path)
            page.screenshot(path=TARGET / f"site-{name}.png")
        process.send_signal(signal.SIGINT)


def terminal() -> None:
    """The last screen of the README's first command, which asks the embedded model: some minutes."""
    with tempfile.TemporaryDirectory() as out:
        first = [sys.executable, "-m", "evalkit", *FIRST.split()[1:], "--out", out]
        subprocess.run(first, check=True, stdout=subprocess.DEVNULL)
        draw_screen(next(Path(out).glob("2*")))


def draw_screen(run: Path) -> None:
    """Draw a run's last screen below the command that made it."""
    again = [sys.executable, "-m", "evalkit", "show", str(run)]
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    screen = subprocess.run(again, check=True, capture_output=True, text=True, env=env).stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {FIRST}\n"), Text.from_ansi(screen), sep="\n")
    svg = console.export_svg(title="evalkit", theme=SVG_EXPORT_THEME, font_aspect_ratio=0.61)
    # The fonts of another host are not to be asked for; the reader's own will do.
    (TARGET / "terminal.svg").write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), encoding="utf-8")


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
    terminal()


if __name__ == "__main__":
    main()
