"""Patches: SWE-bench's own harness decides, in Docker, whether a patch resolves the issue.

This module only classifies the answer: a patch; neither patch nor claim (IDK); an empty patch, such as `[]` or an empty
```diff block (IDK, as the harness counts it); or a claim without a patch (unparsed). Several ```diff blocks form one
patch. `swebench` evaluates it and needs Docker. If either is missing there is no verdict, and the failure says what to
run: the answers are kept, `evalkit predictions RUN` writes them in the official layout, and `evalkit rescore` reads the
harness's report.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from evalkit import Completion, Grade, Sample, docker_runs, find_patch, grader, is_empty_patch, non_answer

COMMAND = "python -m swebench.harness.run_evaluation --dataset_name {dataset} --predictions_path {path} --run_id {run}"
NOT_APPLIED = ">>>>> Patch Apply Failed"
"""What the harness logs of a patch that does not apply."""
_SAFE = re.compile(r"[^\w.-]+")


@grader
async def patch(sample: Sample, completion: Completion) -> Grade:
    """Apply the patch in the answer and run the project's tests."""
    diff = find_patch(completion.text)
    if diff is None:
        if is_empty_patch(completion.text):
            return Grade.idk("empty", "an empty patch")
        if kind := non_answer(completion.text, question=sample.prompt):
            return Grade.idk(kind)
        return Grade.unparsed("a claim without a patch in unified diff format")
    if missing := what_is_missing():
        dataset = str(sample.metadata.get("dataset") or "SWE-bench/SWE-bench_Verified")
        command = COMMAND.format(dataset=dataset, path="predictions.jsonl", run="evalkit")
        raise RuntimeError(
            f"{missing}; elsewhere: evalkit predictions RUN, then {command}, then evalkit rescore its report"
        )
    resolved = await _evaluate(sample, diff)
    return Grade.of(resolved, answer=diff[:200], reason="resolved" if resolved else "does not resolve the issue")


def what_is_missing() -> str | None:
    """What is missing to run the harness here, None if nothing is."""
    if find_spec("swebench") is None:
        return "a patch needs the harness: pip install 'evalkit-idk[swebench]'"
    if not docker_runs():
        return "a patch needs Docker, which does not run here"
    return None


async def _evaluate(sample: Sample, found: str) -> bool:
    """Run the harness on one prediction.

    Raises:
        RuntimeError: the harness ended without a verdict.
    """
    name = str(sample.metadata.get("instance_id") or sample.id)
    dataset = str(sample.metadata.get("dataset") or "SWE-bench/SWE-bench_Verified")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        row = {"instance_id": name, "model_name_or_path": "evalkit", "model_patch": found}
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
        run = _SAFE.sub("-", f"evalkit-{name}")
        command = COMMAND.format(dataset=dataset, path=path, run=run).split()[1:]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            "--instance_ids",
            name,
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        report = _report(Path(folder), run)
        if report is None:
            raise RuntimeError(f"the harness gave no report: {said.decode(errors='replace').strip()[-200:]}")
        return resolved_in(report, name, _log(Path(folder), run, name))


def _report(folder: Path, run: str) -> dict[str, object] | None:
    path = next(folder.glob(f"*.{run}.json"), None)
    report: dict[str, object] | None = json.loads(path.read_text(encoding="utf-8")) if path else None
    return report


def _log(folder: Path, run: str, name: str) -> str:
    path = folder / "logs" / "run_evaluation" / run / "evalkit" / name / "run_instance.log"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def resolved_in(report: dict[str, object], name: str, log: str = "") -> bool:
    """Whether the harness's report counts an instance as resolved.

    Its `error_ids` are a catch-all: patches that do not apply are the model's act, and count as not resolved; the rest,
    such as a container that did not start, is no verdict.

    Args:
        report: as the harness writes it.
        name: the instance's id.
        log: what the harness logged of the instance.

    Raises:
        RuntimeError: the report does not mention the instance, or says that the harness failed on it.
    """
    listed = {key: value for key, value in report.items() if isinstance(value, list)}
    if name in listed.get("resolved_ids", []):
        return True
    if name in listed.get("unresolved_ids", []) or name in listed.get("empty_patch_ids", []):
        return False
    if name in listed.get("error_ids", []) and NOT_APPLIED in log:
        return False
    raise RuntimeError(f"the harness reached no verdict on {name}")
