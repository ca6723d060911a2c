"""Every page is accessible: axe-core finds nothing, light and dark, at a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import pytest
from loopback import serving
from questions import run_everything
from viewing import viewing

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with two runs in which everything happens, and the name of one."""
    out = tmp_path_factory.mktemp("axe")
    with serving() as server:
        run_everything(server, out, "b", model="another")
        name = run_everything(server, out, confidence="verbal").name
    return out, name


def test_no_page_has_a_violation(runs: tuple[Path, str], page: Page) -> None:
    """Runs, a run, records, samples, a transcript, failures, a comparison, the board."""
    folder, name = runs
    sides = {"a": f"{name}::m::none", "b": f"{name}::m::0.75"}
    paths = (
        "", f"run?run={name}", f"records?run={name}", f"records?run={name}&text=nowhere", f"samples?run={name}",
        f"record?run={name}&k=0", f"record?run={name}&k=f0", f"failures?run={name}", "compare",
        f"compare?{urlencode(sides)}", "board", "run?run=nosuch",
    )  # fmt: skip
    found: dict[str, str] = {}
    with viewing(folder) as (address, _):
        for path in paths:
            page.goto(address + path)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                for width in (1200, 390):
                    page.set_viewport_size({"width": width, "height": 800})
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
                    results = axe.Axe().run(page)
                    if results.violations_count:
                        found[f"{path} {scheme} {width}"] = results.generate_report()
    assert found == {}, "\n".join(found.values())
