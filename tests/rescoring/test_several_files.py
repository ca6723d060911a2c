"""Several files in one call: read side by side, joined, and told apart where they hold two runs of one model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign import CLAIM, HEADER, IDK, inspect_sample, lines, lm_eval, totals

from evalkit.rescoring.merge import OVERLAP
from evalkit.rescoring.rescore import Rescored, Terms, rescore_files
from evalkit.runs.journal import read_failures, read_records


def write(path: Path, model: str, **answers: str) -> None:
    """An Inspect log of one model; an answer that is CLAIM is right, "" failed."""
    samples = [
        inspect_sample(name, "C" if text == CLAIM else "I", text, **({} if text else {"error": {"message": "quota"}}))
        for name, text in answers.items()
    ]
    log = {**HEADER, "eval": {"model": model, "task": "bridges"}, "samples": samples}
    path.write_text(json.dumps(log), encoding="utf-8")


def counts(found: Rescored) -> dict[Any, tuple[int, int, int, int]]:
    """Model → (correct, error, idk, failed)."""
    return {card.model: (card.correct, card.error, card.idk, card.failed) for card in found.result.scorecards}


@pytest.fixture(params=["in turn", "side by side"], autouse=True)
def _manner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same result whether files are read in one process or in several."""
    if request.param == "side by side":
        monkeypatch.setattr("evalkit.rescoring.parallel.PARALLEL_FROM", 0)


def test_two_runs_of_one_model_are_told_apart_by_their_files(tmp_path: Path) -> None:
    """The same samples with other answers in another file are another run."""
    for name, text in (("monday", CLAIM), ("tuesday", IDK)):
        log = {**HEADER, "samples": [inspect_sample("a", "C" if text == CLAIM else "I", text)]}
        (tmp_path / f"{name}.json").write_text(json.dumps(log), encoding="utf-8")
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert {card.model for card in found.result.scorecards} == {"lab/m (monday)", "lab/m (tuesday)"}


def test_only_the_model_that_two_files_disagree_on_carries_their_names(tmp_path: Path) -> None:
    """And carries them in every file, with its failures; other models keep theirs."""
    write(tmp_path / "monday.json", "lab/m", a=CLAIM, b=IDK, c="")
    write(tmp_path / "tuesday.json", "lab/m", a=IDK, b=IDK, c=CLAIM)
    write(tmp_path / "other.json", "lab/n", a=CLAIM)
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert counts(found) == {"lab/m (monday)": (1, 0, 1, 1), "lab/m (tuesday)": (1, 0, 2, 0), "lab/n": (1, 0, 0, 0)}
    assert [report.warnings for report in found.files] == [[OVERLAP], [], [OVERLAP]]
    folder = found.result.folder
    assert {record.model for record in read_records(folder)} == set(counts(found))
    assert [failure.model for failure in read_failures(folder)] == ["lab/m (monday)"]


def test_rows_that_two_files_share_word_for_word_count_once(tmp_path: Path) -> None:
    """A copy, or a run that was continued in another file."""
    write(tmp_path / "first.json", "lab/m", a=CLAIM, b=IDK, c="")
    write(tmp_path / "second.json", "lab/m", b=IDK, c="", d=CLAIM)
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert counts(found) == {"lab/m": (2, 0, 1, 1)}
    assert [report.collapsed for report in found.files] == [0, 2]
    assert len(list(read_records(found.result.folder))) == 3


def test_confidences_of_renamed_models_are_scored_by_the_policy(tmp_path: Path) -> None:
    """The policy sees the models as they are called in the end."""
    mapping = {"id": "id", "answer": "said", "target": "gold", "confidence": "sure"}
    for name, row in (("one", "1,B,A,0.9"), ("two", "1,C,A,0.1")):
        (tmp_path / f"{name}.csv").write_text(f"id,said,gold,sure\n{row}\n", encoding="utf-8")
    terms = Terms(mapping=mapping, policy="confidence", thresholds=[0.5], model="lab/m")
    found = rescore_files(sorted(tmp_path.glob("*.csv")), terms, tmp_path / "out")
    simulated = {card.model: card.scores[0].value for card in found.result.scorecards if card.policy}
    assert simulated == {"lab/m (one)": -1.0, "lab/m (two)": 0.0}


def test_nothing_but_the_run_is_left_behind(tmp_path: Path) -> None:
    """No part of a file stays beside the records."""
    write(tmp_path / "a.json", "lab/m", a=CLAIM)
    write(tmp_path / "b.json", "lab/n", a=CLAIM)
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    names = {path.name for path in found.result.folder.iterdir()}
    assert names == {"run.json", "records.jsonl", "failures.jsonl", ".lock"}


def test_large_files_are_read_side_by_side_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same records in the same order, whoever read them."""
    for name in ("samples_a", "samples_b", "samples_c"):
        rows = [lm_eval(k, CLAIM if k % 3 else IDK, float(k % 3 == 1)) for k in range(50)]
        (tmp_path / f"{name}.jsonl").write_bytes(lines(*rows))
    alone = rescore_files([tmp_path], Terms(), tmp_path / "out")
    monkeypatch.setattr("evalkit.rescoring.parallel.PARALLEL_FROM", 0)
    together = rescore_files(sorted(tmp_path.glob("*.jsonl")), Terms(), tmp_path / "out")
    assert totals(alone) == totals(together)
    first, second = (
        [record.model_copy(update={"run": ""}) for record in read_records(found.result.folder)]
        for found in (alone, together)
    )
    assert first == second
