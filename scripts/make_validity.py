"""Measures the abstention detector and the entity grader against people; prints the tables, writes docs/validity.md.

The labelled answers are no part of the project: they are looked for in ../shared/abstention, beside the checkout.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import agreement
import entity_agreement
import published
import regrading

from evalkit import non_answer

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "abstention"
TARGET = Path(__file__).resolve().parent.parent / "docs" / "validity.md"
SETS = {
    "financebench": "questions on company filings; labels by people",
    "simpleqa_mini": "short factual questions; labels by a judge",
    "czech_simpleqa": "short factual questions in Czech; labels by a judge",
    "xstest": "safety refusals; labels by people",
    "xstest_ext_rep": "safety refusals, other models; labels by people",
    "do_not_answer": "harmful requests; labels by people",
    "chatgpt_refusals": "everyday requests; labels by people",
    "evouna_nq": "open questions, verdicts by people (abstentions hide among the errors)",
    "nq301": "open questions, verdicts by people (likewise)",
    "efficientqa": "bare short answers, verdicts by people (likewise)",
    "truthfulqa_info": "questions with false premises: used for false alarms only",
}
RESAMPLES = 400


class Counts(NamedTuple):
    """What the detector said of labelled answers."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def f1(self) -> float | None:
        """2·hits / (2·hits + false alarms + misses); None where nothing is to be found."""
        total = 2 * self.hits + self.false_alarms + self.misses
        return 2 * self.hits / total if self.hits + self.misses else None


class Judged(NamedTuple):
    """One labelled answer and what the detector made of it."""

    question: str
    model: str
    label: str
    flagged: bool


def load(name: str) -> list[dict[str, Any]]:
    """The rows of a set."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def judged(name: str) -> list[Judged]:
    """The answers of a set, those labelled as in between left out."""
    return [
        Judged(
            row["question"],
            str(row.get("model") or "?"),
            row["label"],
            non_answer(row["response"], question=row["question"]) is not None,
        )
        for row in load(name)
        if row["label"] != "partial"
    ]


def count(rows: Iterable[Judged]) -> Counts:
    """Hits, false alarms and misses."""
    hits = alarms = misses = 0
    for row in rows:
        hits += row.flagged and row.label == "idk"
        alarms += row.flagged and row.label != "idk"
        misses += not row.flagged and row.label == "idk"
    return Counts(hits, alarms, misses)


def interval(rows: list[Judged]) -> tuple[float, float] | None:
    """95% interval of F1, resampling whole questions: answers to one question are alike."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        groups[row.question].append(row)
    parts = [count(group) for group in groups.values()]
    draw = random.Random(0)
    found = []
    for _ in range(RESAMPLES):
        sample = draw.choices(parts, k=len(parts))
        total = Counts(*(sum(part[position] for part in sample) for position in range(3)))
        if total.f1 is not None:
            found.append(total.f1)
    if not found:
        return None
    found.sort()
    return found[int(0.025 * len(found))], found[int(0.975 * len(found)) - 1]


def line(name: str) -> str:
    """A row of the table."""
    rows = judged(name)
    total = count(rows)
    right = [row for row in rows if row.label == "correct"]
    flagged = f"{sum(row.flagged for row in right)}/{len(right)} ({share(right):.2%})" if right else "–"
    bounds = interval(rows)
    if total.f1 is None or bounds is None:
        return f"| {name} | {len(rows)} | – | – | – | – | {flagged} |"
    precision = total.hits / max(1, total.hits + total.false_alarms)
    recall = total.hits / (total.hits + total.misses)
    return (
        f"| {name} | {len(rows)} | {precision:.3f} | {recall:.3f} | {total.f1:.3f} [{bounds[0]:.3f}, {bounds[1]:.3f}]"
        f" | {worst_model(rows)} | {flagged} |"
    )


def share(rows: list[Judged]) -> float:
    """Share of rows that were flagged."""
    return sum(row.flagged for row in rows) / len(rows)


def worst_model(rows: list[Judged]) -> str:
    """The model with the lowest F1 among those with at least ten abstentions."""
    models: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        models[row.model].append(row)
    scored = {
        model: found.f1
        for model, group in models.items()
        if (found := count(group)).f1 is not None and found.hits + found.misses >= 10  # noqa: PLR2004 - fewer say little
    }
    if not scored:
        return "–"
    model = min(scored, key=lambda name: scored[name] or 0)
    return f"{model} {scored[model]:.3f}"


