"""Preferences: a judge compares the answer with a reference answer of the data.

The credit is (reward + 1) / 2 for a reward from −1 (much worse) to 1 (much better); an answer is correct if it is
better. An answer that attempts nothing is IDK, and no judge is asked.
"""

from __future__ import annotations

from evalkit import Completion, Grade, Message, Sample, ask_preference, grader, non_answer

from .rubric import does_work


@grader
async def preference(sample: Sample, completion: Completion, *, judge: str) -> Grade:
    """Let `judge`, one model or several, compare the answer with the first of the sample's references."""
    kind = non_answer(completion.text, question=sample.prompt)
    if kind and not does_work(completion.text, sample.prompt):
        return Grade.idk(kind)
    references: dict[str, str] = sample.metadata.get("references") or {}
    if not references:
        raise ValueError("the data hold no reference answer")
    name, reference = next(iter(references.items()))
    turns = [*sample.turns, Message(role="user", content=sample.input)]
    said = await ask_preference(judge, turns, sample.metadata.get("checklist", ()), completion.text, reference)
    return Grade.of(
        said.reward > 0,
        answer=f"{said.reward:+g}",
        credit=(said.reward + 1) / 2,
        reason=f"against {name}: {said.reason}",
        measures={"reward": said.reward, "comparisons": 1},
    )
