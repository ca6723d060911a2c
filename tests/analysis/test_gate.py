"""May a candidate replace a baseline? GO, NO-GO, or how many questions would decide."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from foreign import lines

import evalkit
from evalkit.analysis.gate import Gate, decide
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError

MARKS = {"right": 1, "wrong": 0}


def made(folder: Path, name: str, outcomes: list[str]) -> Path:
    """A rescored run of one task with these outcomes: right, wrong, or gone."""
    rows = [
        {"id": k, "task": "facts", "model": name, "a": "Bath", "ok": MARKS.get(one)} for k, one in enumerate(outcomes)
    ]
    path = folder / f"{name}.jsonl"
    path.write_bytes(lines(*rows))
    columns = {"id": "id", "task": "task", "model": "model", "answer": "a", "verdict": "ok"}
    return evalkit.rescore(path, mapping=columns, out=folder / "out").folder


def gated(tmp_path: Path, baseline: list[str], candidate: list[str], margin: float = 0.1, t: float = 0.5) -> Gate:
    """The gate between two runs."""
    return decide(made(tmp_path, "old", baseline), made(tmp_path, "new", candidate), t, margin)


def drawn(seed: int, right: float, n: int) -> list[str]:
    """Outcomes of which a share is right."""
    random_ = random.Random(seed)
    return ["right" if random_.random() < right else "wrong" for _ in range(n)]


def test_a_candidate_that_is_as_good_goes(tmp_path: Path) -> None:
    """With enough questions."""
    found = gated(tmp_path, ["right"] * 900 + ["wrong"] * 100, ["right"] * 905 + ["wrong"] * 95)
    assert found.decision == "GO"
    (task,) = found.tasks
    assert task.difference == pytest.approx(0.01)
    assert task.ci90[0] > -0.1


def test_a_candidate_that_is_worse_does_not_go(tmp_path: Path) -> None:
    """By more than the margin, beyond the interval."""
    assert gated(tmp_path, ["right"] * 500, ["right"] * 250 + ["wrong"] * 250).decision == "NO-GO"


def test_few_questions_decide_nothing_and_the_number_that_would_is_told(tmp_path: Path) -> None:
    """Agreement on five questions is no proof; with as many as are told, the same rates decide."""
    found = gated(tmp_path, ["right"] * 5, ["right"] * 5)
    assert found.decision == "INCONCLUSIVE"
    (task,) = found.tasks
    assert task.n_to_decide is not None
    n = task.n_to_decide
    assert gated(tmp_path, ["right"] * n, ["right"] * n).decision == "GO"
    assert gated(tmp_path, ["right"] * (n // 2), ["right"] * (n // 2)).decision == "INCONCLUSIVE"


def test_missing_answers_stand_at_the_worse_end(tmp_path: Path) -> None:
    """They may hide what decides."""
    clear = ["right"] * 900 + ["wrong"] * 100
    assert gated(tmp_path, clear, clear).decision == "GO"
    found = gated(tmp_path, clear, ["gone"] * 100 + clear[100:])
    assert found.decision == "INCONCLUSIVE"
    assert found.tasks[0].missing == 100


def test_each_wrong_decision_is_rare(tmp_path: Path) -> None:
    """On the margin itself, GO and NO-GO together come in about a tenth of cases."""
    decisions = []
    for seed in range(60):
        old, new = drawn(seed, 0.8, 150), drawn(seed + 1000, 0.75, 150)  # S at t = 0.5 falls by 0.1
        decisions.append(gated(tmp_path, old, new).decision)
    assert decisions.count("GO") <= 9
    assert decisions.count("NO-GO") <= 9


@pytest.mark.parametrize(
    ("candidate", "code"),
    [(["right"] * 300, 0), (["wrong"] * 300, 10), (["right"] * 30 + ["wrong"] * 3 + ["right"] * 267, 0)],
)
def test_the_exit_code_is_the_decision(candidate: list[str], code: int, tmp_path: Path) -> None:
    """0 GO, 10 NO-GO, 11 INCONCLUSIVE; as text and as JSON."""
    folders = made(tmp_path, "old", ["right"] * 300), made(tmp_path, "new", candidate)
    arguments = ["gate", *map(str, folders), "--at", "0.5", "--margin", "0.1"]
    shown = CliRunner().invoke(cli, arguments)
    assert shown.exit_code == code, shown.output
    document = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout)
    assert shown.stdout.startswith(f"{document['decision']}: ")
    few = made(tmp_path, "few", ["right"] * 4)
    unclear = CliRunner().invoke(cli, ["gate", str(few), str(few), "--at", "0.5", "--margin", "0.1"])
    assert unclear.exit_code == 11
    assert "questions would decide" in unclear.stdout


def test_a_gate_needs_a_margin_and_common_questions(tmp_path: Path) -> None:
    """One line each."""
    folder = made(tmp_path, "old", ["right"] * 4)
    with pytest.raises(UsageError, match="margin -1"):
        decide(folder, folder, 0.5, -1)
    gone = made(tmp_path, "gone", ["gone"] * 4)
    with pytest.raises(InputError, match="no question that both answered"):
        decide(folder, gone, 0.5, 0.1)
