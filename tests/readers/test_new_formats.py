"""What the formats of newer harnesses say beyond right and wrong: names, runs, judges that failed, pairs of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from foreign_new_formats import CLAIM, IDK, abstention, case, instance, result, rollout

from evalkit import plugins
from evalkit.dataset.source import Preference, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow


def read(name: str, path: Path, content: Any, **terms: Any) -> list[ForeignRow]:
    """Read a document, lines of JSON (a list of objects) or a table as a format."""
    if isinstance(content, str):
        text = content
    elif isinstance(content, list):
        text = "".join(json.dumps(row) + "\n" for row in content)
    else:
        text = json.dumps(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    source = Source(path, **terms)
    reader = plugins.find("readers", name)
    assert reader.sniff(source.head)
    return list(reader.read(source))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "log.dat"


def test_nemo_gym_numbers_rollouts_from_0_or_not_at_all(path: Path) -> None:
    """Without numbers, rollouts of the same sample are epochs in their order."""
    numbered = [rollout("a", "1894", "correct", _ng_rollout_index=k) for k in range(2)]
    assert [row.epoch for row in read("nemo-gym", path, numbered)] == [1, 2]
    plain = [rollout(name, "1894", "correct") for name in ("a", "b", "a")]
    assert [(row.sample_id, row.epoch) for row in read("nemo-gym", path, plain)] == [("a", 1), ("b", 1), ("a", 2)]


def test_nemo_gym_thinking_is_parted_from_the_answer(path: Path) -> None:
    """A server without a reasoning parser leaves it in the text, with or without the tag that opens it."""
    rows = read(
        "nemo-gym",
        path,
        [rollout("a", "<think>1902? No.</think>\n1894", "correct"), rollout("b", "Hm.</think>1894", "correct")],
    )
    assert [(row.text, row.reasoning) for row in rows] == [("1894", "1902? No."), ("1894", "Hm.")]


def test_nemo_gym_servers_without_a_verdict_have_a_score(path: Path) -> None:
    """And what a judge left out, or a server masks, has nobody judged."""
    rows = read("nemo-gym", path, [
        rollout("a", "1894", reward=0.3),
        rollout("b", "1894", "correct", judge_failed=True, judge_failure_reason="429"),
        rollout("c", "1894", "incorrect", mask_sample=True), {**rollout("d", "1894"), "verdict": None},
        rollout("e", "Ely", "partial"),
    ])  # fmt: skip
    assert [(row.verdict, row.score) for row in rows] == [
        (None, 0.3), ("unscored", None), ("failed", None), ("unscored", None), ("partial", None),
    ]  # fmt: skip
    assert rows[1].reason == "429"


def test_nemo_gym_tells_truncation_and_refusal(path: Path) -> None:
    """As the Responses API does."""
    cut, refused = rollout("a", "It was", "incorrect"), rollout("b", "", "incorrect")
    cut["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
    refused["response"]["output"][0]["content"] = [{"type": "refusal", "refusal": "I cannot help with that."}]
    rows = read("nemo-gym", path, [cut, refused])
    assert [(row.truncated, row.refused) for row in rows] == [(True, False), (False, True)]
    assert rows[1].text == "I cannot help with that."


def test_nemo_evaluator_is_named_by_the_bundle_beside_it(path: Path) -> None:
    """Where there is one, and one only."""
    rows = [{"problem_idx": 0, "repeat": 1, "reward": 1.0, "model_response": CLAIM, "metadata": {"category": "towns"}}]
    bundle = {"config": {"model": "lab/m"}, "benchmark": {"name": "bridges", "scores": {}}}
    (path.parent / "eval-bridges.json").write_text(json.dumps(bundle), encoding="utf-8")
    (row,) = read("nemo-evaluator", path, rows)
    assert (row.model, row.task, row.epoch, row.metadata) == ("lab/m", "bridges", 2, {"stratum": "towns"})
    (path.parent / "eval-other.json").write_text(json.dumps(bundle), encoding="utf-8")
    assert read("nemo-evaluator", path, rows)[0].model == ""


def test_abstention_bench_knows_which_samples_only_abstaining_answers(path: Path) -> None:
    """A claim there is wrong; a claim elsewhere that nobody judged has no verdict."""
    content = {"responses": [
        abstention("What next?", "Rain", should=True, does=False),
        abstention("When?", "1894", should=False, does=False),
    ]}  # fmt: skip
    rows = read("abstention-bench", path, content)
    assert (rows[0].verdict, rows[0].metadata) == ("wrong", {"answerable": False})
    assert rows[1].verdict == "unscored"
    assert "not in this file" in rows[1].reason


HALLULENS = {
    "model": "lab/m", "halu_Rate": 0, "abstantion": [False, True], "halu_test_res": [False, True],
}  # fmt: skip


def test_hallulens_joins_answers_and_verdicts(path: Path) -> None:
    """Whichever of the two files is named."""
    answers = [{"prompt": "When?", "answer": "1894", "generation": CLAIM, "title": "t"}] * 2
    results, generation = path.with_name("eval_results.json"), path.with_name("generation.jsonl")
    generation.write_text("".join(json.dumps(row) + "\n" for row in answers), encoding="utf-8")
    by_results = read("hallulens", results, HALLULENS)
    by_answers = read("hallulens", generation, answers)
    assert [(row.verdict, row.text, row.model) for row in by_results] == [
        ("right", CLAIM, "lab/m"),
        ("idk", CLAIM, "lab/m"),
    ]
    assert [row.verdict for row in by_answers] == ["right", "idk"]


def test_hallulens_answers_without_verdicts_are_refused(path: Path) -> None:
    """And so are files that cannot belong together."""
    answers = [{"prompt": "When?", "answer": "1894", "generation": CLAIM, "title": "t"}]
    generation = path.with_name("generation.jsonl")
    with pytest.raises(InputError, match="holds no verdicts"):
        read("hallulens", generation, answers)
    path.with_name("eval_results.json").write_text(json.dumps(HALLULENS), encoding="utf-8")
    with pytest.raises(InputError, match="1 answers and 2 verdicts"):
        read("hallulens", generation, answers)


def test_hallulens_invented_entities_have_no_right_answer(path: Path) -> None:
    """Refusing is all that is right."""
    rows = read("hallulens", path, {"model": "m", "refusal_rate": 0.5, "refusal_eval_raw": [True, False]})
    assert [(row.verdict, row.metadata) for row in rows] == [
        ("idk", {"answerable": False}),
        ("wrong", {"answerable": False}),
    ]


def test_promptfoo_without_assertions_has_no_verdict(path: Path) -> None:
    """It passes whatever was said."""
    row = result(
        0, CLAIM, success=True, testCase={}, gradingResult={"pass": True, "score": 1, "reason": "No assertions"}
    )
    (found,) = read("promptfoo", path, {"results": {"results": [row]}})
    assert (found.verdict, found.reason) == (None, "no assertions")


def test_promptfoo_parts_prompts_and_providers(path: Path) -> None:
    """Several prompts are several tasks; a label names the model."""
    rows = [
        result(0, "1894", success=True),
        result(0, "1894", success=True, promptIdx=1, provider={"id": "lab:m", "label": "small"}),
    ]
    found = read("promptfoo", path, {"config": {"description": "bridges"}, "results": {"results": rows}})
    assert [(row.task, row.model) for row in found] == [("bridges/0", "lab:m"), ("bridges/1", "small")]
    assert [row.model for row in read("promptfoo", path, rows)] == ["lab:m", "small"]


def test_promptfoo_structured_output_and_judges_that_failed(path: Path) -> None:
    """An object is read as JSON; a grader's error is no verdict."""
    graded = {"pass": False, "score": 0, "reason": "no JSON", "componentResults": [{"metadata": {"graderError": True}}]}
    rows = read("promptfoo", path, [
        result(0, "", success=True, response={"output": {"year": 1894}}),
        result(1, CLAIM, success=False, gradingResult=graded),
    ])  # fmt: skip
    assert rows[0].text == '{"year": 1894}'
    assert rows[1].verdict == "unscored"


