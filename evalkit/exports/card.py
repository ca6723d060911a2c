"""The card of a data set of runs: what is in it, the leaderboard, the figure, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.analysis.leaderboard import Ranking
from evalkit.display import one_line
from evalkit.exports.source import RunSource
from evalkit.report.leaderboard import escaped, markdown
from evalkit.runs.folder import slug

TAG = "evalkit"
"""Tells a repository that a push made."""
CONFIGS = [
    {"config_name": "records", "data_files": "data/*.parquet", "default": True},
    {"config_name": "board", "data_files": "board/*.parquet"},
]
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def write_card(
    path: Path, repo: str, sources: Sequence[RunSource], ranking: Ranking, counts: Mapping[str, int],
    figure: Path | None, *, texts: bool,
) -> None:  # fmt: skip
    """Write README.md.

    Args:
        path: the file.
        repo: OWNER/NAME.
        sources: the runs.
        ranking: their leaderboard.
        counts: run → number of its records.
        figure: the figure's path in the repository.
        texts: whether prompts and answers are in the data.
    """
    import yaml  # type: ignore[import-untyped] # it has no types

    title = f"Evaluation records: {', '.join(source.name for source in sources)}"
    head = yaml.safe_dump(_facts(title, sum(counts.values())), sort_keys=False, allow_unicode=True)
    runs = "\n".join(_run_line(source, counts[source.name]) for source in sources)
    shown = f"![Score at each confidence target]({figure.as_posix()})\n\n" if figure else ""
    left_out = "" if texts else " Prompts, targets, options and answers are left out."
    body = f"""# {escaped(one_line(title, 200))}

One row an answer: task, model, the confidence target that the prompt stated, and whether the answer is correct, an
error or IDK, with the kind of non-answer and the reason.{left_out} The texts of benchmarks stay under their own
licenses.

{runs}

## Leaderboard

S at t: mean points where a correct answer gets 1, IDK 0 and an error −t/(1−t); 95% intervals in brackets.

{markdown(ranking)}
{shown}## Use

```python
from datasets import load_dataset

records = load_dataset("{repo}", "records")
board = load_dataset("{repo}", "board")
```

```sh
evalkit rescore hf://datasets/{repo}/data/{slug(sources[0].name)}.parquet
```
"""
    path.write_text(f"---\n{head}---\n\n{body}", encoding="utf-8", errors="backslashreplace")


def _facts(title: str, count: int) -> dict[str, Any]:
    size = next((name for limit, name in SIZES if count < limit), "n>1M")
    return {"pretty_name": title[:200], "tags": [TAG, "evaluation"], "size_categories": [size], "configs": CONFIGS}


def _run_line(source: RunSource, count: int) -> str:
    models = ", ".join(dict.fromkeys(str(card.model) for card in source.cards))
    tasks = ", ".join(dict.fromkeys(str(card.task) for card in source.cards))
    facts = f"{source.name}: {tasks}; {models}; {count:,} records; evalkit {source.version}; {source.created:%Y-%m-%d}"
    return f"- {escaped(one_line(facts, 400))}"
