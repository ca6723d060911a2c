"""Shards: one of several equal parts of a run's samples, and which one the environment asks for.

Sample number i of a task's selection belongs to shard i mod n, at every target and in every epoch. So shards differ by
one sample at most, and a run that is extended leaves every sample in its shard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, Self

from evalkit.errors import UsageError

VARIABLE = "EVALKIT_SHARD"
COUNT_VARIABLE = "EVALKIT_SHARDS"
NONE = "none"
"""The shard of a run that is not divided, whatever the environment says."""
MOST = 1_000_000


class Shard(NamedTuple):
    """Part `number` of `of` parts, from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        """As it is written: 3/16."""
        return f"{self.number}/{self.of}"

    @property
    def suffix(self) -> str:
        """What the name of its run folder ends in; names sort in the order of the shards."""
        return f"-shard-{self.number:0{len(str(self.of))}}-of-{self.of}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 3/16.

        Raises:
            ValueError: it is no shard; the text says what one is.
        """
        match = re.fullmatch(r"\s*(\d{1,7})\s*/\s*(\d{1,7})\s*", text, re.ASCII)
        number, of = map(int, match.groups()) if match else (0, 0)
        if not 1 <= number <= of <= MOST:
            raise ValueError(f"{text!r} is no shard: write 3/16 for the third of 16 (1 is the first)")
        return cls(number, of)


class Found(NamedTuple):
    """A shard, and the variables that ask for it."""

    shard: Shard
    told_by: str


def find_shard(environment: Mapping[str, str]) -> Found | None:
    """Find the shard that a scheduler asks this process for.

    Looked at in this order: EVALKIT_SHARD (3/16, or none), a SLURM array, a Kubernetes indexed job. EVALKIT_SHARDS
    gives the number of shards where the scheduler does not.

    Args:
        environment: variables of this process.

    Raises:
        UsageError: variables that contradict each other or say too little; the text has the remedy.
    """
    if own := environment.get(VARIABLE, "").strip():
        try:
            return None if own.lower() == NONE else Found(Shard.parse(own), VARIABLE)
        except ValueError as error:
            raise UsageError(f"{VARIABLE}: {error}") from error
    if "SLURM_ARRAY_TASK_ID" in environment:
        return _of_slurm(environment)
    if "JOB_COMPLETION_INDEX" in environment:
        return _of_kubernetes(environment)
    return None


def _of_slurm(environment: Mapping[str, str]) -> Found:
    """An array numbers its tasks from any start in any step; one with gaps is a resubmission of some of them.

    Without its start, the numbers modulo their count are the shards, whether they count from 0 or from 1.
    """
    told_by = "SLURM_ARRAY_TASK_ID"
    task = _number(environment, told_by)
    count = _number(environment, "SLURM_ARRAY_TASK_COUNT")
    if "SLURM_ARRAY_TASK_MIN" not in environment and 0 <= task <= count and count:
        return Found(Shard(task % count or count, count), f"{told_by} and SLURM_ARRAY_TASK_COUNT")
    first = _number(environment, "SLURM_ARRAY_TASK_MIN", 1)
    last = _number(environment, "SLURM_ARRAY_TASK_MAX", first + count - 1)
    step = _number(environment, "SLURM_ARRAY_TASK_STEP", 1)
    position, rest = divmod(task - first, step) if step else (0, 1)
    whole = last - first == (count - 1) * step and not rest and 0 <= position < count
    wanted = _number(environment, COUNT_VARIABLE, count)
    if not whole or wanted != count:
        raise UsageError(
            f"{told_by}={task} of {count} array tasks from {first} to {last} does not say which shard this is; set"
            f" {VARIABLE}, such as {VARIABLE}=$SLURM_ARRAY_TASK_ID/16, or {VARIABLE}={NONE} to ask everything"
        )
    return Found(Shard(position + 1, count), f"{told_by} and SLURM_ARRAY_TASK_COUNT")


def _of_kubernetes(environment: Mapping[str, str]) -> Found:
    """An indexed job numbers its pods from 0 and does not say how many there are."""
    told_by = "JOB_COMPLETION_INDEX"
    index = _number(environment, told_by)
    if COUNT_VARIABLE not in environment:
        raise UsageError(
            f"{told_by}={index} does not say of how many: set {COUNT_VARIABLE} to the job's completions, or"
            f" {VARIABLE}={NONE} to ask everything"
        )
    count = _number(environment, COUNT_VARIABLE)
    if not index < count <= MOST:
        raise UsageError(f"{told_by}={index} counts from 0, and is not below {COUNT_VARIABLE}={count}")
    return Found(Shard(index + 1, count), f"{told_by} and {COUNT_VARIABLE}")


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"\d{1,7}", text.strip(), re.ASCII):
        state = "is not set" if text is None else f"is {text!r}, not a whole number"
        raise UsageError(f"{name} {state}; set {VARIABLE}, such as {VARIABLE}=3/16, or {VARIABLE}={NONE}")
    return int(text)
