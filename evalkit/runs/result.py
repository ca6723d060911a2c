"""The result of a run: its folder, settings and scorecards, and what is computed from its outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.grading.judge import VoteCount
from evalkit.money.spending import Spending
from evalkit.records import Outcome, Record, RecordKey
from evalkit.runs import journal
from evalkit.runs.condition import at_target, card_conditions
from evalkit.runs.config import RunConfig, prices_of
from evalkit.runs.counting import CardBuilder, CardHead
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.prompts import prompt_fingerprint
from evalkit.runs.scorecard import Condition, Scorecard
from evalkit.runs.tally import CardKey, Outcomes, Tally

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """The result of a run."""

    folder: Path
    manifest: Manifest
    scorecards: list[Scorecard]
    last_failure: str = ""
    resumed: bool = False
    """Whether an earlier session recorded part of it."""
    strays: int = 0
    """Number of records whose sample the task no longer asks; they still count."""
    votes: VoteCount = field(default_factory=VoteCount)
    """Agreement between several judges, for a run that has just ended."""
    outcomes: dict[CardKey, Outcomes] = field(default_factory=dict, repr=False)
    """Outcomes by card and sample, for a run with several stated targets."""
    counted: Spending | None = field(default=None, repr=False)
    """What an unfinished run has spent, counted from its journal."""

    def __str__(self) -> str:
        return str(self._screen().text())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show it as text in IPython."""
        printer.text("…" if cycle else str(self))

    def _repr_html_(self) -> str:
        return str(self._screen()._repr_html_())

    def _screen(self) -> Any:
        """What the command prints; found at run time, since what prints a result stands above it."""
        return import_module("evalkit.report.run").LastScreen(result=self)

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.folder.name

    @property
    def config(self) -> RunConfig | None:
        """Its settings; None for a rescored run."""
        return self.manifest.config

    @property
    def status(self) -> str:
        """finished, running (or killed), interrupted, failed."""
        return self.manifest.status

    @property
    def seconds(self) -> float | None:
        """Duration, if a single session did everything."""
        return self.manifest.seconds

    @property
    def spending(self) -> Spending:
        """Tokens and dollars of all sessions, judges included; `cost` is None where no price is known."""
        return self.counted or self.manifest.spending

    @property
    def failed(self) -> int:
        """Samples without completion or verdict."""
        return sum(card.failed for card in self.scorecards if card.policy is None)

    @property
    def records(self) -> pd.DataFrame:
        """The records as a DataFrame, one row per record."""
        from evalkit.runs.dataframe import records_frame

        return records_frame(journal.read_records(self.folder))


def read_result(folder: Path) -> RunResult:
    """Read a run from disk; if it did not finish, recount its cards from its records.

    Raises:
        InputError: the folder is no run, or a record cannot be read.
    """
    manifest = read_manifest(folder)
    stated = {card.prompt_threshold for card in manifest.scorecards if card.prompt_threshold is not None}
    if manifest.status == "finished" and len(stated) < 2:  # noqa: PLR2004 - nothing to compare
        return RunResult(folder=folder, manifest=manifest, scorecards=manifest.scorecards)
    spending = Spending(prices=prices_of(manifest.config) if manifest.config else {})
    tally = Tally(cards={}, keep_outcomes=True, spending=spending)
    recount(folder, tally, by_item=_epochs(manifest) > 1)
    tally.close()
    finished = manifest.status == "finished"
    cards = manifest.scorecards if finished else build_cards(tally, folder, manifest)
    outcomes = tally.outcomes if len(_models(manifest)) <= 1 else {}
    more: dict[str, Any] = {} if finished else {"counted": spending}
    return RunResult(
        folder=folder, manifest=manifest, scorecards=cards, last_failure=tally.last_failure, outcomes=outcomes, **more
    )


def recount(folder: Path, tally: Tally, *, by_item: bool) -> tuple[Tally, dict[RecordKey, bytes]]:
    """Add a folder's records and failures to a tally.

    Args:
        folder: a run folder.
        tally: receives a card for every task and target that has none.
        by_item: whether such cards keep counts per sample.

    Returns:
        The tally, and each recorded key with the fingerprint of its prompt.

    Raises:
        InputError: a record cannot be read, or appears twice.
    """
    done: dict[RecordKey, bytes] = {}
    for record in journal.read_records(folder):
        if record.key in done:
            raise journal.duplicate(folder, record)
        done[record.key] = prompt_fingerprint(record.target, record.messages)
        tally.cards.setdefault(CardKey(record.task, record.prompt_threshold), CardBuilder(by_item=by_item))
        tally.count(record)
    for failure in journal.read_failures(folder):
        if failure.key in done:  # its completion is that of the record
            tally.spending.add_judging(failure.usage)
        else:
            tally.cards.setdefault(CardKey(failure.task, failure.prompt_threshold), CardBuilder(by_item=by_item))
            tally.count_failure(failure)
    return tally, done


def build_cards(tally: Tally, folder: Path, manifest: Manifest, *, metrics: Sequence[str] = ()) -> list[Scorecard]:
    """The cards of a tally, one per task and confidence target.

    Args:
        tally: what was counted.
        folder: of the run.
        manifest: its run.json.
        metrics: metrics in files of one's own. Code that a manifest names is run only by the session that asked for it:
            to read a folder runs nothing that the folder brings.
    """
    model = manifest.config.full_model if manifest.config else None
    conditions = card_conditions(manifest)
    return [
        builder.build(
            CardHead(
                task=key.task,
                model=model,
                prompt_threshold=key.prompt_threshold,
                run=str(folder),
                count_as=manifest.count_as,
                metrics=metrics,
                reported=manifest.datasets.get(key.task, {}).get("metrics") or (),
                condition=at_target(conditions.get((key.task, str(model)), Condition()), key.prompt_threshold),
            ),
            manifest.stated_thresholds,
        )
        for key, builder in tally.cards.items()
    ]


def graded(record: Record) -> bool:
    """Whether a record counts as an answer."""
    return not record.grade.undecided and record.grade.outcome is not Outcome.MISSING


def _epochs(manifest: Manifest) -> int:
    return manifest.config.epochs if manifest.config else 2


def _models(manifest: Manifest) -> set[str | None]:
    return {card.model for card in manifest.scorecards}
