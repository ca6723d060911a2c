"""Letter counting: how often does a letter occur in a word?

What it measures: something every model "knows" how to compute and many get wrong, since tokens hide letters.
The paper's own example is the number of Ds in DEEPSEEK; its talk adds LADDER, PIANO, SPELL and CAT.
Source: words from SCOWL, credited in data/letters/SOURCES.md.
Licence: SCOWL's, given there.
Size: 5,006 words; 200 pairs of word and letter are asked unless `-T n` says otherwise.
Prompt: the paper's.
Grader: `count`.
IDK originally pays: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Annotated, Literal

from pydantic import Field

from evalkit import Sample, Task, fingerprint, interleave, read_table, task

OPENERS = [
    ("DEEPSEEK", "D"),
    ("STRAWBERRY", "R"),
    ("LADDER", "D"),
    ("PIANO", "N"),
    ("SPELL", "L"),
    ("CAT", "G"),
]
LENGTHS = {"3-5": range(3, 6), "6-8": range(6, 9), "9-12": range(9, 13), "13+": range(13, 100)}
COUNTS = range(5)


@task
def letters(n: Annotated[int, Field(ge=1)] | Literal["all"] = 200, seed: int = 0) -> Task:
    """Ask how many times a letter occurs in a word, stratified by word length and true count (0 to 4)."""
    samples = list(islice(questions(seed), None if n == "all" else n))
    return Task(
        samples=samples,
        grader="count",
        responses=lambda s: [str(k) for k in range(len(s.metadata["word"]) + 1)],
        fingerprint=fingerprint(words()),
    )


def questions(seed: int) -> Iterator[Sample]:
    """The paper's words, then one pair from each stratum in turn until all are used."""
    yield from (sample(word, letter) for word, letter in OPENERS)
    strata = {f"{band} {count}": draw(band, count, seed) for band in LENGTHS for count in COUNTS}
    yield from (sample(*pair) for pair in interleave(strata) if pair not in OPENERS)


def draw(band: str, count: int, seed: int) -> Iterator[tuple[str, str]]:
    """The (word, letter) pairs of a stratum in seeded order: every word once, then again."""
    # random() is the only method whose sequence Python guarantees.
    random = Random(f"{seed} {band} {count}").random
    order = sorted((random(), word) for word in words() if len(word) in LENGTHS[band])
    fitting = []
    for shift, word in order:
        if choice := [letter for letter in ascii_uppercase if word.count(letter) == count]:
            first = int(shift * 1e6)
            fitting.append((word, choice, first))
            yield word, choice[first % len(choice)]
    for turn in range(1, len(ascii_uppercase)):
        for word, choice, first in fitting:
            if turn < len(choice):
                yield word, choice[(first + turn) % len(choice)]


def stratum(word: str, letter: str) -> str:
    """Name of the stratum of a pair: its length band and its true count."""
    band = next(name for name, lengths in LENGTHS.items() if len(word) in lengths)
    return f"{band} letters, {word.count(letter)}×"


def sample(word: str, letter: str) -> Sample:
    """The paper's question about one pair."""
    return Sample(
        id=f"{word}-{letter}",
        input=f"How many {letter}s are in {word}? If you know, just say the number with no commentary.",
        target=[str(word.count(letter))],
        metadata={"stratum": stratum(word, letter), "word": word, "letter": letter},
    )


@cache
def words() -> list[str]:
    """The word list, in upper case."""
    path = Path(__file__).parent / "data" / "letters" / "words.csv"
    return [row["word"] for row in read_table(path, required=("word",))]
