"""What single formats say beyond right and wrong: folders, several scorers, stated targets, texts beside verdicts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from foreign import CLAIM, HEADER, INSPECT, helm, inspect_sample, lines, lm_eval, rescored, totals, zipped
from foreign_formats import FORMATS

from evalkit.errors import InputError
from evalkit.rescoring.rescore import Terms, rescore_files
from evalkit.runs.journal import read_records


def test_a_helm_folder_is_read_by_its_state_and_verdicts(tmp_path: Path) -> None:
    """An option that says "Cannot be determined" is an answer; a text that maps to none is unparsed."""
    folder = helm(tmp_path / "bbq,model=lab_m")
    found = rescored(folder, tmp_path / "out")
    assert totals(found) == (1, 2, 0, 0)
    assert found.result.scorecards[0].non_answers.unparsed == 1
    assert (found.result.scorecards[0].model, found.result.scorecards[0].task) == ("lab/m", "bbq:subject=all")
    assert totals(rescored(folder / "per_instance_stats.json", tmp_path / "out")) == (1, 2, 0, 0)


def test_lighteval_marks_its_own_abstentions_and_states_the_target(tmp_path: Path) -> None:
    """One point for a mistake is t = ½: open cards."""
    path = tmp_path / "d.parquet"
    path.write_bytes(FORMATS["lighteval"][0])
    found = rescored(path, tmp_path / "out")
    assert [(card.prompt_threshold, card.scores[0].mode) for card in found.result.scorecards] == [(0.5, "open")]


def test_log_likelihood_choices_have_their_softmax_as_confidence(tmp_path: Path) -> None:
    """And --policy confidence abstains by it."""
    rows = [
        {**lm_eval(k, "", float(k == 0)), "resps": [[[0.0, True]], [[float(-1 - k), False]]],
         "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": " yes"}, "gen_args_1": {"arg_0": "Q", "arg_1": " no"}}}
        for k in range(2)
    ]  # fmt: skip
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(*rows))
    found = rescored(path, tmp_path / "out", policy="confidence", thresholds=[0.75])
    confidences = [record.grade.confidence for record in read_records(found.result.folder)]
    assert confidences == pytest.approx([0.731, 0.881], abs=1e-3)
    assert found.result.scorecards[-1].scores[0].value == pytest.approx(-3 / 2)  # the sure and wrong one alone is kept


def test_a_crashed_inspect_run_is_read_from_its_journal(tmp_path: Path) -> None:
    """No header.json, and a member packed with zstandard as newer versions write it."""
    path = tmp_path / "crashed.eval"
    path.write_bytes(zipped({"_journal/start.json": HEADER, "samples/a_epoch_1/sample.json": INSPECT[0]}))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 0, 0, 0)
    assert "crashed" in found.files[0].warnings[0]


def test_scorers_that_disagree_are_named_and_the_option_settles_it(tmp_path: Path) -> None:
    """The first is taken unless another is asked for."""
    both = {"strict": {"value": "I", "answer": "x"}, "loose": {"value": "C", "answer": "x"}}
    log = {**HEADER, "samples": [inspect_sample("a", "I", CLAIM, scores=both)]}
    path = tmp_path / "log.json"
    path.write_text(json.dumps(log), encoding="utf-8")
    first = rescored(path, tmp_path / "out")
    assert totals(first) == (0, 1, 0, 0)
    assert "--scorer" in first.files[0].warnings[0]
    assert totals(rescored(path, tmp_path / "out", scorer="loose")) == (1, 0, 0, 0)


def test_a_walked_folder_reads_a_helm_run_once(tmp_path: Path) -> None:
    """The verdicts beside scenario_state.json belong to it; named alone they are read with it."""
    helm(tmp_path / "bbq,model=lab_m")
    (tmp_path / "notes.md").write_text("nothing to see", encoding="utf-8")
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert [report.path.name for report in found.files] == ["scenario_state.json"]
    assert totals(found) == (1, 2, 0, 0)


def test_the_task_of_lm_eval_stands_in_the_name_of_its_file(tmp_path: Path) -> None:
    """samples_TASK_TIME.jsonl, where no results file beside it names the task."""
    path = tmp_path / "samples_bridges_easy_2026-01-21T03-44-18.458309.jsonl"
    path.write_bytes(FORMATS["lm-eval"][0])
    assert [card.task for card in rescored(path, tmp_path / "out").result.scorecards] == ["bridges_easy"]


def test_lm_eval_takes_model_and_task_from_the_results_beside_it(tmp_path: Path) -> None:
    """By the time in both names, and the task's name in that of the samples."""
    stamp = "2026-01-21T03-44-18.458309"
    path = tmp_path / f"samples_bridges_{stamp}.jsonl"
    path.write_bytes(FORMATS["lm-eval"][0])
    results = {
        "results": {"bridges": {}},
        "configs": {"bridges": {}},
        "config": {"model_args": "pretrained=lab/m,dtype=x"},
    }
    (tmp_path / f"results_{stamp}.json").write_text(json.dumps(results), encoding="utf-8")
    (card,) = rescored(path, tmp_path / "out").result.scorecards
    assert (card.model, card.task) == ("lab/m", "bridges")


