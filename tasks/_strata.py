"""The order in which a benchmark's questions are asked: one of every stratum in turn, each drawn by the seed."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit import Sample, interleave


def by_stratum(samples: Iterable[Sample], seed: int) -> list[Sample]:
    """All samples, one of every stratum in turn, so that any first few are a sample of all.

    Args:
        samples: in the order of their file; those without a stratum make one of their own.
        seed: decides the order within each stratum.
    """
    strata: dict[str, list[Sample]] = {}
    for sample in samples:
        strata.setdefault(sample.stratum or "", []).append(sample)
    return list(interleave(strata, seed))
