"""What verdicts mean: defined by the format, said by the user, or unknown, which is never right or wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from foreign import CLAIM, HEADER, IDK, inspect_sample, lines, lm_eval, rescored, totals

from evalkit.errors import InputError
from evalkit.records import NonAnswer
from evalkit.rescoring.rescore import Rescored
from evalkit.runs.journal import read_failures, read_records


def log(path: Path, *samples: dict[str, Any], **more: Any) -> Path:
    """An Inspect log."""
    path.write_text(json.dumps({**HEADER, **more, "samples": list(samples)}), encoding="utf-8")
    return path


def values(path: Path, scorer: str, *given: Any, text: str = CLAIM, **score: Any) -> Path:
    """An Inspect log whose only scorer gave these values."""
    samples = [
        inspect_sample(f"q{k}", None, text, scores={scorer: {"value": value, "answer": text, **score}})
        for k, value in enumerate(given)
    ]
    return log(path, *samples)


def kinds(found: Rescored) -> list[NonAnswer | None]:
    """Kinds of non-answer, in order."""
    return [record.grade.non_answer for record in read_records(found.result.folder)]


def test_an_object_whose_keys_name_outcomes_is_one_verdict(tmp_path: Path) -> None:
    """Whatever the order of the keys."""
    outcomes = ("correct", "incorrect", "not_attempted")
    given = [{key: int(key == true) for key in reversed(outcomes)} for true in outcomes]
    assert totals(rescored(values(tmp_path / "log.json", "quiz", *given), tmp_path / "out")) == (1, 1, 1, 0)


def test_an_object_of_several_scores_gives_the_first_verdict(tmp_path: Path) -> None:
    """A length is none; the others are named with their counts, and --scorer takes one."""
    path = values(tmp_path / "log.json", "both", *({"length": 20, "strict": k == 0, "loose": True} for k in range(3)))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 2, 0, 0)
    assert "those of both.strict (1 right, 2 wrong), not both.loose: 3 right" in found.files[0].warnings[0]
    assert totals(rescored(path, tmp_path / "out", scorer="both.loose")) == (3, 0, 0, 0)


def test_a_list_of_verdicts_gives_the_first(tmp_path: Path) -> None:
    """Named by its position."""
    found = rescored(values(tmp_path / "log.json", "pair", [1, 0], [0, 0]), tmp_path / "out")
    assert totals(found) == (1, 1, 0, 0)
    assert "pair.0" in found.files[0].warnings[0]


def test_a_scorer_without_verdicts_is_passed_over(tmp_path: Path) -> None:
    """A kind of problem is no verdict, wherever it stands."""
    samples = [
        inspect_sample(f"q{k}", None, CLAIM, scores={"kind": {"value": "history"}, "match": {"value": "CI"[k]}})
        for k in range(2)
    ]
    assert totals(rescored(log(tmp_path / "log.json", *samples), tmp_path / "out")) == (1, 1, 0, 0)


def test_an_unknown_mark_stops_with_its_counts_and_the_option(tmp_path: Path) -> None:
    """In one line; said by the user, it means what he says."""
    path = values(tmp_path / "log.json", "grade", "good", "bad", "good")
    with pytest.raises(InputError, match=r"marks of grade .*'bad' \(1 rows\), 'good' \(2 rows\).*--verdict bad=…"):
        rescored(path, tmp_path / "out")
    assert totals(rescored(path, tmp_path / "out", verdicts={"good": "correct", "bad": "error"})) == (2, 1, 0, 0)


def test_c_beside_a_and_b_is_no_longer_correct(tmp_path: Path) -> None:
    """It may be "not attempted": all letters of the scheme need a meaning."""
    path = values(tmp_path / "log.json", "grade", "A", "B", "C")
    with pytest.raises(InputError, match=r"'A' .*'B' .*'C' "):
        rescored(path, tmp_path / "out")
    with pytest.raises(InputError, match=r"unknown: 'C' "):
        rescored(path, tmp_path / "out", verdicts={"A": "correct", "B": "error"})
    said = {"A": "correct", "B": "error", "C": "idk"}
    assert totals(rescored(path, tmp_path / "out", verdicts=said)) == (1, 1, 1, 0)


@pytest.mark.parametrize("scores", [[10, 7, 2, 0, 1], [1.0, 0.5, 0.0]])
def test_a_score_on_a_scale_needs_a_mark_to_pass(scores: list[float], tmp_path: Path) -> None:
    """A 1 among others is a point on the scale, not right."""
    path = values(tmp_path / "log.json", "rating", *scores)
    with pytest.raises(InputError, match=rf"rating is a score from 0 to {max(scores):g} .*--pass-mark"):
        rescored(path, tmp_path / "out")
    right = sum(score >= 0.5 for score in scores)
    assert totals(rescored(path, tmp_path / "out", pass_mark=0.5))[0] == right


def test_a_mark_to_pass_does_not_decide_on_plain_verdicts(tmp_path: Path) -> None:
    """6 of 10 would make every 1 of 0 and 1 wrong."""
    with pytest.raises(InputError, match="0 or 1 on all 2 rows, which --pass-mark 6"):
        rescored(values(tmp_path / "log.json", "match", 1, 0), tmp_path / "out", pass_mark=6)


def test_nan_and_unscored_are_failures_with_their_reason(tmp_path: Path) -> None:
    """Neither right nor wrong; a judge whose answer held no grade likewise, in logs that made it I."""
    path = values(tmp_path / "log.json", "judge", math.nan, explanation="Grade not found in model output: …")
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (0, 0, 0, 1)
    assert "Grade not found" in next(read_failures(found.result.folder)).error
    older = values(tmp_path / "older.json", "judge", "I", explanation="Grade not found in model output: …")
    assert totals(rescored(older, tmp_path / "out")) == (0, 0, 0, 1)
    reasoned = values(tmp_path / "new.json", "judge", math.nan, reason="grader_failed")
    assert "grader_failed" in next(read_failures(rescored(reasoned, tmp_path / "out").result.folder)).error


@pytest.mark.parametrize("scorer", ["pattern", "answer", "pattern1"])
def test_a_pattern_that_does_not_match_is_unparsed_not_idk(scorer: str, tmp_path: Path) -> None:
    """N of these scorers says nothing of the model's will; its text does."""
    found = rescored(values(tmp_path / "log.json", scorer, "N", answer=None), tmp_path / "out")
    assert (totals(found), kinds(found)) == ((0, 1, 0, 0), [NonAnswer.UNPARSED])
    silent = rescored(values(tmp_path / "idk.json", scorer, "N", text=IDK, answer=None), tmp_path / "out")
    assert kinds(silent) == [NonAnswer.ABSTAINED]
    judged = rescored(values(tmp_path / "judge.json", "judge", "N"), tmp_path / "out")
    assert (totals(judged), kinds(judged)) == ((0, 0, 1, 0), [NonAnswer.ABSTAINED])


