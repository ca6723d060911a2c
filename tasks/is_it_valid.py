"""Is it valid? Another task's questions, each asked once with a right and once with a wrong answer.

What it measures: whether a model that cannot answer can at least recognize valid answers, which the paper proves to be
easier: the error rate of answering is at least twice that of classifying, up to small terms (Kalai et al. 2025,
Theorem 1). Half of the proposed answers are right. A wrong one is drawn uniformly from the possible answers, or is
another question's answer if their set is not finite.
Source: the other task's (`-T of=NAME`).
Licence: the other task's.
Size: twice as many questions as are taken from the other task.
Grader: the Yes or No that an answer ends on.
IDK originally pays: not a benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from evalkit import (
    Completion,
    EvalkitError,
    Grade,
    Sample,
    Task,
    grader,
    make_task,
    non_answer,
    option_letters,
    plain,
    right_answers,
    simplify,
    task,
)

_FIRST = re.compile(r"^\W*(yes|no)\b(?!\s*\.?\s*of\b)(?=\s*(?:[.,;:!\n)*\"'—–-]|$))", re.IGNORECASE)
_LAST = re.compile(r"\b(?:so|thus|therefore|hence|say|answer is|answer|verdict)\W+(yes|no)\W*$", re.IGNORECASE)
_WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


@task
def is_it_valid(of: str = "letters", parameters: str = "", seed: int = 0, data: str | None = None) -> Task:
    """Ask whether proposed answers to another task's questions are valid."""
    given = dict(_pair(text) for text in parameters.split(",") if text)
    source = make_task(of, given, {"seed": seed, **({"data": data} if data else {})})
    return Task(samples=samples(source, seed), grader=yes_or_no, responses=lambda _: ["Yes", "No"])


def samples(asked: Task, seed: int) -> Iterator[Sample]:
    """Two questions per sample: one proposes its target, the other an error."""
    known = [sample for sample in asked.samples if sample.answerable and sample.target]
    others = sorted({one.target[0] for one in known})
    proposed = 0
    for sample in known:
        right, wrong = _right_and_wrong(asked, sample, others, Random(f"{seed} {sample.id}"))
        if wrong:
            proposed += 1
            yield _question(sample, right, "Yes")
            yield _question(sample, wrong, "No")
    if not proposed:
        raise EvalkitError(f"task {asked.name} has no question with a known right and a known wrong answer")


@grader
def yes_or_no(sample: Sample, completion: Completion) -> Grade:
    """Grade the yes or no that an answer begins with, or ends with as its verdict."""
    text = plain(completion.text).strip()
    if first := _FIRST.match(text):
        return _grade(sample, first.group(1), "the word that it begins with")
    if kind := non_answer(completion.text, question=sample.input, target=sample.target, choices=["Yes", "No"]):
        return Grade.idk(kind)
    if last := _LAST.search(text):
        return _grade(sample, last.group(1), "the word that it ends with")
    return Grade.unparsed("no verdict at the beginning or end" if _WORD.search(text) else "neither yes nor no")


def _grade(sample: Sample, word: str, reason: str) -> Grade:
    answer = word.capitalize()
    return Grade.of(answer == sample.target[0], answer=answer, reason=reason)


def _right_and_wrong(asked: Task, sample: Sample, others: Sequence[str], random: Random) -> tuple[str, str]:
    """The texts of a right answer and of an error, which may be absent."""
    possible = list(dict.fromkeys(asked.responses(sample) if asked.responses else option_letters(sample)))
    accepted = right_answers(sample, possible)
    if accepted:
        right, errors = possible[accepted[0]], [a for k, a in enumerate(possible) if k not in accepted]
    else:
        right, errors = sample.target[0], [answer for answer in others if not _like(answer, sample.target)]
    return right, errors[int(random.random() * len(errors))] if errors else ""


def _like(answer: str, targets: Sequence[str]) -> bool:
    """Whether an answer may be a target in different words: "1998", "in 1998"."""
    words = f" {simplify(answer)} "
    return any(words in f" {simplify(target)} " or f" {simplify(target)} " in words for target in targets)


def _question(sample: Sample, answer: str, verdict: str) -> Sample:
    return Sample(
        id=f"{sample.id}-{'valid' if verdict == 'Yes' else 'error'}",
        input=(
            f"Here is a question and an answer that was proposed.\n\nQuestion: {sample.input}\n\nProposed answer:"
            f" {answer}\n\nIs the proposed answer a valid answer to the question? Reply with Yes or No only."
        ),
        target=verdict,
        metadata={"stratum": "valid" if verdict == "Yes" else "error", "question": sample.id, "proposed": answer},
    )


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise EvalkitError(f"task is_it_valid: -T parameters={text} must be key=value,key=value")
    return key, value
