"""Lines of Every Eval Ever: one for each answer, and one for each answer that is missing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from evalkit.metrics.threshold import penalty
from evalkit.readers.recorded import write_grade
from evalkit.records import Failure, Grade, Outcome, Record, Usage
from evalkit.runs.scorecard import tidy

Line = dict[str, Any]


def instance(record: Record) -> Line:
    """Write an answer, without the fields that tie it to its aggregate."""
    grade, completion = record.grade, record.completion
    question = record.messages[-1].content if record.messages else ""
    before = "\n\n".join(f"{message.role}: {message.content}" for message in record.messages)
    reasoning = {"reasoning_trace": [completion.reasoning]} if completion.reasoning else {}
    given: Line = {"raw": question, "formatted": before or None, "reference": record.target, "choices": record.choices}
    line = {
        "sample_id": record.sample_id,
        "sample_hash": _sample_hash(question, record.target),
        "interaction_type": "single_turn",
        "input": given,
        "output": {"raw": [completion.text], **reasoning},
        "answer_attribution": _attribution(grade),
        "evaluation": _points(grade, record.prompt_threshold),
        "token_usage": _tokens(completion.usage),
        "performance": None if completion.latency is None else {"latency_ms": 1000 * completion.latency},
        "metadata": _metadata(record),
    }
    return {name: value for name, value in line.items() if value is not None}


def missing_instance(failure: Failure) -> Line:
    """Write an answer that is missing, likewise; its prompt is not recorded."""
    facts = {"outcome": "missing", "epoch": str(failure.epoch), "answerable": str(failure.answerable).lower()}
    return {
        "sample_id": failure.sample_id,
        "interaction_type": "single_turn",
        "input": {"raw": "", "reference": []},
        "output": {"raw": [failure.completion.text if failure.completion else ""]},
        "answer_attribution": [],
        "evaluation": {"score": 0.0, "is_correct": False},
        "error": failure.error or "no answer",
        "metadata": _texts(facts | {"prompt_threshold": failure.prompt_threshold}),
    }


def _sample_hash(question: str, target: list[str]) -> str:
    """As the schema's helpers compute it: sorted compact JSON of question and references."""
    text = json.dumps({"raw": question, "reference": target}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _attribution(grade: Grade) -> list[Line]:
    if grade.answer is None:
        return []
    return [
        {
            "turn_idx": 0,
            "source": "output.raw",
            "extracted_value": grade.answer,
            "extraction_method": f"evalkit grader {grade.grader}".strip(),
            "is_terminal": True,
        }
    ]


def _points(grade: Grade, threshold: float | None) -> Line:
    """+1, 0 or −penalty; without a stated target an error costs nothing, as accuracy has it."""
    cost = tidy(penalty(threshold)) if threshold is not None else 0.0
    points = {Outcome.CORRECT: 1.0, Outcome.ERROR: -cost or 0.0}.get(grade.outcome, 0.0)
    return {"score": points, "is_correct": grade.outcome is Outcome.CORRECT}


def _tokens(usage: Usage) -> Line | None:
    """All tokens, or none: the datastore takes no half of them."""
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "input_tokens_cache_read": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _metadata(record: Record) -> dict[str, str]:
    grade = record.grade
    facts = {
        "outcome": grade.outcome.value,
        "non_answer": grade.non_answer.value if grade.non_answer else None,
        "prompt_threshold": record.prompt_threshold,
        "confidence": grade.confidence,
        "reason": grade.reason,
        "finish_reason": record.completion.finish_reason,
        "epoch": record.epoch,
        "stratum": record.metadata.get("stratum"),
        "answerable": None if record.metadata.get("answerable", True) is not False else "false",
        "evalkit": json.dumps(write_grade(grade), ensure_ascii=False),
    }
    return _texts(facts)


def _texts(facts: dict[str, Any]) -> dict[str, str]:
    return {name: repr(one) if isinstance(one, float) else str(one) for name, one in facts.items() if one is not None}
