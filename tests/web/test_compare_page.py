"""Two sets of answers side by side: every count opens its pairs, and the numbers are those of `evalkit compare`."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from asgi import get_from
from loopback import ChatServer
from questions import run_everything
from starlette.applications import Starlette

import evalkit
from evalkit.analysis.pairs import crossing, differences
from evalkit.records import Outcome
from evalkit.report.table import interval, number
from evalkit.web.app import make_app

C, E, IDK, M = Outcome.CORRECT, Outcome.ERROR, Outcome.IDK, Outcome.MISSING


def get(app: Starlette, path: str) -> str:
    """The page behind an address; it must be there."""
    status, body = get_from(app, path)
    assert status == 200, body
    return body


def address(a: tuple[str, str, str], b: tuple[str, str, str], **more: str) -> str:
    """The address of a comparison of two (run, model, target)."""
    return "/compare?" + urlencode({"a": "::".join(a), "b": "::".join(b), **more})


def check_counts(app: Starlette, path: str) -> int:
    """Follow every count of the four by four; return how many pairs there are."""
    body = get(app, path)
    links = re.findall(r'<a href="(/compare\?[^"]*cell=[^"]*)#rows">([\d,]+)</a>', body)
    total = 0
    for link, count in links:
        shown = get(app, html.unescape(link))
        said = re.search(r'<h2 id="rows">[^:]*: ([\d,]+)</h2>', shown)
        assert said is not None
        assert said.group(1) == count
        total += int(count.replace(",", ""))
    return total


def test_two_runs_side_by_side(server: ChatServer, tmp_path: Path) -> None:
    """All answers are in the table, and scores and intervals are those that the command prints."""
    first = run_everything(server, tmp_path / "runs", "a", model="one", epochs=1)
    second = run_everything(server, tmp_path / "runs", "b", model="two", epochs=1)
    app = make_app(tmp_path / "runs", ["localhost"])
    path = address((first.name, "one", "none"), (second.name, "two", "none"), task="sums")
    assert check_counts(app, path) == 40
    body = get(app, path)
    row = next(
        row
        for row in evalkit.compare(first.folder, second.folder, [0, 0.5]).rows
        if row.task == "sums" and (row.threshold, row.mode) == (0.5, "closed")
    )
    assert row.difference is not None
    assert row.ci95 is not None
    assert number(row.score_a or 0) in body
    assert number(row.difference) in body
    assert "?" in body


def test_told_nothing_beside_told_t(server: ChatServer, tmp_path: Path) -> None:
    """One model of one run under two targets; the run's page leads there."""
    result = run_everything(server, tmp_path / "runs")
    app = make_app(tmp_path / "runs", ["localhost"])
    link = re.search(r'href="(/compare\?[^"]*)"', get(app, f"/run?run={result.name}").split("<main", 1)[1])
    assert link is not None
    body = get(app, html.unescape(link.group(1)))
    assert "no target stated" in body
    assert "t = 0.75 stated" in body
    assert check_counts(app, html.unescape(link.group(1))) == 80


def test_without_two_sides_it_asks_which(server: ChatServer, tmp_path: Path) -> None:
    """Every model and target of every run can be chosen; an address that names none is not found."""
    run_everything(server, tmp_path / "runs", limit=4)
    app = make_app(tmp_path / "runs", ["localhost"])
    assert get(app, "/compare").count("<option") == 6
    assert get_from(app, "/compare?a=x&b=y")[0] == 404
    assert get_from(make_app(tmp_path / "none", ["localhost"]), "/compare")[0] == 200


def test_answers_of_different_samples_have_nothing_in_common(tmp_path: Path) -> None:
    """Said, not drawn."""
    names = [
        evalkit.run(model="baseline/guess", tasks=[task], limit=3, out=tmp_path).name
        for task in ("letters", "birthdays")
    ]
    body = get(
        make_app(tmp_path, ["localhost"]),
        address((names[0], "baseline/guess", "none"), (names[1], "baseline/guess", "none")),
    )
    assert "no sample in common" in body


def test_the_difference_of_two_sets_of_answers() -> None:
    """By hand: two right for A and wrong for B, one IDK for A and wrong for B, one alike, one that lacks an answer."""
    samples = {"a": [(C, E)], "b": [(C, E)], "c": [(IDK, E)], "d": [(C, C)], "e": [(M, C)]}
    at_zero, at_half = differences(samples, [0, 0.5])
    assert (at_zero.n, at_zero.a, at_zero.b, at_zero.value) == (4, 0.75, 0.25, 0.5)
    assert (at_half.a, at_half.b, at_half.value) == (0.75, -0.5, 1.25)
    assert at_half.low is not None
    assert at_half.low < 1.25
    found = crossing(samples)
    assert found is not None
    assert found.kind == "A dominates"


def test_epochs_of_a_sample_weigh_as_one() -> None:
    """A sample asked four times counts as one asked once."""
    samples = {"a": [(C, E)] * 4, "b": [(E, C)]}
    (only,) = differences(samples, [0])
    assert (only.n, only.value) == (2, 0)
    assert interval(0, only.low or 0, only.high or 0).startswith("0.00 [−")


def test_nothing_to_compare_is_nothing() -> None:
    """No sample, or none that both were graded on."""
    assert differences({}, [0]) == differences({"a": [(M, C)]}, [0]) == []
    assert crossing({"a": [(M, M)]}) is None


@pytest.mark.parametrize("pairs", [[(C, C), (E, E)], [(C, C)]])
def test_where_nothing_varies_there_is_no_interval(pairs: list[tuple[Outcome, Outcome]]) -> None:
    """Equal answers everywhere."""
    (only,) = differences({str(k): [pair] for k, pair in enumerate(pairs)}, [0.5])
    assert (only.value, only.low, only.high) == (0, None, None)
