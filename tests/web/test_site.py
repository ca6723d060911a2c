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
from click.testing import CliRunner
from loopback import ChatServer, question_of

import evalkit
from evalkit.cli import cli
from evalkit.runs.result import RunResult
from evalkit.web.index import Filter, Index

if TYPE_CHECKING:
    from playwright.sync_api import Page

HOSTILE = (
    "<script>document.title='run'</script><img src=http://127.0.0.1:9/x onerror=\"document.title='run'\">"
    "<a href=\"javascript:document.title='run'\">1</a> abc\u202egnp.exe =HYPERLINK(1)"
)


def run(server: ChatServer, out: Path) -> RunResult:
    """Forty questions told nothing and twice a target; some answers are hostile, some abstain."""

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
    """From a filtered list to a record, to the next one, and back; a page that is none is the nearest one."""
    name = run(server, tmp_path).folder.name
    with serving(tmp_path) as site:
        listed = get(f"{site}/records?run={name}&outcome=idk")[1]
        links = [url.replace("&amp;", "&") for url in re.findall(r'href="(/record\?[^"]*)"', listed)]
        first = get(site + links[0])[1]
        assert f"1 of {len(links)} that the filter finds" in first
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
        len(index.find(Filter(kind="abstained", told="0.75")))
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
            name = next((tmp_path / folder).iterdir()).name
            body = get(f"{site}/run?run={name}")[1]
        assert ("n = 20 claims" in body) is shown
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
        page.locator("button[type=submit]").click()
        assert "3 of 120 records" in page.locator("main").inner_text()
        page.locator("tbody a").first.click()
        shown = page.locator(".turn.answer pre").inner_text()
        assert "<script>document.title='run'</script>" in shown
        assert "\\u202e" in shown
        assert "\u202e" not in shown
        assert "DEEPSEEK-D" in page.title()
        page.wait_for_load_state("load")  # the style sheet too
        page.set_viewport_size({"width": 360, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert all(url.startswith(site) for url in asked)
