"""lighteval: which of its metrics is a verdict, which answer it judged, and what the folders and results beside say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from foreign import CLAIM, IDK, rescored, totals
from pyarrow import parquet

from evalkit.errors import InputError
from evalkit.records import NonAnswer, Record
from evalkit.rescoring.rescore import Rescored, Terms, rescore_files
from evalkit.runs.journal import read_failures, read_records

TIME = "2026-01-21T03-44-18.458309"
DOC = {"query": "When?", "choices": ["1894", "1902"], "gold_index": 0}
CHARS = "acc:logprob_normalization=LogProbCharNorm(name='norm', ignore_first_space=False)"


def run(out: Path, *rows: dict[str, Any], task: str = "bridges|0", time: str = TIME) -> Path:
    """Details of one task as a run of lighteval lays them; each row has a metric, and may have doc, response, text."""
    folder = out / "details" / "lab" / "m" / time
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for k, row in enumerate(rows):
        doc = {"id": str(k), "task_name": task, **DOC, **row.get("doc", {})}
        text = row.get("text", CLAIM)
        response = {"text": [text] if isinstance(text, str) else text, **row.get("response", {})}
        made.append({"doc": doc, "metric": row["metric"], "model_response": response})
    path = folder / f"details_{task}_{time}.parquet"
    parquet.write_table(pa.Table.from_pylist(made), path)
    return path


def results(out: Path, task: str, *metrics: dict[str, Any]) -> None:
    """The results file of the same run."""
    folder = out / "results" / "lab" / "m"
    folder.mkdir(parents=True)
    config = {"config_tasks": {task: {"metrics": list(metrics)}}}
    (folder / f"results_{TIME}.json").write_text(json.dumps(config), encoding="utf-8")


def metrics(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with these metrics."""
    return [{"metric": metric} for metric in given]


def records(found: Rescored) -> list[Record]:
    """Its records, in order."""
    return list(read_records(found.result.folder))


def test_task_and_model_are_named_as_new_versions_do(tmp_path: Path) -> None:
    """Task|shots, and the model in the path."""
    (card,) = rescored(run(tmp_path, *metrics({"em": 1.0})), tmp_path / "out").result.scorecards
    assert (card.task, card.model) == ("bridges", "lab/m")


def test_a_task_asked_with_several_numbers_of_examples_is_several_tasks(tmp_path: Path) -> None:
    """Their names tell the number, as lighteval's own summary does."""
    for shots, right in ((0, 0.0), (5, 1.0)):
        run(tmp_path, *metrics({"em": right}), task=f"bridges|{shots}")
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert {card.task: card.correct for card in found.result.scorecards} == {"bridges|0": 0, "bridges|5": 1}
    assert {card.model for card in found.result.scorecards} == {"lab/m"}


def test_two_runs_of_a_model_carry_their_times_in_all_tasks(tmp_path: Path) -> None:
    """A run is one entry of every board, whether or not the other has the task too."""
    later = "2026-02-01T00-00-00.000001"
    run(tmp_path, *metrics({"em": 0.0}))
    run(tmp_path, *metrics({"em": 1.0}), time=later)
    run(tmp_path, *metrics({"em": 1.0}), task="tunnels|0", time=later)
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert [(card.task, card.model, card.correct) for card in found.result.scorecards] == [
        ("bridges", f"lab/m ({TIME})", 0),
        ("bridges", f"lab/m ({later})", 1),
        ("tunnels", f"lab/m ({later})", 1),
    ]


def test_old_columns_take_the_task_from_the_name_of_the_file(tmp_path: Path) -> None:
    """It stands nowhere else."""
    path = tmp_path / f"details_lab|bridges|5_{TIME}.parquet"
    rows = [{"example": "When?", "predictions": "['1894']", "gold": "['1894']", "metrics": "{'em': 1}"}]
    parquet.write_table(pa.Table.from_pylist(rows), path)
    (card,) = rescored(path, tmp_path / "out").result.scorecards
    assert (card.task, card.correct) == ("bridges", 1)


