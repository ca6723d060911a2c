"""Publishers' prompts and worked examples: what is sent, where the examples come from, and what is said without them.

The rows and worked examples are our own words in the publishers' layouts.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import cli
from evalkit.errors import UsageError
from evalkit.plugins import make_task
from evalkit.records import Sample, Task
from evalkit.runs.options import put_options

MMLU = {
    "question_id": 7, "question": "Two and two?", "options": [" three", "four ", "five", "N/A"], "answer": "B",
    "answer_index": 1, "cot_content": "", "category": "math", "src": "own",
}  # fmt: skip
WORKED = [
    {**MMLU, "question_id": k, "question": f"One and {k}?", "cot_content": "A: Let's think step by step. Easy. The "
     "answer is (A)."}
    for k in range(5)
]  # fmt: skip
STEPS = "Let's think step by step."
COT = f"""CANARY own
-----
Say whether the light is on.

Think of switches.

Q: The switch is up. Is it on?
Options:
(A) yes
(B) no
A: {STEPS}
Up is on. So the answer is (A).

Q: The switch is down. Is it on?
Options:
(A) yes
(B) no
A: {STEPS} Down is off. So the answer is (B).

Q: No switch. Is it on?
A: {STEPS}
Nothing is said. So the answer is unknown."""
BBH = {"canary": "", "examples": [{"input": "Up, down. Is it on?\nOptions:\n(A) yes\n(B) no", "target": "(B)"}]}


def write(path: Path, *rows: Any) -> Path:
    """A file of JSON lines, or of a text, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def made(task: str, data: Path, **parameters: str) -> Task:
    """A task on local files."""
    return make_task(task, {"data": str(data), **parameters}, {"seed": 0})


def first(task: Task) -> Sample:
    """The first sample of a task."""
    return next(iter(task.samples))


@pytest.fixture
def mmlu(tmp_path: Path) -> Path:
    """A folder with MMLU-Pro's test and validation splits."""
    write(tmp_path / "mmlu_pro" / "test.jsonl", MMLU)
    write(tmp_path / "mmlu_pro" / "validation.jsonl", *WORKED)
    return tmp_path


@pytest.fixture
def bbh(tmp_path: Path) -> Path:
    """A folder with one task of BIG-Bench Hard and the authors' worked examples for it."""
    write(tmp_path / "bbh" / "snarks.json", BBH)
    write(tmp_path / "cot-prompts" / "snarks.txt", COT)
    return tmp_path


def test_mmlu_pro_has_five_worked_examples_of_the_category(mmlu: Path) -> None:
    """The authors' layout; the question itself comes last and begins a chain of thought."""
    task = made("mmlu_pro", mmlu)
    sample = first(task)
    blocks = sample.asked.split("\n\n")
    assert blocks[0].startswith("The following are multiple choice questions (with answers) about math.")
    assert blocks[1] == (
        f"Question: One and 0?\nOptions: A. three\nB. four\nC. five\nAnswer: {STEPS} Easy. The answer is (A)."
    )
    assert len(blocks) == 7
    assert blocks[-1] == f"Question: Two and two?\nOptions: A. three\nB. four\nC. five\nAnswer: {STEPS}"
    assert (task.notes, task.settings, sample.target) == ([], {}, ["four"])


def test_fewer_worked_examples_are_the_first_ones(mmlu: Path) -> None:
    """`-T shots=2`."""
    assert first(made("mmlu_pro", mmlu, shots="2")).asked.count("Easy.") == 2
    assert "Easy." not in first(made("mmlu_pro", mmlu, shots="0")).asked


def test_graders_do_not_read_worked_examples(mmlu: Path, server: Any) -> None:
    """An answer in the words of a worked example is an answer, not a repeated prompt."""
    server.answer = lambda _: "The answer is (A)."
    run = evalkit.run(["mmlu_pro"], model="m", base_url=server.url, data=str(mmlu), out=mmlu / "runs")
    assert run.records["outcome"].tolist() == ["error"]
    assert "One and 4?" in server.requests[0]["messages"][0]["content"]


def test_tasks_hand_on_their_worked_examples(mmlu: Path, bbh: Path) -> None:
    """With the category they belong to, for whoever builds other prompts from them."""
    (one, *others) = made("mmlu_pro", mmlu).examples
    assert (one.stratum, one.metadata["worked"], one.target) == ("math", f"{STEPS} Easy. The answer is (A).", ["four"])
    assert len(others) == 4
    assert [example.target for example in made("bbh", bbh).examples] == [["(A)"], ["(B)"], ["unknown"]]


