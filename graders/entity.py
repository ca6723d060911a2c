"""Short factual answers: compares a name, a number, a date, or yes or no with a list of accepted ones.

There are three verdicts: the answer commits to an accepted one, it commits to something else of the same type, or the
rules cannot decide. They never guess: an undecided outcome is missing, and the score widens to a range. With
`-G judge=MODEL` a model decides those answers, and only those.

A correct answer commits: an accepted answer that is denied, offered as an alternative ("6 or 7") or mentioned in
passing does not count. Names may be shortened, reordered, abbreviated or misspelled by a letter; numbers agree within
the precision given, in any unit of the same dimension; dates must give every part of the target.
"""

from __future__ import annotations

from collections.abc import Sequence

from evalkit import Completion, Grade, Sample, ask_verdict, grader, non_answer, plain

from ._entity_bare import compare_bare
from ._entity_claim import OFFERS, OTHER, STATED, claims_asked, decide
from ._entity_forms import are_several, equal, is_formula, shares_words
from ._entity_names import mentions_of
from ._entity_said import Relation, Said, Verdict, read
from ._entity_targets import Target, target_of
from ._entity_values import value_mentions
from ._entity_words import content, foreign, repaired, unspaced, words_of
from ._entity_yes import says_yes

LONGEST = 200
"""Longest answer, in characters, kept in a grade."""


@grader
async def entity(sample: Sample, completion: Completion, *, judge: str | None = None) -> Grade:
    """Compare the claim with the accepted answers by rules.

    `judge`, one model or several separated by commas, decides the answers that the rules cannot. Without it those
    answers are missing from the score.
    """
    result = grade_by_rules(sample, completion.text)
    if judge is None or not result.undecided:
        return result
    ruling = await ask_verdict(judge, sample, completion.text)
    if ruling.verdict == "not attempted":
        return Grade.idk("abstained", ruling.reason).model_copy(update={"votes": ruling.votes})
    return Grade.of(ruling.verdict == "correct", answer=result.answer, reason=ruling.reason, votes=ruling.votes)


def grade_by_rules(sample: Sample, text: str) -> Grade:
    """Grade an answer by rules alone.

    Args:
        sample: the question with its accepted answers.
        text: the answer.

    Returns:
        Correct, error, IDK, or undecided.
    """
    if any(equal(text, target) for target in sample.target):
        return Grade.of(correct=True, answer=plain(text)[:LONGEST], reason=STATED)
    if kind := non_answer(text, question=sample.prompt, target=sample.target, choices=sample.choices):
        return Grade.idk(kind)
    if not sample.answerable:
        return Grade.of(
            correct=False, answer=plain(text)[:LONGEST], reason="a claim about a question without an answer"
        )
    said = read(text, sample.prompt)
    verdict, reason = compare(said, sample.target)
    answer = said.text if len(said.text) <= LONGEST else f"{said.text[: LONGEST - 1]}…"
    if verdict is Verdict.CANT_TELL:
        return Grade.cannot_decide(f"rules can't tell: {reason}; -G judge=MODEL can", answer=answer)
    return Grade.of(verdict is Verdict.MATCH, answer=answer, reason=reason)


def compare(said: Said, targets: Sequence[str]) -> tuple[Verdict, str]:
    """Compare an answer's claim with all targets.

    Args:
        said: the answer.
        targets: the accepted answers.

    Returns:
        The verdict and the reason for it.
    """
    parsed = [target_of(repaired(target), said.question) for target in targets]
    verdicts = [says_yes(said, target) for target in parsed if target.yes is not None]
    values = [target for target in parsed if target.is_value]
    if values:
        verdicts.append(decide(said, value_mentions(said, values), values=True))
    formulas = [target.text for target in parsed if not target.is_value and is_formula(target.text)]
    if formulas:
        same = any(said.bare and equal(said.text, formula) for formula in formulas)
        verdicts.append((Verdict.MATCH, STATED) if same else (Verdict.CANT_TELL, "the accepted answer is a formula"))
    names = [target for target in parsed if _is_name(target)]
    if names:
        by_name = _compare_names(said, [target.text for target in names])
        # Compare an approximate date as words too: identical words are correct; otherwise its year decides.
        if by_name[0] is Verdict.MATCH or not all(target.vague for target in names):
            verdicts.append(by_name)
    ranked = [verdict for kind in (Verdict.MATCH, Verdict.CANT_TELL) for verdict in verdicts if verdict[0] is kind]
    return next(iter(ranked + verdicts), (Verdict.CANT_TELL, "there is no accepted answer"))


def _is_name(target: Target) -> bool:
    return target.vague or not (target.is_value or target.yes is not None or is_formula(target.text))


def _compare_names(said: Said, names: Sequence[str]) -> tuple[Verdict, str]:
    if said.bare and not any(unspaced(name) for name in names):
        return _compare_bare(said, names)
    mentions = mentions_of(said, names)
    verdict, reason = decide(said, mentions, values=False, several=are_several(names))
    same = [mention for mention in mentions if mention.relation is Relation.SAME]
    if verdict is Verdict.MATCH and not said.stated and _all_asked(said, names) and not claims_asked(said, same):
        return Verdict.CANT_TELL, "the question itself names the accepted answer"
    if reason == OTHER and any(foreign(said.text, name) or shares_words(said, name) for name in names):
        return Verdict.CANT_TELL, "a part of the accepted answer"
    return verdict, reason


def _all_asked(said: Said, names: Sequence[str]) -> bool:
    """Whether the question offers every accepted name among others, so that repeating one claims nothing."""
    return bool(OFFERS.search(said.question)) and all(
        {word.key for word in content(words_of(name))} <= said.asked for name in names
    )


def _compare_bare(said: Said, names: Sequence[str]) -> tuple[Verdict, str]:
    verdicts = [compare_bare(said, name) for name in names]
    if Verdict.MATCH in verdicts:
        return Verdict.MATCH, STATED
    if Verdict.CANT_TELL in verdicts:
        return Verdict.CANT_TELL, "it may be the accepted answer in other words"
    return Verdict.NO_MATCH, OTHER
