"""Every format that a reader takes from a single file, in a few rows of our own words."""

# ruff: noqa: E501 - rows of foreign schemas are as long as they are
from __future__ import annotations

import io
import json
from typing import Any

import pandas as pd
from foreign import CLAIM, HEADER, IDK, INSPECT, lines, lm_eval, zipped
from foreign_new_formats import NEW_FORMATS


def batched(name: str, text: str) -> dict[str, Any]:
    """One answer of an OpenAI batch."""
    body = {"model": "lab/m", "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return {"custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


def judged(name: str, text: str, answer: str, verdict: str) -> dict[str, Any]:
    """One answer that a model judged, in Omni-MATH's layout."""
    original = {"problem": "2+2?", "answer": "4", "model_generation": text}
    said = f"## Student Final Answer\n{answer}\n\n## Equivalence Judgement\n{verdict}\n"
    return {"uuid": name, "original_json": json.dumps(original), "openai_args": {}, "gen": said}


def record(name: str, outcome: str, **grade: Any) -> dict[str, Any]:
    """One line of evalkit's own records."""
    return {
        "schema_version": 1, "run": "r", "task": "bridges", "model": "lab/m", "sample_id": name, "prompt_threshold": None,
        "messages": [{"role": "user", "content": "When?"}], "target": ["1894"], "metadata": "{}",
        "completion": {"text": IDK if outcome == "idk" else CLAIM}, "grade": {"outcome": outcome, **grade},
    }  # fmt: skip


def details() -> bytes:
    """Lighteval's Parquet, whose prompt takes a point for a mistake: a stated target of one half."""
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
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


Counts = tuple[int, int, int, int]
FORMATS: dict[str, tuple[bytes, Counts]] = {
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
    "swe-bench-pro": (json.dumps({f"instance_lab__kit-{k:040x}": k == 0 for k in range(2)}).encode(), (1, 1, 0, 0)),
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
    "simple-evals": (
        (b"<html><body><h3>Prompt conversation</h3><pre>When?</pre><h3>Sampled message</h3><pre>1894</pre><h3>Results</h3>"
        b"<p>Correct Answer: 1894</p><p>Extracted Answer: 1894</p><p>Score: 1.0</p><h3>Prompt conversation</h3>"
        b"<pre>Who?</pre><h3>Sampled message</h3><pre>I don&#39;t know.</pre><h3>Results</h3><p>Correct Answer: Hale</p>"
        b"<p>Extracted Answer: None</p><p>Score: 0.0</p></body></html>"),
        (1, 0, 1, 0),
    ),
    "anthropic-batch": (
        lines({"custom_id": "a", "result": {"type": "succeeded", "message": {
                  "model": "lab/m", "content": [{"type": "text", "text": IDK}], "stop_reason": "end_turn"}}},
              {"custom_id": "b", "result": {"type": "errored", "error": {"message": "overloaded"}}}),
        (0, 0, 1, 1),
    ),
    "openai-batch": (lines(batched("a", IDK), {"custom_id": "b", "response": None, "error": {"message": "expired"}}), (0, 0, 1, 1)),
    "gpqa-baselines": (
        (b"Question id,Question,Correct answer,Model answer,Correct,Model response\n1,When?,A,A,True,A it is\n"
         b"2,When?,A,B,False,B it is\n3,When?,A,Couldn't find an answer choice!,False,I don't know.\n"),
        (1, 1, 1, 0),
    ),
    "gpqa-processed": (
        json.dumps({"metadata": {"model": "lab/m"}, "processed_questions": [
            {"id": 1, "verified_answer": "A", "correct_answer": "A", "is_correct": True},
            {"id": 2, "model_answer": "B", "correct_answer": "A", "is_correct": False},
            {"id": 3, "verified_answer": None, "correct_answer": "A", "is_correct": False},
        ]}).encode(),
        (1, 2, 0, 0),
    ),
    "hle-csv": (
        (b"id,question,answer,extracted_answer,confidence,result,score,Unnamed: 7\nq1,When?,4,4,80%,yes,1,\n"
         b"q2,When?,4,5,60,no,0,\nq3,When?,4,,,no,0,\nq4,When?,4,,,no,0,judging failed\n,,,,,,0.25,\n"),
        (1, 1, 1, 1),
    ),
    "math-harness": (
        lines(*({"idx": k, "question": "2+2?", "gt": "4", "code": [code], "pred": [pred], "report": [None], "score": [right]}
                for k, (code, pred, right) in enumerate((("So 4", "4", True), ("So 5", "5", False), (IDK, "", False))))),
        (1, 1, 1, 0),
    ),
    "omni-math-judged": (
        lines(judged("a", "It is 4.", "4", "TRUE"), judged("b", "It is 5.", "5", "FALSE"), judged("c", IDK, "None", "FALSE"),
              {**judged("d", "It is 6.", "6", "TRUE"), "gen": "The judge broke off."}),
        (1, 1, 1, 1),
    ),
    "prompt-response": (lines({"prompt": "Say hello.", "response": IDK}, {"prompt": "Say no.", "response": ""}), (0, 0, 2, 0)),
    "simpleqa-attempts": (
        lines({"question_id": "a", "question": "When?", "provider_name": "m", "provider_response": "I would rather not say.",
               "classifier": {"classification": "abstention", "reasoning": "names no year", "confidence": 0.9}},
              {"question_id": "b", "question": "When?", "provider_name": "m", "provider_response": CLAIM,
               "classifier": {"classification": "attempt", "confidence": 0.9}}),
        (0, 0, 1, 1),
    ),
    "squad2-abstention": (
        lines({"id": "a", "condition": "plain", "is_answerable": False, "abstained": True, "model_output": IDK},
              {"id": "b", "condition": "plain", "is_answerable": False, "abstained": False, "model_output": CLAIM},
              {"id": "c", "condition": "plain", "is_answerable": True, "abstained": False, "model_output": CLAIM,
               "gold_answers": ["1894"]}),
        (0, 1, 1, 1),
    ),
    "thresholds-csv": (
        (b"id,threshold,question,answer,predicted_answer,confidence\n1,0.5,When?,A,A,0.9\n2,0.5,When?,A,B,0.6\n"
         b"1,0.9,When?,A,IDK,\n"),
        (1, 1, 1, 0),
    ),
    "vectara": (
        lines({"summary_uid": "a", "hhem_score": 0.9, "is_valid": True}, {"summary_uid": "b", "hhem_score": 0.1, "is_valid": True},
              {"summary_uid": "c", "hhem_score": 0.8, "is_valid": False}),
        (1, 2, 0, 0),
    ),
    "evalkit": (
        lines(record("a", "correct"), record("b", "error"), record("c", "idk", non_answer="abstained"),
              record("d", "missing", non_answer="truncated")),
        (1, 1, 1, 0),
    ),
    "lighteval": (details(), (1, 1, 1, 0)),
    "evalkit-table": (
        (
            b"run,task,model,sample_id,epoch,prompt_threshold,outcome,non_answer,grader,text,finish_reason\n"
            b"r,bridges,lab/m,a,1,0.75,correct,,exact,1894,stop\n"
            b"r,bridges,lab/m,b,1,0.75,error,,exact,1902,stop\n"
            b"r,bridges,lab/m,c,1,0.75,idk,abstained,exact,I cannot say.,stop\n"
            b"r,bridges,lab/m,d,1,0.75,missing,,,,\n"
        ),
        (1, 1, 1, 1),
    ),
    **NEW_FORMATS,
}  # fmt: skip
"""Format → content, and (correct, error, idk, failed)."""