def test_old_columns_of_log_likelihoods_have_an_option_as_answer(tmp_path: Path) -> None:
    """Each option's log-probability, and whether it was the greedy one."""
    path = tmp_path / "details.parquet"
    row = {
        "example": "When?", "predictions": "[(-2.0, False), (-1.0, True)]", "gold": "[]",
        "choices": "[' 1894', ' 1902']", "gold_index": "[0]", "metrics": "{'acc': 0}",
    }  # fmt: skip
    parquet.write_table(pa.Table.from_pylist([row]), path)
    found = rescored(path, tmp_path / "out")
    (record,) = records(found)
    assert totals(found) == (0, 1, 0, 0)
    assert (record.grade.answer, record.target) == ("1902", ["1894"])


def test_parameters_in_a_metrics_name_do_not_hide_it(tmp_path: Path) -> None:
    """em:type_exact_match=prefix is em; a score beside it is none."""
    rows = metrics({"f1": 0.4, "em:type_exact_match=prefix": 1}, {"f1": 1.0, "em:type_exact_match=prefix": 0})
    found = rescored(run(tmp_path, *rows), tmp_path / "out")
    assert totals(found) == (1, 1, 0, 0)
    assert "those of em:type_exact_match=prefix (1 right), not f1: scores" in found.files[0].warnings[0]


def test_a_scale_is_no_verdict_where_a_file_has_only_its_ends(tmp_path: Path) -> None:
    """ROUGE-2 is 0 on every row, and ROUGE-1 tells that both are scores."""
    path = run(tmp_path, *metrics({"rouge1": 0.2, "rouge2": 0}, {"rouge1": 0.3, "rouge2": 0}))
    with pytest.raises(InputError, match=r"rouge1 is a score from 0.2 to 0.3 on 2 rows.* --pass-mark X"):
        rescored(path, tmp_path / "out")
    assert totals(rescored(path, tmp_path / "out", pass_mark=0.25)) == (1, 1, 0, 0)


def test_a_scale_alone_is_asked_about_where_all_its_values_are_0_or_1(tmp_path: Path) -> None:
    """Either option settles it."""
    path = run(tmp_path, *metrics({"rouge2": 0}, {"rouge2": 1}))
    with pytest.raises(InputError, match=r"marks of rouge2 whose meaning is unknown: '0' \(1 rows\), '1'"):
        rescored(path, tmp_path / "out")
    assert totals(rescored(path, tmp_path / "out", verdicts={"0": "error", "1": "correct"})) == (1, 1, 0, 0)
    assert totals(rescored(path, tmp_path / "out", pass_mark=1.0)) == (1, 1, 0, 0)


