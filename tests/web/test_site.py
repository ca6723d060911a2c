"""The local site: from the list of runs to a transcript, in a real browser, with hostile text in it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from asgi import get_from
from click.testing import CliRunner
from loopback import ChatServer, question_of

import evalkit
from evalkit.cli import cli
from evalkit.runs.folder import runs_below
from evalkit.runs.result import RunResult
from evalkit.web.app import Site, make_app
from evalkit.web.index import Filter, Index

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = (
    "<script>document.title='run'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='run'\">"
    "<a href=\"javascript:document.title='run'\">1</a> abc\u202egnp.exe =HYPERLINK(1)"
)


def run(server: ChatServer, out: Path) -> RunResult:
    """Forty questions with no target stated and with two; some answers are hostile, some abstain."""

    def answer(body: dict[str, object]) -> str:
        question = question_of(body)
        if "DEEPSEEK" in question:
            return HOSTILE
        return "I don't know" if len(question) % 3 == 0 else "1"

    server.answer = answer
    return evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=40, thresholds=[None, 0, 0.75], out=out)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """`evalkit view` as a process of its own; its address."""
    command = [sys.executable, "-m", "evalkit", "view", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.match(r"(http://127\.0\.0\.1:\d+)/", process.stderr.readline())
            assert found is not None
            yield found.group(1)
        finally:
            process.send_signal(signal.SIGINT)


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def test_every_link_of_the_site_leads_somewhere(server: ChatServer, tmp_path: Path) -> None:
    """From the list of runs, followed three steps deep, all pages answer, and each says what it may load."""
    run(server, tmp_path)
    with serving(tmp_path) as site:
        seen, todo = {"/"}, ["/"]
        for _ in range(3):
            found: list[str] = []
            for path in todo[:60]:
                status, body, headers = get(site + path)
                assert status == 200, path
                if path not in ("/board", "/site.css"):
                    assert headers["content-security-policy"].startswith("default-src 'none'")
                    found += [url.replace("&amp;", "&") for url in re.findall(r'href="(/[^"]*)"', body)]
            todo = [url for url in dict.fromkeys(found) if url not in seen]
            seen.update(todo)
        assert sum(url.startswith("/record?") for url in seen) > 20
        assert get(site + "/run?run=nosuch")[0] == 404
        assert get(site + "/run?run=../../etc")[0] == 404
        assert get(site + "/record?run=nosuch&k=0")[0] == 404


def test_reading_on_stays_inside_the_filter(server: ChatServer, tmp_path: Path) -> None:
    """From a filtered list to a record, the next, and back; a page number out of range shows the nearest page."""
    name = run(server, tmp_path).folder.name
    with serving(tmp_path) as site:
        listed = get(f"{site}/records?run={name}&outcome=idk")[1]
        links = [url.replace("&amp;", "&") for url in re.findall(r'href="(/record\?[^"]*)"', listed)]
        first = get(site + links[0])[1]
        assert f"1 of {len(links)} matching records" in first
        following = re.findall(r'href="(/record\?[^"]*)">next', first)[0].replace("&amp;", "&")
        assert following == links[1]
        assert f'href="/records?run={name}&amp;outcome=idk"' in first
        assert "Page 3 of 3" in get(f"{site}/records?run={name}&page=99")[1]
        assert "Clear the filters" in get(f"{site}/records?run={name}&text=nothing+says+this")[1]


def test_the_board_and_a_missing_page_lead_back(server: ChatServer, tmp_path: Path) -> None:
    """The board's transcripts are links to runs; an unknown address is a page with a way home."""
    name = run(server, tmp_path).folder.name
    with serving(tmp_path) as site:
        board = get(site + "/board")[1]
        assert f'href="/run?run={name}"' in board
        assert '<a href="/">Runs</a>' in board
        status, body, _ = get(site + "/nowhere")
        assert (status, '<a href="/">Runs</a>' in body) == (404, True)


