"""One board over runs: who is ahead at which t, in every format and in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import evalkit
from evalkit.analysis.leaderboard import Ranking, rank
from evalkit.cli import cli
from evalkit.errors import InputError
from evalkit.metrics import threshold
from evalkit.report.leaderboard import crossing_lines

if TYPE_CHECKING:
    from playwright.sync_api import Page

GUESSER, CAREFUL = (60, 40, 0), (45, 5, 50)
"""Ahead at t = 0, and ahead from t = 0.3 on: Δa/(Δa + Δε) = 0.15/(0.15 + 0.35)."""
HOSTILE = [
    "<script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    '=HYPERLINK("http://example.com")',
    "javascript:document.title='run'",
    "abc\u202egnp.exe",
    "</script><script>document.title='run'</script>",
]


def write(folder: Path, model: str, counts: tuple[int, int, int], told: str = "") -> None:
    """Outputs of a model in a CSV: right, wrong and abstaining, the first ones right."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = ["4"] * counts[0] + ["5"] * counts[1] + ["I don't know"] * counts[2]
    rows = [{"id": k, "answer": a, "target": "4", "model": model, "threshold": told} for k, a in enumerate(answers)]
    (folder / f"{len(list(folder.iterdir()))}.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )


def rescored(tmp_path: Path, **models: tuple[int, int, int]) -> Path:
    """Runs of these models."""
    return named(tmp_path, list(models.items()))


def named(tmp_path: Path, models: list[tuple[str, tuple[int, int, int]]]) -> Path:
    """The same, with names that are none of Python's."""
    for model, counts in models:
        write(tmp_path / "files", model, counts)
    fields = {"id": "id", "answer": "answer", "target": "target", "model": "model"}
    evalkit.rescore(*sorted((tmp_path / "files").iterdir()), mapping=fields, task="sums", out=tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def ranking(tmp_path: Path) -> Ranking:
    """A guesser and a careful model on a hundred questions."""
    return rank([rescored(tmp_path, guesser=GUESSER, careful=CAREFUL)], [0.0, 0.5, 0.9])


def test_ranks_change_with_t_and_the_board_says_where(ranking: Ranking) -> None:
    """Ahead by accuracy, behind once a mistake costs more than 3/7 of a point."""
    (board,) = ranking.boards
    by_name = {entry.model: entry for entry in board.entries}
    assert [by_name["guesser"].ranks[t] for t in (0, 0.5, 0.9)] == [1, 2, 3]
    assert [by_name["guesser"].rank_changes[t] for t in (0, 0.5, 0.9)] == [0, -1, -2]
    assert [by_name["never answering"].ranks[t] for t in (0, 0.5, 0.9)] == [3, 3, 1]
    assert board.entries[0].model == "careful"
    (crossing,) = board.crossings
    assert (crossing.ahead_below, crossing.ahead_above) == ("guesser", "careful")
    assert crossing.t == pytest.approx(0.3)


def test_rank_sets_hold_both_places_where_nothing_tells_them_apart(tmp_path: Path) -> None:
    """Two models that answer alike share places with never answering; one that is always wrong does not."""
    path = rescored(tmp_path, one=(50, 50, 0), two=(50, 50, 0), bad=(0, 100, 0))
    (board,) = rank([path], [0.5]).boards
    assert {entry.model: entry.rank_sets[0.5] for entry in board.entries} == {
        "one": (1, 3),
        "two": (1, 3),
        "never answering": (1, 3),
        "bad": (4, 4),
    }


def test_models_that_were_asked_other_samples_are_ranked_with_a_warning(tmp_path: Path) -> None:
    """How many they share, and how many not."""
    (board,) = rank([rescored(tmp_path, much=(60, 40, 0), little=(10, 0, 0))], [0.5]).boards
    assert (board.common, board.uncommon) == (10, 90)


def test_answers_of_one_condition_become_epochs_and_the_board_says_so(tmp_path: Path) -> None:
    """Nothing is replaced: two runs of the same ten items are two epochs of ten items."""
    first, second = rescored(tmp_path / "a", m=(10, 0, 0)), rescored(tmp_path / "b", m=(0, 10, 0))
    (board,) = rank([second, first], [0.0]).boards
    entry = board.entries[0]
    assert (entry.counts.n, entry.counts.items, entry.counts.correct_rate) == (20, 10, 0.5)
    assert "2 runs of one condition; 10 answers count as further epochs" in board.notes[0]


def test_a_copied_run_counts_once(tmp_path: Path) -> None:
    """Duplicating a run changes no number, and the board says what it left out."""
    path = rescored(tmp_path, m=(6, 3, 1))
    alone = rank([path], [0.0, 0.75]).boards[0].entries[0]
    run = next(path.glob("*/run.json")).parent
    shutil.copytree(run, path / "copy")
    (board,) = rank([path], [0.0, 0.75]).boards
    assert (board.entries[0].counts, board.entries[0].scores) == (alone.counts, alone.scores)
    assert "10 records that two runs hold identically count once" in board.notes[0]


def test_open_and_closed_answers_never_share_a_board(tmp_path: Path) -> None:
    """Told nothing and told t are two boards; an open card has the score of its own target alone."""
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=10, thresholds=[None, 0.5, 0.75], out=tmp_path)
    closed, open_ = rank([tmp_path], [0.0, 0.9]).boards
    assert (closed.mode, closed.thresholds) == ("closed", [0.0, 0.9])
    assert (open_.mode, open_.thresholds) == ("open", [0.5, 0.75])


def test_the_scores_are_those_of_the_counts(tmp_path: Path) -> None:
    """As a DataFrame."""
    frame = evalkit.leaderboard([rescored(tmp_path, guesser=GUESSER)], threshold=0.75)
    assert dict(zip(frame["model"], frame["score"], strict=True)) == {
        "guesser": pytest.approx(threshold.score(*GUESSER, 0.75)),
        "never answering": 0,
    }


def test_every_format_holds_the_same_ranks(tmp_path: Path) -> None:
    """Table, Markdown, CSV and JSON."""
    path = str(rescored(tmp_path, guesser=GUESSER, careful=CAREFUL))

    def said(form: str) -> str:
        result = CliRunner().invoke(cli, ["leaderboard", path, "--threshold", "0,0.9", "--format", form])
        assert result.exit_code == 0, result.output
        return result.output

    assert "#1 (1–2) ↑2" in said("table")
    assert "| careful | 100 |" in said("markdown")
    rows = list(csv.DictReader(io.StringIO(said("csv"))))
    assert {(row["model"], row["threshold"]): row["rank"] for row in rows} == {
        ("guesser", "0.0"): "1", ("guesser", "0.9"): "3", ("careful", "0.0"): "2", ("careful", "0.9"): "2",
        ("never answering", "0.0"): "3", ("never answering", "0.9"): "1",
    }  # fmt: skip
    document = json.loads(said("json"))
    assert {row["rank"] for row in document["ranking"]} == {1, 2, 3}
    assert document["crossings"][0]["t"] == pytest.approx(0.3)


def test_foreign_outputs_are_rescored_on_the_way(tmp_path: Path) -> None:
    """A folder without a run in it."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "m.csv").write_text("problem,target,predicted_answer,grade\nWhen?,1894,1894,A\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["leaderboard", str(folder), "--out", str(tmp_path / "results")])
    assert result.exit_code == 0
    assert list((tmp_path / "results").glob("*/run.json"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="no run and no output below"):
        rank([empty], [0.5], tmp_path)


def test_names_from_outside_are_text_everywhere(tmp_path: Path) -> None:
    """No markup, no formula, no hidden direction."""
    path = str(named(tmp_path, [(name, (1, 1, 0)) for name in HOSTILE]))
    for form in ("table", "markdown", "csv", "html"):
        text = CliRunner().invoke(cli, ["leaderboard", path, "--format", form]).output
        assert "\u202e" not in text
        if form == "html":
            assert text.count("<script") == 2
            assert "<img" not in text
        if form == "csv":
            assert not any(value.startswith("=") for row in csv.DictReader(io.StringIO(text)) for value in row.values())


def opened(page: Page, runs: Path, tmp_path: Path) -> list[str]:
    """The board as a page in the browser; what it asked for and complained about."""
    board = tmp_path / "board.html"
    made = CliRunner().invoke(cli, ["leaderboard", str(runs), "--format", "html", "-o", str(board)])
    assert made.exit_code == 0, made.output
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(board.as_uri())
    return heard


def order(page: Page) -> list[tuple[str, str]]:
    """(model, score) from first to last."""
    rows: list[Any] = page.eval_on_selector_all(
        "tbody tr", "rows => rows.map(r => [r.cells[1].textContent, r.querySelector('[data-is=score]').textContent])"
    )
    return [(str(model), str(score)) for model, score in rows]


def test_the_slider_re_ranks_as_the_closed_form_says(page: Page, tmp_path: Path) -> None:
    """At every t; by mouse or keyboard; and nothing is loaded from anywhere."""
    runs = rescored(tmp_path, guesser=GUESSER, careful=CAREFUL, hopeless=(0, 100, 0))
    heard = opened(page, runs, tmp_path)
    models = {"guesser": GUESSER, "careful": CAREFUL, "never answering": (0, 0, 100), "hopeless": (0, 100, 0)}
    for t in (0.0, 0.25, 0.31, 0.75, 0.95):
        page.locator("#t").fill(f"{t:.2f}")
        expected = sorted(models, key=lambda name: -threshold.score(*models[name], t))
        assert [model for model, _ in order(page)] == expected
        assert order(page)[0][1] == f"{threshold.score(*models[expected[0]], t):.2f}".replace("-", "−").replace(
            "−0.00", "0.00"
        )
        cost = re.search(r"costs ([\d.]+) point", page.locator("#shown").inner_text())
        assert cost is not None
        assert float(cost.group(1)) == pytest.approx(t / (1 - t), abs=0.006)
    page.locator("#t").focus()
    page.keyboard.press("Home")
    assert order(page)[0][0] == "guesser"
    page.locator("th[data-key=model] button").click()
    assert page.locator("th[data-key=model]").get_attribute("aria-sort") == "ascending"
    assert [name for name, *_ in order(page)] == ["careful", "guesser", "hopeless", "never answering"]
    assert len([url for url in heard if url.startswith("file:")]) == 1
    assert len(heard) == 1


def test_hostile_names_run_nothing_in_a_browser(page: Page, tmp_path: Path) -> None:
    """They show as what they are."""
    heard = opened(page, named(tmp_path, [(name, (1, 1, 0)) for name in HOSTILE]), tmp_path)
    assert page.title() == "Who is ahead when a mistake costs something"
    shown = {model for model, _ in order(page)}
    assert HOSTILE[0] in shown
    assert any("\\u202e" in model for model in shown)
    assert len(heard) == 1


def test_the_page_fits_a_phone(page: Page, tmp_path: Path) -> None:
    """Nothing but the table scrolls sideways."""
    page.set_viewport_size({"width": 360, "height": 700})
    opened(page, rescored(tmp_path, guesser=GUESSER, careful=CAREFUL), tmp_path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_mean_over_tasks_weighs_each_task_the_same(tmp_path: Path) -> None:
    """However many questions it has; n is the sum, and a model that lacks a task is named and left out."""
    fields = {"id": "id", "answer": "answer", "target": "target", "model": "model"}
    for task, model, counts in [
        ("long", "a", (90, 10, 0)),
        ("long", "b", (50, 0, 50)),
        ("short", "a", (0, 10, 0)),
        ("short", "b", (5, 0, 5)),
        ("short", "c", (5, 0, 5)),
    ]:
        write(tmp_path / task, model, counts)
    for task in ("long", "short"):
        evalkit.rescore(*sorted((tmp_path / task).iterdir()), mapping=fields, task=task, out=tmp_path / "runs")
    board = rank([tmp_path / "runs"], [0.0, 0.5], macro=True).boards[0]
    models = [entry for entry in board.entries if entry.kind == "model"]
    scores = {entry.model: [entry.scores[t].value for t in (0, 0.5)] for entry in models}
    assert scores == {"a": [pytest.approx(0.45), pytest.approx(-0.1)], "b": [pytest.approx(0.5), pytest.approx(0.5)]}
    assert {entry.model: entry.counts.n for entry in models} == {"a": 110, "b": 110}
    assert (board.tasks, board.left_out) == (["long", "short"], ["c"])
    low, high = board.entries[0].scores[0.5].ci95
    assert low < 0.5 < high
    assert high - low > 0.1
    assert board.entries[0].rank_sets[0.5] == (1, 1)


def test_one_task_alone_has_no_mean(tmp_path: Path) -> None:
    """Then the board of that task says all there is."""
    assert len(rank([rescored(tmp_path, one=(1, 1, 1))], [0.5], macro=True).boards) == 1


def test_each_row_of_an_open_board_has_the_counts_of_its_own_target(tmp_path: Path) -> None:
    """Told 0.5 and told 0.75 are two sets of answers, whose n is not added up; t = 0 is what ranks move against."""
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=10, thresholds=[0, 0.5], out=tmp_path)
    evalkit.run(model="baseline/idk", tasks=["letters"], limit=10, thresholds=[0, 0.5], out=tmp_path)
    frame = evalkit.leaderboard([tmp_path])
    frame = frame[frame["kind"] == "model"]
    assert frame["n"].tolist() == [10] * 2
    for row in frame.to_dict("records"):
        expected = threshold.score(row["correct"], row["error"], row["idk"], row["threshold"])
        assert row["score"] == pytest.approx(expected)
        assert row["coverage"] == pytest.approx((row["correct"] + row["error"]) / row["n"])
        if row["threshold"] == 0:
            assert row["rank_change"] == 0


def test_without_t_0_an_open_board_has_no_arrows(tmp_path: Path) -> None:
    """There is nothing that ranks could have moved against."""
    for model in ("baseline/guess", "baseline/idk"):
        evalkit.run(model=model, tasks=["letters"], limit=10, thresholds=[0.5, 0.75], out=tmp_path)
    (board,) = rank([tmp_path]).boards
    assert all(not entry.rank_changes for entry in board.entries)


def test_every_change_of_places_is_found_and_the_lead_marked(tmp_path: Path) -> None:
    """Also of models that are no neighbours in accuracy: the timid one overtakes both, and leads after the second."""
    path = rescored(tmp_path, bold=(50, 50, 0), middling=(48, 40, 12), timid=(10, 0, 90))
    (board,) = rank([path], [0.0]).boards
    found = [(c.ahead_above, c.ahead_below, round(c.t, 3), c.leads) for c in board.crossings]
    assert found == [
        ("middling", "bold", 0.167, True),
        ("timid", "bold", 0.444, False),
        ("timid", "middling", 0.487, True),
    ]
    (row,) = [line for line in crossing_lines(board) if "timid overtakes middling" in line]
    assert row.endswith("and leads.")
