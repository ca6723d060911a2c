"""Quantities with their meaning: how a measurement on a world prints itself and becomes a DataFrame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from evalkit.display import Block, Printable, Table

if TYPE_CHECKING:
    import pandas as pd

PRINTED = 5e-5
"""Half of the last digit printed: what is smaller prints as 0."""


class Quantity(NamedTuple):
    """One number, or one a model, with what it means."""

    name: str
    values: Sequence[float]
    meaning: str


class Quantities(Printable):
    """A measurement that consists of named quantities and a few sentences."""

    @abstractmethod
    def quantities(self) -> list[Quantity]:
        """Return the numbers, in the order printed."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Return what the numbers mean together."""

    def columns(self) -> Sequence[str]:
        """Return a name for each value of a quantity; empty where each has one value."""
        return ()

    def blocks(self) -> list[Block]:
        """Return one table of the quantities, and the sentences."""
        quantities = self.quantities()
        names = self.columns() or [""] * len(quantities[0].values)
        columns = ["", *(f">{name}" for name in names), ""]
        rows = [[each.name, *map(_digits, each.values), each.meaning] for each in quantities]
        return [Table(columns=columns, rows=rows), *self.sentences()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a quantity: its name, its value (or one a model), its meaning."""
        import pandas as pd

        names = self.columns() or ("value",)
        return pd.DataFrame(
            [
                {"quantity": each.name.strip(), **dict(zip(names, each.values, strict=True)), "meaning": each.meaning}
                for each in self.quantities()
            ]
        )


def _digits(value: float) -> str:
    return f"{0.0 if abs(value) < PRINTED else value:.4f}".replace("-", "−")
