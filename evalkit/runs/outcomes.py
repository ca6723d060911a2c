"""Outcomes of a run without their texts, decoded straight from the journal for leaderboards and comparisons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from evalkit.records import Failure
from evalkit.runs import journal
from evalkit.runs.folder import RECORDS

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Completion(msgspec.Struct):
    text: str = ""
    reasoning: str | None = None
    finish_reason: str = "unknown"
    usage: _Usage = msgspec.field(default_factory=_Usage)
    latency: float | None = None


class _Grade(msgspec.Struct):
    outcome: Literal["correct", "error", "idk", "missing"]
    non_answer: Literal["empty", "abstained", "refusal", "unparsed", "partial", "truncated"] | None = None
    undecided: bool = False
    credit: Share | None = None
    confidence: Share | None = None
    raw_measures: str | dict[str, Any] = msgspec.field(default="{}", name="measures")

    @property
    def measures(self) -> dict[str, Any]:
        """Numbers that the publisher's metrics add up."""
        if isinstance(self.raw_measures, str):
            self.raw_measures = {} if self.raw_measures == "{}" else json.loads(self.raw_measures)
        return self.raw_measures


class OutcomeRow(msgspec.Struct):
    """The fields of a record that counting needs; attributes are named as in `Record`."""

    task: str
    model: str
    sample_id: str
    completion: _Completion
    grade: _Grade
    epoch: Annotated[int, msgspec.Meta(ge=1)] = 1
    prompt_threshold: Annotated[float, msgspec.Meta(ge=0, lt=1)] | None = None
    choices: list[str] | None = None
    question: str | None = None
    raw_metadata: str | dict[str, Any] = msgspec.field(default="{}", name="metadata")

    @property
    def metadata(self) -> dict[str, Any]:
        """The sample's metadata from the task."""
        if isinstance(self.raw_metadata, str):
            self.raw_metadata = {} if self.raw_metadata == "{}" else json.loads(self.raw_metadata)
        return self.raw_metadata

    @property
    def item(self) -> str:
        """Key of the question answered: the sample id, with a digest of its text if ids may clash."""
        return self.sample_id if self.question is None else f"{self.sample_id}\0{self.question}"

    @property
    def digest(self) -> bytes:
        """An 8-byte digest that tells this answer from others to the same question; equal for a copied record."""
        completion = self.completion
        parts = (
            self.item, str(self.epoch), self.grade.outcome,
            completion.text, completion.reasoning or "", repr(completion.latency),
        )  # fmt: skip
        return hashlib.blake2b("\0".join(parts).encode(errors="surrogatepass"), digest_size=8).digest()


class OutcomeLine(NamedTuple):
    """A line of records.jsonl, and what counting needs of it."""

    offset: int
    """Bytes before the line."""
    line: bytes
    row: OutcomeRow


def read_outcomes(folder: Path) -> Iterator[OutcomeRow]:
    """Outcomes of a run folder in the order written; a torn last line is left out.

    Raises:
        InputError: the file is missing, or a line cannot be read; the text names file and line.
    """
    return (one.row for one in outcome_lines(folder))


def outcome_lines(folder: Path) -> Iterator[OutcomeLine]:
    """The same, with the lines they were decoded from."""
    path = folder / RECORDS
    decoder = msgspec.json.Decoder(OutcomeRow)
    offset = 0
    for number, line, is_last in journal.lines(path):
        try:
            row = decoder.decode(line)
            metadata = row.metadata
        except (msgspec.MsgspecError, RecursionError, ValueError) as error:
            if is_last:  # a complete last line that is not a record is torn as well
                return
            raise journal.damaged(path, number, error) from error
        if not isinstance(metadata, dict):
            raise journal.damaged(path, number, "metadata is not an object")
        yield OutcomeLine(offset, line, row)
        offset += len(line)


def read_missing(folder: Path, done: AbstractSet[tuple[str, str, str, int, float | None]]) -> list[Failure]:
    """Answers missing from a run because of a failure, the newest failure of each.

    Args:
        folder: a run folder.
        done: keys (task, model, sample, epoch, threshold) that are recorded.
    """
    return list({failure.key: failure for failure in journal.read_failures(folder) if failure.key not in done}.values())
