"""Each foreign format in a few rows of our own words: recognised, read, sorted by the policy."""

# ruff: noqa: E501 - rows of foreign schemas are as long as they are
from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import zstandard
from click.testing import CliRunner

import evalkit
from evalkit import plugins
from evalkit.cli import cli
from evalkit.dataset.source import Source
from evalkit.errors import InputError, UsageError
from evalkit.readers.base import Row
from evalkit.records import NonAnswer, Outcome
from evalkit.rescoring.discover import detect
from evalkit.rescoring.policy import judge
from evalkit.rescoring.rescore import Rescored, Terms, rescore_files
from evalkit.runs.journal import read_records

IDK, CLAIM = "I don't know.", "It was built in 1894."


def lines(*rows: dict[str, Any]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def zipped(members: dict[str, Any]) -> bytes:
    """A zip of JSON members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(content))
    return buffer.getvalue()


def inspect_sample(name: str, value: Any, text: str, **more: Any) -> dict[str, Any]:
    """One sample of an Inspect log."""
    return {
        "id": name, "epoch": 1, "input": f"Question {name}?", "target": "1894",
        "output": {"completion": text, "choices": [{"message": {"content": text}, "stop_reason": "stop"}]},
        "scores": {"match": {"value": value, "answer": text}}, **more,
    }  # fmt: skip


INSPECT = [
    inspect_sample("a", "C", CLAIM),
    inspect_sample("b", "I", IDK),
    inspect_sample("c", "I", "It was built in 1902."),
    inspect_sample("d", "N", "…"),
    inspect_sample("e", None, "", scores={}, error={"message": "quota"}),
]
HEADER = {"version": 2, "status": "success", "eval": {"model": "lab/m", "task": "bridges"}, "plan": {}}


def lm_eval(number: int, text: str, right: float, filtered: str = "1894") -> dict[str, Any]:
    """One row of lm-evaluation-harness."""
    return {
        "doc_id": number, "doc": {"question": "When?"}, "target": "1894", "arguments": {}, "resps": [[text]],
        "filtered_resps": [filtered], "filter": "none", "metrics": ["exact_match"], "exact_match": right,
    }  # fmt: skip


def helm(folder: Path) -> Path:
    """A run folder."""
    folder.mkdir()

    def instance(name: str) -> dict[str, Any]:
        gold = {"output": {"text": "Cannot be determined"}, "tags": ["correct"]}
        return {"id": name, "split": "test", "input": {"text": "Who?"}, "references": [gold]}

    def state(name: str, text: str) -> dict[str, Any]:
        mapping = {"A": "Cannot be determined", "B": "The boy"}
        result = {"success": True, "completions": [{"text": text}]}
        return {"instance": instance(name), "train_trial_index": 0, "output_mapping": mapping, "result": result}

    def stats(name: str, mean: float) -> dict[str, Any]:
        stat = {"name": {"name": "exact_match"}, "count": 1, "mean": mean}
        return {"instance_id": name, "train_trial_index": 0, "stats": [stat]}

    states = [state("id1", " A"), state("id2", "B"), state("id3", "Neither")]
    written = {
        "scenario_state.json": {"adapter_spec": {"model": "lab/m"}, "request_states": states},
        "per_instance_stats.json": [stats("id1", 1.0), stats("id2", 0.0), stats("id3", 0.0)],
        "run_spec.json": {"name": "bbq:subject=all,method=joint,model=lab_m"},
        "stats.json": [{"name": {"name": "exact_match"}, "count": 3, "sum": 1}],
    }
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


# Format, content, and (correct, error, idk, failed).
FORMATS: dict[str, tuple[bytes, tuple[int, int, int, int]]] = {
    "inspect": (
        zipped({"header.json": HEADER, **{f"samples/{s['id']}_epoch_1.json": s for s in INSPECT}}), (1, 1, 2, 1),
    ),
    "lm-eval": (
        lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0, "[invalid]"), lm_eval(2, "Perhaps", 0.0, "[invalid]"),
              lm_eval(3, " ", 0.0)),
        (1, 1, 2, 0),
    ),
    "openai-evals": (
        lines({"spec": {"completion_fns": ["lab/m"], "eval_name": "bridges"}},
              {"run_id": "r", "event_id": 1, "sample_id": "a", "type": "sampling",
               "data": {"prompt": "When?", "sampled": [CLAIM]}},
              {"run_id": "r", "event_id": 2, "sample_id": "a", "type": "match",
               "data": {"correct": True, "expected": "1894", "picked": "1894"}},
              {"run_id": "r", "event_id": 3, "sample_id": "b", "type": "sampling",
               "data": {"prompt": "When?", "sampled": IDK}},
              {"run_id": "r", "event_id": 4, "sample_id": "b", "type": "match", "data": {"correct": False}},
              {"final_report": {"accuracy": 0.5}}),
        (1, 0, 1, 0),
    ),
    "simpleqa": (b"problem,target,predicted_answer,grade\nWhen?,1894,1894,A\nWho?,Hale,Bell,B\nWhere?,Ely,?,C\n", (1, 1, 1, 0)),
    "simple-evals-ru": (
        lines({"id": "a/1", "instruction": "When?", "answer": "1894", "pred": "1894", "is_correct": True},
              {"id": "a/2", "instruction": "When?", "answer": IDK, "pred": "?", "is_correct": False},
              {"id": "a/3", "instruction": "When?", "answer": "B!", "pred": "B", "is_correct": False}),
        (1, 1, 1, 0),
    ),
    "hle": (
        json.dumps({
            "q1": {"model": "lab/m", "response": "Answer: 4. Confidence: 80%",
                   "judge_response": {"correct": "yes", "model_answer": "4", "correct_answer": "4", "confidence": 80}},
            "q2": {"model": "lab/m", "response": IDK,
                   "judge_response": {"correct": "no", "model_answer": "None", "correct_answer": "4", "confidence": 100}},
            "q3": {"model": "lab/m", "response": "", "error": "429"},
        }).encode(),
        (1, 0, 1, 1),
    ),
    "ifeval": (
        lines({"follow_all_instructions": True, "follow_instruction_list": [True], "instruction_id_list": ["x"],
               "prompt": "Say hello.", "response": "Hello"},
              {"follow_all_instructions": False, "follow_instruction_list": [True, False], "instruction_id_list": ["x", "y"],
               "prompt": "Say no.", "response": ""}),
        (1, 0, 1, 0),
    ),
    "mmlu-pro": (
        zipped({"model_outputs_m.json": [
            {"question_id": 1, "question": "?", "options": ["a", "b"], "answer": "A", "pred": "A", "model_outputs": "A"},
            {"question_id": 2, "question": "?", "options": ["a", "b"], "answer": "A", "pred": None, "model_outputs": IDK},
            {"question_id": 3, "question": "?", "options": ["a", "b"], "answer": "A", "pred": None, "model_outputs": "Hm"},
        ]}),
        (1, 1, 1, 0),
    ),
    "bbh": (
        json.dumps({"canary": "x", "outputs": [
            {"input": "Q: ?\nA: Let's think step by step.", "prediction": "So the answer is Yes.", "target": "Yes"},
            {"input": "Q: ?\nA: Let's think step by step.", "prediction": IDK, "target": "Yes"},
        ]}).encode(),
        (1, 0, 1, 0),
    ),
    "wildbench": (
        json.dumps([
            {"session_id": "a", "parsed_result": {}, "score": "7", "model_test": "m", "model_output": "Gladly: …"},
            {"session_id": "b", "parsed_result": {}, "score": "3", "model_test": "m", "model_output": CLAIM},
            {"session_id": "c", "parsed_result": {}, "score": "1", "model_test": "m", "model_output": ""},
        ]).encode(),
        (1, 1, 1, 0),
    ),
    "zeroeval": (
        json.dumps([
            {"session_id": 1, "id": "a", "output": ['{"answer": "$1,894"}'], "generator": "m", "answer": "1894"},
            {"session_id": 2, "id": "b", "output": [IDK], "generator": "m", "answer": "3"},
        ]).encode(),
        (1, 0, 1, 0),
    ),
    "omni-math-cautious": (
        lines({"idx": 1, "category": "correct", "all_boxed": ["4"], "model_generation": "4", "score": True, "pred": "4"},
              {"idx": 2, "category": "abstained", "all_boxed": ["UNSURE"], "model_generation": "?", "score": False},
              {"idx": 3, "category": "incorrect_mixed", "all_boxed": ["5"], "model_generation": IDK, "score": False}),
        (1, 1, 1, 0),
    ),
    "swe-bench": (
        json.dumps({"submitted_ids": ["a", "b", "c", "d"], "resolved_ids": ["a"], "empty_patch_ids": ["b"],
                    "unresolved_ids": ["c"], "error_ids": [], "infra_failure_ids": ["d"]}).encode(),
        (1, 1, 1, 1),
    ),
    "swe-bench-pro": (json.dumps({"a": True, "b": False}).encode(), (1, 1, 0, 0)),
    "swe-bench-predictions": (
        lines({"instance_id": "a", "model_patch": "", "model_name_or_path": "m"},
              {"instance_id": "b", "model_patch": "diff", "model_name_or_path": "m"}),
        (0, 0, 1, 1),
    ),
    "gpqa-rotations": (b"r1,r2,r3,r4,a1,a2,a3,a4\nx,x,x,I don't know,A,B,D,E\n", (2, 1, 1, 0)),
    "gpqa-arrays": (
        json.dumps({"model": "m", "run_id": 0, "grading": [True, False], "sampled_texts": ["A", IDK]}).encode(),
        (1, 0, 1, 0),
    ),
    "every-eval-ever": (
        lines({"sample_id": "a", "model_id": "m", "evaluation_name": "b", "input": {"raw": "?", "reference": "4"},
               "output": {"raw": "4"}, "evaluation": {"score": 1.0, "is_correct": True}},
              {"sample_id": "b", "model_id": "m", "evaluation_name": "b", "input": {"raw": "?", "reference": "4"},
               "output": {"raw": IDK}, "evaluation": {"score": 0.0, "is_correct": False}}),
        (1, 0, 1, 0),
    ),
    "simple-evals": (
        (b"<html><body><h3>Prompt conversation</h3><pre>When?</pre><h3>Sampled message</h3><pre>1894</pre><h3>Results</h3>"
        b"<p>Correct Answer: 1894</p><p>Extracted Answer: 1894</p><p>Score: 1.0</p><h3>Prompt conversation</h3>"
        b"<pre>Who?</pre><h3>Sampled message</h3><pre>I don&#39;t know.</pre><h3>Results</h3><p>Correct Answer: Hale</p>"
        b"<p>Extracted Answer: None</p><p>Score: 0.0</p></body></html>"),
        (1, 0, 1, 0),
    ),
}  # fmt: skip


def rescored(path: Path, out: Path, **terms: Any) -> Rescored:
    """Rescore one file."""
    return rescore_files([path], Terms(**terms), out)


def totals(found: Rescored) -> tuple[int, int, int, int]:
    """(correct, error, idk, failed) over all cards."""
    cards = [card for card in found.result.scorecards if card.policy is None]
    correct, error, idk, failed = (sum(getattr(c, k) for c in cards) for k in ("correct", "error", "idk", "failed"))
    return correct, error, idk, failed


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["plain", "gz", "zst"]
)
def test_each_format_is_recognised_and_sorted(name: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Under any name, packed or not."""
    content, expected = FORMATS[name]
    if content.startswith(b"PK") and pack is not bytes:
        pytest.skip("a zip is not packed again")
    path = tmp_path / "anything.dat"
    path.write_bytes(pack(content))
    found = rescored(path, tmp_path / "out")
    assert found.files[0].format == name
    assert totals(found) == expected
    assert all(record.source for record in read_records(found.result.folder))


@pytest.mark.parametrize("name", FORMATS)
def test_one_reader_alone_takes_each_format(name: str, tmp_path: Path) -> None:
    """No two claim the same file."""
    path = tmp_path / "anything.dat"
    path.write_bytes(FORMATS[name][0])
    head = Source(path).head
    assert [n for n in plugins.names("readers") if plugins.find("readers", n).sniff(head)] == [name]


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
    frame = pd.DataFrame(
        {
            "doc": [
                {"id": str(k), "task_name": "community|idk|0", "query": "?", "choices": ["A", "B", "E"], "gold_index": 0,
                 "instruction": "mistakes are penalized with -1 points", "specific": {"extracted_predictions": [said]}}
                for k, said in enumerate("AEB")
            ],
            "metric": [{"trad_score": float(k == 0), "idk_freq": float(k == 1), "extract_fail": 0.0} for k in range(3)],
            "model_response": [{"text": [f"Answer: {said}"], "reasonings": [None]} for said in "AEB"],
        }
    )  # fmt: skip
    path = tmp_path / "d.parquet"
    frame.to_parquet(path)
    found = rescored(path, tmp_path / "out")
    assert totals(found) == (1, 1, 1, 0)
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


def test_a_mark_can_be_given_another_meaning(tmp_path: Path) -> None:
    """--verdict I=idk."""
    path = tmp_path / "log.eval"
    path.write_bytes(FORMATS["inspect"][0])
    assert totals(rescored(path, tmp_path / "out", verdicts={"I": "idk", "N": "wrong"})) == (1, 1, 2, 1)
    with pytest.raises(UsageError, match="--verdict I=nonsense"):
        rescored(path, tmp_path / "out", verdicts={"I": "nonsense"})


def test_anything_else_is_read_with_a_map(tmp_path: Path) -> None:
    """Columns of a CSV, dotted paths of JSON, packed or not."""
    csv = tmp_path / "answers.csv"
    csv.write_text("qid,pred,gold,sure\n1,1894,1894,90%\n2,I don't know,Hale,10%\n3,Bell,Hale,60%\n", encoding="utf-8")
    mapping = {"id": "qid", "answer": "pred", "target": "gold", "confidence": "sure"}
    found = rescored(csv, tmp_path / "out", mapping=mapping, policy="confidence", thresholds=[0.75])
    assert totals(found) == (1, 1, 1, 0)
    assert found.result.scorecards[-1].scores[0].value == pytest.approx(1 / 3)
    nested = tmp_path / "answers.jsonl.gz"
    nested.write_bytes(gzip.compress(lines({"q": {"id": 1}, "out": [{"text": "no"}], "ok": "false"})))
    assert totals(rescored(nested, tmp_path / "out", mapping={"id": "q.id", "text": "out.0.text", "verdict": "ok"})) == (
        0, 1, 0, 0,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"answers.csv:2: .*no nosuch"):
        rescored(csv, tmp_path / "out", mapping={"answer": "nosuch"})
    with pytest.raises(UsageError, match="no such field"):
        rescored(csv, tmp_path / "out", mapping={"colour": "qid"})


def test_gold_in_another_file_and_an_answer_by_pattern(tmp_path: Path) -> None:
    """A batch output has neither: --targets and --extract."""
    path, gold = tmp_path / "batch.jsonl", tmp_path / "gold.csv"

    def answered(number: int, text: str) -> dict[str, Any]:
        body = {"model": "m", "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        return {"custom_id": f"task_{number}", "response": {"status_code": 200, "body": body}, "error": None}

    path.write_bytes(lines(answered(0, "Answer: 3"), answered(1, "Answer: 2"), answered(2, IDK),
                           {"custom_id": "task_3", "response": None, "error": {"message": "expired"}}))  # fmt: skip
    gold.write_text("question,answer\n?,3\n?,4\n?,1\n?,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"ungraded.*--regrade"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", targets=gold, extract=r"Answer: (\d)")
    assert totals(found) == (1, 1, 1, 1)
    with pytest.raises(UsageError, match="round brackets"):
        rescored(path, tmp_path / "out", extract="Answer")


def test_regrading_says_where_it_differs_from_the_file(tmp_path: Path) -> None:
    """The file calls a right number wrong."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, "1894", 0.0), lm_eval(1, "1894", 1.0)))
    found = rescored(path, tmp_path / "out", regrade="exact")
    assert totals(found) == (2, 0, 0, 0)
    assert found.files[0].disagreed == ["0"]


def test_duplicates_are_collapsed_and_contradictions_refused(tmp_path: Path) -> None:
    """Word for word the same counts once; another answer under the same id is an error with its place."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)))
    found = rescored(path, tmp_path / "out")
    assert (totals(found), found.files[0].collapsed) == ((1, 0, 1, 0), 1)
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(0, IDK, 0.0)))
    with pytest.raises(InputError, match=r"s.jsonl:2: sample '0'.*twice"):
        rescored(path, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*/.part*"))


def test_two_runs_of_one_model_are_told_apart_by_their_files(tmp_path: Path) -> None:
    """The same samples with other answers in another file are another run."""
    for name, text in (("monday", CLAIM), ("tuesday", IDK)):
        log = {**HEADER, "samples": [inspect_sample("a", "C" if text == CLAIM else "I", text)]}
        (tmp_path / f"{name}.json").write_text(json.dumps(log), encoding="utf-8")
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert {card.model for card in found.result.scorecards} == {"lab/m (monday)", "lab/m (tuesday)"}


def test_a_folder_is_walked_and_what_is_not_known_is_listed(tmp_path: Path) -> None:
    """Named explicitly it is an error."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_bytes(FORMATS["hle"][0])
    other = tmp_path / "logs" / "other.json"
    other.write_text('{"colour": "red"}', encoding="utf-8")
    found = rescore_files([tmp_path / "logs"], Terms(), tmp_path / "out")
    assert found.unrecognised == [other]
    with pytest.raises(InputError, match="I can't tell what this is; use --format"):
        rescored(other, tmp_path / "out")
    with pytest.raises(InputError, match="no such file"):
        rescored(tmp_path / "nosuch.json", tmp_path / "out")


def test_the_result_is_a_run_like_any_other(tmp_path: Path) -> None:
    """Loaded, shown, compared and rescored again, with the same counts."""
    path = tmp_path / "log.eval"
    path.write_bytes(FORMATS["inspect"][0])
    found = rescored(path, tmp_path / "out", thresholds=[0.0, 0.75])
    folder = found.result.folder
    assert sorted(evalkit.load(folder)["outcome"]) == ["correct", "error", "idk", "idk"]
    said = CliRunner().invoke(cli, ["show", str(folder), "a"])
    assert said.exit_code == 0
    assert "read from" in said.output
    assert {row.difference for row in evalkit.compare(folder, folder, [0.75]).rows} == {0.0}
    assert totals(rescored(folder / "records.jsonl", tmp_path / "again")) == (1, 1, 2, 0)
    run = CliRunner().invoke(cli, ["rescore", str(path), "--out", str(tmp_path / "cli"), "--json"])
    assert json.loads(run.output[run.output.index("{") :])["scorecards"][0]["correct"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lines(lm_eval(0, CLAIM, 1.0))[:-20] + b"\n" + lines(lm_eval(1, CLAIM, 1.0)), ":1"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b"\0" * 400 + b"\n" + lines(lm_eval(2, IDK, 0.0)), ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": ' + b"[" * 100_000 + b"\n", ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": 1, "doc": {}, "filter": "none"}\n', ":2"),
        (lines(lm_eval(0, CLAIM, 1.0)) + b"[1, 2]\n", ":2"),
        (b"\xff\xfe\x00\x01" * 50, "neither UTF-8"),
        (gzip.compress(lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)))[:-30], "damaged or cut off"),
        (FORMATS["inspect"][0][:-80], "damaged zip"),
        (b"PAR1" + b"\0" * 100, "damaged Parquet"),
        (b"", "can't tell"),
        (b"problem,target,predicted_answer,grade\nWhen?,1894\n", ":2"),
        (b"problem,target,predicted_answer,grade\nWhen?,1894,1894,Q\n", ":2"),
    ],
)  # fmt: skip
def test_damage_is_one_line_with_its_place(content: bytes, said: str, tmp_path: Path) -> None:
    """File, position, remedy; nothing half-made is left behind."""
    path = tmp_path / "log.dat"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        rescored(path, tmp_path / "out")
    assert path.name in str(raised.value)
    assert said in str(raised.value)
    assert not list((tmp_path / "out").glob("*"))


def test_bad_rows_can_be_skipped_and_are_counted(tmp_path: Path) -> None:
    """--skip-bad."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0)) + b"{broken\n" + lines(lm_eval(2, IDK, 0.0)))
    found = rescored(path, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 1, 0), 1)


def test_not_a_number_and_infinity_are_read_as_python_writes_them(tmp_path: Path) -> None:
    """A NaN in a field that nobody needs; a NaN verdict is none."""
    path = tmp_path / "s.jsonl"
    rows = lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)).replace(b'"question": "When?"', b'"weight": NaN')
    path.write_bytes(rows)
    assert totals(rescored(path, tmp_path / "out")) == (1, 0, 1, 0)


