"""Quantities with their meaning: a study that prints itself and converts to a DataFrame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from evalkit.display import Block, Printable, Table

if TYPE_CHECKING:
    import pandas as pd

PRINTED = 5e-5
"""Half of the last digit printed; smaller values print as 0."""


class Quantity(NamedTuple):
    """A number, or one number a model, with its meaning."""

    name: str
    values: Sequence[float]
    """One value, or one a column of `Quantities.columns`."""
    meaning: str


class Quantities(Printable):
    """A study that consists of named quantities and a few sentences."""

    @abstractmethod
    def quantities(self) -> list[Quantity]:
        """Return the quantities, in the order printed."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Return what the quantities mean together, a paragraph each."""

    def columns(self) -> Sequence[str]:
        """Return the names of a quantity's values; empty where there is one value."""
        return ()

    def blocks(self) -> list[Block]:
        """Return a table of the quantities, then the sentences."""
        quantities = self.quantities()
        names = self.columns() or [""] * len(quantities[0].values)
        columns = ["", *(f">{name}" for name in names), ""]
        rows = [[each.name, *map(_digits, each.values), each.meaning] for each in quantities]
        return [Table(columns=columns, rows=rows), *self.sentences()]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a quantity: its name, its value or values, and its meaning."""
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
