"""The Hub's `.eval_results/*.yaml`, of benchmarks on a Hub on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it has no types
from benchmark_layouts import GATED, LAYOUTS
from loopback_hub import TOKEN, Hub, environment, serving_hub

from evalkit.runs.result import read_result

pytestmark = pytest.mark.slow
MMLU, GPQA = "TIGER-Lab/MMLU-Pro", "Idavidrein/gpqa"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with the benchmarks, none of them described yet."""
    with serving_hub() as served:
        for name, files in LAYOUTS.items():
            served.add(name, dict(files), gated=name in GATED)
        yield served


def describe(hub: Hub, name: str, *tasks: dict[str, str]) -> None:
    """Make a data set a benchmark."""
    content = {"name": name, "evaluation_framework": "inspect-ai", "tasks": list(tasks)}
    hub.files(name)["eval.yaml"] = yaml.safe_dump(content).encode()


def evalkit_in(hub: Hub, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run evalkit in a process of its own, which knows this Hub alone."""
    settings = {**os.environ, **environment(hub, folder / "cache", TOKEN), "COLUMNS": "200"}
    settings.pop("EVALKIT_DATA", None)
    command = [sys.executable, "-m", "evalkit", *arguments]
    return subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, check=False)


def run(hub: Hub, folder: Path, task: str, *more: str) -> None:
    """A run named r."""
    done = evalkit_in(hub, folder, "run", "--task", task, "--model", "baseline/guess", "--name", "r", *more)
    assert done.returncode == 0, done.stderr


def entries(path: Path) -> list[Any]:
    """A file as the Hub's own function parses it."""
    from huggingface_hub import parse_eval_result_entries

    return parse_eval_result_entries(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_a_benchmarks_accuracy(hub: Hub, tmp_path: Path) -> None:
    """One number for each file, the task's name from the benchmark itself; a stated target has a file of its own."""
    describe(hub, MMLU, {"id": "mmlu_pro_5", "config": "default", "split": "test"})
    run(hub, tmp_path, "mmlu_pro,letters", "--threshold", "none,0.75")
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out", "--source-url", "https://example.org/r")
    assert done.returncode == 0, done.stderr
    assert "letters is left out: its questions do not come from the Hub" in done.stderr
    folder = tmp_path / "out" / ".eval_results"
    assert {path.name for path in folder.iterdir()} == {"mmlu_pro.yaml", "mmlu_pro_t0.75.yaml"}
    cards = {
        card.prompt_threshold: card
        for card in read_result(tmp_path / "results" / "r").scorecards
        if card.task == "mmlu_pro"
    }
    for name, threshold in (("mmlu_pro", None), ("mmlu_pro_t0.75", 0.75)):
        (entry,) = entries(folder / f"{name}.yaml")
        accuracy = cards[threshold].accuracy
        assert accuracy is not None
        assert (entry.dataset_id, entry.task_id, entry.value) == (MMLU, "mmlu_pro_5", accuracy.value)
        assert len(entry.dataset_revision) == 40
        assert entry.source_url == "https://example.org/r"
        assert ("confidence target 0.75; " in entry.notes) == (threshold is not None)


def test_of_several_tasks_the_part_that_was_asked_or_the_one_that_is_named(hub: Hub, tmp_path: Path) -> None:
    """A benchmark names a task for each of its parts; what does not tell them apart is asked for."""
    describe(hub, GPQA, {"id": "diamond", "config": "gpqa_diamond"}, {"id": "main", "config": "gpqa_main"})
    run(hub, tmp_path, "gpqa")
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out")
    assert done.returncode == 0, done.stderr
    (entry,) = entries(tmp_path / "out" / ".eval_results" / "gpqa.yaml")
    assert entry.task_id == "diamond"
    describe(hub, GPQA, {"id": "cot"}, {"id": "zero_shot"})
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out")
    assert done.returncode == 2
    assert "has the tasks cot, zero_shot; say which gpqa is: --task-id gpqa=ID" in done.stderr
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out", "--task-id", "gpqa=nosuch")
    assert "--task-id gpqa=nosuch: Idavidrein/gpqa has the tasks cot, zero_shot" in done.stderr
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out", "--task-id", "gpqa=cot")
    assert done.returncode == 0, done.stderr


def test_a_part_of_the_questions_is_said(hub: Hub, tmp_path: Path) -> None:
    """A number of twenty questions is no benchmark's."""
    describe(hub, MMLU, {"id": "mmlu_pro"})
    run(hub, tmp_path, "mmlu_pro", "--limit", "1")
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out")
    assert "r asked only 1 of the questions; publish whole runs" in done.stderr


def test_no_benchmark_is_an_error_that_leaves_nothing(hub: Hub, tmp_path: Path) -> None:
    """A data set without an eval.yaml is none; no folder is left behind."""
    run(hub, tmp_path, "mmlu_pro")
    done = evalkit_in(hub, tmp_path, "export", "r", "--to", "hub", "-o", "out")
    assert done.returncode == 2
    assert f"{MMLU} has no eval.yaml, so it is no benchmark on the Hub" in done.stderr
    assert not (tmp_path / "out").exists()
