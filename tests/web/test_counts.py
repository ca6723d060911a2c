"""Every count on a page opens exactly so many answers, and every one of them opens."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from asgi import get_from
from loopback import ChatServer
from questions import cut_short, run_everything, task_file
from starlette.applications import Starlette

import evalkit
from evalkit.web.app import make_app
from evalkit.web.index import Filter, Index, target_key

PARTS = (
    "outcome=graded", "outcome=correct", "outcome=error", "outcome=idk", "outcome=missing", "kind=refusal",
    "kind=abstained", "kind=empty", "kind=unparsed", "missing=failed", "missing=truncated", "missing=undecided",
    "stratum=low", "threshold=none", "threshold=0.75", "task=sums", "task=products",
)  # fmt: skip
"""Filters that counts of the large run open."""
LINK = re.compile(r'<a href="(/records\?[^"]*)">([\d,]+)</a>')


def get(app: Starlette, path: str) -> str:
    """The page behind an address; it must be there."""
    status, body = get_from(app, path)
    assert status == 200, body
    return body


def count_links(body: str) -> list[tuple[str, int]]:
    """Every count of a page that opens something, with its address."""
    return [(html.unescape(address), int(count.replace(",", ""))) for address, count in LINK.findall(body)]


def listed(app: Starlette, address: str) -> int:
    """How many answers a list holds: what it says, which is also what its pages show."""
    body = get(app, address)
    found = re.search(r"<p>([\d,]+) of [\d,]+ records", body)
    assert found is not None
    said = int(found.group(1).replace(",", ""))
    pages = max(1, -(-said // 50))
    rows = sum(get(app, f"{address}&page={k + 1}").count("/record?") for k in range(pages))
    assert rows == said
    return said


def check_every_link(app: Starlette, page: str) -> list[tuple[str, int]]:
    """Follow all counts of a page."""
    links = count_links(get(app, page))
    for address, count in dict(links).items():
        assert listed(app, address) == count, address
    assert len(dict(links)) == len({(address, count) for address, count in links})
    return links


def test_every_count_of_a_large_run_opens_so_many_answers(server: ChatServer, tmp_path: Path) -> None:
    """Two tasks, three targets, strata, two epochs; failures, cuts, answers without a verdict and refusals."""
    result = run_everything(server, tmp_path / "runs")
    app = make_app(tmp_path / "runs", ["localhost"])
    links = check_every_link(app, f"/run?run={result.name}")
    for part in PARTS:
        assert any(part in address for address, _ in links), part
    by_card = {
        (card.task, target_key(card.prompt_threshold)): (card.n, card.missing.failed, card.missing.truncated)
        for card in result.scorecards
    }
    index = Index(result.folder)
    for (task, target), (n, failed, truncated) in by_card.items():
        where = {"task": str(task), "threshold": target}
        assert len(index.find(Filter(outcome="graded", **where))) == n
        assert len(index.find(Filter(missing="failed", **where))) == failed
        assert len(index.find(Filter(missing="truncated", **where))) == truncated
        assert min(failed, truncated) > 0
    assert len(index) == 2 * 70 * 3
    assert check_every_link(app, "/")


def test_the_failures_of_a_run_open(server: ChatServer, tmp_path: Path) -> None:
    """Each says why there is no answer; reading on stays among them."""
    result = run_everything(server, tmp_path / "runs")
    app = make_app(tmp_path / "runs", ["localhost"])
    body = get(app, f"/records?run={result.name}&missing=failed")
    addresses = [html.unescape(one) for one in re.findall(r'href="(/record\?[^"]*)"', body)]
    assert len(addresses) == min(result.failed, 50)
    for address in addresses[:5]:
        page = get(app, address)
        assert "missing (failed: no completion)" in page
        assert "not that one" in page
        assert f"of {result.failed} matching records" in page
    following = re.findall(r'href="(/record\?[^"]*)">next', get(app, addresses[0]))
    assert html.unescape(following[0]) == addresses[1]


def test_a_failure_that_was_made_good_is_none(server: ChatServer, tmp_path: Path) -> None:
    """A resumed run that then got its answers lists no failure."""
    result = run_everything(server, tmp_path / "runs", limit=10)
    assert result.failed
    server.answer = lambda _: "2"
    again = evalkit.run(resume=result.folder)
    assert again.failed == 0
    index = Index(result.folder)
    assert index.failures == []
    check_every_link(make_app(tmp_path / "runs", ["localhost"]), f"/run?run={result.name}")


def test_counts_of_a_rescored_run_with_several_models(tmp_path: Path) -> None:
    """Each model's counts open its own rows, not those of the others."""
    rows = [
        {
            "id": k, "answer": ["4", "5", "I don't know", ""][(k + shift) % 4], "target": "4", "model": f"lab/m{shift}",
            "threshold": "" if k % 2 else "0.75",
        }
        for shift in range(3)
        for k in range(41 - shift)
    ]  # fmt: skip
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    fields = {"id": "id", "answer": "answer", "target": "target", "model": "model", "threshold": "threshold"}
    rescored = evalkit.rescore(file, mapping=fields, task="fours", out=tmp_path / "runs")
    name = next((tmp_path / "runs").iterdir()).name
    assert rescored
    links = check_every_link(make_app(tmp_path / "runs", ["localhost"]), f"/run?run={name}")
    assert {address.partition("model=")[2].partition("&")[0] for address, _ in links} >= {"lab%2Fm0", "lab%2Fm2"}


