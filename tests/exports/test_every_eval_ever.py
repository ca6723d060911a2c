"""Runs as Every Eval Ever: aggregate and samples, valid by its own package's checks, and back."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback import lines_of
from same_cards import same

import evalkit
from evalkit.errors import UsageError

IDS = {"m": "lab/m-1"}


def export(run: Path, folder: Path, **options: Any) -> list[Path]:
    """Export under a name that says the model's maker."""
    return evalkit.export(run, to="every-eval-ever", output=folder, model_ids=IDS, **options)


@pytest.fixture
def exported(folder: Path, tmp_path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The aggregate of the sums, and its samples."""
    paths = export(folder, tmp_path, organization="Our lab", relationship="third_party")
    aggregate, samples = (path for path in paths if "sums" in path.parts)
    assert samples.name == f"{aggregate.stem}_samples.jsonl"
    assert aggregate.relative_to(tmp_path).parts[:-1] == ("data", "sums", "lab", "m-1")
    content = json.loads(aggregate.read_text(encoding="utf-8"))
    detail = content["detailed_evaluation_results"]
    assert detail["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
    assert detail["file_path"] == samples.relative_to(tmp_path).as_posix()
    return content, lines_of(samples)


def test_its_own_package_finds_them_valid(folder: Path, tmp_path: Path) -> None:
    """Schema, path, checksum, row count, bounds of scores and the deployment of the model: without a warning."""
    pytest.importorskip("every_eval_ever", reason="Every Eval Ever is absent: make test-extras with a Python from 3.12")
    paths = [str(path.relative_to(tmp_path)) for path in export(folder, tmp_path)]
    command = [sys.executable, "-m", "every_eval_ever", "validate", "--format", "json", *paths]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = json.loads(done.stdout)
    reports = reports["files"] if isinstance(reports, dict) else reports
    assert len(reports) == 4
    assert all(report["valid"] and not report["warnings"] for report in reports)


def test_idk_has_its_place(everything: evalkit.RunResult, exported: tuple[Any, Any]) -> None:
    """A stated target is a result with its penalty and bounds; counts and the interval stand beside the score."""
    aggregate, _ = exported
    assert aggregate["source_metadata"]["source_organization_name"] == "Our lab"
    results = {one["evaluation_result_id"]: one for one in aggregate["evaluation_results"]}
    assert set(results) >= {"sums/closed/accuracy", "sums/open-0.75/confidence_target_score/0.75"}
    found = results["sums/open-0.75/confidence_target_score/0.75"]
    (card,) = [one for one in everything.scorecards if (one.task, one.prompt_threshold) == ("sums", 0.75)]
    config, details = found["metric_config"], found["score_details"]
    assert config["metric_parameters"] == {"t": 0.75, "penalty": 3.0, "prompt": "open"}
    assert (config["min_score"], config["max_score"], config["lower_is_better"]) == (-3.0, 1, False)
    assert details["score"] == card.scores[0].value
    interval = details["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"]) == card.scores[0].ci95
    counts = details["details"]
    assert [counts[name] for name in ("correct", "error", "idk")] == [str(card.correct), str(card.error), str(card.idk)]
    assert counts["unparsed"] == str(card.non_answers.unparsed)
    assert counts["missing"] == str(card.missing.total)


def test_lines_score_by_the_target(exported: tuple[Any, Any]) -> None:
    """+1, 0 and −penalty; a refusal is an outcome, and only an answer that never came has an error."""
    _, lines = exported
    told = [one for one in lines if one["metadata"].get("prompt_threshold") == "0.75"]
    points = {(one["metadata"]["outcome"], one["evaluation"]["score"], one["evaluation"]["is_correct"]) for one in told}
    assert points == {("correct", 1.0, True), ("error", -3.0, False), ("idk", 0.0, False), ("missing", 0.0, False)}
    plain = {one["evaluation"]["score"] for one in lines if "prompt_threshold" not in one["metadata"]}
    assert plain == {1.0, 0.0}
    refused = [one for one in told if one["metadata"].get("non_answer") == "refusal"]
    assert refused
    assert not any("error" in one for one in refused)
    assert {one["metadata"]["outcome"] for one in lines if "error" in one} == {"missing"}


def test_the_way_back_gives_the_same_scorecards(everything: evalkit.RunResult, tmp_path: Path) -> None:
    """Every count, rate, interval and range; the model has the name that was given to it."""
    export(everything.folder, tmp_path / "eee")
    back = evalkit.rescore(tmp_path / "eee", out=tmp_path)
    assert {card.model for card in back.scorecards} == {"lab/m-1"}
    assert same(back.scorecards) == same(everything.scorecards)


def test_exporting_again_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    """Names and contents do not depend on the time."""
    first = {path: path.read_bytes() for path in export(folder, tmp_path)}
    assert {path: path.read_bytes() for path in export(folder, tmp_path)} == first


def test_a_model_without_a_maker_is_asked_for(folder: Path, tmp_path: Path) -> None:
    """The datastore is ordered by makers: one is not made up."""
    with pytest.raises(UsageError, match="its maker is unknown; give --model-id m=MAKER/m"):
        evalkit.export(folder, to="every-eval-ever", output=tmp_path)
    with pytest.raises(UsageError, match="no model 'x' in these runs; there are m"):
        evalkit.export(folder, to="every-eval-ever", output=tmp_path, model_ids={"x": "lab/x"})
    with pytest.raises(UsageError, match="must be one of first_party"):
        export(folder, tmp_path, relationship="friends")
