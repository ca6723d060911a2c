"""lm-evaluation-harness: `samples_*.jsonl` rows, arrays of them, and results files with embedded samples.

Schema of a row: {doc_id, doc, target, arguments, resps, filtered_resps, doc_hash, prompt_hash, target_hash, filter,
metrics, <metric>: value}. Generated text is resps[0][0]; for log-likelihood requests resps holds one
(log-probability, is greedy) for each choice and `arguments` the choices. The verdict is the first metric of
`metrics`, or in old files the only key that is none of the fixed ones; a list is no verdict. Model and task stand in
the results file beside it (`model_name`, or pretrained= in config.model_args); the task is the one whose hash the
rows have. With several filters a document's rows repeat: the first filter met is read, the others are named in a
warning. A filter's "[invalid]" means that no answer could be read.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import Row, Verdict

ROW = frozenset({"doc_id", "doc", "target", "resps", "filtered_resps"})
_FIXED = ROW | {"arguments", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "model_output",
                "output_matches_target", "idx", "repeats"}  # fmt: skip
_INVALID = "[invalid]"
_SHIFTED = "its targets are not the options that its documents give as right"
LONGEST_LIST = 20_000
"""Characters of a list kept as text that is read as one."""


class LmEvalReader:
    """Sample rows and results with samples."""

    about = "lm-evaluation-harness: samples_*.jsonl, results with samples"

    def sniff(self, head: Head) -> bool:
        """Rows with its keys, or a results object that holds samples."""
        if head.has_rows:
            return head.keys >= ROW
        return head.shape == "object" and ({"results", "configs", "samples"} <= head.keys or head.keys >= ROW)

    def read(self, source: Source) -> Iterator[Row]:
        """One row a document and task."""
        if source.head.shape == "object" and "samples" in source.head.keys:
            document = source.document()
            for task, rows in (document.get("samples") or {}).items():
                yield from _rows(source, enumerate(rows, start=1), task, _model_of(document))
            return
        model, task = _beside(source)
        yield from _rows(source, source.rows(_decoder(source.head)), task, model)


READER = LmEvalReader()


class _Doc(msgspec.Struct):
    """What is read of a document, which may be long."""

    question: Any = None
    problem: Any = None
    input: Any = None
    prompt: Any = None
    query: Any = None
    choices: Any = None
    answer_index: Any = None


def _decoder(head: Head) -> Callable[[bytes], dict[str, Any]]:
    """Decodes a line without its prompt and most of its document: the keys of the first row are those of all."""
    responses = head.first.get("resps")
    likelihood = isinstance(responses, list) and bool(responses) and _is_likelihood(responses[0])
    wanted = [name for name in head.keys if name.isidentifier() and (likelihood or name != "arguments")]
    if len(wanted) + (not likelihood) < len(head.keys):  # a metric such as pass@1 is no name of a field
        return _decode
    fields = [(name, _Doc if name == "doc" else Any, msgspec.UNSET) for name in wanted]
    decode = msgspec.json.Decoder(msgspec.defstruct("_Row", fields)).decode

    def needed(line: bytes) -> dict[str, Any]:
        row = decode(line)
        return {name: value for name in wanted if (value := getattr(row, name)) is not msgspec.UNSET}

    return needed


_decode = msgspec.json.Decoder().decode


def _rows(source: Source, rows: Any, task: str, model: str) -> Iterator[Row]:
    taken: str | None = None
    number = 0
    with source.at(lambda: f"{task}:{number}" if task else number):
        for number, row in rows:
            name = str(row.get("filter", ""))
            taken = name if taken is None else taken
            if name != taken:
                source.warn(f"filter {name!r} is left out; {taken!r} is read")
                continue
            found = _row(source, row)
            found.model, found.task, found.line = model, task, number
            yield found


def _row(source: Source, row: dict[str, Any]) -> Row:
    _warn_of_shifted_gold(source, row)
    metric = _metric(source, row)
    verdict = _verdict(row.get(metric)) if metric else None
    options = _options(row)
    if options is not None:
        choices, shares = options
        best = max(range(len(shares)), key=lambda k: shares[k])
        return Row(
            sample_id=str(row["doc_id"]), verdict=verdict, text=choices[best].strip(), answer=choices[best].strip(),
            target=targets_of(row["target"]), claims=True, confidence=shares[best],
            choices=[choice.strip() for choice in choices], input=_prompt(row), reason=f"metric {metric}",
        )  # fmt: skip
    text = as_text(row["resps"][0][0] if row["resps"] and row["resps"][0] else "")
    filtered = row["filtered_resps"][0] if row["filtered_resps"] else None
    answer = as_text(filtered[0] if isinstance(filtered, list) and filtered else filtered)
    own_choices, gold = _own_gold(row)
    return Row(
        sample_id=str(row["doc_id"]), verdict=verdict, text=text, answer=None if answer == _INVALID else answer,
        target=gold or targets_of(row["target"]), choices=own_choices, no_answer=answer == _INVALID, input=_prompt(row),
        reason=f"metric {metric}",
    )  # fmt: skip


def _metric(source: Source, row: dict[str, Any]) -> str | None:
    named = row.get("metrics")
    metrics = [name for name in named if name in row] if isinstance(named, list) else []
    metrics = metrics or [name for name in row if name not in _FIXED]
    usable = [name for name in metrics if isinstance(row[name], (bool, int, float))]
    if not usable:
        return None
    if source.scorer in usable:
        return source.scorer
    values = {name: _verdict(row[name]) for name in usable}
    if len(set(values.values())) > 1:
        source.warn(
            f"its metrics disagree on some rows ({', '.join(usable)}); {usable[0]} is taken, --scorer takes another"
        )
    return str(usable[0])


def _verdict(value: Any) -> Verdict | None:
    if isinstance(value, (bool, int, float)) and not (isinstance(value, float) and math.isnan(value)):
        return "right" if value >= 1 else "wrong"
    return None


def _options(row: dict[str, Any]) -> tuple[list[str], list[float]] | None:
    """The choices of a log-likelihood request and their shares; None for generated text."""
    responses = row["resps"]
    if not responses or not _is_likelihood(responses[0]):
        return None
    pairs = [response[0] if isinstance(response[0], list) else response for response in responses]
    values = [float(pair[0]) for pair in pairs]
    choices = _continuations(row.get("arguments"), len(values))
    if row.get("metrics") and "acc_norm" in row["metrics"]:
        values = [value / max(1, len(choice)) for value, choice in zip(values, choices, strict=True)]
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    return choices, [weight / sum(weights) for weight in weights]


def _is_likelihood(response: Any) -> bool:
    inner = response[0] if isinstance(response, list) and response else None
    if isinstance(inner, list):
        return len(inner) == 2  # noqa: PLR2004 - log-probability and greedy
    return isinstance(inner, (int, float)) and not isinstance(inner, bool)


def _continuations(arguments: Any, count: int) -> list[str]:
    if isinstance(arguments, dict):
        arguments = [[one.get("arg_0"), one.get("arg_1")] for one in arguments.values() if isinstance(one, dict)]
    if isinstance(arguments, list) and len(arguments) == count:
        return [as_text(one[1]) for one in arguments]
    return [str(k) for k in range(count)]


def _prompt(row: dict[str, Any]) -> str:
    """The question as the document has it, else the prompt as sent, cut to its end."""
    for key in ("question", "problem", "input", "prompt", "query"):
        if isinstance(value := _of(row["doc"], key), str):
            return value
    return ""


def _of(document: Any, key: str) -> Any:
    return document.get(key) if isinstance(document, dict) else getattr(document, key, None)


def _warn_of_shifted_gold(source: Source, row: dict[str, Any]) -> None:
    index, target = _of(row["doc"], "answer_index"), row["target"]
    if isinstance(index, int) and isinstance(target, str) and re.fullmatch(r"\(.\)", target):
        expected = f"({chr(ord('a') + index)})"
        if target.lower() != expected and not any(said.startswith(_SHIFTED) for said in source.warnings):
            first = f"document {row['doc_id']}: {target} where answer_index {index} means {expected}"
            source.warn(f"{_SHIFTED} ({first}); the file's verdicts are kept, --regrade choice grades by the documents")


def _own_gold(row: dict[str, Any]) -> tuple[list[str] | None, list[str] | None]:
    """The options of a document that numbers its right one, and that one's letter; some keep the list as text."""
    options, index = _of(row["doc"], "choices"), _of(row["doc"], "answer_index")
    if isinstance(options, str) and options.startswith("[") and len(options) < LONGEST_LIST:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            options = ast.literal_eval(options)
    if not isinstance(options, list) or not isinstance(index, int) or not 0 <= index < len(options):
        return None, None
    return [str(option) for option in options], [chr(ord("A") + index)]


