"""Two runs on the same samples; one run under several targets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from loopback import ChatServer, question_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError
from evalkit.metrics import paired
from evalkit.report.behaviour import audit_lines
from evalkit.runs.result import RunResult

TARGETS = [None, 0, 0.5, 0.9]


def run(server: ChatServer, out: Path, **more: Any) -> RunResult:
    """Twenty questions of letters, told four things."""
    settings: dict[str, Any] = {"tasks": ["letters"], "limit": 20, "thresholds": TARGETS, **more}
    return evalkit.run(model="m", base_url=server.url, out=out, **settings)


def bluffing(body: dict[str, object]) -> str:
    """Always answers, right where the word is short."""
    return "1" if len(question_of(body)) % 3 else "99"


def careful(body: dict[str, object]) -> str:
    """Answers only where a mistake costs little."""
    return "I don't know" if "> 0.9 confident" in question_of(body) else bluffing(body)


def test_a_run_compared_with_itself_differs_nowhere(server: ChatServer, tmp_path: Path) -> None:
    """Difference 0, p 1, nothing flips."""
    server.answer = bluffing
    first = run(server, tmp_path)
    found = evalkit.compare(first.folder, first.folder)
    assert {(row.difference, row.p, row.p_holm, len(row.flips)) for row in found.rows} == {(0.0, 1.0, 1.0, 0)}
    assert found.crossings["letters"][0].kind == "identical"


def test_two_runs_are_paired_by_sample_and_target(server: ChatServer, tmp_path: Path) -> None:
    """What was told alike is compared: open with open at its target, closed with closed at every t asked for."""
    server.answer = bluffing
    a = run(server, tmp_path / "a")
    server.answer = careful
    b = run(server, tmp_path / "b", limit=15)
    found = evalkit.compare(a.folder, b.folder, [0.5, 0.9])
    assert [(row.mode, row.threshold, row.n) for row in found.rows] == [
        ("open", 0.5, 15), ("open", 0.9, 15), ("closed", 0.5, 15), ("closed", 0.9, 15),
    ]  # fmt: skip
    assert (found.only_a, found.only_b) == (20, 0)
    told = found.rows[1]
    card = a.scorecards[-1]
    assert told.score_b == 0
    assert {(flip.a, flip.b) for flip in told.flips} <= {("correct", "idk"), ("error", "idk")}
    table = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
    for flip in told.flips:
        table[["correct", "error"].index(flip.a)][2] = len(flip.samples)
    assert told.p == pytest.approx(paired.sign_flip(table, 0.9))
    assert card.n == 20


def test_epochs_are_compared_by_item_means(server: ChatServer, tmp_path: Path) -> None:
    """Two answers a sample are not two samples."""
    server.answer = bluffing
    a, b = (run(server, tmp_path / name, epochs=2, limit=6, thresholds=[None]) for name in "ab")
    found = evalkit.compare(a.folder, b.folder)
    assert {row.n for row in found.rows} == {6}


def test_identical_epochs_change_no_interval_and_no_p(server: ChatServer, tmp_path: Path) -> None:
    """Asking twice and hearing the same is what asking once says."""
    server.answer = bluffing
    once = [run(server, tmp_path / name, epochs=1, limit=6, thresholds=[None]).folder for name in "ab"]
    twice = [run(server, tmp_path / name, epochs=2, limit=6, thresholds=[None]).folder for name in "ab"]
    assert evalkit.compare(once[0], once[1]).rows == evalkit.compare(twice[0], twice[1]).rows


def test_runs_with_nothing_in_common_are_refused(server: ChatServer, tmp_path: Path) -> None:
    """One line."""
    a = run(server, tmp_path / "a", thresholds=[None], limit=2)
    b = run(server, tmp_path / "b", thresholds=[0.5], limit=2)
    with pytest.raises(InputError, match="no sample in common"):
        evalkit.compare(a.folder, b.folder)


def test_compare_and_power_print_what_they_found(server: ChatServer, tmp_path: Path) -> None:
    """As tables, and as one JSON document."""
    server.answer = bluffing
    a = run(server, tmp_path / "a")
    server.answer = careful
    b = run(server, tmp_path / "b")
    ask = CliRunner().invoke
    said = ask(cli, ["compare", str(a.folder), str(b.folder)])
    assert said.exit_code == 0
    assert "A − B" in said.output
    assert re.search(r"^  wrong +IDK +\d+ ", said.output, re.MULTILINE)
    document = json.loads(ask(cli, ["compare", str(a.folder), str(b.folder), "--json"]).output)
    assert {row["mode"] for row in document["rows"]} == {"open", "closed"}
    assert "questions needed" in ask(cli, ["power", str(a.folder), str(b.folder)]).output
    assert "140,598" in ask(cli, ["power", "--accuracy", "0.4", "--error", "0.2"]).output
    assert ask(cli, ["power"]).exit_code != 0


def test_the_audit_says_what_the_stated_cost_changed(server: ChatServer, tmp_path: Path) -> None:
    """A bluffer goes on answering; the words name the share and what it lost."""
    server.answer = bluffing
    audit = evalkit.behaviour(run(server, tmp_path).folder)["letters"]
    assert [at.t for at in audit.targets] == [0, 0.5, 0.9]
    lines = list(audit_lines(audit))
    said = "Told that a mistake costs 9 points (t = 0.9), it still answered 20 of 20, after 20 at t = 0;"
    assert lines[0].startswith(said)
    assert any("never answering" in line for line in lines)


def test_the_audit_of_a_model_that_never_answers_praises_nothing(server: ChatServer, tmp_path: Path) -> None:
    """It passes "accuracy above t" and is not reported as calibrated."""
    server.answer = lambda _: "I don't know"
    (audit,) = evalkit.behaviour(run(server, tmp_path).folder).values()
    (line,) = audit_lines(audit)
    assert "nothing that shows what it knows" in line


def test_a_run_under_one_target_has_no_audit(server: ChatServer, tmp_path: Path) -> None:
    """There is nothing to hold against each other."""
    assert evalkit.behaviour(run(server, tmp_path, thresholds=[None, 0.5], limit=2).folder) == {}


def test_a_table_of_records_is_counted_by_card_and_duplicates_are_refused(server: ChatServer, tmp_path: Path) -> None:
    """The counts of the scorecards, from a DataFrame that may be filtered; twice the same record is an error."""
    server.answer = careful
    cards = run(server, tmp_path).scorecards
    frame = evalkit.load(tmp_path)
    counted = evalkit.count_outcomes(frame)
    assert counted[["n", "correct", "error", "idk"]].to_numpy().tolist() == [
        [card.n, card.correct, card.error, card.idk] for card in cards
    ]
    assert len(evalkit.count_outcomes(frame[frame["outcome"] == "idk"])) == 1
    assert len(evalkit.count_outcomes(frame[:0])) == 0
    with pytest.raises(ValueError, match="occurs twice"):
        evalkit.count_outcomes(pd.concat([frame, frame[:1]]))
    with pytest.raises(ValueError, match="no column 'outcome'"):
        evalkit.count_outcomes(frame.drop(columns="outcome"))