def test_a_policy_has_counts_of_its_own_that_open_nothing(server: ChatServer, tmp_path: Path) -> None:
    """A row a threshold, marked as simulated; the answers themselves are counted once."""
    result = run_everything(
        server, tmp_path / "runs", thresholds=[None, 0.75], confidence="vote", policy="confidence", epochs=3
    )
    app = make_app(tmp_path / "runs", ["localhost"])
    body = get(app, f"/run?run={result.name}")
    simulated = [card for card in result.scorecards if card.policy]
    assert simulated
    assert body.count('data-label="kept above">t = ') == sum(len(card.scores) for card in simulated)
    assert "(simulated)" in body
    check_every_link(app, f"/run?run={result.name}")
    total = sum(card.n for card in result.scorecards if card.policy is None)
    assert dict(count_links(get(app, "/")))[f"/records?run={result.name}&outcome=graded"] == total


def test_what_counts_otherwise_opens_all_the_same(server: ChatServer, tmp_path: Path) -> None:
    """Cut-off answers counted as IDK are in that count, and open from it."""
    result = run_everything(server, tmp_path / "runs", count_as={"truncated": "idk", "empty": "error"})
    app = make_app(tmp_path / "runs", ["localhost"])
    links = check_every_link(app, f"/run?run={result.name}")
    assert any("kind=truncated" in address for address, _ in links)


@pytest.mark.parametrize("targets", [[None], [None, 0.5, 0.75]])
def test_with_every_answer_missing_the_page_has_only_ranges(
    server: ChatServer, tmp_path: Path, targets: list[float | None]
) -> None:
    """No point and no crash; what to do about it comes first."""
    server.answer = lambda _: cut_short("Let me")
    path = task_file(tmp_path)
    name = evalkit.run(
        model="m", base_url=server.url, tasks=[f"{path}::sums"], limit=4, thresholds=targets, out=tmp_path / "runs"
    ).name
    app = make_app(tmp_path / "runs", ["localhost"])
    body = get(app, f"/run?run={name}")
    assert "{0.00 … 1.00}" in body
    assert body.index("answers were cut off") < body.index("<table")
    assert "4 of 4" in body or "12 of 12" in body
    assert check_every_link(app, f"/run?run={name}")
    get(app, "/board")


@pytest.mark.slow
def test_a_folder_of_folders_links_to_its_runs(server: ChatServer, tmp_path: Path) -> None:
    """A run's counts open also where it lies deeper, and where the folder shown is the run itself."""
    result = run_everything(server, tmp_path / "runs" / "monday", limit=4)
    for folder, name in ((tmp_path / "runs", f"monday/{result.name}"), (result.folder, result.name)):
        app = make_app(folder, ["localhost"])
        assert f"run={name.replace('/', '%2F')}" in get(app, "/")
        assert check_every_link(app, f"/run?run={name}")
        assert f"run={name.replace('/', '%2F')}" in get(app, "/board")