def test_a_share_of_several_samples_is_a_score_and_credit(tmp_path: Path) -> None:
    """pass@1 of four samples: nothing says how many of them make an answer right."""
    rows = metrics({"pass@k:k=1&n=4": 0.75}, {"pass@k:k=1&n=4": 0.25}, {"pass@k:k=1&n=4": 0.0})
    path = run(tmp_path, *rows)
    with pytest.raises(InputError, match=r"is a score from 0 to 0.75 on 3 rows.* --pass-mark X"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", pass_mark=0.5)
    assert totals(found) == (1, 2, 0, 0)
    assert found.result.scorecards[0].credit == pytest.approx(1 / 3)  # the 0 counts


def test_a_rating_is_no_credit(tmp_path: Path) -> None:
    """Not even where it lies between 0 and 1: the mark to pass tells that the scale goes on."""
    rows = metrics({"judge_score_m": 1}, {"judge_score_m": 0.5}, {"judge_score_m": 9})
    found = rescored(run(tmp_path, *rows), tmp_path / "out", pass_mark=7.0)
    assert totals(found) == (1, 2, 0, 0)
    assert found.result.scorecards[0].credit is None


def test_metrics_of_a_corpus_judge_no_answer(tmp_path: Path) -> None:
    """They keep texts where a number should be; the error names them and the way out."""
    path = run(tmp_path, {"metric": {"bleu": {"golds": ["1894"], "preds": ["1894"]}}, "text": "1894"})
    with pytest.raises(InputError, match=r"no verdict \(.*bleu is computed over the whole corpus\); give --regrade"):
        rescored(path, tmp_path / "out")
    assert totals(rescored(path, tmp_path / "out", regrade="exact")) == (1, 0, 0, 0)


def test_a_metric_whose_lower_values_are_better_is_no_verdict(tmp_path: Path) -> None:
    """The results file of the run says so of anybody's metric; 1 is then not right."""
    rows = metrics({"made_up": 1, "judged": 0}, {"made_up": 1, "judged": 1})
    path = run(tmp_path, *rows)
    results(
        tmp_path,
        "bridges|0",
        {"metric_name": "made_up", "higher_is_better": False},
        {"metric_name": ["judged"], "higher_is_better": {"judged": True}},
    )
    assert totals(rescored(path, tmp_path / "out")) == (1, 1, 0, 0)
    (tmp_path / "results").rename(tmp_path / "elsewhere")
    assert totals(rescored(path, tmp_path / "out")) == (2, 0, 0, 0)


def test_a_question_asked_in_two_ways_counts_once(tmp_path: Path) -> None:
    """A task with a metric of texts and one of log-likelihoods has two rows for each question."""
    texts = [{"metric": {"em": right, "acc": None}, "doc": {"id": str(k)}} for k, right in enumerate((1, 0))]
    options = [
        {"metric": {"em": None, "acc": 0}, "doc": {"id": str(k)}, "text": [], "response": {"logprobs": [-2.0, -1.0]}}
        for k in range(2)
    ]
    path = run(tmp_path, *texts, *options)
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 1, 0, 0)
    assert "rows without em are left out: their questions have it in another row" in found.files[0].warnings
    assert totals(rescored(path, tmp_path / "out", metric="acc")) == (0, 2, 0, 0)


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_row_without_its_metric_is_failed(tmp_path: Path, value: float | None) -> None:
    """No other metric of the row takes its place."""
    path = run(tmp_path, *metrics({"em": 1.0, "qem": 1.0}, {"em": value, "qem": 1.0}))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 0, 0, 1)
    assert next(read_failures(found.result.folder)).error == "no em"


def test_log_likelihoods_have_an_answer_without_a_text(tmp_path: Path) -> None:
    """No text is not IDK there."""
    found = rescored(
        run(tmp_path, {"metric": {"acc": 0.0}, "text": [], "response": {"logprobs": [-2.0, -1.0]}}), tmp_path / "out"
    )
    (record,) = records(found)
    assert totals(found) == (0, 1, 0, 0)
    assert record.grade.answer == "1902"
    assert record.grade.confidence == pytest.approx(0.731, abs=1e-3)


@pytest.mark.parametrize("metric", ["acc_norm", CHARS])
def test_the_answer_is_the_option_that_the_metric_prefers(tmp_path: Path, metric: str) -> None:
    """Log-probabilities divided by characters prefer another option than those alone."""
    doc = {"choices": ["a long answer", "no"], "gold_index": 0}
    row = {"metric": {metric: 1}, "doc": doc, "text": [], "response": {"logprobs": [-6.0, -4.0]}}
    (record,) = records(rescored(run(tmp_path, row), tmp_path / "out"))
    assert record.grade.answer == "a long answer"
    assert record.grade.confidence == pytest.approx(1 / (1 + 2.718281828 ** (6 / 13 - 2)), abs=1e-6)