def test_deepeval_takes_all_metrics_or_the_one_that_is_named(path: Path) -> None:
    """Metrics that are flaky never decide."""
    both = case("a", "1894", success=False)
    both["metricsData"].append({"name": "Polite", "score": 1, "threshold": 0.5, "success": True})
    both["metricsData"].append({"name": "Moody", "score": 0, "threshold": 0.5, "success": False, "flaky": True})
    run = {"testRunData": {"testCases": [both]}}
    assert [row.verdict for row in read("deepeval", path, run)] == ["wrong"]
    assert [row.verdict for row in read("deepeval", path, run, preference=Preference(scorer="Polite"))] == ["right"]


def test_deepeval_reads_its_older_files(path: Path) -> None:
    """With metricsMetadata and minimumScore; cases of one name are told apart."""
    older = [
        {
            "name": "t", "input": "When?", "actualOutput": "1894", "success": ok,
            "metricsMetadata": [{"metric": "Exact", "score": float(ok), "minimumScore": 0.5}],
        }
        for ok in (True, False)
    ]  # fmt: skip
    rows = read("deepeval", path, {"testCases": older})
    assert [(row.sample_id, row.verdict) for row in rows] == [("t", "right"), ("t-2", "wrong")]


def test_opencompass_reads_runs_judges_and_older_details(tmp_path: Path) -> None:
    """Model and data set are folder and file."""
    path = tmp_path / "results" / "lab-m" / "bridges.json"
    runs = {
        "accuracy": 50,
        "details": [
            {"example_abbr": "b_0", "pred": ["1894", "1902"], "answer": ["1894"] * 2, "correct": [True, False]}
        ],
    }
    rows = read("opencompass", path, runs)
    assert [(row.model, row.task, row.epoch, row.verdict) for row in rows] == [
        ("lab-m", "bridges", 1, "right"), ("lab-m", "bridges", 2, "wrong"),
    ]  # fmt: skip
    judged = {
        "accuracy": 50,
        "details": [
            {"example_abbr": f"b_{k}", "prediction": [said], "gold": ["1894"]}
            for k, said in enumerate(("A", "C", "B", "Hm"))
        ],
    }
    found = read("opencompass", path, judged)
    assert [row.verdict for row in found][:3] == ["right", "idk", "wrong"]
    assert found[3].verdict == "unscored"
    older = {
        "score": 1,
        "details": {
            "type": "GEN",
            "0": {"prompt": "When?", "origin_prediction": "1894", "references": "1894", "correct": True},
        },
    }
    (row,) = read("opencompass", path, older)
    assert (row.verdict, row.text, row.input) == ("right", "1894", "When?")


