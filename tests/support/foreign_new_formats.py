"""Formats of newer harnesses in a few rows of our own words; `foreign_formats` adds them to its own."""

# ruff: noqa: E501 - rows of foreign schemas are as long as they are
from __future__ import annotations

import json
from typing import Any

IDK, CLAIM = "I don't know.", "It was built in 1894."


def _lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def rollout(name: str, text: str, verdict: str | None = None, **more: Any) -> dict[str, Any]:
    """One rollout of NeMo Gym."""
    output = [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}]
    graded = {} if verdict is None else {"verdict": verdict, "judge_output": "B"}
    return {
        "responses_create_params": {"input": [{"role": "user", "content": "When was the bridge built?"}]},
        "response": {"model": "lab/m", "status": "completed", "output": output}, "reward": 0.0, "id": name,
        "expected_answer": "1894", "agent_ref": {"name": "bridges_agent"}, **graded, **more,
    }  # fmt: skip


def abstention(
    question: str, text: str, *, should: bool, does: bool | None, right: bool | None = None
) -> dict[str, Any]:
    """One response of AbstentionBench."""
    prompt: dict[str, Any] = {
        "question": question,
        "reference_answers": None if should else ["1894"],
        "should_abstain": should,
        "metadata": {},
    }
    return {
        "prompt": prompt, "response": text, "response_or_abstention": text, "is_abstention": does,
        "is_abstention_correct": None if does is None else does == should, "is_response_correct": right, "full_judge_response": "",
    }  # fmt: skip


def result(number: int, text: str, *, success: bool, why: int = 0, **more: Any) -> dict[str, Any]:
    """One result of promptfoo."""
    graded = {
        "pass": success,
        "score": float(success),
        "reason": "as asserted",
        "componentResults": [{"pass": success}],
    }
    return {
        "testIdx": number, "promptIdx": 0, "provider": {"id": "lab:m", "label": ""}, "prompt": {"raw": "When?"},
        "vars": {"question": "When?"}, "response": {"output": text}, "success": success, "failureReason": why,
        "gradingResult": graded, "testCase": {"assert": [{"type": "equals", "value": "1894"}]}, **more,
    }  # fmt: skip


def case(name: str, text: str, *, success: bool, error: str | None = None) -> dict[str, Any]:
    """One test case of deepeval."""
    metric = {
        "name": "Correctness [GEval]",
        "score": float(success),
        "threshold": 0.5,
        "success": success,
        "error": error,
    }
    return {
        "name": name,
        "input": "When?",
        "actualOutput": text,
        "expectedOutput": "1894",
        "success": success,
        "metricsData": [metric],
    }


def instance(name: str, text: str, *, right: bool, **more: Any) -> dict[str, Any]:
    """One instance of Every Eval Ever 0.3."""
    return {
        "schema_version": "0.3.0", "evaluation_id": "bridges/lab_m/1", "model_id": "lab/m", "evaluation_name": "bridges",
        "sample_id": name, "interaction_type": "single_turn", "input": {"raw": "When?", "reference": ["1894"]},
        "output": {"raw": [text]}, "messages": None, "answer_attribution": [],
        "evaluation": {"score": float(right), "is_correct": right}, **more,
    }  # fmt: skip


def turns(text: str) -> dict[str, Any]:
    """What an instance of several turns has in the place of its output."""
    said = [{"turn_idx": 0, "role": "user", "content": "When?"}, {"turn_idx": 1, "role": "assistant", "content": text}]
    return {"interaction_type": "multi_turn", "output": None, "messages": said}


