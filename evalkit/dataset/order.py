"""Seeded sample orders, the same on every machine, and option letters."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Protocol, TypeVar

T = TypeVar("T")


class _HasChoices(Protocol):
    @property
    def choices(self) -> Sequence[str] | None: ...


class _HasTarget(_HasChoices, Protocol):
    @property
    def target(self) -> Sequence[str]: ...


def option_letters(sample: _HasChoices) -> Sequence[str]:
    """Letters for the options of a multiple-choice question: A, B, C and so on.

    Args:
        sample: a sample with at most 26 choices.
    """
    return string.ascii_uppercase[: len(sample.choices or ())]


def right_answers(sample: _HasTarget, possible: Sequence[str]) -> list[int]:
    """Find which of the possible answers are accepted: by an option's text, else by its letter.

    Args:
        sample: a sample with targets and optional choices.
        possible: all possible answers, such as `option_letters` returns.

    Returns:
        Positions in `possible`, in ascending order.
    """
    choices = list(sample.choices or ())
    by_letter = bool(choices) and list(possible) == list(option_letters(sample))[: len(possible)]
    positions = set()
    for target in sample.target:
        # A target that equals an option's text names that option, even if it is another option's letter ("B").
        if target in choices and (by_letter or target not in possible):
            positions.add(choices.index(target))
        elif target in possible:
            positions.add(possible.index(target))
    return sorted(place for place in positions if place < len(possible))


def interleave(strata: Mapping[str, Iterable[T]], seed: int | None = None) -> Iterator[T]:
    """Take one member from each stratum in turn until all are used; a short stratum runs out early.

    Args:
        strata: name → members; these may be generators if no seed is given.
        seed: shuffles each stratum first; None keeps the order of the members.
    """
    if seed is not None:
        strata = {name: shuffled(members, f"{seed} {name}") for name, members in strata.items()}
    queues = [iter(members) for members in strata.values()]
    while queues:
        left = []
        for queue in queues:
            try:
                yield next(queue)
            except StopIteration:
                continue
            left.append(queue)
        queues = left


def shuffled(members: Iterable[T], seed: str) -> list[T]:
    """Shuffle members in an order determined by the seed."""
    # random() is the only method whose sequence Python guarantees between versions.
    draw = Random(seed).random
    keyed = [(draw(), position, member) for position, member in enumerate(members)]
    return [member for _, _, member in sorted(keyed, key=lambda entry: entry[:2])]
