"""How often graders agree with verdicts that others recorded, on the same answers; a part of docs/validity.md."""

from __future__ import annotations

import ast
import asyncio
import gzip
import inspect
import json
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from evalkit import Completion, Grade, Outcome, Sample
from evalkit.plugins import make_grader

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
REAL = SHARED / "real"
LETTERS = "ABCDEFGHIJ"


class Answered(NamedTuple):
    """One recorded answer with its verdict."""

    sample: Sample
    text: str
    correct: bool


class Row(NamedTuple):
    """One file against a grader."""

    file: str
    n: int
    agree: int
    only_ours: int
    """Right to the grader alone."""
    only_theirs: int
    """Right to the file alone."""
    failed: int
    """No verdict of the grader."""
    causes: str


def table() -> str:
    """All files as a Markdown table."""
    logging.disable(logging.CRITICAL)
    lines = [
        "| grader | answers of | n | agree | right to the grader alone | right to the file alone | no verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for grader, name, answers in sources():
        row = asyncio.run(regrade(grader, name, answers))
        lines.append(
            f"| `{grader}` | {row.file} | {row.n:,} | {row.agree / row.n:.1%} | {row.only_ours} | {row.only_theirs} |"
            f" {row.failed} |"
        )
    logging.disable(logging.NOTSET)
    return "\n".join(lines)


async def regrade(grader: str, name: str, answers: Iterator[Answered]) -> Row:
    """Judge each answer again and count."""
    base, _, option = grader.partition(" ")
    _, judge = make_grader(base, dict([option.split("=")]) if option else {})
    counts: Counter[str] = Counter()
    for sample, text, correct in answers:
        if not text.strip():
            counts["agree" if not correct else "theirs"] += 1
            continue
        try:
            found = await judged(judge, sample, text)
        except RuntimeError:
            counts["failed"] += 1
            continue
        ours = found.outcome is Outcome.CORRECT
        counts["agree" if ours == correct else "ours" if ours else "theirs"] += 1
    n = counts["agree"] + counts["ours"] + counts["theirs"]
    return Row(name, n, counts["agree"], counts["ours"], counts["theirs"], counts["failed"], "")


async def judged(judge: Callable[..., Any], sample: Sample, text: str) -> Grade:
    """Let a grader judge one text."""
    found: Grade | Awaitable[Grade] = judge(sample, Completion(text=text))
    return await found if inspect.isawaitable(found) else found


def sources() -> Iterator[tuple[str, str, Iterator[Answered]]]:
    """Grader, what its answers are, and the answers."""
    for path in sorted((REAL / "lighteval" / "evaluate-idk").rglob("*gpqa*.parquet")):
        yield (
            "choice",
            f"GPQA diamond, lighteval: {_model(path)}",
            _lighteval(path),
        )
    for name in ("15_qwen_2_5_72b", "16_deepseek_v3", "19_t_lite"):
        yield "choice", f"GPQA diamond, {name[3:]}", _kuk_gpqa(name)
    for name in ("gpt-3.5-turbo-0125", "gpt-4-0125-preview"):
        yield "choice", f"GPQA diamond, {name}", _klukosiute(name)
    yield "choice", "MMLU-Pro, gemini-1.5-pro-002", tiger("gemini-1.5-pro-002", "model_outputs")
    for form in ("direct", "cot"):
        yield (
            "exact",
            f"BBH, code-davinci-002, {'chain of thought' if form == 'cot' else 'answers alone'}",
            suzgun(form),
        )
    for name in ("15_qwen_2_5_72b", "16_deepseek_v3"):
        for grader in ("choice", "exact"):
            yield grader, f"BBH, {name[3:]}", _kuk_bbh(name, lettered=grader == "choice")
    for domain in ("object_placements", "team_allocation"):
        yield "choice", f"MuSR {domain}, gpt-4o", musr(domain)
    for folder in sorted((REAL / "omni-math" / "arka").iterdir()):
        if folder.is_dir():
            yield "math", f"Omni-MATH, {folder.name}", omni(folder)
    for name in ("15_qwen_2_5_72b", "16_deepseek_v3", "25_gigachat_lite"):
        yield "math", f"MATH-500, {name[3:]}", _kuk_math(name)
    for path in sorted((REAL / "ifeval" / "m-ifeval").glob("en_*/eval_results_*")):
        verdict = "loose" if "loose" in path.name else "strict"
        model = path.parent.name.removeprefix("en_input_response_data_").removesuffix("-GPTQ-Int4")
        yield f"instructions verdict={verdict}", f"IFEval, {model}", m_ifeval(path)
    for verdict in ("strict", "loose"):
        yield f"instructions verdict={verdict}", "IFEval, gpt-oss-20b", _lm_eval_ifeval(verdict)


def _model(path: Path) -> str:
    """The folder in which lighteval has a model's files."""
    return "/".join(path.relative_to(REAL / "lighteval" / "evaluate-idk").parts[:2])


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of JSON, gzipped or not; split at newlines alone."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in text.split(b"\n"):
        if line.strip():
            yield json.loads(line)


def _of_options(name: str, question: str, options: list[str], right: str) -> Sample:
    # In brackets a letter is a letter, also where an option's text is one.
    return Sample(id=name, input=question, target=f"({right})", choices=options)


def _lighteval(path: Path) -> Iterator[Answered]:
    for number, row in enumerate(pq.read_table(path).to_pylist()):
        doc, metric = row["doc"], row["metric"]
        options = [str(choice) for choice in doc["choices"]]
        sample = _of_options(str(number), doc["query"], options, LETTERS[int(doc["gold_index"])])
        yield Answered(sample, "".join(row["model_response"]["text"][:1]), metric["trad_score"] == 1)


def _kuk_gpqa(name: str) -> Iterator[Answered]:
    gold = {row["id"]: row for row in rows(REAL / "gpqa" / "kuk" / "gpqa.jsonl")}
    for row in rows(REAL / "gpqa" / "kuk" / f"{name}.jsonl"):
        about = gold[row["id"]]
        options = [about["options"][letter] for letter in sorted(about["options"])]
        sample = _of_options(str(row["id"]), row["instruction"], options, about["target"])
        yield Answered(sample, row["answer"] or "", bool(row["is_correct"]))


def _klukosiute(name: str) -> Iterator[Answered]:
    content = json.loads((REAL / "gpqa" / "klukosiute" / f"openai-0-{name}-gpqa.json").read_text(encoding="utf-8"))
    for number, text in enumerate(content["sampled_texts"]):
        sample = _of_options(str(number), "", ["w", "x", "y", "z"], content["corrects"][number])
        yield Answered(sample, text or "", bool(content["grading"][number]))


def tiger(name: str, key: str) -> Iterator[Answered]:
    """MMLU-Pro: the outputs that its authors publish."""
    path = REAL / "mmlu-pro" / "tiger" / f"model_outputs_{name}_5shots.zip"
    with zipfile.ZipFile(path) as archive:
        content = json.loads(archive.read(next(n for n in archive.namelist() if n.endswith(".json"))))
    for row in content:
        options = [option for option in row["options"] if option != "N/A"]
        sample = _of_options(str(row["question_id"]), row["question"], options, row["answer"])
        yield Answered(sample, row[key] or "", row["pred"] == row["answer"])


def musr(domain: str) -> Iterator[Answered]:
    """MuSR: lm-eval's samples, against the documents' own answers."""
    (path,) = (REAL / "musr" / "kt-gpt-4o").glob(f"samples_leaderboard_musr_{domain}_*")
    for number, row in enumerate(rows(path)):
        doc = row["doc"]
        options = doc["choices"] if isinstance(doc["choices"], list) else ast.literal_eval(doc["choices"])
        right = LETTERS[int(doc["answer_index"])]
        sample = _of_options(str(number), doc["question"], options, right)
        yield Answered(sample, row["resps"][0][0], row["filtered_resps"][0].strip("()").upper() == right)


def suzgun(form: str) -> Iterator[Answered]:
    """The authors' outputs. They hold no verdict: right is what their exact match calls right."""
    for path in sorted((REAL / "bbh" / f"code-davinci-002-{form}").glob("*000.json")):
        for number, row in enumerate(json.loads(path.read_text(encoding="utf-8"))["outputs"]):
            text, target = row["prediction"].strip(), row["target"].strip()
            said = text.rpartition("answer is ")[2].strip().removesuffix(".") if form == "cot" else text
            sample = Sample(id=f"{path.stem} {number}", input=row["input"].rsplit("Q:", 1)[-1].strip(), target=target)
            yield Answered(sample, text, said == target)


def _kuk_bbh(name: str, *, lettered: bool) -> Iterator[Answered]:
    """Questions with lettered options, or the others; ids name the task and the place in its published file."""
    published: dict[str, list[dict[str, str]]] = {}
    for row in rows(REAL / "bbh" / "kuk" / f"{name}.jsonl"):
        task, _, place = row["id"].partition("/")
        if task not in published:
            path = SHARED / "benchmarks" / "bbh" / f"{task}.json"
            published[task] = json.loads(path.read_text(encoding="utf-8"))["examples"]
        question, target = published[task][int(place)].values()
        options = [option for _, option in re.findall(r"^\(([A-Z])\) ?(.*)$", question, re.MULTILINE)]
        has_letter = bool(options) and bool(re.fullmatch(r"\([A-Z]\)", target))
        if has_letter == lettered:
            sample = Sample(id=row["id"], input=question, target=target, choices=options if lettered else None)
            yield Answered(sample, row["answer"] or "", bool(row["is_correct"]))


def omni(folder: Path) -> Iterator[Answered]:
    """Omni-MATH-Rule: outputs with the verdict of its script."""
    path = next(folder.glob("*_eval.jsonl"))
    for row in rows(path):
        score = row["score"]
        correct = bool(score[0]) if isinstance(score, list) else bool(score)
        sample = Sample(id=str(row["idx"]), input=row.get("problem") or row.get("question") or "", target=row["answer"])
        yield Answered(sample, row.get("model_generation") or row.get("code") or "", correct)


def _kuk_math(name: str) -> Iterator[Answered]:
    gold = {row["id"]: row for row in rows(REAL / "math-l5" / "kuk-math500" / "math.jsonl")}
    for row in rows(REAL / "math-l5" / "kuk-math500" / f"{name}.jsonl"):
        sample = Sample(id=str(row["id"]), input=row["instruction"], target=str(gold[row["id"]]["target"]))
        yield Answered(sample, row["answer"] or "", bool(row["is_correct"]))


def m_ifeval(path: Path) -> Iterator[Answered]:
    """Their rows name no arguments: those come from the published prompts."""
    known = {row["prompt"]: row for row in rows(SHARED / "benchmarks" / "ifeval" / "input_data.jsonl")}
    for row in rows(path):
        about = known.get(row["prompt"])
        if about is not None:
            yield Answered(_instructed(about), row["response"], bool(row["follow_all_instructions"]))


def _lm_eval_ifeval(verdict: str) -> Iterator[Answered]:
    (path,) = (REAL / "lm-eval" / "omnimergekit").glob("samples_ifeval_*")
    for row in rows(path):
        yield Answered(_instructed(row["doc"]), row["resps"][0][0], bool(row[f"prompt_level_{verdict}_acc"]))


def _instructed(row: dict[str, Any]) -> Sample:
    given = [{key: value for key, value in one.items() if value is not None} for one in row["kwargs"]]
    about = {"instructions": row["instruction_id_list"], "arguments": given}
    return Sample(id=str(row["key"]), input=row["prompt"], metadata=about)


if __name__ == "__main__":
    print(table())
