"""The last screen of a study: one board over its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Printable
from evalkit.report.leaderboard import Leaderboard, rank
from evalkit.report.spending import reused_line, total_line
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.studies.conduct import StudyResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class StudyScreen(Printable):
    """The boards of a study's runs, and where to look further."""

    result: StudyResult

    def blocks(self) -> list[Block]:
        """Return the boards, what was reused, and the commands that go on from there."""
        result = self.result
        spending = result.spending
        money = [reused_line(result.reused, spending), total_line(spending)]
        boards = self._board().blocks() if result.runs else []
        return [
            *boards,
            *["", *filter(None, money)] * any(money),
            "",
            f"Again: evalkit leaderboard {result.folder}    transcripts: evalkit view {result.folder}",
        ]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a task, mode, model, condition and threshold."""
        return self._board().to_dataframe()

    def to_dict(self) -> dict[str, Any]:
        """Return the boards' document, with the runs and why some did not finish."""
        result = self.result
        runs = [str(run.folder) for run in result.runs]
        spending = result.spending
        about = {
            "study": str(result.folder),
            "runs": runs,
            "reused": result.reused,
            "spending": {"cost": spending.cost, **spending.model_dump(mode="json")},
            "problems": result.problems,
            "stopped": result.stopped,
        }
        return {**(self._board().to_dict() if runs else {}), **about}

    def _board(self) -> Leaderboard:
        stated = {t for run in self.result.runs if run.config for t in run.config.thresholds if t is not None}
        return rank([run.folder for run in self.result.runs], thresholds=sorted(stated) or DEFAULT_THRESHOLDS)
