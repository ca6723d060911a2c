"""Running counts of a run, for progress displays and its scorecards."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.grading.judge import VoteCount
from evalkit.money.spending import Spending
from evalkit.records import Completion, Failure, Outcome, Record, RecordKey
from evalkit.runs.counting import CardBuilder

Outcomes = dict[str, dict[int, Outcome]]
"""Sample id → epoch → outcome."""


class CardKey(NamedTuple):
    """The card that an answer belongs to."""

    task: str
    prompt_threshold: float | None


@dataclass(kw_only=True)
class Tally:
    """Counts of the answers in the journal, including those of earlier sessions."""

    cards: dict[CardKey, CardBuilder]
    total: int | None = None
    """Number of answers planned; None if a task does not know."""
    recorded: int = 0
    """Records in the journal."""
    resumed: int = 0
    """How many of them come from an earlier session."""
    reused: int = 0
    """Completions of this session that were taken from the response cache."""
    spending: Spending = field(default_factory=Spending)
    """Tokens and dollars, those of earlier sessions included."""
    paid: set[RecordKey] = field(default_factory=set)
    """Answers without a verdict whose completion is counted in `spending`."""
    keep_outcomes: bool = False
    """Whether to keep outcomes by sample, as needed to compare several stated targets."""
    outcomes: dict[CardKey, Outcomes] = field(default_factory=dict)
    last_failure: str = ""
    failures: dict[RecordKey, Failure] = field(default_factory=dict)
    """Failures of answers that are still missing, without the completions."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Task → fingerprint of the samples asked."""
    votes: VoteCount = field(default_factory=VoteCount)
    """Agreement between several judges."""
    strays: int = 0
    """Number of earlier records whose sample the task no longer asks."""
    truncated: int = 0
    """Completions of this session cut off before they committed to an answer."""
    started: float = field(default_factory=time.monotonic)
    notify: Callable[[str], None] = lambda _: None
    """Receives messages for the user during the run."""
    waiting: Callable[[], str] = lambda: ""
    """What currently delays requests; "" if nothing does."""

    @property
    def correct(self) -> int:
        """Correct answers of all cards."""
        return sum(card.correct for card in self.cards.values())

    @property
    def error(self) -> int:
        """Wrong answers of all cards."""
        return sum(card.error for card in self.cards.values())

    @property
    def idk(self) -> int:
        """Answers without a claim of all cards."""
        return sum(card.idk for card in self.cards.values())

    @property
    def failed(self) -> int:
        """Samples without a completion or verdict."""
        return len(self.failures)

    def count(self, record: Record) -> None:
        """Add a record."""
        self.recorded += 1
        key = CardKey(record.task, record.prompt_threshold)
        self.cards[key].add(record)
        self._spend(record.key, record.model, record.completion, record.grade.usage)
        if record.grade.votes:
            self.votes.add(record.grade)
        if self.keep_outcomes:
            self.outcomes.setdefault(key, {}).setdefault(record.sample_id, {})[record.epoch] = record.grade.outcome

    def count_failure(self, failure: Failure) -> None:
        """Add a sample without a completion or verdict."""
        self.last_failure = failure.error
        self.count_spending(failure)
        self.failures[failure.key] = failure.model_copy(update={"completion": None})

    def count_spending(self, failure: Failure) -> None:
        """Add what a failed attempt cost: a completion without a verdict, and judges that gave none."""
        self._spend(failure.key, failure.model, failure.completion, failure.usage)
        if failure.completion is not None:
            self.paid.add(failure.key)

    def _spend(self, key: RecordKey, model: str, completion: Completion | None, judging: Mapping[str, Any]) -> None:
        if completion is not None and key not in self.paid:
            self.spending.add(model, completion.usage, reused=completion.reused)
        if judging:
            self.spending.add_judging(judging)

    def close(self) -> None:
        """Add the failures to their cards; do not count anything afterwards."""
        for failure in self.failures.values():
            key = CardKey(failure.task, failure.prompt_threshold)
            if key in self.cards:
                self.cards[key].add_failure(failure)
