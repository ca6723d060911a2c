"""How well rescored counts agree with counts that were made by hand, file by file; a part of docs/validity.md."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import EvalkitError
from evalkit.rescoring.rescore import Terms, rescore_files

REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "real"
EXTRACT = r"(?:최종\s*답변|정답|답변|답)[^0-9\n]{0,12}([1-4])"
ELSEWHERE = {
    "openai-batch/kmmlu/batch_output.jsonl": {
        "targets": REAL / "openai-batch" / "kmmlu" / "criminal_kmmlu.csv",
        "extract": EXTRACT,
    }
}
"""Files whose gold lies in another one."""


class Agreement(NamedTuple):
    """One file, by hand and rescored."""

    file: str
    format: str
    n: int
    """Rows, failures included."""
    correct: int | None
    error: int | None
    idk: int | None
    found_n: int
    found_correct: int
    found_error: int
    found_idk: int
    missing: int
    """Failed, or cut off at the token limit before they committed to an answer."""

    @property
    def agrees(self) -> bool:
        """Whether all rows are there and the right ones are right; the rest is sorted by policy."""
        return self.n == self.found_n + self.missing and self.correct in (None, self.found_correct)


def truths() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every file whose counts are stated, with those of the whole file."""
    for path in sorted(REAL.glob("*/TRUTH.json")):
        for name, found in json.loads(path.read_text(encoding="utf-8")).items():
            if name.startswith("_"):
                continue
            total = _total(found["results"])
            if total is not None:
                yield f"{path.parent.name}/{name}", total


def compare(file: str, total: dict[str, Any]) -> Agreement | str:
    """Rescore one file and set it beside its counts; the message where it is refused."""
    try:
        with tempfile.TemporaryDirectory() as out:
            terms = Terms(**ELSEWHERE.get(file, {}))  # type: ignore[arg-type]  # each value is of its field's type
            found = rescore_files([REAL / file], terms, Path(out))
    except EvalkitError as error:
        return str(error)
    cards = found.result.scorecards
    sums = [sum(getattr(card, kind) for card in cards) for kind in ("n", "correct", "error", "idk")]
    sums.append(sum(card.missing.total for card in cards))
    stated = (total["n"], total.get("correct"), total.get("error"), total.get("idk"))
    return Agreement(file, found.files[0].format, *stated, *sums)


def table() -> str:
    """A row a file."""
    lines = [
        "| file | format | by hand: n, right, wrong, no answer | rescored: n (+ missing), right, wrong, IDK |",
        "|---|---|---|---|",
    ]
    agreed = total = 0
    for file, stated in truths():
        found = compare(file, stated)
        if isinstance(found, str):
            lines.append(f"| {_short(file)} | – | {stated['n']} | refused: {found.rsplit(': ', 1)[-1][:90]} |")
            continue
        total += 1
        agreed += found.agrees
        by_hand = ", ".join("–" if value is None else f"{value:,}" for value in found[2:6])
        counted = f"{found.found_n:,} (+ {found.missing:,})" if found.missing else f"{found.found_n:,}"
        rescored = ", ".join([counted, *(f"{value:,}" for value in found[7:10])])
        lines.append(
            f"| {_short(file)} | {found.format} | {by_hand} | {rescored}{'' if found.agrees else ' **differs**'} |"
        )
    lines.append(f"\n{agreed} of {total} files agree: every row is there, and right is what the file calls right.")
    return "\n".join(lines)


def _total(slices: list[dict[str, Any]]) -> dict[str, Any] | None:
    if "n" not in slices[0]:
        return None
    if len(slices) > 1 and str(slices[0].get("slice", "")).startswith("threshold="):
        return {key: sum(part[key] for part in slices) for key in ("n", "correct", "error", "idk")}
    total = dict(slices[0])
    # HELM asks instances of a held-out split too, and reports the test split.
    total["n"] = (total.get("splits") or {}).get("test", total["n"])
    # What grades from 1 to 10 have no count of right answers until a pass mark is chosen; evalkit's default is 5.
    for mark, counts in (total.get("at_threshold") or {}).items():
        if mark.endswith("5") and isinstance(counts, dict):
            total["correct"] = counts.get("correct")
    return total


def _short(file: str) -> str:
    folder, _, name = file.rpartition("/")
    name = name.replace("|", "\\|")
    return f"{folder.split('/')[0]}/…/{name[-48:]}" if len(file) > 70 else file.replace("|", "\\|")  # noqa: PLR2004 - fits
