"""Instruction following: IFEval's checkers decide whether a text obeys every instruction, strictly or loosely.

The strict verdict checks the text as it is; the loose one also tries it without its first or last line and without
asterisks. The share of instructions followed is kept as partial credit. A text that only says "I don't know" is IDK
even if that happens to obey ("no commas"); a disclaimer followed by the requested text is an attempt. The language of a
very short text is decided by its function words, since the checkers' detector needs more text.
"""

from __future__ import annotations

import random
import re
from typing import Any, Literal

from evalkit import Completion, Grade, NonAnswer, Sample, final_statement, grader, non_answer, requires

from ._languages import speaks

BRIEF = 25
"""Longest text, in words, that is IDK although it obeys."""
SENTENCE = 6
"""Fewest words of a last sentence that make it an attempt."""
TOKENIZER = (
    "IFEval's sentence checker needs nltk's tokenizer data: python -m nltk.downloader punkt_tab, then --resume the run"
)
_QUESTION = re.compile(r"[^.!?\n]*\?")
_CONTENT = re.compile(r"[^\W_]")
_ENGLISH_CASE = {"change_case:english_capital": str.isupper, "change_case:english_lowercase": str.islower}
_LANGUAGE = "language:response_language"
_CAPITAL_WORDS = "change_case:capital_word_frequency"
_Verdict = tuple[str, bool, bool]
"""An instruction, and whether a text follows it strictly and loosely."""


@grader
def instructions(sample: Sample, completion: Completion, *, verdict: Literal["strict", "loose"] = "strict") -> Grade:
    """Check every instruction; `verdict` is strict or loose."""
    kind = _abstains(sample, completion.text)
    checks = check(sample, completion.text)
    measures = _measured(checks)
    followed = [strict if verdict == "strict" else loose for _, strict, loose in checks]
    if kind and (len(completion.text.split()) <= BRIEF or not all(followed)):
        return Grade.idk(kind, measures=measures)
    missed = [name for (name, _, _), ok in zip(checks, followed, strict=True) if not ok]
    other = "loose" if verdict == "strict" else "strict"
    also = all(loose if verdict == "strict" else strict for _, strict, loose in checks)
    reason = f"{verdict}: {'obeys all' if not missed else 'misses ' + ', '.join(missed)}; {other}: {_said(also)}"
    return Grade.of(not missed, answer=None, credit=sum(followed) / len(followed), reason=reason, measures=measures)


def _measured(checks: list[_Verdict]) -> dict[str, int]:
    """What the publisher's four accuracies add up; an abstention is checked like any text."""
    strict, loose = [one for _, one, _ in checks], [one for _, _, one in checks]
    return {
        "prompts": 1,
        "prompts_strict": int(all(strict)),
        "prompts_loose": int(all(loose)),
        "instructions": len(checks),
        "instructions_strict": sum(strict),
        "instructions_loose": sum(loose),
    }


def _abstains(sample: Sample, text: str) -> NonAnswer | None:
    """The kind of non-answer; here a counter-question is a text like any other."""
    if "?" in text:
        text = _QUESTION.sub("", text)
        if not _CONTENT.search(text):
            return None
    if final_statement(text, question=sample.prompt).abstains:
        return NonAnswer.ABSTAINED
    kind = non_answer(text, question=sample.prompt)
    if kind is None or (kind != "refusal" and _goes_on(text, sample.prompt)):
        return None
    return NonAnswer(kind)


def _goes_on(text: str, prompt: str) -> bool:
    """Whether a text ends on a sentence of the requested text, whatever disclaimer it begins with."""
    ending = final_statement(text, question=prompt).text
    return len(ending.split()) >= SENTENCE and non_answer(ending, question=prompt) is None