def test_an_option_that_contradicts_the_verdict_is_not_shown(tmp_path: Path) -> None:
    """A metric may weigh options in a way that its name does not tell."""
    row = {"metric": {"acc": 1}, "text": [], "response": {"logprobs": [-2.0, -1.0]}}
    (record,) = records(rescored(run(tmp_path, row), tmp_path / "out"))
    assert (record.grade.answer, record.grade.confidence) == (None, None)


def test_of_truthfulqas_options_the_first_are_those_of_mc1(tmp_path: Path) -> None:
    """The others belong to mc2, which is a score."""
    doc = {"choices": ["so", "not so", "so", "never"], "gold_index": [0, 2], "specific": {"len_mc1": 2}}
    row = {
        "metric": {"truthfulqa_mc2": 0.4, "truthfulqa_mc1": 1}, "doc": doc, "text": [],
        "response": {"logprobs": [-1.0, -2.0, -3.0, -0.5]},
    }  # fmt: skip
    (record,) = records(rescored(run(tmp_path, row), tmp_path / "out"))
    assert (record.grade.outcome.value, record.grade.answer, record.choices) == ("correct", "so", ["so", "not so"])


def test_the_text_without_its_reasoning_is_the_answer(tmp_path: Path) -> None:
    """The post-processed text is judged: a thought is no claim."""
    text = f"<think>{CLAIM}</think>{IDK}"
    found = rescored(
        run(tmp_path, {"metric": {"em": 0}, "text": text, "response": {"text_post_processed": [IDK]}}), tmp_path / "out"
    )
    assert totals(found) == (0, 0, 1, 0)


def test_of_several_samples_the_most_frequent_is_the_answer(tmp_path: Path) -> None:
    """As maj@n judges it: one abstention of three is no IDK."""
    found = rescored(run(tmp_path, {"metric": {"maj@n:n=3": 0}, "text": [IDK, CLAIM, CLAIM]}), tmp_path / "out")
    assert totals(found) == (0, 1, 0, 0)


def test_an_answer_that_could_not_be_extracted_is_unparsed(tmp_path: Path) -> None:
    """What was extracted is noted; an empty list is a miss."""
    rows = [
        {"metric": {"extractive_match": right}, "doc": {"specific": {"extracted_predictions": found}}, "text": CLAIM}
        for right, found in ((1, ["1894"]), (0, ["1902"]), (0, []))
    ]
    kinds = [record.grade.non_answer for record in records(rescored(run(tmp_path, *rows), tmp_path / "out"))]
    assert kinds == [None, None, NonAnswer.UNPARSED]


def test_a_simpleqa_judges_letter_tells_abstentions_from_errors(tmp_path: Path) -> None:
    """Its score is 0 for both, and for a judgement that is no letter, which is no verdict."""
    letters = {"A": 1.0, "B": 0.0, "C": 0.0, "perhaps": 0.0}
    rows = metrics(*({"simpleqa_judge": score, "judgement_gpt4o": said} for said, score in letters.items()))
    assert totals(rescored(run(tmp_path, *rows), tmp_path / "out")) == (1, 1, 1, 1)


def test_a_judge_that_was_not_reached_is_no_verdict(tmp_path: Path) -> None:
    """The error stands as the judgement, beside a score."""
    said = "ERROR: Failed to get response from the API."
    rows = metrics({"judge_score_m": 1, "judgement_m": "1"}, {"judge_score_m": 0, "judgement_m": said})
    assert totals(rescored(run(tmp_path, *rows), tmp_path / "out")) == (1, 0, 0, 1)


def test_gold_may_have_several_ways_of_saying_it(tmp_path: Path) -> None:
    """A choice may be a list."""
    doc = {"choices": [["1894", "in 1894"], ["1902"]], "gold_index": [0]}
    (record,) = records(rescored(run(tmp_path, {"metric": {"em": 1}, "doc": doc}), tmp_path / "out"))
    assert record.target == ["1894", "in 1894"]
