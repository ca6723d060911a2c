"""Records as a table: pandas for people, `datasets` features for loading records.jsonl as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from evalkit.records import Record

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Features

COLUMNS = [
    "run", "task", "model", "sample_id", "epoch", "prompt_threshold", "stratum", "answerable", "outcome", "non_answer",
    "answer", "target", "credit", "confidence", "grader", "reason", "text", "reasoning", "finish_reason",
    "prompt_tokens", "completion_tokens", "reasoning_tokens", "latency", "messages", "metadata", "source",
    "question", "refusal", "served_model", "fingerprint", "provider", "request_id", "attempts", "cached_tokens",
    "batch", "cost",
]  # fmt: skip


_KEY = ("run", "task", "model", "sample_id", "epoch", "prompt_threshold")


def records_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Records as a table, one row per record, with the columns `COLUMNS`; completion and grade are flattened.

    Args:
        records: any number of records, even none.
    """
    import pandas as pd

    return pd.DataFrame((record_row(record) for record in records), columns=COLUMNS)


def count_outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Count correct, error and IDK for each (task, model, prompt_threshold) in a table of records; the public function.

    Args:
        frame: a DataFrame from `evalkit.load`, whole or filtered.

    Returns:
        One row per card with the columns n, correct, error, idk; `evalkit.score` takes the last three.

    Raises:
        ValueError: a record occurs twice (same run, task, model, sample, epoch and target), which would count it
            twice; or a column is missing.
    """
    import numpy as np
    import pandas as pd

    if missing := [column for column in (*_KEY, "outcome") if column not in frame.columns]:
        raise ValueError(f"the table has no column {missing[0]!r}; evalkit.load gives all that are needed")
    if not len(frame):
        return pd.DataFrame(columns=["task", "model", "prompt_threshold", "n", "correct", "error", "idk"])
    cards, names = _group(frame, ["task", "model", "prompt_threshold"])
    records, _ = _group(frame, list(_KEY))
    if len(records) and np.bincount(records).max() > 1:
        again = frame["sample_id"].iloc[int(np.flatnonzero(np.bincount(records)[records] > 1)[0])]
        raise ValueError(f"sample {again!r} occurs twice; drop the duplicates before counting")
    outcomes, kinds = pd.factorize(frame["outcome"])
    counts = np.bincount(cards * len(kinds) + outcomes, minlength=len(names) * len(kinds))
    table = pd.DataFrame(counts.reshape(len(names), -1), columns=[str(kind) for kind in kinds])
    found = table.reindex(columns=["correct", "error", "idk"], fill_value=0)
    found.insert(0, "n", found.sum(axis=1))
    return pd.concat([names, found], axis=1)


def _group(frame: pd.DataFrame, columns: list[str]) -> tuple[Any, pd.DataFrame]:
    """Number each row's combination of values, and list the combinations in order of first appearance."""
    import numpy as np
    import pandas as pd

    numbers = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        codes, values = pd.factorize(frame[column], use_na_sentinel=False)
        numbers = numbers * max(len(values), 1) + codes
    groups, _ = pd.factorize(numbers)
    first = np.full(groups.max() + 1, -1)
    first[groups[::-1]] = np.arange(len(groups))[::-1]
    return groups, frame.iloc[first][columns].reset_index(drop=True)


def record_features() -> Features:
    """Features for `datasets.load_dataset("json", data_files=…/records.jsonl, features=…)`.

    Without them, a column that starts with thousands of nulls is inferred as a null column, and loading fails at the
    first value.
    """
    from datasets import Features, Value

    text, number, whole, flag = Value("string"), Value("float64"), Value("int64"), Value("bool")
    usage = {
        "prompt_tokens": whole,
        "completion_tokens": whole,
        "reasoning_tokens": whole,
        "cached_tokens": whole,
        "cost": number,
    }
    completion = {
        "text": text, "reasoning": text, "finish_reason": text, "usage": usage, "logprobs": text, "latency": number,
        "refusal": text, "served_model": text, "fingerprint": text, "provider": text, "request_id": text,
        "attempts": whole, "reused": flag, "batch": text,
    }  # fmt: skip
    grade = {
        "outcome": text, "answer": text, "non_answer": text, "credit": number, "confidence": number,
        "undecided": flag, "votes": text, "measures": text, "usage": text, "grader": text,
        "reason": text,
    }  # fmt: skip
    return Features(
        {
            "schema_version": whole, "run": text, "task": text, "model": text, "sample_id": text, "epoch": whole,
            "prompt_threshold": number, "messages": [{"role": text, "content": text}], "target": [text],
            "choices": [text], "metadata": text, "completion": completion, "grade": grade, "source": text,
            "question": text,
        }
    )  # fmt: skip


def record_row(record: Record) -> tuple[Any, ...]:
    """The values of `COLUMNS` of one record."""
    completion, grade = record.completion, record.grade
    usage = completion.usage
    return (
        record.run, record.task, record.model, record.sample_id, record.epoch, record.prompt_threshold,
        record.metadata.get("stratum"), record.metadata.get("answerable", True) is not False, grade.outcome.value,
        grade.non_answer.value if grade.non_answer else None, grade.answer, record.target, grade.credit,
        grade.confidence, grade.grader, grade.reason, completion.text, completion.reasoning, completion.finish_reason,
        usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, completion.latency,
        [message.model_dump() for message in record.messages], record.metadata, record.source,
        record.question, completion.refusal, completion.served_model, completion.fingerprint, completion.provider,
        completion.request_id, completion.attempts, usage.cached_tokens, completion.batch, usage.cost,
    )  # fmt: skip
