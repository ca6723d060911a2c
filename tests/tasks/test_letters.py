"""The questions of `letters`."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.tasks.letters import OPENERS, letters, questions


def test_the_papers_words_come_first() -> None:
    """DEEPSEEK with its one D, then STRAWBERRY and the talk's four."""
    first = list(letters(n=6).samples)
    assert [(s.metadata["word"], s.metadata["letter"], s.target) for s in first] == [
        ("DEEPSEEK", "D", ["1"]),
        ("STRAWBERRY", "R", ["3"]),
        ("LADDER", "D", ["2"]),
        ("PIANO", "N", ["1"]),
        ("SPELL", "L", ["2"]),
        ("CAT", "G", ["0"]),
    ]
    assert first[0].input == "How many Ds are in DEEPSEEK? If you know, just say the number with no commentary."


def test_the_same_seed_gives_the_same_samples_on_every_machine() -> None:
    """Pinned: these ids must never change."""
    assert [s.id for s in islice(questions(0), 6, 12)] == PINNED
    assert list(letters(n=50).samples) == list(letters(n=50).samples)
    assert [s.id for s in letters(n=50, seed=1).samples] != [s.id for s in letters(n=50).samples]


PINNED = ["SASS-E", "TESTY-Y", "SORTS-S", "TATTY-T", "MMMM-M", "BRANDED-G"]


@pytest.mark.slow
@given(st.integers(1, 300), st.integers(0, 3))
def test_a_longer_draw_begins_with_the_shorter(n: int, seed: int) -> None:
    """So that runs of different lengths can be paired."""
    assert [s.id for s in letters(n=n, seed=seed).samples] == [s.id for s in islice(questions(seed), n)]


@pytest.mark.slow
def test_targets_are_the_true_counts_and_ids_unique() -> None:
    """Over every pair there is."""
    samples = list(letters(n="all").samples)
    assert len(samples) > 100_000
    assert len({s.id for s in samples}) == len(samples)
    assert all(s.target == [str(s.metadata["word"].count(s.metadata["letter"]))] for s in samples)


def test_strata_are_drawn_in_turn() -> None:
    """200 samples spread evenly over word lengths and true counts."""
    counts = Counter(s.stratum for s in letters().samples)
    assert sum(counts.values()) == 200
    rare = counts.pop("3-5 letters, 4×")  # hardly any short word has a letter four times
    assert rare <= min(counts.values())
    assert len(counts) == 19
    assert max(counts.values()) - min(counts.values()) <= len(OPENERS)


@pytest.mark.parametrize("word", ["CAT", "DEEPSEEK"])
def test_the_response_set_is_every_possible_count(word: str) -> None:
    """0 to the length of the word: what a uniform guess draws from."""
    task = letters(n=6)
    sample = next(s for s in task.samples if s.metadata["word"] == word)
    assert task.responses is not None
    assert list(task.responses(sample)) == [str(k) for k in range(len(word) + 1)]
