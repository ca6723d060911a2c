"""Model judge: decides whether an answer means the accepted one; several models decide by majority.

A judge replies correct, incorrect or not attempted, at temperature 0. A reply without a verdict is a failure, never a
default. An answer that makes no claim is IDK, and no judge is asked.
"""

from __future__ import annotations

from evalkit import Completion, Grade, Sample, ask_verdict, grader, non_answer, plain


@grader
async def judge(sample: Sample, completion: Completion, *, judge: str) -> Grade:
    """Ask `judge`, one model or several separated by commas, whether the answer means the accepted one."""
    if kind := non_answer(completion.text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    ruling = await ask_verdict(judge, sample, completion.text)
    if ruling.verdict == "not attempted":
        return Grade.idk("abstained", ruling.reason).model_copy(update={"votes": ruling.votes})
    answer = plain(completion.text)[:200]
    return Grade.of(ruling.verdict == "correct", answer=answer, reason=ruling.reason, votes=ruling.votes)
