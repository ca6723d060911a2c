"""Orders that a seed decides, the same on every machine."""

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
    """A letter an option: the possible answers to a multiple-choice question.

    Args:
        sample: one with at most 26 choices.
    """
    return string.ascii_uppercase[: len(sample.choices or ())]


def right_answers(sample: _HasTarget, possible: Sequence[str]) -> list[int]:
    """Which of the possible answers are accepted: by text, or as the letter of an option.

    Args:
        sample: its targets, and its choices where there are any.
        possible: such as `option_letters` gives.
    """
    choices = list(sample.choices or ())
    found = [possible.index(target) for target in sample.target if target in possible]
    options = [choices.index(target) for target in sample.target if target in choices and target not in possible]
    return sorted({*found, *(option for option in options if option < len(possible))})


def interleave(strata: Mapping[str, Iterable[T]], seed: int | None = None) -> Iterator[T]:
    """One member of every stratum in turn, until none is left; a short stratum just runs out.

    Args:
        strata: name → members; members may be generators where no seed is given.
        seed: shuffles each stratum first; None leaves the members in their order.
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
    """The members in an order that the seed decides."""
    # random() is the one method whose sequence Python promises to keep between versions.
    draw = Random(seed).random
    keyed = [(draw(), position, member) for position, member in enumerate(members)]
    return [member for _, _, member in sorted(keyed, key=lambda entry: entry[:2])]
