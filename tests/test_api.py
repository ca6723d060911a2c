"""The public API: pinned names, and what may be said with them."""

from __future__ import annotations

import builtins
import importlib
import json
import pkgutil
from pathlib import Path

import pytest

import evalkit
from evalkit.records import Completion, Grade, Record


def test_the_public_names_are_pinned() -> None:
    """Adding one is a decision, and each is there."""
    assert evalkit.__all__ == sorted(evalkit.__all__)
    assert set(evalkit.__all__) == {
        "BenchmarkRow", "ChatProvider", "Completion", "EvalkitError", "Fields", "FinalStatement", "ForeignRow",
        "Grade", "Hub", "Message", "Model", "ModelOptions", "NonAnswer", "Outcome", "Provider", "Reader", "Record",
        "Request", "Rows", "RunResult", "Sample", "Scorecard", "Task", "ask", "ask_is_it_valid", "ask_mark",
        "ask_preference", "ask_verdict", "audit", "behaviour", "benchmark_rows", "committed", "compare",
        "count_outcomes", "docker_runs", "example_rows", "export", "final_statement",
        "find_patch", "fingerprint", "gate", "grade_with", "grader", "interleave", "is_empty_patch", "is_it_valid",
        "last_boxed",
        "leaderboard", "lettered", "load", "make_task", "merge", "metric", "metrics", "non_answer", "open_model",
        "open_rubric", "option_letters", "plain", "plain_prompt", "plot", "power", "probe", "push", "rank",
        "read_batch", "read_batch_async",
        "read_table", "reader", "record_features", "regrade", "regrade_async", "requires", "rescore", "rescore_async",
        "retry", "retry_async", "right_answers", "run", "run_async", "score", "shuffled", "simplify",
        "split_verbal", "task", "theory", "write_batch", "write_batch_async",
    }  # fmt: skip
    for name in evalkit.__all__:
        assert getattr(evalkit, name).__doc__
    with pytest.raises(AttributeError, match="nosuch"):
        evalkit.nosuch  # noqa: B018 - the access is what is tested


ABSENT = {"inspect_ai", "lm_eval", "torch", "transformers"}
"""Packages of extras, which only a module for them imports."""


def test_importing_every_submodule_shadows_no_public_function(tmp_path: Path) -> None:
    """A module named like a function would replace it in the package's namespace."""
    for module in pkgutil.walk_packages(evalkit.__path__, "evalkit."):
        if not module.name.endswith(("__main__", "_server")):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if error.name not in ABSENT:
                    raise
    for _ in range(2):
        assert evalkit.score(correct=1, error=0, idk=0).n == 1
        assert evalkit.non_answer("I'm not sure.") == "abstained"
        result = evalkit.run(model="baseline/idk", limit=1, out=tmp_path)
        assert len(evalkit.load(tmp_path)) >= 1
        assert result.scorecards[0].idk == 1
        assert evalkit.record_features()["task"]


def test_no_submodule_is_named_like_a_builtin() -> None:
    """`evalkit.cli.list` once replaced the built-in list in its package."""
    names = [module.name.rpartition(".")[2] for module in pkgutil.walk_packages(evalkit.__path__, "evalkit.")]
    assert not set(names) & set(dir(builtins))


def test_features_load_records_whose_columns_start_with_thousands_of_nulls(tmp_path: Path) -> None:
    """20,000 lines, the first 15,000 without a value in the optional columns."""
    datasets = pytest.importorskip("datasets")
    plain = Record(
        run="r", task="t", model="m", sample_id="x", completion=Completion(text=""), grade=Grade.idk("empty")
    )
    full = plain.model_copy(
        update={
            "prompt_threshold": 0.75,
            "choices": ["a", "b"],
            "source": "f:1",
            "completion": Completion(text="a", reasoning="so", latency=0.5, logprobs=[{"token": "a", "logprob": -0.1}]),
            "grade": Grade.of(correct=True, answer="a", credit=0.5, confidence=0.9),
        }
    )
    lines = [plain.model_dump_json()] * 15_000 + [full.model_dump_json()] * 5_000
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = datasets.load_dataset(
        "json",
        data_files=str(path),
        features=evalkit.record_features(),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    assert loaded.num_rows == 20_000
    last = loaded[-1]
    assert last["prompt_threshold"] == 0.75
    assert last["grade"]["confidence"] == 0.9
    assert json.loads(last["completion"]["logprobs"])[0]["logprob"] == -0.1
    assert Record.model_validate({key: value for key, value in last.items() if value is not None}).grade == full.grade