@pytest.mark.parametrize(("task", "usual"), [("mmlu_pro", 5), ("bbh", 3)])
def test_without_worked_examples_a_line_and_the_condition_say_so(
    task: str, usual: int, mmlu: Path, bbh: Path, server: Any
) -> None:
    """On the screen, in the condition, and under a leaderboard."""
    (mmlu / "mmlu_pro" / "validation.jsonl").unlink()
    (bbh / "cot-prompts" / "snarks.txt").unlink()
    out = str(mmlu / "runs")
    arguments = ["run", "--task", task, "--data", str(mmlu), "--model", "m", "--base-url", server.url, "--out", out]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert f"asked with none instead of {usual}" in result.stderr
    assert f"worked examples=none instead of {usual}" in result.stdout
    board = CliRunner().invoke(cli, ["leaderboard", out])
    assert f"m, {task}: worked examples: none instead of {usual}." in board.output


def test_bbh_puts_the_authors_description_and_examples_before_the_question(bbh: Path) -> None:
    """Byte for byte as their files have it, a worked answer on the line of "step by step" included."""
    sample = first(made("bbh", bbh))
    assert sample.asked == COT.partition("-----\n")[2] + f"\n\nQ: {BBH['examples'][0]['input']}\nA: {STEPS}"  # type: ignore[index]


def test_bbh_without_chains_of_thought_gives_the_answers_alone(bbh: Path) -> None:
    """The authors' direct setting."""
    asked = first(made("bbh", bbh, cot="false")).asked
    assert "A: (A)\n\nQ: The switch is down" in asked
    assert "A: unknown\n\n" in asked
    assert asked.endswith("(B) no\nA:")


def test_bbh_asks_a_single_task(bbh: Path) -> None:
    """`-T subset`; another name is refused with the known ones."""
    write(bbh / "bbh" / "navigate.json", BBH)
    assert {sample.stratum for sample in made("bbh", bbh, subset="snarks").samples} == {"snarks"}
    with pytest.raises(UsageError, match=r"invalid value subset=nothing.*'web_of_lies'"):
        made("bbh", bbh, subset="nothing")


@pytest.mark.parametrize("task", ["mmlu_pro", "bbh"])
def test_a_plain_prompt_has_no_worked_examples(task: str, mmlu: Path, bbh: Path) -> None:
    """The question and one sentence; worked examples in it are refused in one line."""
    assert mmlu == bbh
    sample = first(made(task, mmlu, style="plain"))
    assert (sample.preamble, "answer is" in sample.input) == ("", True)
    with pytest.raises(UsageError, match="style=plain has no worked examples"):
        made(task, mmlu, style="plain", shots="1")


GPQA = {
    "Record ID": "r1", "Question": "Which floats?", "Correct Answer": "cork", "Incorrect Answer 1": "lead",
    "Incorrect Answer 2": "gold", "Incorrect Answer 3": "iron", "Subdomain": "own", "High-level domain": "Physics",
}  # fmt: skip
EXAMPLES = {
    "questions": [
        {"question": f"Which sinks ({k})?", "choices": {"A": "cork", "B": "lead", "C": "ice", "D": "oil"},
         "correct_answer": "B", "explanation": "Lead is dense."}
        for k in range(5)
    ]
}  # fmt: skip


@pytest.fixture
def gpqa(tmp_path: Path) -> Path:
    """A folder with one question of GPQA and the authors' worked examples."""
    names = ",".join(f'"{name}"' for name in GPQA)
    write(tmp_path / "gpqa" / "gpqa_diamond.csv", names, ",".join(f'"{value}"' for value in GPQA.values()) + "\n")
    write(tmp_path / "gpqa" / "prompts" / "chain_of_thought_examples.json", EXAMPLES)
    return tmp_path


def test_gpqa_is_asked_as_simple_evals_does(gpqa: Path) -> None:
    """Instruction, question, options; nothing after them."""
    sample = first(made("gpqa", gpqa))
    instruction, question, options = sample.asked.split("\n\n")
    assert "'Answer: $LETTER'" in instruction
    assert question == "Which floats?"
    assert [line[:3] for line in options.splitlines()] == ["A) ", "B) ", "C) ", "D) "]


