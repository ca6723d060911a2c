"""A run that is not finished: how far it is, what failed, and how to resume it."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest
from asgi import get_from
from loopback import ChatServer
from questions import run_everything

import evalkit
from evalkit.runs.folder import RUN, runs_below
from evalkit.runs.journal import Journal, is_being_written
from evalkit.web.app import make_app
from evalkit.web.live import duration, kind_of


def test_a_run_under_way_says_how_far_it_is(server: ChatServer, tmp_path: Path) -> None:
    """While it runs its page counts, and is read again; once it is finished it is a page as any."""
    held, seen = threading.Event(), threading.Event()

    def answer(_: dict[str, object]) -> str:
        if len(server.requests) > 6:
            seen.set()
            held.wait()
        return "1"

    server.answer = answer
    work = threading.Thread(
        target=lambda: evalkit.run(
            model="m", base_url=server.url, tasks=["letters"], limit=10, out=tmp_path, max_connections=1, adaptive=False
        )
    )
    work.start()
    try:
        seen.wait()
        (folder,) = runs_below(tmp_path)
        app = make_app(tmp_path, ["localhost"])
        while not re.search(r"[5-9] of 10 answers", body := get_from(app, f"/run?run={folder.name}")[1]):
            time.sleep(0.05)
        assert "This run is under way." in body
        assert "data-refresh=" in body
        assert '<progress aria-label="Answers so far" max="10"' in body
        assert "--resume" not in body
        assert is_being_written(folder)
    finally:
        held.set()
        work.join()
    body = get_from(app, f"/run?run={folder.name}")[1]
    assert "under way" not in body
    assert "data-refresh" not in body


@pytest.mark.parametrize("status", ["running", "interrupted", "failed"])
def test_a_run_that_nobody_writes_shows_how_to_resume_it(server: ChatServer, tmp_path: Path, status: str) -> None:
    """Also where it was killed, so that run.json still says that it is running."""
    folder = run_everything(server, tmp_path / "runs", limit=4).folder
    content = (folder / RUN).read_text(encoding="utf-8")
    (folder / RUN).write_text(content.replace('"status": "finished"', f'"status": "{status}"', 1), encoding="utf-8")
    app = make_app(folder.parent, ["localhost"])
    body = get_from(app, f"/run?run={folder.name}")[1]
    assert f"evalkit run --resume {folder}" in body
    assert "data-refresh" not in body
    with Journal(folder):
        assert "This run is under way." in get_from(app, f"/run?run={folder.name}")[1]


def test_failures_by_kind_with_the_samples_they_hit(server: ChatServer, tmp_path: Path) -> None:
    """Each kind once, with its count; together they are the failures of the run."""
    result = run_everything(server, tmp_path / "runs")
    app = make_app(tmp_path / "runs", ["localhost"])
    assert f'href="/failures?run={result.name}"' in get_from(app, f"/run?run={result.name}")[1]
    body = get_from(app, f"/failures?run={result.name}")[1]
    counts = [int(count) for count in re.findall(r'data-label="failures">([\d,]+)<', body)]
    assert sum(counts) == result.failed
    assert "no completion" in body
    assert f"evalkit run --resume {result.folder}" in body
    for link in re.findall(r'href="(/record\?[^"]*)"', body):
        assert get_from(app, link.replace("&amp;", "&"))[0] == 200


def test_a_run_without_failures_says_so(tmp_path: Path) -> None:
    """And that nothing was tried twice."""
    name = evalkit.run(model="baseline/guess", tasks=["letters"], limit=3, out=tmp_path).name
    body = get_from(make_app(tmp_path, ["localhost"]), f"/failures?run={name}")[1]
    assert "Nothing failed." in body


def test_errors_of_a_kind_differ_in_numbers_alone() -> None:
    """Addresses, ids and numbers are left out."""
    first = kind_of("http://127.0.0.1:33781/v1 answered 503 (request 5f3a-99ab-1234)")
    assert first == kind_of("http://127.0.0.1:40001/v1 answered 503 (request 77aa-0000-ffff)")
    assert first != kind_of("http://127.0.0.1:40001/v1 did not answer")


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1 s"), (59, "59 s"), (90, "2 min"), (5400, "1.5 h")])
def test_durations(seconds: float, said: str) -> None:
    """In the unit that fits."""
    assert duration(seconds) == said
