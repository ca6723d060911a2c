"""Which samples of a task are asked: a prefix or a range of its order, some ids, some strata, drawn or not."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice

from evalkit.records import Sample
from evalkit.runs.shard import Shard


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which samples are asked; of all settings together, in the order of these fields."""

    ids: Sequence[str] = ()
    """Ids or patterns such as `geo-*`; none: all."""
    strata: Sequence[str] = ()
    """Names of strata; none: all."""
    shuffle: int | None = None
    """Seed of a new order; None keeps the task's."""
    first: int = 1
    """Number of the first sample, from 1."""
    last: int | None = None
    """Number of the last one; None: to the end."""
    shard: Shard | None = None
    """Which part of the samples that all other settings leave; None: all of them."""

    @property
    def is_partial(self) -> bool:
        """Whether ids or strata leave samples out."""
        return bool(self.ids or self.strata)

    def of(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Select from samples, lazily unless they are shuffled."""
        return (sample for number, sample in enumerate(self.undivided(samples)) if self.asks(number))

    def asks(self, number: int) -> bool:
        """Whether the shard holds a sample of the selection, by its number from 0."""
        return self.shard is None or number % self.shard.of == self.shard.number - 1

    def undivided(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Select from samples for all shards."""
        kept: Iterable[Sample] = (sample for sample in samples if self._holds(sample)) if self.is_partial else samples
        if self.shuffle is not None:
            kept = sorted(kept, key=lambda sample: sample.id)
            random.Random(self.shuffle).shuffle(kept)
        return islice(kept, self.first - 1, self.last)

    def count(self, samples: Iterable[Sample]) -> int | None:
        """Tell how many samples are asked; None where only reading them all would tell."""
        n = self._count_undivided(samples)
        return n if n is None or self.shard is None else len(range(self.shard.number - 1, n, self.shard.of))

    def _count_undivided(self, samples: Iterable[Sample]) -> int | None:
        if not isinstance(samples, Sequence):
            return self.last - self.first + 1 if self.last is not None and not self.is_partial else None
        n = sum(map(self._holds, samples)) if self.is_partial else len(samples)
        return max(0, min(n, self.last if self.last is not None else n) - self.first + 1)

    def _holds(self, sample: Sample) -> bool:
        if self.strata and str(sample.metadata.get("stratum", "")) not in self.strata:
            return False
        return not self.ids or any(fnmatchcase(sample.id, pattern) for pattern in self.ids)


ALL = Selection()
"""Every sample, in the task's order."""
