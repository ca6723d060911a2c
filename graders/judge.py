"""Does this answer mean the accepted one? A model decides, or several by majority.

Correct, incorrect or not attempted, at temperature 0; a reply without a verdict is a failure, never a default. An
answer that makes no claim is IDK before any judge is asked.
"""

from __future__ import annotations

from evalkit import Completion, Grade, Sample, ask_verdict, grader, non_answer, plain


@grader
async def judge(sample: Sample, completion: Completion, *, judge: str) -> Grade:
    """Ask `judge`, a model or several with commas between them, whether the answer means the accepted one."""
    if kind := non_answer(completion.text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    ruling = await ask_verdict(judge, sample, completion.text)
    if ruling.verdict == "not attempted":
        return Grade.idk("abstained", ruling.reason).model_copy(update={"votes": ruling.votes})
    said = plain(completion.text)[:200]
    return Grade.of(ruling.verdict == "correct", answer=said, reason=ruling.reason, votes=ruling.votes)
