"""Outputs of other harnesses in a few rows of our own words, and what rescoring makes of a file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from evalkit.rescoring.rescore import Rescored, Terms, rescore_files

IDK, CLAIM = "I don't know.", "It was built in 1894."


def lines(*rows: dict[str, Any]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def zipped(members: dict[str, Any]) -> bytes:
    """A zip of JSON members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(content))
    return buffer.getvalue()


def inspect_sample(name: str, value: Any, text: str, **more: Any) -> dict[str, Any]:
    """One sample of an Inspect log."""
    return {
        "id": name, "epoch": 1, "input": f"Question {name}?", "target": "1894",
        "output": {"completion": text, "choices": [{"message": {"content": text}, "stop_reason": "stop"}]},
        "scores": {"match": {"value": value, "answer": text}}, **more,
    }  # fmt: skip


INSPECT = [
    inspect_sample("a", "C", CLAIM),
    inspect_sample("b", "I", IDK),
    inspect_sample("c", "I", "It was built in 1902."),
    inspect_sample("d", "N", "…"),
    inspect_sample("e", None, "", scores={}, error={"message": "quota"}),
]
HEADER = {"version": 2, "status": "success", "eval": {"model": "lab/m", "task": "bridges"}, "plan": {}}


def lm_eval(number: int, text: str, right: float, filtered: str = "1894") -> dict[str, Any]:
    """One row of lm-evaluation-harness."""
    return {
        "doc_id": number, "doc": {"question": "When?"}, "target": "1894", "arguments": {}, "resps": [[text]],
        "filtered_resps": [filtered], "filter": "none", "metrics": ["exact_match"], "exact_match": right,
    }  # fmt: skip


def helm(folder: Path) -> Path:
    """A run folder."""
    folder.mkdir()

    def instance(name: str) -> dict[str, Any]:
        gold = {"output": {"text": "Cannot be determined"}, "tags": ["correct"]}
        return {"id": name, "split": "test", "input": {"text": "Who?"}, "references": [gold]}

    def state(name: str, text: str) -> dict[str, Any]:
        mapping = {"A": "Cannot be determined", "B": "The boy"}
        result = {"success": True, "completions": [{"text": text}]}
        return {"instance": instance(name), "train_trial_index": 0, "output_mapping": mapping, "result": result}

    def stats(name: str, mean: float) -> dict[str, Any]:
        stat = {"name": {"name": "exact_match"}, "count": 1, "mean": mean}
        return {"instance_id": name, "train_trial_index": 0, "stats": [stat]}

    states = [state("id1", " A"), state("id2", "B"), state("id3", "Neither")]
    written = {
        "scenario_state.json": {"adapter_spec": {"model": "lab/m"}, "request_states": states},
        "per_instance_stats.json": [stats("id1", 1.0), stats("id2", 0.0), stats("id3", 0.0)],
        "run_spec.json": {"name": "bbq:subject=all,method=joint,model=lab_m"},
        "stats.json": [{"name": {"name": "exact_match"}, "count": 3, "sum": 1}],
    }
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def rescored(path: Path, out: Path, **terms: Any) -> Rescored:
    """Rescore one file."""
    return rescore_files([path], Terms(**terms), out)


def totals(rescored_: Rescored) -> tuple[int, int, int, int]:
    """(correct, error, idk, failed) over all cards."""
    cards = [card for card in rescored_.result.scorecards if card.policy is None]
    correct, error, idk, failed = (sum(getattr(c, k) for c in cards) for k in ("correct", "error", "idk", "failed"))
    return correct, error, idk, failed
