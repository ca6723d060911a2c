"""Does the text obey every instruction? IFEval's checkers decide, strictly or loosely.

Strict looks at the text as it is; loose also without its first or last line and without asterisks. The share of
instructions followed is kept as partial credit. A text that says no more than "I don't know" is IDK even where that
happens to obey ("no commas"); a long answer that obeys is correct whatever else it says.
"""

from __future__ import annotations

import random
from typing import Any, Literal

from evalkit import Completion, Grade, Sample, grader, non_answer, requires

BRIEF = 25
"""Words up to which a text that makes no claim is IDK although it obeys."""
TOKENIZER = (
    "two of IFEval's checkers need nltk's tokenizer data: python -m nltk.downloader punkt_tab, then --resume the run"
)


@grader
def instructions(sample: Sample, completion: Completion, *, verdict: Literal["strict", "loose"] = "strict") -> Grade:
    """Check every instruction; `verdict` is strict or loose."""
    # To ask back is to make no claim elsewhere; here a question is a text like any other.
    kind = None if "?" in completion.text else non_answer(completion.text, question=sample.input)
    if kind and len(completion.text.split()) <= BRIEF:
        return Grade.idk(kind)
    found = check(sample, completion.text)
    followed = [strict if verdict == "strict" else loose for _, strict, loose in found]
    if kind and not all(followed):
        return Grade.idk(kind)
    missed = [name for (name, _, _), ok in zip(found, followed, strict=True) if not ok]
    other = "loose" if verdict == "strict" else "strict"
    also = all(loose if verdict == "strict" else strict for _, strict, loose in found)
    reason = f"{verdict}: {'obeys all' if not missed else 'misses ' + ', '.join(missed)}; {other}: {_said(also)}"
    return Grade.of(not missed, answer=None, credit=sum(followed) / len(followed), reason=reason)


def check(sample: Sample, text: str) -> list[tuple[str, bool, bool]]:
    """Each instruction with its strict and its loose verdict.

    Args:
        sample: metadata holds `instructions` and `arguments`, one each.
        text: the answer.

    Raises:
        MissingExtraError: if-verifiable is not installed.
        ValueError: an instruction that the checkers do not know, or no arguments for it.
        RuntimeError: the tokenizer's data are missing.
    """
    with requires("ifeval"):
        from if_verifiable import IFEvalSample, evaluate_output_for_sample
        from langdetect import DetectorFactory

    names: list[str] = sample.metadata["instructions"]
    arguments: list[dict[str, Any]] = sample.metadata["arguments"]
    if len(names) != len(arguments) or not names:
        raise ValueError(f"{len(names)} instructions, but arguments of {len(arguments)}")
    # Both draw at random unless told otherwise: the language detector, and two prompts whose letter is none.
    DetectorFactory.seed = 0
    before = random.getstate()
    random.seed(sample.id)
    try:
        asked = IFEvalSample(key=0, prompt=sample.input, instruction_id_list=names, kwargs=arguments)
        results, _ = evaluate_output_for_sample("ifeval", asked, text)
    except LookupError as error:
        raise RuntimeError(TOKENIZER) from error
    finally:
        random.setstate(before)
    if len(results) != len(names):
        known = {result.instruction_id for result in results}
        raise ValueError(f"no checker for {next((name for name in names if name not in known), 'this text')}")
    return [(result.instruction_id, bool(result.strict_pass), bool(result.loose_pass)) for result in results]


def _said(obeys: bool) -> str:
    return "obeys" if obeys else "does not"
