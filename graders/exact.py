"""The same words: compares the whole answer with the accepted ones, dress and wrapper aside.

Case, punctuation, diacritics, markup, a leading article and "The answer is …" do not matter; anything else does.
"""

from __future__ import annotations

import re

from evalkit import Completion, Grade, Sample, grader, non_answer, plain, simplify

_WRAPPER = re.compile(
    r"^(?:(?:so|therefore|thus|hence),?\s+)?(?:the\s+)?(?:(?:correct|final|right)\s+)?answer\s*(?:is|:|=)+\s*",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:a|an|the) ")
_SIGNED = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?")


@grader
def exact(sample: Sample, completion: Completion) -> Grade:
    """Compare the whole answer, normalised, with the accepted ones."""
    lines = [line for line in plain(completion.text).splitlines() if line.strip()]
    targets = {_key(target): target for target in sample.target}
    for line in (" ".join(lines), *lines[-1:]):
        said = _WRAPPER.sub("", line).strip()
        if _key(said) in targets:
            return Grade.of(correct=True, answer=said, reason="the same words")
    if kind := non_answer(completion.text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    said = _WRAPPER.sub("", lines[-1]).strip() if lines else ""
    return Grade.of(correct=False, answer=said[:200], reason="other words")


def _key(text: str) -> str:
    text = plain(text).strip().rstrip(".")
    if _SIGNED.fullmatch(text):  # punctuation is part of a number
        return text.replace(",", "").replace("−", "-").lstrip("+")
    # "] ]" and the like have no words: what there is, is compared.
    return _ARTICLE.sub("", simplify(text)) or "".join(text.split())