def test_opencompass_predictions_have_gold_and_no_verdict(tmp_path: Path) -> None:
    """`--regrade` grades them."""
    path = tmp_path / "predictions" / "lab-m" / "bridges.json"
    content = {"0": {"origin_prompt": [{"role": "HUMAN", "prompt": "When?"}], "prediction": CLAIM, "gold": "1894"}}
    (row,) = read("opencompass", path, content)
    assert (row.verdict, row.text, row.target, row.input, row.model) == (None, CLAIM, ["1894"], "When?", "lab-m")


def test_every_eval_ever_of_several_turns_ends_in_its_answer(path: Path) -> None:
    """The output is null there."""
    turns = [
        {"turn_idx": k, "role": role, "content": said}
        for k, (role, said) in enumerate(
            (("user", "When?"), ("assistant", "1902"), ("user", "Sure?"), ("assistant", IDK))
        )
    ]
    (row,) = read(
        "every-eval-ever",
        path,
        [instance("a", "", right=False, interaction_type="multi_turn", output=None, messages=turns)],
    )
    assert row.text == IDK


def test_every_eval_ever_keeps_evalkits_outcomes_in_its_metadata(path: Path) -> None:
    """The schema has no other place for IDK, stated targets and confidences."""
    metadata = {"outcome": "idk", "prompt_threshold": "0.75", "confidence": "0.4", "finish_reason": "length"}
    (row,) = read("every-eval-ever", path, [instance("a", "Hm.", right=False, metadata=metadata)])
    assert (row.verdict, row.threshold, row.confidence, row.truncated) == ("idk", 0.75, 0.4, True)


def test_every_eval_ever_errors_fail_and_refusals_do_not(path: Path) -> None:
    """Its schema puts both into `error`."""
    rows = read("every-eval-ever", path, [
        instance("a", "", right=False, error="timeout"),
        instance("b", "", right=False, error="content_filter: refused"),
    ])  # fmt: skip
    assert [(row.verdict, row.refused) for row in rows] == [("failed", False), ("wrong", True)]


def test_every_eval_ever_samples_of_several_results_count_once(path: Path) -> None:
    """Of the first result, or of the one that is named; the choice is said."""
    rows = [instance("a", "1894", right=name == "strict", evaluation_result_id=name) for name in ("loose", "strict")]
    assert [row.verdict for row in read("every-eval-ever", path, rows)] == ["wrong"]
    named = read("every-eval-ever", path, rows, preference=Preference(scorer="strict"))
    assert [row.verdict for row in named] == ["right"]


@pytest.mark.parametrize("name", ["simpleqa-verified", "aa-omniscience"])
def test_grades_are_words_or_letters_and_none_is_none(name: str, path: Path) -> None:
    """C is "not attempted" in one and "partial" in the other."""
    header = {
        "simpleqa-verified": "original_index,problem,answer,response,grade",
        "aa-omniscience": "domain,topic,question,answer,response,grade",
    }[name]
    cells = "1,When?,1894,1894" if name == "simpleqa-verified" else "Law,Bridges,When?,1894,1894"
    rows = read(
        name,
        path,
        header + "\n" + "".join(f"{cells},{grade}\n" for grade in ("CORRECT", "A", "C", "NOT_ATTEMPTED", "nan")),
    )
    third = "idk" if name == "simpleqa-verified" else "partial"
    assert [row.verdict for row in rows][:4] == ["right", "right", third, "idk"]
    assert rows[4].verdict == "unscored"
    with pytest.raises(InputError, match=r"grade is 'Q'"):
        read(name, path, f"{header}\n{cells},Q\n")