def _model_of(results: dict[str, Any]) -> str:
    if results.get("model_name"):
        return str(results["model_name"])
    config = results.get("config") or {}
    arguments = config.get("model_args") or ""
    if isinstance(arguments, dict):
        return str(arguments.get("pretrained") or arguments.get("model") or "")
    found = re.search(r"(?:pretrained|model)=([^,]+)", str(arguments))
    return found.group(1) if found else str(config.get("model") or "")


def _beside(source: Source) -> tuple[str, str]:
    """Model and task from a results file in the same folder; the task by the hashes of the rows."""
    results = sorted(source.path.parent.glob("*results*.json"))
    if not results:
        return "", ""
    checksum = _hash(source)
    named = source.path.name
    for path in results:
        document = _results(source, path)
        for task, found in (document.get("task_hashes") or {}).items():
            if found == checksum:
                return _model_of(document), str(task)
    stamp = re.search(r"\d{4}-\d\d-\d\dT[\d-]+\.\d+", named)
    for path in results:
        if stamp is None or stamp.group() in path.name or len(results) == 1:
            document = _results(source, path)
            tasks = sorted(document.get("configs") or document.get("results") or {}, key=len, reverse=True)
            return _model_of(document), next((task for task in tasks if task in named), "")
    return "", ""


def _results(source: Source, path: Path) -> dict[str, Any]:
    try:
        document = source.fork(path).document()
    except InputError as error:
        source.warn(f"{path.name} beside it cannot be read ({error})")
        return {}
    return document if isinstance(document, dict) else {}


def _hash(source: Source) -> str:
    digest = hashlib.sha256()
    for _, row in source.fork(source.path).rows(_decoder(source.head)):
        digest.update("".join(str(row.get(k, "")) for k in ("doc_hash", "prompt_hash", "target_hash")).encode())
    return digest.hexdigest()
