"""Published numbers beside evalkit's on the same published outputs; a part of docs/validity.md.

Where the outputs hold the answers' texts, evalkit's own grader judges them again; where they hold only verdicts or
marks (of judges, of test runs), evalkit's numbers follow from those.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import published_verdicts
import regrading
from published_verdicts import Row, truth

from evalkit import Outcome, Sample
from evalkit.plugins import make_grader

REAL = regrading.REAL
NOTABLE = 1.0
"""Points of difference from which a cause is given."""
CAUSES = {
    "Omni-MATH-Rule": "the publisher's script compares the whole box with the target. Read were all 100 answers that"
    " `math` alone calls correct in standard_500 and gpt-5.2-pro-standard, and 25 of two other runs. Most hold a"
    " derivation or the name of the quantity in the box and end in the value (`3^x·3^2 = 5·9 = 45`, `V/π = 75` for 75);"
    " the rest a unit or a degree sign, a power that is not multiplied out (7^6), groups of thousands, or an equal"
    " expression in another form. Three are lenient: 3 as the last of several cases by n, another decomposition with"
    " the same value, and a target that is itself misprinted",
    "MuSR": "the harness's gold is one letter too low on every row; evalkit's is what the documents themselves say",
    "MATH, level 5 (lm-eval)": "the harness calls no output right; all eleven that `math` calls correct end in"
    ' a box with the target and "The answer is: …"',
    "MMLU-Pro": 'the run goes on writing "The answer is (B). The answer is (H). …", a line for each worked example;'
    " the publisher takes the first, `choice` the last: 324 of the 335 answers on which the two differ. The other"
    " eleven were read: an option's text without its letter, a correction, a boxed letter, several letters",
    "GPQA, targets stated": "the publisher counts 11 to 13 rows of gpt whose recorded option is IDK as attempted: at"
    " t = 0.25, 85 right of 254 instead of 241",
    "MMLU-Pro, targets stated": "likewise: at t = 0.5, 163 right of 850 instead of 792, and at t = 0.9 of claude 99 of"
    " 842 instead of 762",
    "Inspect": "the 18 of 60 answers to letters that the log marks as cut off at the token limit are missing to"
    " evalkit, and wrong to the log; 6 are right to both",
    "Vectara": "of the 947 judgments that are published with this model, 42 are of a summary that is no answer; the"
    " published answer rate cannot come from them",
}
"""Benchmark → why the numbers differ, as found by reading cases."""


def table() -> str:
    """All numbers as a Markdown table, and the causes of what differs."""
    logging.disable(logging.CRITICAL)
    lines = [
        "| benchmark | answers of | n | number | published | evalkit | difference | evalkit's by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    notable = []
    for row in rows():
        gap = row.ours - row.published
        lines.append(
            f"| {row.benchmark} | {row.model} | {row.n:,} | {row.measure} | {row.published:.2f} | {row.ours:.2f} |"
            f" {gap:+.2f} | {row.by} |".replace("-0.00", "0.00").replace("+0.00", "0.00")
        )
        if abs(gap) > NOTABLE:
            notable.append(row.benchmark)
    logging.disable(logging.NOTSET)
    causes = [f"- {name}: {CAUSES.get(name, 'not yet explained')}." for name in dict.fromkeys(notable)]
    return "\n".join([*lines, "", f"Why numbers differ by more than {NOTABLE:g} point:", "", *causes])


def rows() -> Iterator[Row]:
    """Every published number of which the outputs are at hand."""
    yield from _gpqa()
    yield from _bbh()
    yield from _omni()
    yield from _musr()
    yield from _zeroeval()
    yield from _lm_eval_math()
    yield from _mmlu_pro()
    yield from _ifeval()
    yield from published_verdicts.rows()


def accuracy(grader: str, answers: Iterator[regrading.Answered]) -> tuple[float, int]:
    """Percent of the answers that a grader calls correct, and how many there are."""

    async def count() -> Counter[bool]:
        base, _, option = grader.partition(" ")
        _, judge = make_grader(base, dict([option.split("=")]) if option else {})
        found: Counter[bool] = Counter()
        for sample, text, _ in answers:
            grade = await regrading.judged(judge, sample, text) if text.strip() else None
            found[grade is not None and grade.outcome is Outcome.CORRECT] += 1
        return found

    found = asyncio.run(count())
    return 100 * found[True] / found.total(), found.total()


def _gpqa() -> Iterator[Row]:
    published = truth("lighteval")
    for grader, name, answers in regrading.sources():
        if "lighteval" not in name:
            continue
        path = next(p for p in published if f"/{name.rpartition(chr(47))[2]}/" in p and "gpqa" in p)
        number = published[path][0]["published_percent"]["trad_score"]
        ours, n = accuracy(grader, answers)
        yield Row("GPQA diamond", name.rpartition(": ")[2], "accuracy", number, ours, f"`{grader}`", n)


def _bbh() -> Iterator[Row]:
    for name, results in truth("bbh").items():
        if "code-davinci" not in name:
            continue
        form = "cot" if "-cot" in name else "direct"
        task = Path(name).name.partition("_few_shot")[0]
        answers = (one for one in regrading.suzgun(form) if one.sample.id.startswith(f"{task}_few_shot"))
        ours, n = accuracy("exact", answers)
        number = results[0]["published"]["accuracy"]
        yield Row("BIG-Bench Hard", f"code-davinci-002 {form}, {task}", "accuracy", number, ours, "`exact`", n)


def _omni() -> Iterator[Row]:
    published = truth("omni-math")
    for folder in sorted((REAL / "omni-math" / "arka").iterdir()):
        found = next((results for name, results in published.items() if f"arka/{folder.name}/" in name), None)
        if not folder.is_dir() or not found:
            continue
        said = found[0]["published"]
        number = said["acc"] if "acc" in said else 100 * said["num_correct"] / said["num_total"]
        ours, n = accuracy("math", regrading.omni(folder))
        yield Row("Omni-MATH-Rule", folder.name, "accuracy", number, ours, "`math`", n)


def _musr() -> Iterator[Row]:
    for name, results in truth("musr").items():
        domain = "object_placements" if "object" in name else "team_allocation"
        number = 100 * results[0]["published"]["exact_match,get-answer"]
        ours, n = accuracy("choice", regrading.musr(domain))
        yield Row("MuSR", f"gpt-4o, {domain}", "accuracy", number, ours, "`choice`", n)


def _zeroeval() -> Iterator[Row]:
    for name, results in truth("math-l5").items():
        if "zeroeval" not in name:
            continue
        number = float(results[0]["published"]["Acc"])
        ours, n = accuracy("math", _zeroeval_answers(REAL / "math-l5" / name))
        yield Row("MATH, level 5 (ZeroEval)", Path(name).name.split(".json")[0], "accuracy", number, ours, "`math`", n)


def _zeroeval_answers(path: Path) -> Iterator[regrading.Answered]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for row in json.loads(text):
        sample = Sample(id=str(row["id"]), input=row["problem"], target=str(row["answer"]))
        yield regrading.Answered(sample, row["output"][0] or "", correct=False)


def _lm_eval_math() -> Iterator[Row]:
    for name, results in truth("lm-eval").items():
        if "math_" not in name or "hard" not in name:
            continue
        number = 100 * results[0]["published"]["exact_match,none"]
        ours, n = accuracy("math", _lm_eval_answers(REAL / "lm-eval" / name))
        subject = Path(name).name.removeprefix("samples_leaderboard_math_").partition("_hard")[0]
        yield Row("MATH, level 5 (lm-eval)", f"SOLAR-10.7B, {subject}", "accuracy", number, ours, "`math`", n)


def _lm_eval_answers(path: Path) -> Iterator[regrading.Answered]:
    for row in regrading.rows(path):
        doc = row["doc"]
        sample = Sample(id=str(row["doc_id"]), input=doc["problem"], target=str(doc["answer"]))
        yield regrading.Answered(sample, row["resps"][0][0], correct=False)


def _mmlu_pro() -> Iterator[Row]:
    answers = list(regrading.tiger("gemini-1.5-pro-002", "model_outputs"))
    number = 100 * sum(one.correct for one in answers) / len(answers)
    ours, n = accuracy("choice", iter(answers))
    yield Row("MMLU-Pro", "gemini-1.5-pro-002", "accuracy, nothing drawn", number, ours, "`choice`", n)


def _ifeval() -> Iterator[Row]:
    for path in sorted((REAL / "ifeval" / "m-ifeval").glob("en_*/eval_results_*")):
        verdict = "loose" if "loose" in path.name else "strict"
        model = path.parent.name.removeprefix("en_input_response_data_").removesuffix("-GPTQ-Int4")
        answers = list(regrading.m_ifeval(path))
        ours, n = _instructions(verdict, answers)
        number = 100 * sum(one.correct for one in answers[:]) / len(answers)
        yield Row("IFEval", model, f"prompt-level {verdict}", number, ours, "`instructions`", n)


def _instructions(verdict: str, answers: list[regrading.Answered]) -> tuple[float, int]:
    """Of prompts that the checkers here can check; the others keep their recorded verdict."""
    _, judge = make_grader("instructions", {"verdict": verdict})

    async def count() -> int:
        correct = 0
        for sample, text, recorded in answers:
            try:
                grade = await regrading.judged(judge, sample, text) if text.strip() else None
            except RuntimeError:
                correct += recorded
                continue
            correct += grade is not None and bool(grade.measures.get(f"prompts_{verdict}"))
        return correct

    return 100 * asyncio.run(count()) / len(answers), len(answers)


if __name__ == "__main__":
    print(table())
