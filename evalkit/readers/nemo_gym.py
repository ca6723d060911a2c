"""NeMo Gym: rollouts, JSON lines.

Schema: {responses_create_params{input[]{role, content}}, response (Responses API), reward, agent_ref{name},
_ng_task_index, _ng_rollout_index} and the fields of the resources server that graded it: verdict (correct, incorrect,
partial, abstain, not_attempted), judge_output, judge_failed, extracted_answer, ground_truth or expected_answer,
question, id. Read in NVIDIA-NeMo/Gym: resources_servers/{abstention,omniscience,simpleqa}/app.py and the abstention
server's example_rollouts.jsonl.

The verdict is `verdict`; servers without one have a reward, of which 1 is right and 0 wrong. Servers fall back to a
letter where their judge wrote none (B, or C in simpleqa): such a row failed, and so does one that is masked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, has, identify, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.responses import response_answer
from evalkit.readers.scores import share

VERDICTS: dict[str, Verdict] = {
    "correct": "right", "incorrect": "wrong", "abstain": "idk", "not_attempted": "idk", "partial": "partial",
}  # fmt: skip
PARTIAL_CREDIT = 0.5
IDS = ("id", "uuid", "question_id", "task_id")
GOLD = ("ground_truth", "expected_answer", "answer")
_GRADE = re.compile("[ABCD]")
_IS_ROLLOUT = has("responses_create_params", "response", "reward")


class NemoGymReader(Reader):
    """Rollouts, whose epochs count up where the file does not number them."""

    name = "nemo-gym"
    about = "NeMo Gym: rollouts (JSON lines)"
    stems = ("*rollouts", "rollout*")

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of the first row."""
        return _IS_ROLLOUT(head)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each rollout."""
        met: Counter[tuple[str, str]] = Counter()
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row, met))


NEMO_GYM = NemoGymReader()


def _row(row: Fields, met: Counter[tuple[str, str]]) -> ForeignRow:
    answer = response_answer(row.object("response"))
    question = row.text("question", "") or _question(row.object("responses_create_params", {}))
    task = row.object("agent_ref", {}).text("name", "")
    name = next((row.text(key) for key in IDS if key in row), "") or row.text("_ng_task_index", "")
    name = name or identify(question, Counter())
    met[task, name] += 1
    verdict, reason = _verdict(row)
    partial = row.text("verdict", "") == "partial"
    return ForeignRow(
        sample_id=name,
        epoch=row.integer("_ng_rollout_index") + 1 if "_ng_rollout_index" in row else met[task, name],
        verdict=verdict,
        mark=row.text("verdict", ""),
        score=row.number("reward", None) if verdict is None else None,
        by="reward" if verdict is None else "verdict",
        text=answer.text,
        answer=row.text("extracted_answer", None),
        target=next((row.texts(key) for key in GOLD if key in row), []),
        input=question,
        model=answer.model,
        task=task,
        credit=PARTIAL_CREDIT if partial else share(row.number("reward", None)) if "verdict" not in row else None,
        reasoning=answer.reasoning,
        truncated=answer.truncated,
        refused=answer.refused,
        reason=reason,
        metadata={"stratum": row.text("domain")} if "domain" in row else {},
    )


def _verdict(row: Fields) -> tuple[Verdict | None, str]:
    if row.flag("judge_failed", False):
        return "unscored", row.text("judge_failure_reason", "") or "the judge failed"
    if row.flag("mask_sample", False):
        return "failed", row.text("failure_reason", "") or "masked in the file"
    if "verdict" not in row:
        return (None, "") if "verdict" not in [*row] and "reward" in row else ("unscored", "no verdict")
    if "judge_output" in row and not _GRADE.search(row.text("judge_output")):
        return "unscored", "the judge's output holds no grade"
    return row.one_of("verdict", VERDICTS), ""


def _question(given: Fields) -> str:
    """The last turn of the user."""
    turns: Any = given.value("input", "")
    if not isinstance(turns, list):
        return as_text(turns)
    said = [turn.get("content") for turn in turns if isinstance(turn, dict) and turn.get("role") == "user"]
    return as_text(said[-1]) if said else ""