def test_of_several_filters_the_first_is_read(tmp_path: Path) -> None:
    """The others repeat the same documents, and a warning names them."""
    rows = [
        {**lm_eval(k, CLAIM, right), "filter": name}
        for name, right in (("strict", 0.0), ("loose", 1.0))
        for k in (0, 1)
    ]
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(*rows))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (0, 2, 0, 0)
    told = (
        "the verdicts are those of filter strict (0 right of 2), not loose: 2 right of 2; --filter NAME takes another"
    )
    assert told in found.files[0].warnings
    assert totals(rescored(path, tmp_path / "out", filter="loose")) == (2, 0, 0, 0)


def test_vectara_finds_texts_and_model_in_the_summaries_beside_it(tmp_path: Path) -> None:
    """With its text an empty summary is a non-answer; without it, only that no answer was read is known."""
    path = tmp_path / "judgments.jsonl"
    path.write_bytes(FORMATS["vectara"][0])
    texts = {"a": "Hale built it.", "b": "Bell built it.", "c": " "}
    summaries = [{"summary_uid": k, "summary": v, "company": "lab", "model_name": "m"} for k, v in texts.items()]
    (tmp_path / "summaries.jsonl").write_bytes(lines(*summaries))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 1, 1, 0)
    assert found.result.scorecards[0].model == "lab/m"
    assert totals(rescored(path, tmp_path / "out", pass_mark=0.05)) == (2, 0, 1, 0)


def test_answers_under_several_stated_targets_are_open_cards(tmp_path: Path) -> None:
    """One card a target, each scored at its own."""
    path = tmp_path / "answers.csv"
    path.write_bytes(FORMATS["thresholds-csv"][0])
    cards = rescored(path, tmp_path / "out").result.scorecards
    assert [(card.prompt_threshold, card.correct, card.error, card.idk) for card in cards] == [
        (0.5, 1, 1, 0),
        (0.9, 0, 0, 1),
    ]


def test_a_confidence_that_only_the_judge_states_is_none(tmp_path: Path) -> None:
    """HLE's judge writes 100 where the response says nothing of it."""
    path = tmp_path / "judged.json"
    path.write_bytes(FORMATS["hle"][0])
    graded = {record.sample_id: record.grade for record in read_records(rescored(path, tmp_path / "out").result.folder)}
    assert graded["q1"].confidence == pytest.approx(0.8)
    assert graded["q2"].confidence is None


def test_questions_that_nobody_answered_stay_apart_from_wrong_ones(tmp_path: Path) -> None:
    """A file of rows without ids gets ids from the questions, the same in every model's file."""
    names = []
    for model, grade in (("one", "A"), ("two", "C")):
        path = tmp_path / f"{model}.csv"
        path.write_text(
            f"problem,target,predicted_answer,grade\nWhen?,1894,x,{grade}\nWhen?,1902,y,B\n", encoding="utf-8"
        )
        folder = rescored(path, tmp_path / "out").result.folder
        names.append([record.sample_id for record in read_records(folder)])
    assert names[0] == names[1]
    assert names[0][1] == f"{names[0][0]}-2"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"resps": [[[-1.0, True]], 0.5]}, "resps holds 0.5 beside pairs of log-probability and greedy"),
        ({"resps": [[[-1.0, True]], [[-2.0, False]]], "arguments": ["a", "b"]}, "arguments holds 'a', not a prompt"),
        ({"resps": 1.5}, "resps is 1.5, not a list"),
        ({"filtered_resps": {"a": 1}}, "filtered_resps is {'a': 1}, not a list"),
    ],
)
def test_a_row_of_lm_eval_of_another_shape_says_which_field(changed: dict[str, Any], said: str, tmp_path: Path) -> None:
    """With its line; the rest is read where such rows are skipped."""
    path = tmp_path / "samples_bridges_2026-01-01T00-00-00.000000.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), {**lm_eval(1, CLAIM, 1.0), **changed}))
    with pytest.raises(InputError, match=re.escape(said)) as raised:
        rescored(path, tmp_path / "out")
    assert f"{path}:2" in str(raised.value)
    assert totals(rescored(path, tmp_path / "skipped", skip_bad=True)) == (1, 0, 0, 0)
