"""`--data` with several tasks: each reads its publisher's layout there, or one line names the task that does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalkit.cli import cli
from evalkit.errors import UsageError
from evalkit.runs.journal import read_records


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with two benchmarks in their publishers' layouts."""
    (tmp_path / "data" / "bbh").mkdir(parents=True)
    examples = [{"input": "If you turn left, then right, do you return?", "target": "No"}]
    (tmp_path / "data" / "bbh" / "navigate.json").write_text(json.dumps({"examples": examples}), encoding="utf-8")
    (tmp_path / "data" / "simpleqa").mkdir()
    rows = "metadata,problem,answer\n{'topic': 'own'},Who?,Ada\n"
    (tmp_path / "data" / "simpleqa" / "simple_qa_test_set.csv").write_text(rows, encoding="utf-8")
    return tmp_path / "data"


def run(data: Path, tasks: str) -> Result:
    """A run of a baseline."""
    out = str(data.parent / "results")
    arguments = ["--model", "baseline/idk", "--limit", "2", "--data", str(data), "--out", out, "--name", "r"]
    return CliRunner().invoke(cli, ["run", "--task", tasks, *arguments])


def test_each_task_reads_its_own_layout(data: Path) -> None:
    """Side by side in one folder."""
    assert run(data, "bbh,simpleqa").exit_code == 0
    assert {record.task for record in read_records(data.parent / "results" / "r")} == {"bbh", "simpleqa"}


def test_a_task_that_takes_no_data_says_so(data: Path) -> None:
    """It asks its own questions."""
    result = run(data, "letters,bbh")
    assert result.exit_code == 0, result.output
    assert f"letters: does not use {data}; it asks its own questions" in result.stderr


@pytest.mark.parametrize("task", ["birthdays", "dissertations", "gpqa"])
def test_a_task_that_cannot_use_the_folder_is_named_in_one_line(task: str, data: Path) -> None:
    """Whether it wants a file of its own or finds none of its publisher's; nothing is asked."""
    result = run(data, f"bbh,{task}")
    assert isinstance(result.exception, UsageError)
    text = str(result.exception)
    assert text.startswith(f"--data {data}: task {task} cannot use it (")
    assert text.endswith("ask that task in a run of its own")
    assert "\n" not in text
    assert not (data.parent / "results").exists()
