"""The screens of a run, a comparison, a board and the list of runs: at every width, piped, and in every encoding."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import serving
from questions import cut_short, run_everything, task_file

import evalkit
from evalkit.analysis.leaderboard import rank as bare_rank
from evalkit.cli import cli
from evalkit.display import Printable, shorten
from evalkit.errors import InputError, UsageError
from evalkit.report import leaderboard as boards
from evalkit.report.leaderboard import Leaderboard
from evalkit.report.run import LastScreen
from evalkit.report.runs import list_runs

WIDTHS = [60, 80, 100, 200]
LONG = "a-model-with-a-name-that-is-rather-long-2026-03-31-preview"
WHOLE = re.compile(r"[\[{]−?\d+\.\d\d[,… ]+−?\d+\.\d\d[\]}]|−?\d+\.\d\d|\d[\d,]*")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[evalkit.RunResult]:
    """Two conditions of a model with a long name and another model, answers missing in every way."""
    out = tmp_path_factory.mktemp("screens") / "runs"
    with serving() as server:
        return [
            run_everything(server, out, "a", model=LONG),
            run_everything(server, out, "b", model=LONG, system="Answer only if you are quite sure of it, please."),
            run_everything(server, out, "c", model="short", policy="confidence", confidence="vote"),
        ]


Screens = dict[str, Callable[[], Printable]]


@pytest.fixture(scope="module")
def screens(runs: list[evalkit.RunResult]) -> Screens:
    """What each command prints, by name."""
    first, second, third = runs
    return {
        "show": lambda: LastScreen(result=first, strata=True),
        "show simulated": lambda: LastScreen(result=third, strata=True),
        "leaderboard": lambda: boards.rank([first.folder.parent], macro=True),
        "compare": lambda: evalkit.compare(first.folder, second.folder),
        "runs": lambda: list_runs(first.folder.parent),
    }


NAMES = ["show", "show simulated", "leaderboard", "compare", "runs"]


def numbers(text: str) -> list[str]:
    """All numbers and intervals of a text, however its lines break between them."""
    return sorted(match.replace(" ", "") for match in WHOLE.findall(text.replace("\n", " \n ")))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_number_is_cut_at_any_width(screens: Screens, name: str, width: int) -> None:
    """Every interval and range of the unlimited screen stands whole on one line; lines keep to the width."""
    result = screens[name]()
    text = result.text(width)
    flat = [re.sub(r"\s+", "", line) for line in text.splitlines()]
    for whole in set(re.findall(r"[\[{]−?\d+\.\d\d[^\]}]*[\]}]", str(result))):
        assert any(whole.replace(" ", "") in line for line in flat), whole
    for line in text.splitlines():
        assert len(line) <= width or " " not in line.strip() or "/" in line, line


@pytest.mark.parametrize("name", NAMES)
def test_a_wide_screen_says_what_the_unlimited_one_does(screens: Screens, name: str) -> None:
    """Nothing is left out at 200 columns but the middle of names."""
    result = screens[name]()
    assert set(numbers(result.text(200))) >= {one for one in numbers(str(result)) if "." in one}


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_is_a_value(screens: Screens, name: str) -> None:
    """It prints, shows itself in a notebook, and has its numbers as a table and as plain data."""
    result = screens[name]()
    assert isinstance(result, Printable)
    assert str(result) == result.text()
    assert "<table>" in result._repr_html_()
    assert len(result.to_dataframe())
    assert result.to_dict()


def test_names_shorten_in_the_middle_and_only_where_they_must(screens: Screens) -> None:
    """What tells models apart is at the ends of their names."""
    board = screens["leaderboard"]()
    assert LONG in board.text()
    narrow = board.text(80)
    assert "a-mode" in narrow
    assert "…" in narrow
    assert "short" in narrow


@pytest.mark.parametrize(
    ("text", "width", "shown"), [("abcdef", 6, "abcdef"), ("abcdefgh", 5, "ab…gh"), ("模型模型", 5, "模…型")]
)
def test_shortening(text: str, width: int, shown: str) -> None:
    """Wide characters count as two cells."""
    assert shorten(text, width) == shown


def arguments(name: str, runs: list[evalkit.RunResult]) -> list[str]:
    """The command line that prints a screen."""
    first, second, third = (str(run.folder) for run in runs)
    out = str(runs[0].folder.parent)
    return {
        "show": ["show", first, "--strata"],
        "show simulated": ["show", third, "--strata"],
        "leaderboard": ["leaderboard", out, "--macro"],
        "compare": ["compare", first, second],
        "runs": ["list", "runs", "--out", out],
    }[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_has_no_width_and_columns_is_honored(screens: Screens, runs: list[evalkit.RunResult], name: str) -> None:
    """A screen that is piped is the value's text; COLUMNS lays it out as a terminal of that width would."""
    piped = CliRunner().invoke(cli, arguments(name, runs), env={"COLUMNS": ""})
    assert piped.exit_code == 0, piped.output
    assert piped.output == f"{screens[name]()}\n".replace("\n\n\n", "\n\n")
    narrow = CliRunner().invoke(cli, arguments(name, runs), env={"COLUMNS": "80"})
    assert narrow.output == f"{screens[name]().text(80)}\n"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_stdout_that_is_not_utf_8_ends_in_no_traceback(
    runs: list[evalkit.RunResult], name: str, encoding: str
) -> None:
    """Symbols become readable ASCII."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "COLUMNS": "80"}
    command = [sys.executable, "-m", "evalkit", *arguments(name, runs)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode(encoding)
    text = done.stdout.decode(encoding)
    assert "\\u" not in text
    assert "?" not in text


def test_columns_are_headed_with_model_and_what_differs(runs: list[evalkit.RunResult]) -> None:
    """A comparison names both conditions over their columns; run names stand beside them."""
    text = str(evalkit.compare(runs[0].folder, runs[1].folder))
    head = next(line for line in text.splitlines() if "A − B" in line)
    assert "A: a-model-wit" in head
    assert "B: a-model-wit" in head
    assert f"A  {LONG} [no system]   (run {runs[0].name})" in text
    assert f"B  {LONG} [system=Answer only if you are quite sure of it, please.]" in text
    same = str(evalkit.compare(runs[0].folder, runs[0].folder))
    assert f"A: {shorten(runs[0].name, 24)}" in same


def test_two_models_of_one_run_are_compared(tmp_path: Path) -> None:
    """Of a rescored file; without names it says which there are."""
    rows = [f"{k},{'4' if (k + shift) % 3 else '5'},4,m{shift}" for k in range(12) for shift in range(3)]
    (tmp_path / "rows.csv").write_text("id,answer,target,model\n" + "\n".join(rows) + "\n", encoding="utf-8")
    fields = {"id": "id", "answer": "answer", "target": "target", "model": "model"}
    evalkit.rescore(tmp_path / "rows.csv", mapping=fields, task="fours", out=tmp_path / "runs")
    folder = next((tmp_path / "runs").iterdir())
    comparison = evalkit.compare(folder, models=["m0", "m1"])
    assert (comparison.heading_a, comparison.heading_b) == ("m0", "m1")
    assert {row.n for row in comparison.rows} == {12}
    done = CliRunner().invoke(cli, ["compare", str(folder), "--model", "m0,m2"])
    assert done.exit_code == 0, done.output
    assert "questions needed" in CliRunner().invoke(cli, ["power", str(folder), "--model", "m0,m1"]).output
    with pytest.raises(UsageError, match="--model A --model B"):
        evalkit.compare(folder)
    with pytest.raises(InputError, match=r"3 models; say which.*m0, m1, m2"):
        evalkit.compare(folder, folder)
    with pytest.raises(InputError, match="no model 'm9'; it holds m0, m1, m2"):
        evalkit.compare(folder, models=["m0", "m9"])


def test_a_public_ranking_is_the_leaderboard(runs: list[evalkit.RunResult]) -> None:
    """`evalkit.rank` prints; its table is what `evalkit.leaderboard` returns."""
    ranking: Any = evalkit.rank([runs[0].folder.parent], macro=True)
    assert isinstance(ranking, Leaderboard)
    assert "never answering" in str(ranking)
    assert ranking.to_dataframe().equals(evalkit.leaderboard([runs[0].folder.parent], macro=True))


def test_a_mean_that_no_model_has_is_said(tmp_path: Path) -> None:
    """In every format: which tasks there are, and that none has them all."""
    evalkit.run(model="baseline/guess", tasks=["letters"], limit=3, out=tmp_path)
    evalkit.run(model="baseline/idk", tasks=["birthdays"], limit=3, out=tmp_path)
    said = "the mean over tasks, no target stated: no model has them all (birthdays, letters)"
    for form in ("table", "json", "html"):
        done = CliRunner().invoke(cli, ["leaderboard", str(tmp_path), "--macro", "--format", form], env={"COLUMNS": ""})
        assert said in done.output, form
    markdown = CliRunner().invoke(cli, ["leaderboard", str(tmp_path), "--macro", "--format", "markdown"]).output
    assert "no model has them all" in markdown
    assert bare_rank([tmp_path]).left_out == []


@pytest.fixture(scope="module")
def half_cut(tmp_path_factory: pytest.TempPathFactory) -> list[evalkit.RunResult]:
    """Runs of which 5 in 100 and half of the answers are cut off, and one that lost them all."""
    folder = tmp_path_factory.mktemp("cut")
    path = task_file(folder)
    results = []
    with serving() as server:
        for name, every in (("some", 20), ("half", 2), ("all", 1)):
            count = iter(range(10_000))
            server.answer = lambda _, count=count, every=every: cut_short() if next(count) % every == 0 else "2"  # type: ignore[misc]
            results.append(
                evalkit.run(
                    model=name, base_url=server.url, tasks=[f"{path}::sums"], out=folder / "runs", max_tokens=64,
                    thresholds=[None, 0.5], max_connections=1,
                )
            )  # fmt: skip
    return results


def test_cut_off_answers_are_said_on_every_screen(half_cut: list[evalkit.RunResult]) -> None:
    """Above 2% a warning; above 20% the remedy stands before the first table."""
    some, half, everything = half_cut
    board = str(evalkit.rank([some.folder.parent]))
    comparison = str(evalkit.compare(some.folder, half.folder))
    for result in half_cut:
        text, many = str(LastScreen(result=result)), result is not some
        warning = text.index("answers were cut off at 64 tokens")
        assert (warning < text.index("target stated")) is many
        assert "--max-tokens" in text
    closed = board.split("target stated (open)", maxsplit=1)[0]
    for name in ("half", "all"):
        assert closed.index(f"{name}: ") < closed.index("S at t=0")
    warned = re.search(r"^some[^\n]*: \d of 40 answers were cut off at 64 tokens", board, re.MULTILINE)
    assert warned is not None
    assert "S at t=" in board[board.rindex("stated (", 0, warned.start()) : warned.start()]
    assert comparison.index("B: 40 of 80 answers were cut off") < comparison.index("A − B")
    assert comparison.index("A: 4 of 80 answers were cut off") > comparison.index("A − B")
    lost = str(evalkit.compare(some.folder, everything.folder))
    assert "No sample is graded on both sides" in lost
    assert "B: 80 of 80 answers were cut off" in lost


def test_with_everything_missing_nothing_crashes(half_cut: list[evalkit.RunResult], tmp_path: Path) -> None:
    """Every screen, export and figure of a run that lost all its answers."""
    pytest.importorskip("vl_convert")
    folder = str(half_cut[2].folder)
    for command in (
        ["show", folder], ["show", folder, "--json"], ["show", folder, "--records", "--outcome", "missing"],
        *(["leaderboard", folder, "--format", form] for form in ("table", "markdown", "csv", "json", "html")),
        ["compare", folder, folder], ["compare", folder, folder, "--json"], ["list", "runs", "--out", folder],
        *(["plot", kind, folder, "-o", str(tmp_path / f"{kind}.svg")] for kind in ("score", "outcomes")),
    ):  # fmt: skip
        done = CliRunner().invoke(cli, command)
        assert done.exit_code == 0, (command, done.output, done.exception)
    table = CliRunner().invoke(cli, ["leaderboard", folder], env={"COLUMNS": ""}).output
    assert "{0.00 … 0.90}" in table
    with pytest.raises(InputError, match="is missing"):
        evalkit.plot("coverage", folder)
    assert evalkit.behaviour(folder) == {}