@pytest.mark.parametrize("path", ["/", "/run?run=r", "/records?run=r", "/record?run=r&k=0", "/board"])
def test_an_unexpected_error_gets_a_page(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in one page is a page that says so, with the way back and the error as text."""

    def fail(*_: object) -> str:
        raise IndexError("list index <b>out</b> of range")

    for name in ("runs", "run", "records", "record", "board"):
        monkeypatch.setattr(Site, name, fail)
    status, body = get_from(make_app(tmp_path, ["localhost"]), path)
    assert status == 500
    assert "IndexError: list index &lt;b&gt;out&lt;/b&gt; of range" in body
    assert '<a href="/">Runs</a>' in body
    assert "Traceback" not in body


@pytest.mark.parametrize(
    "query",
    ["/run", "/records?run=r&page=x", "/record?run=r&k=" + "9" * 5000, "/record?run=r&k=-1", "/records?run=../r"],
)
def test_addresses_that_mean_nothing_are_not_found(query: str, tmp_path: Path) -> None:
    """Not an error of the site: whatever stands in the address."""
    status, body = get_from(make_app(tmp_path, ["localhost"]), query)
    assert (status, "Not found" in body) == (404, True)


def test_a_run_whose_records_are_gone_is_not_found(tmp_path: Path) -> None:
    """Its page says which file is missing; the list of runs and the other pages stay."""
    name = evalkit.run(model="baseline/guess", tasks=["letters"], limit=3, out=tmp_path).folder.name
    app = make_app(tmp_path, ["localhost"])
    assert get_from(app, f"/records?run={name}")[0] == 200
    (tmp_path / name / "records.jsonl").unlink()
    status, body = get_from(app, f"/records?run={name}")
    assert (status, "records.jsonl" in body) == (404, True)
    assert get_from(app, "/")[0] == 200


def test_boards_of_models_without_a_task_in_common(tmp_path: Path) -> None:
    """No model has every task, so that no mean over tasks exists: the page and the file are made all the same."""
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=3, out=tmp_path)
    evalkit.run(model="baseline/idk", tasks=["birthdays"], limit=3, thresholds=[None, 0.5], out=tmp_path)
    status, body = get_from(make_app(tmp_path, ["localhost"]), "/board")
    assert status == 200
    assert "letters" in body
    file = tmp_path / "b.html"
    argv = ["leaderboard", str(tmp_path), "--macro", "--format", "html", "-o", str(file)]
    assert CliRunner().invoke(cli, argv).exit_code == 0
    assert "birthdays" in file.read_text(encoding="utf-8")


def test_a_folder_without_runs_has_its_pages(tmp_path: Path) -> None:
    """An empty list, and a board that says what is missing."""
    app = make_app(tmp_path, ["localhost"])
    assert get_from(app, "/")[0] == 200
    assert get_from(app, "/board")[0] in (200, 404)


def test_other_names_of_this_machine_are_refused(server: ChatServer, tmp_path: Path) -> None:
    """A page elsewhere that points its own name here gets nothing; the port is on loopback alone."""
    run(server, tmp_path)
    with serving(tmp_path) as site:
        assert get(site + "/", Host="evil.example")[0] == 400
        port = int(site.rsplit(":", 1)[1])
        other = socket.gethostbyname(socket.gethostname())
        if not other.startswith("127."):
            with socket.socket() as outside:
                assert outside.connect_ex((other, port)) != 0


def test_filters_find_what_the_records_say(server: ChatServer, tmp_path: Path) -> None:
    """By outcome, kind, stratum, target and text; counted against the run's own table."""
    result = run(server, tmp_path)
    index, frame = Index(result.folder), result.records
    assert len(index) == len(frame) == 120
    assert len(index.find(Filter(outcome="idk"))) == (frame["outcome"] == "idk").sum()
    assert (
        len(index.find(Filter(kind="abstained", threshold="0.75")))
        == ((frame["non_answer"] == "abstained") & (frame["prompt_threshold"] == 0.75)).sum()
    )
    stratum = frame["stratum"].iloc[10]
    assert len(index.find(Filter(stratum=stratum))) == (frame["stratum"] == stratum).sum()
    assert len(index.find(Filter(text="HYPERLINK"))) == len(index.find(Filter(text="hyperlink"))) == 3
    assert len(index.find(Filter(text='onerror="document'))) == 3
    assert index.find(Filter(outcome="nosuch")) == []
    assert index.record(7).sample_id == frame["sample_id"].iloc[7]


def test_a_folder_that_is_none_and_a_port_that_is_taken(tmp_path: Path) -> None:
    """One line each."""
    assert "is not a folder" in str(CliRunner().invoke(cli, ["view", str(tmp_path / "nowhere")]).exception)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "evalkit", "view", str(tmp_path), "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert ended.returncode == 2
    assert "is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_run_with_confidences_shows_whether_they_are_earned(server: ChatServer, tmp_path: Path) -> None:
    """A reliability diagram with its n, where the answers have a confidence, and none where not."""
    server.answer = lambda _: "1\nConfidence: 90%"
    evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=20, confidence="verbal", out=tmp_path / "a")
    evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=20, out=tmp_path / "b")
    for folder, shown in (("a", True), ("b", False)):
        with serving(tmp_path / folder) as site:
            (name,) = (run_.name for run_ in runs_below(tmp_path / folder))
            body = get(f"{site}/run?run={name}")[1]
        assert ("n = 20 answers" in body) is shown
        assert ("Accuracy against confidence" in body) is shown


@pytest.fixture
def ran(server: ChatServer, tmp_path: Path) -> Path:
    """A folder with a run in it, made before the browser's event loop runs."""
    run(server, tmp_path)
    return tmp_path


def test_from_a_rank_to_the_transcript_behind_it(ran: Path, page: Page) -> None:
    """Runs, one run, its wrong answers, a hostile transcript: shown as text, nothing run, nothing loaded."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with serving(ran) as site:
        page.goto(site)
        page.locator("tbody a").first.click()
        assert "letters" in page.locator("h2").first.inner_text()
        assert "a mistake costs" in page.locator("main").inner_text()
        assert page.locator("figure svg").count() == 1
        page.locator("text=Records and transcripts").click()
        page.locator("input[type=search]").fill("HYPERLINK")
        page.locator("#results >> text=3 of 120 records").wait_for()
        assert "text=HYPERLINK" in page.url
        page.locator("tbody a").first.click()
        formatted = page.locator(".turn.answer .rendered").inner_text()
        assert "<script>document.title='run'</script>" in formatted
        assert page.locator(".turn.answer .rendered a, .turn.answer img").count() == 0
        page.locator("#plain").check()
        shown = page.locator(".turn.answer pre.written").inner_text()
        assert "<script>document.title='run'</script>" in shown
        assert "\\u202e" in shown
        assert "\u202e" not in shown
        assert "DEEPSEEK-D" in page.title()
        page.wait_for_load_state("load")  # the style sheet too
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert all(url.startswith(site) for url in asked)
