"""Wrapped tasks of lm-evaluation-harness, run by the real lm-eval with data from a Hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmark_layouts import card, parquet
from embedded import serving_embedded
from loopback_hub import Hub, environment, serving_hub

import evalkit
from evalkit.errors import UsageError

pytest.importorskip("lm_eval", reason="lm-evaluation-harness is absent: make test-extras installs it")

from evalkit.integrations.lm_eval.files import wrap_tasks

pytestmark = pytest.mark.filterwarnings("default")

CHILD = Path(__file__).resolve().parent.parent / "support" / "lm_eval_child.py"
SUMS = [{"question": f"What is {k} plus {k + 1}?", "answer": f"{k} + {k + 1}\n#### {2 * k + 1}"} for k in range(1, 7)]
OPTIONS = [
    {"text": ["a very long option", "short", "tiny", "mini"], "label": list("ABCD")},
    {"text": ["option one", "option two", "option six", "option ten"], "label": list("ABCD")},
]
CHOICES = [{"id": str(k), "question": f"Which, {k}?", "choices": OPTIONS[k % 2], "answerKey": "A"} for k in range(4)]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with the data of two of lm-eval's own tasks, in our own words."""
    with serving_hub() as served:
        for name, config, rows in (("openai/gsm8k", "main", SUMS), ("allenai/ai2_arc", "ARC-Easy", CHOICES)):
            splits = ("train", "validation", "test")
            shards = {f"{config}/{split}-00000-of-00001.parquet": parquet(*rows) for split in splits}
            files = card([(config, split, f"{config}/{split}-*") for split in splits])
            served.add(name, {"README.md": files, **shards})
        yield served


def run(hub: Hub, folder: Path, *tasks: str, url: str = "") -> dict[str, dict[str, Any]]:
    """The results that lm-eval prints; of a real model where its server's address is given."""
    settings = {**os.environ, **environment(hub, folder / "cache")}
    command = [
        sys.executable,
        str(CHILD),
        str(folder / "tasks"),
        str(folder / "out"),
        ",".join(tasks),
        *filter(None, [url]),
    ]
    done = subprocess.run(command, env=settings, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    results: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return results


def rows_of(folder: Path, task: str) -> list[dict[str, Any]]:
    """The samples that lm-eval wrote for a task."""
    (path,) = (folder / "out").glob(f"**/samples_{task}_*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_lm_eval_and_rescore_agree(hub: Hub, tmp_path: Path) -> None:
    """Generated and chosen answers, under a target and under none: the scores lm-eval prints are those of rescore."""
    check_agreement(hub, tmp_path)


@pytest.mark.slow
@pytest.mark.network
def test_lm_eval_and_rescore_agree_on_a_real_model(hub: Hub, tmp_path: Path) -> None:
    """The same of the embedded model, which its server generates with and measures options with."""
    pytest.importorskip("xllamacpp", reason="the local extra is absent: make test-extras installs it")
    with serving_embedded() as url:
        check_agreement(hub, tmp_path, url)
    counts = Counter(row["outcome"] for row in rows_of(tmp_path, "arc_easy_softmax_t0.75"))
    assert set(counts) <= {"correct", "error", "idk"}
    assert counts["correct"] + counts["error"] < sum(counts.values())  # it is not that sure of every option


def check_agreement(hub: Hub, tmp_path: Path, url: str = "") -> None:
    """Run two of lm-eval's own tasks, wrapped, and hold what it prints against what is read from its samples."""
    wrapped = wrap_tasks(["gsm8k", "arc_easy"], [None, 0.75], tmp_path / "tasks")
    assert wrapped.tasks == ["gsm8k_tnone", "gsm8k_t0.75", "arc_easy_softmax_tnone", "arc_easy_softmax_t0.75"]
    results = run(hub, tmp_path, *wrapped.tasks, url=url)
    cards = {
        (card.task, card.prompt_threshold): card for card in evalkit.rescore(tmp_path / "out", out=tmp_path).scorecards
    }
    for task, filtered in (("gsm8k", "strict-match"), ("arc_easy_softmax", "none")):
        stated, plain = cards[task, 0.75], cards[task, None]
        found = results[f"{task}_t0.75"]
        assert found[f"threshold_score,{filtered}"] == pytest.approx(stated.scores[0].value)
        assert found[f"idk,{filtered}"] == pytest.approx(stated.idk / stated.n)
        assert found[f"outcome,{filtered}"] == pytest.approx(stated.correct / stated.n)
        at = next(score for score in plain.scores if score.threshold == 0.75)
        assert results[f"{task}_tnone"][f"threshold_score_0.75,{filtered}"] == pytest.approx(at.value)


@pytest.mark.slow
def test_outcomes_and_prompts_of_wrapped_tasks(hub: Hub, tmp_path: Path) -> None:
    """The target stands before the question, the examples stay, metrics and filters of the task are kept."""
    wrap_tasks(["gsm8k", "arc_easy"], [0.75], tmp_path / "tasks")
    run(hub, tmp_path, "gsm8k_t0.75", "arc_easy_softmax_t0.75")
    rows = rows_of(tmp_path, "gsm8k_t0.75")
    strict = [row for row in rows if row["filter"] == "strict-match"]
    assert {row["filter"] for row in rows} == {"strict-match", "flexible-extract"}
    # No answer, a marked answer, and a number without the mark that this filter reads.
    assert [row["outcome"] for row in strict] == ["idk", "error", "correct", "error", "correct", "error"]
    assert [row["exact_match"] for row in strict] == [0, 0, 1, 0, 1, 0]
    assert [row["threshold_score"] for row in strict] == [0, -3, 1, -3, 1, -3]
    prompt = strict[1]["arguments"]["gen_args_0"]["arg_0"]
    example, target, question = (
        prompt.index(part) for part in ("####", "mistakes are penalized 3", "What is 2 plus 3")
    )
    assert example < target < question
    assert prompt.count("mistakes are penalized") == 1
    chosen = rows_of(tmp_path, "arc_easy_softmax_t0.75")
    assert [row["outcome"] for row in chosen] == ["correct", "idk", "correct", "idk"]
    assert all("acc" in row and "acc_norm" in row for row in chosen)


def test_groups_become_groups_of_wrapped_tasks(tmp_path: Path) -> None:
    """A group averages its own metrics and the added ones over its wrapped tasks."""
    wrapped = wrap_tasks(["mmlu_pro"], [0.5], tmp_path)
    assert wrapped.tasks == ["mmlu_pro_t0.5"]
    text = (tmp_path / "mmlu_pro_t0.5.yaml").read_text(encoding="utf-8")
    assert "mmlu_pro_law_t0.5" in text
    assert '"metric": "exact_match"' in text
    assert '"metric": "threshold_score"' in text


@pytest.mark.parametrize(
    ("task", "said"), [("nosuch", "no task 'nosuch'"), ("wikitext", "measures a likelihood"), ("squadv2", "a class")]
)
def test_what_cannot_be_wrapped_says_why(tmp_path: Path, task: str, said: str) -> None:
    """An unknown name, a task without a question, and a task that is code."""
    with pytest.raises(UsageError, match=said):
        wrap_tasks([task], [0.5], tmp_path)
