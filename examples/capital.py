"""Whether an answer names the accepted word."""

from evalkit import Completion, Grade, Sample, grader, non_answer


@grader
def capital(sample: Sample, completion: Completion, *, whole: bool = False) -> Grade:
    """Look for an accepted answer in the text."""
    if kind := non_answer(completion.text, question=sample.input, target=sample.target):
        return Grade.idk(kind)
    text = completion.text.strip(" .").lower()
    accepted = [answer for answer in sample.target if answer.lower() == text or (not whole and answer.lower() in text)]
    return Grade.of(bool(accepted), answer=text, reason=f"accepted: {', '.join(sample.target)}")
