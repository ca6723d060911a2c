"""Order a benchmark's questions: one from each stratum in turn, drawn by the seed."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit import Sample, interleave


def by_stratum(samples: Iterable[Sample], seed: int) -> list[Sample]:
    """Interleave the strata, so that any prefix is a stratified sample.

    Args:
        samples: all samples, in file order; those without a stratum form their own.
        seed: decides the order within each stratum.
    """
    strata: dict[str, list[Sample]] = {}
    for sample in samples:
        strata.setdefault(sample.stratum or "", []).append(sample)
    return list(interleave(strata, seed))
