"""How many questions are needed, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.text import Text

from evalkit.analysis.comparison import Row, compare
from evalkit.metrics import paired
from evalkit.report.run import make_console, make_table, number


def print_comparison_sizes(a: str, b: str, ts: Sequence[float], effect: float | None, power: float, out: str) -> None:
    """For a paired comparison, from the variance that two runs show.

    Raises:
        InputError: as `compare`.
    """
    console = make_console()
    found = compare(a, b, ts, out)
    table = make_table("task", "t", "told", ">n now", "A − B", ">sd of a question", ">power now", ">questions needed")
    for row in found.rows:
        table.add_row(*_sizes(row, effect, power))
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
    console.print(Text(f"For {power:.0%} power at the 5% level, two-sided, paired by sample."))


def _sizes(row: Row, effect: float | None, power: float) -> list[str]:
    wanted = effect if effect is not None else row.difference
    variance = row.se**2 * row.n
    told = "nothing" if row.mode == "closed" else "so"
    start = [row.task, f"{row.threshold:g}", told, str(row.n), number(row.difference), f"{variance**0.5:.2f}"]
    if not wanted or not variance > 0:
        return [*start, "–", "–"]
    now = paired.achieved_power(row.n, wanted, variance)
    return [*start, f"{now:.0%}", f"{paired.sample_size(wanted, variance, power=power):,}"]


def print_interval_sizes(accuracy: float, error: float, ts: Sequence[float], half_width: float) -> None:
    """For a 95% interval of S_t and of N_t = (1−t)·S_t + t, whose points are worth the same at every t."""
    console = make_console()
    table = make_table("t", f">questions for S ± {half_width:g}", f">for N ± {half_width:g}")
    for t in ts:
        plain = paired.size_for_half_width(accuracy, error, t, half_width)
        normalized = paired.size_for_half_width(accuracy, error, t, half_width / (1 - t))
        table.add_row(f"{t:g}", f"{plain:,}", f"{normalized:,}")
    console.print(Padding(table, (1, 2, 1, 2), expand=False))