def test_archives_that_lie_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb is cut off at the limit; a member's path is a name and nothing is written to it."""
    monkeypatch.setattr("evalkit.dataset.source.LARGEST_DOCUMENT", 1_000_000)
    bomb = tmp_path / "bomb.eval"
    bomb.write_bytes(zipped({"header.json": HEADER, "samples/a_epoch_1.json": "0" * 50_000_000}))
    with pytest.raises(InputError, match=r"bomb.eval unpacks to more than"):
        rescored(bomb, tmp_path / "out")
    packed = tmp_path / "bomb.json.gz"
    packed.write_bytes(gzip.compress(b'{"a": "' + b"0" * 50_000_000 + b'"}'))
    with pytest.raises(InputError, match="unpacks to more than"):
        rescored(packed, tmp_path / "out")
    tricky = tmp_path / "tricky.eval"
    names = {"header.json": HEADER, "samples/../../../escaped_epoch_1.json": INSPECT[0]}
    tricky.write_bytes(zipped(names))
    with pytest.raises(InputError, match="no rows"):
        rescored(tricky, tmp_path / "out")
    assert not list(tmp_path.parent.glob("escaped*"))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr("evalkit.dataset.source.LONGEST_LINE", 5_000_000)
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0)) + b'{"doc_id": "' + b"0" * 6_000_000 + b'"}\n')
    with pytest.raises(InputError, match=":2: longer than"):
        rescored(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("row", "outcome", "kind"),
    [
        (Row("a", "right", text=IDK), Outcome.CORRECT, None),
        (Row("a", "wrong", text=""), Outcome.IDK, NonAnswer.EMPTY),
        (Row("a", "wrong", text=IDK), Outcome.IDK, NonAnswer.ABSTAINED),
        (Row("a", "wrong", text="I can't help with that."), Outcome.IDK, NonAnswer.REFUSAL),
        (Row("a", "wrong", text="?", refused=True), Outcome.IDK, NonAnswer.REFUSAL),
        (Row("a", "idk", text=CLAIM), Outcome.IDK, NonAnswer.ABSTAINED),
        (Row("a", "wrong", text=CLAIM, no_answer=True), Outcome.ERROR, NonAnswer.UNPARSED),
        (Row("a", "wrong", text=CLAIM), Outcome.ERROR, None),
        (Row("a", "wrong", text="Cannot be determined", claims=True), Outcome.ERROR, None),
        (Row("a", "wrong"), Outcome.ERROR, None),
        (Row("a", "wrong", text=") ]", answer=") ]"), Outcome.ERROR, None),
    ],
)
def test_the_policy(row: Row, outcome: Outcome, kind: NonAnswer | None) -> None:
    """Right stays right; the file's marks; then the text."""
    found = judge(row, {})
    assert (found.outcome, found.non_answer) == (outcome, kind)
    if kind is NonAnswer.ABSTAINED:
        assert judge(row, {NonAnswer.ABSTAINED: Outcome.ERROR}).outcome is Outcome.ERROR


def test_large_files_are_read_side_by_side_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same records in the same order, whoever read them."""
    for name in ("samples_a", "samples_b", "samples_c"):
        rows = [lm_eval(k, CLAIM if k % 3 else IDK, float(k % 3 == 1)) for k in range(50)]
        (tmp_path / f"{name}.jsonl").write_bytes(lines(*rows))
    alone = rescore_files([tmp_path], Terms(), tmp_path / "out")
    monkeypatch.setattr("evalkit.rescoring.rescore.PARALLEL_FROM", 0)
    together = rescore_files(sorted(tmp_path.glob("*.jsonl")), Terms(), tmp_path / "out")
    assert totals(alone) == totals(together)
    first, second = (
        [record.model_copy(update={"run": ""}) for record in read_records(found.result.folder)]
        for found in (alone, together)
    )
    assert first == second
    assert detect(Source(tmp_path / "samples_a.jsonl")) is not None