def document() -> str:
    """The whole page."""
    rows = "\n".join(line(name) for name in SETS)
    about = "\n".join(f"- `{name}`: {text}." for name, text in SETS.items())
    return TEMPLATE.format(
        rows=rows,
        about=about,
        entity=entity_agreement.table(),
        agreement=agreement.table(),
        regraded=regrading.table(),
        published=published.table(),
    )


TEMPLATE = """# How well evalkit's judgements agree with people's

## The abstention detector

Made by `make validity`. `evalkit.non_answer` sees the question and the answer, nothing else. "Flagged" means judged to
make no claim (abstained, refusal or empty). F1 with a 95% interval from resampling whole questions; the worst model of
a set is the one with the lowest F1 among those with ten abstentions or more; the last column is the share of answers
that people called correct and the detector flagged.

| set | n | precision | recall | F1 | worst model | correct answers flagged |
|---|---|---|---|---|---|---|
{rows}

{about}

### What still goes wrong

- Labels that are plainly wrong, left as they are: financebench has answers such as "the quantity is 0", a list of the
  regions a company works in, or "it has paid dividends every quarter" under abstention, and "we cannot calculate it"
  or a greeting under wrong answer: about half of what the detector gets wrong there.
- After "the document does not mention X", specific facts from the document follow. Where they begin with "however"
  the detector takes them for the answer; annotators are split.
- A conclusion from a wish for more ("0.85, below what is healthy; without more context no assessment is possible") is
  taken by its last word, an abstention, although a figure was given.
- Moral redirection without a word of refusal ("It is important to treat everyone with respect") is seen where the
  answer opens with it, and missed where it comes late. Rebuttals of a false premise ("X is not weaker than Y") are
  claims to the detector and refusals to XSTest's annotators.
- "There is no reason why …" is a right answer to a loaded question and looks like an abstention. "X is a fictional
  character, so there is no such number" is an answer to the detector; XSTest's annotators are split.
- Scruples followed by help with something near the request ("I assume you mean …; here are some ways to …") are
  refusals to some annotators and answers to others.
- In Czech, background facts that follow an abstention are at times taken for an answer.

What was read while making the rules: the errors on financebench, xstest_ext_rep and simpleqa_mini, samples of those on
xstest and czech_simpleqa, and the flagged correct answers of evouna_nq. From financebench came the rules that a text's
last conclusion decides and that instructions or a worked example after a disclaimer are no answer; from xstest_ext_rep
those on fictional characters, on guides given after scruples and some words of refusal. No sentence of theirs is in the
phrase tables; do_not_answer, chatgpt_refusals, nq301, efficientqa and truthfulqa_info were not read for the detector.
The sentences in `tests/phrases/` were written before the tables of their languages.

## The entity grader

By its rules alone, against people's verdicts (evouna_nq, nq301, efficientqa, financebench) and against judges' (the
others). Precision of "correct": of the answers it calls correct, the share that was called so; recall: of those that
were called correct, the share it finds. Precision of "error" likewise. What rules cannot decide is undecided: missing
from a score, which widens to a range, unless `-G judge=MODEL` decides it.

{entity}

### What still goes wrong

- evouna_nq and nq301 are Natural Questions. Of the 39 answers of evouna_nq that the grader alone calls correct, all
  were read: about 35 commit to an accepted answer and are labelled wrong nevertheless ("Chief Justice John G. Roberts
  Jr." for John Roberts), the rest are one of a list. nq301 and efficientqa hold more of these: efficientqa's people
  reject "Bateman" for Jason Bateman, and accept answers that its target lists do not hold.
- What is missing in recall is undecided rather than an error: right answers in other words ("to maximize what owners
  earn" for "profit maximization"), a year where the accepted answer is a day, a name in a long text after another name.
  On evouna_nq recall is 0.005 below that of the former rule, which took any mention for a claim: people accept answers
  in which the accepted name stands in passing ("Kelly was the head before Nielsen took over").
- An answer of a few words that shares none with the accepted ones counts as another answer; where people know a
  synonym ("Beiping" for Peking), that is a false error, most of those on nq301.
- financebench asks for derivations and explanations: two in three are for a judge. HLE's formulas and ordered lists
  are correct only where they are the very same, and undecided else.

Samples of the differences on every set were read while making the rules.

## Rescoring

Real outputs of other harnesses, counted by hand from the files' own verdicts, and rescored. Right must be right, and
no row may be lost; what the file calls wrong is sorted by the outcome policy (`evalkit/rescoring/policy.py`), so that
errors and IDK may differ from a count by hand, which takes every technical non-answer for an abstention.

{agreement}

### Where the rest differs, and why

- An answer from which the harness could read nothing is an error (`unparsed`) unless its text abstains; counts by hand
  put it among the non-answers. MMLU-Pro's Phi-3-mini has 1,855 of them, none of them empty: the text stands under
  another key than in the other files.
- Wrong answers whose text declines or abstains are IDK: refusals in IFEval and WildBench, "not stated in the
  passage" in GPQA baselines. A format with its own mark for abstention (SimpleQA's C, lighteval's idk_freq, Omni-MATH's
  category) is taken at its word instead.
- BBH's bracket tasks are answered by signs alone, which are answers.
- HELM's n is of the split `test`; the count of wrong ones by hand holds the one instance of `valid` too.
- The 18 missing answers of Inspect's letters were cut off at the token limit, as the log says.
- HLE's four "Job failed" rows are failures, not abstentions; a confidence of 100 that only the judge wrote is none.
- WildBench and Vectara grade on a scale: right from 5 of 10, and from 0.5, unless `--pass-mark` says otherwise.
- openai-batch/kmmlu holds answers alone: `--targets` names the gold, `--extract` the pattern of an answer. The
  prompt-and-response file of IFEval has neither verdict nor gold and is refused as ungraded. MuSR's targets are shifted
  by one against the documents' own answers: its verdicts are kept, with a warning.

## Graders against recorded verdicts

The same answers, judged again by `choice`, `math` and `instructions`, beside the verdict that was recorded with them.

{regraded}

### Where they differ, and why

- `choice` takes what an answer states last, the recorded verdicts often what it states first. Most differences on
  MMLU-Pro are one fault of that run: "The answer is (B). The answer is (H). The answer is (E). …", one line for each
  worked example of the prompt. Some are an option's text without its letter, or corrections ("the initial explanation
  made an error. The answer is (H)."), which the recorded script reads otherwise.
- t_lite, qwen and gpt-4 on GPQA: answers such as "Answer: C) (…)" that their parser could not read, and one where the
  options were re-lettered by the model.
- MuSR is compared with the documents' own answers, since its recorded targets are shifted by one.
- `math` accepts what is equal: `x = 1/2` for 1/2, `10^5` for 100000, 10% for 10, 30 for 30°, and, more leniently than
  one may like, 2516 for 2516 in base 8. Omni-MATH's recorded script compares strings, and numbers by relative nearness;
  it rejects whole derivations in a box that end in the right value (standard_500, gpt-5.2), and accepts near ones like
  2^2021 − 1 for 2^2022 − 1, which are most of what is right to the file alone.
- `instructions`: two prompts ask for a sign ("#", "!") as a letter, for which the checker draws a letter at random;
  the number of sentences depends on the version of nltk's tokenizer; the language detector draws at random unless it is
  seeded, as here; and a bare refusal that happens to obey ("no commas") is IDK, not correct. "No verdict" are prompts
  that need nltk's tokenizer data where they are not installed: a failure with its remedy, never an error. One prompt of
  541 is worded differently in the published set and is not compared.

About a hundred differences were read, of all kinds. Mended by reading: "the options provided" was read as option S;
"(C)" as the option whose text is c, the speed of light; a question in Swahili as an abstention.

## Published numbers, recomputed

What publishers and their boards print, beside evalkit's number on the same published outputs: by evalkit's own grader
where the answers' texts are there, else from the recorded verdicts and marks. Numbers are in percent, WB-Score and
counts in their own unit.

{published}

One of 541 prompts of IFEval is worded differently in the published set and left out. HLE's calibration error has no
published number on these outputs: the files that are here lack answers, and their publisher leaves them out.
"""


def main() -> None:
    """Print the table and write the page."""
    if not DATA.is_dir():
        sys.exit(f"{DATA} is absent: the labelled answers are no part of the project; nothing was measured")
    text = document()
    tables, causes = text.split("Why numbers differ", 1)
    print("\n".join(row for row in tables.splitlines() if row.startswith("|")), f"\nWhy numbers differ{causes}")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
