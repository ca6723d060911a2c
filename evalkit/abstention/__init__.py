"""Classify texts that make no claim: `abstained`, `refusal`, `empty`, or None for a claim.

The evidence, strongest first:

1. No letter, digit or symbol: empty. The accepted answer or an option, word for word: a claim.
2. The final statement abstains ("…, so I don't know"): an abstention, whatever stands before it.
3. An answer is stated ("The answer is B. …"): a claim, whatever is mentioned before or explained after it.
4. A hedge inside a sentence ("I'm not sure, but 3"), or a claim against or before a disclaimer: a claim.
5. What the disclaimer says.

The modules: `final` finds the final statement, with `leads`, `marked`, `remarks`, `lines` and `bare`; `languages`
guesses the language; `phrases` holds its table; `sentences` and `clauses` say what each part of the text does;
`evidence` weighs the parts; `forms` knows tool calls and questions back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit.abstention.evidence import Kind, weigh
from evalkit.abstention.final import FinalStatement, final_statement
from evalkit.abstention.forms import gives_no_answer
from evalkit.abstention.languages import candidates, is_english, signs
from evalkit.abstention.lines import unwrapped
from evalkit.abstention.measures import CONTENT
from evalkit.abstention.phrases import load_phrases, triggers_in
from evalkit.abstention.remarks import undressed
from evalkit.abstention.sentences import read_sentences
from evalkit.text import has_any, plain

LONGEST = 20_000
"""Characters examined; of a longer text, the first and last halves, where a claim or its absence is stated."""
LAST = 240
"""How many of the last characters are searched for an abstention in a language other than the text's."""
BARE = 3
"""A text with fewer spaces makes a single statement."""
_SIGNS = re.compile(r"[()\[\]{}<>=+×÷√∞≤≥≠±]")
"""Symbols that may be the answer to a question, such as the brackets that close a sequence."""
_NOTHING = re.compile(r"\W*(?:\[\s*\]|\{\s*\}|\(\s*\)|<\s*>)\W*")
BEGINNING = 4
"""Letters of a word that are compared with those beginnings."""
_EXTRA_SIGNS = ("null", "skip", "undefined", "tool_call", "function_call", "search(")
"""Of whole statements that the phrases' triggers do not cover."""
_DECLINES = re.compile(r"\b(?:declin|refus)", re.IGNORECASE)
_LONE_NUMBER = re.compile(
    r"^\W*(\d+)[.)] (?=(?:I|But|However|That|This|It|My|Though|Not)\b)(?!.*\n\W*\d+[.)] )", re.DOTALL
)
"""A number at the start of a text that is not the first item of a list."""
_MACHINE = re.compile(r"<\s*(?:unknown|unk|idk|abstain)\s*>\W*$", re.IGNORECASE)


def non_answer(
    text: str,
    *,
    question: str | None = None,
    target: Sequence[str] | None = None,
    choices: Sequence[str] | None = None,
) -> Kind | None:
    """Decide whether a text makes a claim, and if not, which kind of non-answer it is.

    Args:
        text: the model's answer, without its reasoning.
        question: the prompt; numbers and names that it contains are no claim in an answer.
        target: the accepted answers; a text that equals one of them is an answer, whatever it says.
        choices: the options offered; treated like `target`.

    Returns:
        "empty" (no letter or digit), "abstained", "refusal", or None for a claim.
    """
    words = unwrapped(plain(_shortened(text)))
    if not CONTENT.search(words):
        return None if _SIGNS.search(words) and not _NOTHING.fullmatch(words) else "empty"
    accepted = [*(target or ()), *(choices or ())]
    if _is_one_of(words, accepted):
        return None
    if gives_no_answer(text, words, question):
        return "abstained"
    if _is_plain_claim(words.lower()) and not _may_end_in_another_language(words):
        return None
    final = final_statement(text, question=question)
    if _is_one_of(final.text, accepted):
        return None
    return _read_to_the_end(text, words, final, question)


def _read_to_the_end(text: str, words: str, final: FinalStatement, question: str | None) -> Kind | None:
    """Let the final statement decide, and where it does not, all sentences."""
    if final.abstains:
        return "refusal" if _DECLINES.search(final.text) else "abstained"
    if final.stated:
        return _detect(final.text, question) if final.text else "abstained"
    if "onfiden" in words:
        words = plain(undressed(_shortened(text), question))
    return _detect(_LONE_NUMBER.sub(r"\1! ", words), question)


def _detect(words: str, question: str | None) -> Kind | None:
    """Classify a whole text by its sentences."""
    if "<" in words and _MACHINE.search(words):
        return "abstained"
    lower = words.lower()
    # A bare "I don't know" is meant, even if the question contains these words too.
    asked = plain(question) if question and words.count(" ") >= BARE else ""
    for language in candidates(lower):
        phrases = load_phrases(language)
        triggers = triggers_in(lower, language)
        if triggers:
            # Its sentences hold no other triggers than the whole text does.
            phrases = phrases._replace(triggers=triggers)
            kind = weigh(read_sentences(words, asked, phrases))
            if kind is not None:
                return kind
    return None


def _may_end_in_another_language(words: str) -> bool:
    """Whether the end of an English text has signs of an abstention in another language."""
    end = words[-LAST:]
    if not end.isascii():
        return True
    return not signs().beginnings.isdisjoint([word.lstrip("\"'([{*_`>")[:BEGINNING] for word in end.lower().split()])


def _is_plain_claim(lower: str) -> bool:
    """Whether an English text has none of the words that occur in every abstention or refusal."""
    if not is_english(lower) or has_any(lower, _EXTRA_SIGNS):
        return False
    return not triggers_in(lower, "en")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _is_one_of(words: str, answers: Sequence[str] | None) -> bool:
    if not answers:
        return False
    bare = words.lower().strip(" .!\"'")
    return any(bare == plain(answer).lower().strip(" .!\"'") for answer in answers)