def test_gpqa_with_five_shots_is_asked_as_the_authors_do(gpqa: Path) -> None:
    """Their explanations first, then the question with options in brackets."""
    asked = first(made("gpqa", gpqa, shots="5")).asked
    assert asked.count("Lead is dense.\nThe correct answer is (B)\n") == 5
    assert asked.splitlines()[-1].startswith("Give step by step reasoning before you answer")
    (gpqa / "gpqa" / "prompts" / "chain_of_thought_examples.json").unlink()
    task = made("gpqa", gpqa, shots="5")
    assert task.settings == {"worked examples": "none instead of 5"}
    assert "'Answer: $LETTER'" in first(task).asked


MUSR = {
    "context": "Bob was in the attic. Ann was in the hall.",
    "questions": [{"question": "Who was in the hall?", "answer": 1, "choices": ["Bob", "Ann", "Cy"]}],
}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("Ann was there.\n\nANSWER: 2", "correct"),
        ("ANSWER: 2 - Ann", "correct"),
        ("**ANSWER: (1)**", "error"),
        ("Bob was in the attic, so 1 is wrong. ANSWER: Ann", "correct"),
        ("I don't know.", "idk"),
    ],
)
def test_musr_reads_the_number_of_an_option(answer: str, outcome: str, tmp_path: Path, server: Any) -> None:
    """The authors number the options from 1."""
    write(tmp_path / "musr" / "object_placements.json", [MUSR])
    server.answer = lambda _: answer
    run = evalkit.run(["musr"], model="m", base_url=server.url, data=str(tmp_path), out=tmp_path / "runs")
    system, user = server.requests[0]["messages"]
    assert (system["role"], "1 - Bob\n2 - Ann\n3 - Cy\n" in user["content"]) == ("system", True)
    assert run.records["outcome"].tolist() == [outcome]


HLE = {
    "id": "h1", "question": "Which?\n\nAnswer Choices:\nA. this\nB. that", "image": "", "answer": "B",
    "answer_type": "multipleChoice", "raw_subject": "own", "category": "Other",
}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "outcome", "confidence"),
    [
        ("Explanation: that is it.\nAnswer: B\nConfidence: 85%", "correct", 0.85),
        ("Explanation: this is it.\nAnswer: A\nConfidence: 40%", "error", 0.4),
        ("Explanation: nobody knows.\nAnswer: I don't know\nConfidence: 0%", "idk", None),
        ("Explanation: that.\nAnswer: B", "correct", None),
    ],
)
def test_hle_reads_answer_and_confidence(
    answer: str, outcome: str, confidence: float | None, tmp_path: Path, server: Any
) -> None:
    """The system message asks for both; the question stands alone in the user's turn."""
    write(tmp_path / "hle.jsonl", HLE)
    server.answer = lambda _: answer
    run = evalkit.run(["hle"], model="m", base_url=server.url, data=str(tmp_path / "hle.jsonl"), out=tmp_path / "runs")
    system, user = server.requests[0]["messages"]
    assert "Confidence: {your confidence score" in system["content"]
    assert user["content"] == HLE["question"]
    (record,) = run.records.to_dict("records")
    assert record["outcome"] == outcome
    assert record["confidence"] == confidence or (confidence is None and record["confidence"] != record["confidence"])


def test_math_is_asked_as_simple_evals_does(tmp_path: Path, server: Any) -> None:
    """An answer after ANSWER: on the last line is read."""
    write(
        tmp_path / "math.jsonl",
        {"problem": "Half?", "level": "Level 5", "type": "Algebra", "solution": "$\\boxed{0.5}$"},
    )
    server.answer = lambda _: "One over two.\nANSWER: 1/2"
    run = evalkit.run(
        ["math_l5"], model="m", base_url=server.url, data=str(tmp_path / "math.jsonl"), out=tmp_path / "r"
    )
    assert "ANSWER: $ANSWER" in server.requests[0]["messages"][0]["content"]
    assert server.requests[0]["max_tokens"] == 8192
    assert run.records["outcome"].tolist() == ["correct"], run.records["reason"].tolist()


@pytest.mark.parametrize("style", ["publisher", "plain"])
def test_options_that_a_benchmark_shows_are_not_put_below_again(style: str, mmlu: Path, bbh: Path, gpqa: Path) -> None:
    """Its own prompt has them, in its own form."""
    for task, data in (("mmlu_pro", mmlu), ("bbh", bbh), ("gpqa", gpqa)):
        made_ = make_task(task, {"data": str(data), "style": style})
        samples = list(made_.samples)
        assert any(sample.choices for sample in samples)
        assert list(put_options(replace(made_, samples=samples)).samples) == samples