def test_the_reason_of_a_score_tells_the_kind(tmp_path: Path) -> None:
    """Where newer logs give one."""
    unread = values(tmp_path / "a.json", "choice", "I", reason="invalid_response_format")
    assert kinds(rescored(unread, tmp_path / "out")) == [NonAnswer.UNPARSED]
    refused = values(tmp_path / "b.json", "judge", "I", reason="refusal")
    assert kinds(rescored(refused, tmp_path / "out")) == [NonAnswer.REFUSAL]


def test_a_grade_in_the_metadata_tells_abstention_from_a_mistake(tmp_path: Path) -> None:
    """Where the value has only 0 and 1; a grade that contradicts the value is left alone."""
    samples = [
        inspect_sample(grade + str(k), None, CLAIM, scores={"quiz": {"value": value, "metadata": {"grade": grade}}})
        for k, (value, grade) in enumerate([(1, "correct"), (0, "incorrect"), (0, "not_attempted"), (1, "incorrect")])
    ]
    assert totals(rescored(log(tmp_path / "log.json", *samples), tmp_path / "out")) == (2, 1, 1, 0)


def test_partly_right_counts_as_idk_but_was_attempted(tmp_path: Path) -> None:
    """0 points and its credit kept, unless the text makes no claim; --count-as changes it."""
    path = values(tmp_path / "log.json", "judge", "P", "C")
    (card,) = rescored(path, tmp_path / "out").result.scorecards
    assert (card.correct, card.error, card.idk, card.non_answers.partial) == (1, 0, 1, 1)
    assert (card.coverage, card.accuracy_given_attempted, card.credit) == (1.0, 0.5, 0.5)
    assert totals(rescored(path, tmp_path / "out", count_as={"partial": "correct"})) == (2, 0, 0, 0)
    assert totals(rescored(path, tmp_path / "out", count_as={"partial": "error"})) == (1, 1, 0, 0)
    silent = values(tmp_path / "idk.json", "judge", "P", text=IDK)
    assert kinds(rescored(silent, tmp_path / "out")) == [NonAnswer.ABSTAINED]


