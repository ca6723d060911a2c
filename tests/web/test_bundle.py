"""`evalkit view --export`: all pages as files that open from a folder, with nothing left that needs a server."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner
from loopback import serving
from questions import run_everything

import evalkit
from evalkit.cli import cli

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = "</script><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">\u2028\u202e"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, evalkit.RunResult]:
    """The pages of a folder with a run in which everything happens, one whose answers are hostile, and one deeper."""
    out = tmp_path_factory.mktemp("bundle")
    with serving() as server:
        result = run_everything(server, out / "runs", limit=12)
        server.answer = lambda _: HOSTILE
        evalkit.run(model="evil", base_url=server.url, tasks=["letters"], limit=3, out=out / "runs", name="evil")
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=2, out=out / "runs" / "deep er", name="evil")
    done = CliRunner().invoke(cli, ["view", str(out / "runs"), "--export", str(out / "pages")])
    assert done.exit_code == 0, done.output
    assert str(out / "pages" / "index.html") in done.output
    return out / "pages", result


def test_every_link_leads_to_a_file_of_the_bundle(bundle: tuple[Path, evalkit.RunResult]) -> None:
    """From every page; no address begins at a server's root, and no two runs share a folder."""
    folder, _ = bundle
    pages = [path for path in folder.rglob("*.html") if path.name != "board.html"]
    assert len(pages) > 80
    for path in pages:
        body = path.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"]*)"', body):
            address = urlsplit(html.unescape(link))
            if address.scheme in ("data", "http", "https"):
                continue
            assert not address.path.startswith("/"), (path, link)
            assert not address.path or (path.parent / unquote(address.path)).is_file(), (path, link)
    assert (folder / "board.html").is_file()
    assert {"evil", "deep-er-evil"} <= {path.name for path in folder.iterdir()}


def test_rows_are_data(bundle: tuple[Path, evalkit.RunResult]) -> None:
    """Nothing of a model's text is code, or ends the script it stands in."""
    script = (bundle[0] / "evil" / "rows.js").read_text(encoding="utf-8")
    assert script.isascii()
    assert not set("<>&") & set(script)
    document = json.loads(script.removeprefix("window.EVALKIT = ").rstrip(";\n"))
    assert len(document["rows"]) == 3


def test_a_folder_that_holds_something_is_left_alone(bundle: tuple[Path, evalkit.RunResult], tmp_path: Path) -> None:
    """And a folder without runs has nothing to write."""
    again = CliRunner().invoke(cli, ["view", str(tmp_path), "--export", str(bundle[0])])
    assert "not an empty folder" in str(again.exception)
    assert "no run below" in str(
        CliRunner().invoke(cli, ["view", str(tmp_path), "--export", str(tmp_path / "p")]).exception
    )


def test_from_a_count_to_its_transcript_without_a_server(bundle: tuple[Path, evalkit.RunResult], page: Page) -> None:
    """Counts open so many rows, the search ignores case, hostile text is text, nothing is loaded from elsewhere."""
    folder, result = bundle
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name=result.name).first.click()
    for k in range(4):
        link = page.locator("main table").first.locator("td.n a").nth(k)
        count = link.inner_text()
        link.click()
        page.locator(f"#results >> text=/^{count} of/").wait_for()
        page.go_back()
    page.goto((folder / "evil" / "records.html").as_uri())
    page.locator("input[type=search]").fill("ONERROR=")
    page.locator("#results >> text=3 of 3 records").wait_for()
    page.locator("input[type=search]").fill("nowhere")
    page.locator("#results >> text=0 of 3 records").wait_for()
    page.locator("input[type=search]").fill("deepseek")
    page.locator("tbody a").first.click()
    assert "<script>document.title='run'</script>" in page.locator(".turn.answer").inner_text()
    assert page.title() != "run"
    page.goto((folder / "board.html").as_uri())
    assert page.locator("svg").count() > 0
    assert problems == []
    assert all(url.startswith("file:") for url in asked)
