"""Convert a run's answers to predictions in SWE-bench's official layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evalkit.dataset.patch import find_patch
from evalkit.runs import journal


def predictions(folder: Path) -> Iterator[dict[str, str]]:
    """All answers of a run as predictions, even those without a verdict; without a patch, the prediction is empty.

    Args:
        folder: a run folder.

    Raises:
        InputError: a record cannot be read.
    """
    seen = set()
    for record in journal.read_records(folder):
        seen.add(record.key)
        yield _prediction(record.sample_id, record.model, record.completion.text)
    for failure in journal.read_failures(folder):
        if failure.completion is not None and failure.key not in seen:
            seen.add(failure.key)
            yield _prediction(failure.sample_id, failure.model, failure.completion.text)


def _prediction(name: str, model: str, text: str) -> dict[str, str]:
    return {"instance_id": name, "model_name_or_path": model, "model_patch": find_patch(text) or ""}