def test_an_unscored_log_is_graded_where_that_is_asked_for(tmp_path: Path) -> None:
    """And failed where it is not."""
    samples = [inspect_sample("a", None, "1894", scores={}), inspect_sample("b", None, "1902", scores={})]
    path = log(tmp_path / "log.json", *samples)
    assert totals(rescored(path, tmp_path / "out")) == (0, 0, 0, 2)
    assert totals(rescored(path, tmp_path / "out", regrade="exact")) == (1, 1, 0, 0)


def test_a_run_that_ended_in_an_error_says_so(tmp_path: Path) -> None:
    """With its message."""
    path = log(tmp_path / "log.json", inspect_sample("a", "C", CLAIM), status="error", error={"message": "no\nquota"})
    assert "status error (no quota)" in rescored(path, tmp_path / "out").files[0].warnings[0]


def test_an_answer_cut_off_before_it_committed_is_missing(tmp_path: Path) -> None:
    """Unless the file calls it right; an empty one that ended by itself stays an abstention."""
    cut = {"completion": "Let us consider when the bridge", "choices": [{"stop_reason": "max_tokens"}]}
    ended = {"completion": "", "choices": [{"stop_reason": "stop"}]}
    samples = [
        inspect_sample("a", "I", "", output=cut),
        inspect_sample("b", "C", "", output=cut),
        inspect_sample("c", "I", "", output=ended),
    ]
    found = rescored(log(tmp_path / "log.json", *samples), tmp_path / "out")
    (card,) = found.result.scorecards
    assert (card.correct, card.error, card.idk, card.missing.truncated) == (1, 0, 1, 1)
    assert not found.empty
    counted = rescored(log(tmp_path / "log.json", *samples), tmp_path / "out", count_as={"truncated": "error"})
    assert totals(counted) == (1, 1, 1, 0)


def metrics(number: int, **given: Any) -> dict[str, Any]:
    """A row of lm-evaluation-harness with these metrics, in order."""
    return {**lm_eval(number, CLAIM, 0.0), "metrics": [*given], "exact_match": None, **given}


def test_the_metric_is_the_first_whose_values_are_all_0_or_1(tmp_path: Path) -> None:
    """BLEU 1.0 on one row makes no verdict of it."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(metrics(0, bleu=1.0, acc=0), metrics(1, bleu=40.0, acc=1)))
    assert totals(rescored(path, tmp_path / "out")) == (1, 1, 0, 0)
    assert totals(rescored(path, tmp_path / "out", metric="bleu", pass_mark=1)) == (2, 0, 0, 0)


def test_metrics_that_disagree_are_named_with_their_counts(tmp_path: Path) -> None:
    """Acc before acc_norm, in whatever order the task lists them."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(metrics(0, acc_norm=1.0, acc=0.0), metrics(1, acc_norm=1.0, acc=1.0)))
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 1, 0, 0)
    told = "those of acc (1 right of 2), not acc_norm: 2 right of 2, other on 1 rows; --metric NAME"
    assert told in found.files[0].warnings[0]


def test_rows_with_other_metrics_are_read_by_their_own(tmp_path: Path) -> None:
    """Not by those of the first row."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(metrics(0, exact_match=0.0), metrics(1, acc=1.0)))
    assert totals(rescored(path, tmp_path / "out")) == (1, 1, 0, 0)


def test_a_share_is_credit_and_no_verdict(tmp_path: Path) -> None:
    """As the probability of the true answers (mc2)."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(metrics(0, acc=0.3), metrics(1, acc=0.8)))
    with pytest.raises(InputError, match=r"acc is a score from 0\.3 to 0\.8"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", pass_mark=0.5)
    assert [record.grade.credit for record in read_records(found.result.folder)] == [0.3, 0.8]


def test_predictions_without_a_verdict_are_refused(tmp_path: Path) -> None:
    """--predict_only scores nothing, and a text's likelihood is no answer."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(metrics(0, bypass=None)))
    with pytest.raises(InputError, match=r"predict_only.*--regrade"):
        rescored(path, tmp_path / "out")
    rolling = {
        **metrics(0, word_perplexity=[-3.2, 7]),
        "resps": [["-3.2"]],
        "arguments": {"gen_args_0": {"arg_0": "T"}},
    }
    path.write_bytes(lines(rolling))
    with pytest.raises(InputError, match="likelihood of a text"):
        rescored(path, tmp_path / "out")


@pytest.mark.parametrize("missed", ["[invalid]", "[missing]", "[no match]"])
def test_a_word_in_brackets_for_an_answer_is_unparsed(missed: str, tmp_path: Path) -> None:
    """Unless the model wrote it."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 0.0, missed), lm_eval(1, f"It was {missed} then", 0.0, missed)))
    assert kinds(rescored(path, tmp_path / "out")) == [NonAnswer.UNPARSED, None]


def test_one_continuation_is_no_choice_of_an_answer(tmp_path: Path) -> None:
    """Of a text's last word it is known only whether the model would write it: no text is no abstention."""
    rows = [
        {**metrics(k, perplexity=-0.4, acc=int(greedy)), "target": " mat", "resps": [[["-0.4", str(greedy)]]],
         "arguments": {"gen_args_0": {"arg_0": "the cat sat on the", "arg_1": " mat"}}}
        for k, greedy in enumerate([True, False])
    ]  # fmt: skip
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(*rows))
    assert totals(rescored(path, tmp_path / "out")) == (1, 1, 0, 0)