def check(sample: Sample, text: str) -> list[_Verdict]:
    """Check each instruction strictly and loosely.

    Args:
        sample: its metadata has `instructions` and `arguments`, lists of equal length.
        text: the answer.

    Raises:
        MissingExtraError: if-verifiable is not installed.
        ValueError: an instruction is unknown to the checkers, or has no arguments.
        RuntimeError: the tokenizer's data are missing.
    """
    names: list[str] = sample.metadata["instructions"]
    arguments: list[dict[str, Any]] = sample.metadata["arguments"]
    if len(names) != len(arguments) or not names:
        raise ValueError(f"{len(names)} instructions, but arguments for {len(arguments)}")
    pairs = list(zip(names, arguments, strict=True))
    try:
        verdicts = _checked(sample, pairs, text)
    except LookupError:  # the tokenizer's data are missing: only instructions that need them can't be checked
        verdicts = [one for pair in pairs for one in _checked_alone(sample, pair, text)]
    return [_judged_again(one, given, text) for one, (_, given) in zip(verdicts, pairs, strict=True)]


def _checked(sample: Sample, asked: list[tuple[str, dict[str, Any]]], text: str) -> list[_Verdict]:
    """The verdicts of IFEval's checkers."""
    with requires("ifeval"):
        from if_verifiable import IFEvalSample, evaluate_output_for_sample
        from langdetect import DetectorFactory

    names = [name for name, _ in asked]
    # Seed both random sources: the language detector, and the checker of two prompts whose letter is not a letter.
    DetectorFactory.seed = 0
    before = random.getstate()
    random.seed(sample.id)
    try:
        wanted = IFEvalSample(
            key=0, prompt=sample.input, instruction_id_list=names, kwargs=[given for _, given in asked]
        )
        results, _ = evaluate_output_for_sample("ifeval", wanted, text)
    finally:
        random.setstate(before)
    if len(results) != len(names):
        known = {result.instruction_id for result in results}
        raise ValueError(f"no checker for {next((name for name in names if name not in known), 'this text')}")
    return [(result.instruction_id, bool(result.strict_pass), bool(result.loose_pass)) for result in results]


def _checked_alone(sample: Sample, pair: tuple[str, dict[str, Any]], text: str) -> list[_Verdict]:
    """The verdict on one instruction, without the tokenizer's data if possible."""
    try:
        return _checked(sample, [pair], text)
    except LookupError as error:
        name, given = pair
        if name != _CAPITAL_WORDS:
            raise RuntimeError(TOKENIZER) from error
        strict = _has_capital_words(text, given)
        return [(name, strict, strict or any(_has_capital_words(part, given) for part in _loose_forms(text)))]


def _has_capital_words(text: str, given: dict[str, Any]) -> bool:
    """Whether the required number of words is in capitals; this needs no sentence tokenizer."""
    from nltk.tokenize import NLTKWordTokenizer

    words: list[str] = NLTKWordTokenizer().tokenize(text)
    number = sum(word.isupper() for word in words)
    wanted = int(given["capital_frequency"])
    return number < wanted if given["capital_relation"] == "less than" else number >= wanted


def _loose_forms(text: str) -> list[str]:
    """Variants of a text for IFEval's loose verdict: without its first or last line, and without asterisks."""
    lines = text.split("\n")
    cut = [text, "\n".join(lines[1:]).strip(), "\n".join(lines[:-1]).strip(), "\n".join(lines[1:-1]).strip()]
    return [form for form in (*cut, *(part.replace("*", "") for part in cut)) if form]


def _judged_again(found: _Verdict, given: dict[str, Any], text: str) -> _Verdict:
    """Redo a verdict on the language of a text that is too short for the checkers' detector."""
    name, strict, _ = found
    if strict:
        return found
    if name == _LANGUAGE and speaks(text, str(given.get("language"))):
        return name, True, True
    if name in _ENGLISH_CASE and _ENGLISH_CASE[name](text) and speaks(text, "en"):
        return name, True, True
    return found


def _said(obeys: bool) -> str:
    return "obeys" if obeys else "does not"
