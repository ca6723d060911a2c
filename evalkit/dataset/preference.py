"""Which of several verdicts of a file to take, as the user prefers, and whether the file could meet that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Option = Literal["scorer", "metric", "filter", "pass_mark"]


@dataclass(kw_only=True)
class Preference:
    """What the user prefers where a file leaves a choice; every file has its own, which notes what came of it."""

    scorer: str = ""
    """Name of a scorer; "" leaves the choice to the reader."""
    metric: str = ""
    """Name of a metric."""
    filter: str = ""
    """Name of a filter that extracted the answer."""
    pass_mark: float | None = None
    """Score from which an answer is right."""
    met: set[str] = field(default_factory=set)
    """Options that had an effect on this file."""
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Option → names that this file has."""

    @property
    def name(self) -> str:
        """The scorer or metric that is preferred: formats call the same thing by either word."""
        return self.metric or self.scorer

    def offer(self, option: Option, names: Iterable[str]) -> None:
        """Note the names that a file leaves to choose from."""
        known = self.offered.setdefault(option, [])
        known += [name for name in dict.fromkeys(names) if name not in known]

    def meet(self, option: Option) -> None:
        """Note that an option had an effect."""
        self.met.add(option)

    def meet_name(self) -> None:
        """Note that the preferred scorer or metric was there."""
        self.met |= {"metric"} if self.metric else {"scorer"}

    def copy(self) -> Preference:
        """Return the same preference for another file."""
        return Preference(scorer=self.scorer, metric=self.metric, filter=self.filter, pass_mark=self.pass_mark)