def test_tasks_one_behind_the_other_in_a_file_are_told_apart(tmp_path: Path) -> None:
    """A doc_id that comes back with another document is of another task."""
    path = tmp_path / "samples_bridges_2026-01-21T03-44-18.458309.jsonl"
    path.write_bytes(lines(*({**lm_eval(0, CLAIM, right), "doc_hash": str(right)} for right in (0.0, 1.0))))
    assert [card.task for card in rescored(path, tmp_path / "out").result.scorecards] == ["bridges", "bridges (2)"]


def test_helm_counts_the_test_split_alone(tmp_path: Path) -> None:
    """A held-out instance is named and left out."""
    from foreign import helm

    folder = helm(tmp_path / "bbq:model=lab_m")
    state = json.loads((folder / "scenario_state.json").read_text(encoding="utf-8"))
    state["request_states"][0]["instance"]["split"] = "valid"
    (folder / "scenario_state.json").write_text(json.dumps(state), encoding="utf-8")
    found = rescored(folder, tmp_path / "out")
    assert totals(found) == (0, 2, 0, 0)
    assert "1 of split valid" in found.files[0].warnings[0]


def test_a_judges_invalid_choice_is_no_verdict(tmp_path: Path) -> None:
    """Whatever score openai/evals gives it."""

    def event(name: str, kind: str, **data: Any) -> dict[str, Any]:
        return {"run_id": "r", "event_id": 0, "sample_id": name, "type": kind, "data": data}

    path = tmp_path / "log.jsonl"
    events = [
        event(name, kind, **data)
        for name, choice, score in (("a", "Y", 1.0), ("b", "__invalid__", 0.0), ("c", "N", 0.0))
        for kind, data in (("sampling", {"sampled": [CLAIM]}), ("metrics", {"choice": choice, "score": score}))
    ]
    path.write_bytes(lines({"spec": {"completion_fns": ["m"], "eval_name": "e"}}, *events))
    assert totals(rescored(path, tmp_path / "out")) == (1, 1, 0, 1)


def test_settings_are_no_results_of_swe_bench_pro(tmp_path: Path) -> None:
    """An object of true and false is one only by its keys."""
    path = tmp_path / "config.json"
    path.write_text('{"debug": false, "shuffle": true}', encoding="utf-8")
    with pytest.raises(InputError, match="unknown format"):
        rescored(path, tmp_path / "out")


def test_a_report_of_simple_evals_says_where_totals_and_texts_differ(tmp_path: Path) -> None:
    """Its judge tells only how many were not attempted; task and model stand in the file's name."""

    def shown(said: str, score: bool) -> str:
        return (
            f"<h3>Prompt conversation</h3><pre>When?</pre><h3>Sampled message</h3><pre>{said}</pre><h3>Results</h3>"
            f"<p>Correct Answer: 1894</p><p>Extracted Answer: {said}</p><p>Score: {score}</p>"
        )

    total = "<td>is_not_attempted</td>\n<td>0.75</td>"
    body = "".join(shown(said, said == "1894") for said in ("1894", IDK, "1902", "No response (bad request)."))
    path = tmp_path / "simpleqa_lab-m_20260121_034418.html"
    path.write_text(f"<html>{total}{body}</body></html>", encoding="utf-8")
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 1, 2, 0)
    assert (found.result.scorecards[0].task, found.result.scorecards[0].model) == ("simpleqa", "lab-m")
    assert "3 of 4 as not attempted" in found.files[0].warnings[0]