NEW_FORMATS: dict[str, tuple[bytes, tuple[int, int, int, int]]] = {
    "nemo-gym": (
        _lines(rollout("a", "<think>1894?</think>1894", "correct"), rollout("b", "1902", "incorrect"), rollout("c", IDK, "abstain"),
               rollout("d", "1902", "not_attempted", judge_output="It is hard to say"), rollout("e", "1894", reward=1.0)),
        (2, 1, 1, 1),
    ),
    "nemo-evaluator": (
        _lines({"problem_idx": 0, "reward": 1.0, "repeat": 0, "expected_answer": "1894", "model_response": CLAIM},
               {"problem_idx": 0, "reward": 0.0, "repeat": 1, "expected_answer": "1894", "model_response": IDK},
               {"problem_idx": 1, "reward": 0.0, "expected_answer": "Ely", "model_response": "Bath", "metadata": {"category": "towns"}},
               {"problem_idx": 2, "reward": float("nan"), "model_response": "Bath"}),
        (1, 1, 1, 1),
    ),
    "abstention-bench": (
        json.dumps({"responses": [
            abstention("When?", "1894", should=False, does=False, right=True),
            abstention("Who?", "Bell", should=False, does=False, right=False),
            abstention("What is written on the far side?", "Nobody has seen it.", should=True, does=True),
            abstention("Who will own it?", "The king", should=True, does=False),
            abstention("Where?", "Ely", should=False, does=None),
        ]}).encode(),
        (1, 2, 1, 1),
    ),
    "hallulens": (
        json.dumps({"model": "lab/m", "halu_Rate": 0.5, "refusal_rate": 0.25, "correct_rate": 0.5,
                    "abstantion": [False, True, False, False], "halu_test_res": [False, True, True, True],
                    "is_hallucinated_raw_generation": ["CORRECT", "UNVERIFIABLE", "INCORRECT", "Hard to tell"]}).encode(),
        (1, 1, 1, 1),
    ),
    "promptfoo": (
        json.dumps({"evalId": "e", "config": {"description": "bridges"}, "results": {"version": 3, "results": [
            result(0, "1894", success=True), result(1, "1902", success=False, why=1), result(2, IDK, success=False, why=1),
            result(3, "", success=False, why=2, error="429 Too Many Requests", gradingResult=None),
        ]}}).encode(),
        (1, 1, 1, 1),
    ),
    "deepeval": (
        json.dumps({"testFile": "test_bridges.py", "hyperparameters": {"model": "lab/m"}, "testCases": [
            case("a", "1894", success=True), case("b", "1902", success=False), case("c", IDK, success=False),
            case("d", "1894", success=False, error="the judge timed out"),
        ]}).encode(),
        (1, 1, 1, 1),
    ),
    "opencompass": (
        json.dumps({"accuracy": 33.3, "details": [
            {"example_abbr": f"bridges_{k}", "pred": [text], "answer": ["1894"], "correct": [right]}
            for k, (text, right) in enumerate((("1894", True), ("1902", False), (IDK, False), ("1894", None)))
        ]}).encode(),
        (1, 1, 1, 1),
    ),
    "simpleqa-verified": (
        (b"original_index,problem,answer,topic,answer_type,model_response,grade\n3,When?,1894,History,Date,1894,CORRECT\n"
        b"4,Who?,Hale,Art,Person,Bell,INCORRECT\n8,Where?,Ely,Geography,Place,Somewhere,NOT_ATTEMPTED\n9,Why?,Rain,History,Other,Snow,\n"),
        (1, 1, 1, 1),
    ),
    "aa-omniscience": (
        (b"question_id,domain,topic,question,answer,response,grade\n1,Law,Bridges,When?,1894,1894,A\n2,Law,Bridges,Who?,Hale,Bell,B\n"
        b"3,Law,Bridges,Where?,Ely and Bath,Ely,C\n4,Law,Bridges,Why?,Rain,Nobody can say,D\n"),
        (1, 1, 2, 0),
    ),
    "every-eval-ever": (
        _lines(instance("a", "1894", right=True), instance("b", "1902", right=False), instance("c", "", right=False, **turns(IDK)),
               instance("d", "", right=False, error="connection reset")),
        (1, 1, 1, 1),
    ),
}  # fmt: skip
"""Format → content, and (correct, error, idk, failed)."""
