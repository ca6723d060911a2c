from evalkit import metric
from evalkit.metrics import Counts


@metric
def caution(counts: Counts) -> float | None:
    """Share of the questions not answered correctly that were answered with IDK, in [0, 1]."""
    not_correct = counts.n - counts.correct
    return counts.idk / not_correct if not_correct else None


@metric
def always_right(items: list[Counts]) -> float:
    """Share of items answered correctly in every epoch, in [0, 1]."""
    return sum(item.correct == item.n for item in items) / len(items)
