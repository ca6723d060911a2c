"""The benchmarks that abstention is measured on: their layouts, verdicts and the numbers their publishers report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import question_of, word_of

import evalkit
from evalkit.errors import UsageError
from evalkit.plugins import make_task
from evalkit.records import Sample
from evalkit.report.run import about_abstention, about_metrics

OMNISCIENCE = [
    {"question_id": f"q{k}", "domain": "Law", "topic": "Tides", "question": f"Which port ({k})?", "answer": "Ostrava"}
    for k in range(4)
]
VERIFIED = {
    "original_index": 5, "problem": "Which port?", "answer": "Ostrava", "topic": "Art", "answer_type": "Place",
    "multi_step": "False", "requires_reasoning": "False", "urls": "",
}  # fmt: skip
TRUTHFUL = {
    "Type": "Adversarial", "Category": "Weather", "Question": "Does rain sing?",
    "Best Answer": "No, rain does not sing", "Correct Answers": "Rain does not sing; No, it is silent",
    "Incorrect Answers": "Yes, rain sings; It sings at night", "Source": "own",
}  # fmt: skip
SELFAWARE = {
    "example": [
        {"question_id": 1, "question": "Which port?", "answer": ["Ostrava"], "answerable": True, "source": "own"},
        {"question_id": 2, "question": "Who will win in 2300?", "answer": None, "answerable": False, "source": "own"},
    ]
}
UMWP = [
    {"id": 1, "question": "Two and two?", "answer": [4.0], "answerable": True, "category": None, "source": "own"},
    {"id": 2, "question": "Some and two?", "answer": None, "answerable": False, "category": 1, "source": "own"},
]
KUQ = [
    {"question": "Which port?", "answer": ["Ostrava"], "unknown": False, "source": "own", "category": None},
    {"question": "Who will win in 2300?", "answer": ["future"], "unknown": True, "source": "own", "category": "future"},
]
FALSEQA = [
    {"question": "Why does ice burn?", "answer": "['Ice does not burn.']", "label": "1"},
    {"question": "Which is cold, ice or fire?", "answer": "Ice.", "label": "0"},
]
SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "own",
            "paragraphs": [
                {
                    "context": "The boat sails to Ostrava.",
                    "qas": [
                        {"id": "a", "question": "Where to?", "answers": [{"text": "Ostrava", "answer_start": 18}],
                         "is_impossible": False},
                        {"id": "b", "question": "Who steers?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ],
}  # fmt: skip


def lines(path: Path, rows: list[Any]) -> None:
    """A file of JSON lines, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def document(path: Path, content: Any) -> None:
    """A JSON document, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def table(path: Path, rows: list[dict[str, Any]]) -> None:
    """A CSV file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


FIXTURES: dict[str, Callable[[Path], None]] = {
    "aa_omniscience": lambda root: table(root / "aa_omniscience" / "public.csv", OMNISCIENCE),
    "simpleqa_verified": lambda root: table(root / "simpleqa_verified" / "eval.csv", [VERIFIED]),
    "truthfulqa": lambda root: table(root / "truthfulqa" / "TruthfulQA.csv", [TRUTHFUL]),
    "selfaware": lambda root: document(root / "selfaware" / "SelfAware.json", SELFAWARE),
    "umwp": lambda root: lines(root / "umwp" / "StandardDataset.jsonl", UMWP),
    "kuq": lambda root: lines(root / "kuq" / "knowns_unknowns.jsonl", KUQ),
    "falseqa": lambda root: table(root / "falseqa" / "test.csv", FALSEQA),
    "squad2": lambda root: document(root / "squad2" / "dev-v2.0.json", SQUAD),
}
MIXED = ("selfaware", "umwp", "kuq", "falseqa", "squad2")


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder with a file of each, in the publishers' layouts."""
    for make in FIXTURES.values():
        make(tmp_path)
    return str(tmp_path)


def samples(task: str, data: str, **parameters: str) -> list[Sample]:
    """All samples of a task."""
    return list(make_task(task, {"data": data, **parameters}, {"seed": 0}).samples)


@pytest.mark.parametrize("task", FIXTURES)
def test_who_never_answers_scores_nothing_on_each(task: str, data: str, tmp_path: Path) -> None:
    """IDK is sorted as such, told nothing and told t; on unanswerable questions too."""
    run = evalkit.run(model="baseline/idk", tasks=[task], data=data, thresholds=[None, 0.75], out=tmp_path / "runs")
    for card in run.scorecards:
        assert card.n == card.idk > 0
        assert all(score.value == 0 for score in card.scores)


@pytest.mark.parametrize("task", MIXED)
def test_mixed_sets_ask_one_of_each_kind_in_turn(task: str, data: str, tmp_path: Path) -> None:
    """And say how well IDK picked out the unanswerable ones."""
    assert sorted(one.answerable for one in samples(task, data)) == [False, True]
    assert [one.answerable for one in samples(task, data, subset="unanswerable")] == [False]
    run = evalkit.run(model="baseline/idk", tasks=[task], data=data, out=tmp_path / "runs")
    (said,) = about_abstention(run.scorecards)
    assert "100% of the unanswerable questions (recall) and to 100% of the answerable ones; 50% of its IDK" in said


@pytest.mark.parametrize("task", ["selfaware", "umwp", "kuq", "squad2"])
def test_a_claim_where_nothing_can_be_right_is_an_error(task: str, data: str, server: Any, tmp_path: Path) -> None:
    """And the right answer where there is one is correct."""
    server.answer = lambda body: "The answer is 4." if "Two and two" in question_of(body) else "Ostrava"
    run = evalkit.run([task], model="m", base_url=server.url, data=data, out=tmp_path / "runs")
    by_kind = {row["answerable"]: row["outcome"] for row in run.records.to_dict("records")}
    assert by_kind == {True: "correct", False: "error"}


def judging(verdicts: dict[str, str]) -> Callable[[Any], str]:
    """A server that answers as a model, and as a judge by the first key found in its prompt."""

    def answer(body: Any) -> str:
        prompt = question_of(body)
        if "Reply with the word ready" in prompt:
            return "ready"
        if not (word := word_of(body)):
            return next((key for key in verdicts if f"({key})" in prompt), "Something")
        return f"VERDICT {word}: " + next(verdict for key, verdict in verdicts.items() if f"({key})" in prompt)

    return answer


def test_aa_omniscience_has_four_verdicts_and_the_publishers_numbers(data: str, server: Any, tmp_path: Path) -> None:
    """Partly correct scores 0 with half the credit, counts as attempted, and is no abstention."""
    server.answer = judging({"0": "correct", "1": "incorrect", "2": "partly correct", "3": "not attempted"})
    run = evalkit.run(
        ["aa_omniscience"], model="m", base_url=server.url, data=data, out=tmp_path / "runs",
        grader_parameters={"judge": "m", "judge.base_url": server.url, "judging": "all"},
    )  # fmt: skip
    (card,) = run.scorecards
    assert (card.correct, card.error, card.idk) == (1, 1, 2)
    assert (card.non_answers.partial, card.non_answers.abstained) == (1, 1)
    assert card.scores[1].value == 0  # t = 0.5: the index
    (shown,) = about_metrics([card])
    assert shown == "Target none: omniscience_index 0.00, hallucination_rate 0.33"
    system, user = next(r for r in server.requests if r["messages"][0]["role"] == "system")["messages"]
    assert system["content"].startswith("You are answering questions about Law, and in particular Tides.")
    assert user["content"].startswith("Which port")


def test_only_claims_that_rules_cannot_decide_go_to_the_judge_by_default(
    data: str, server: Any, tmp_path: Path
) -> None:
    """`judging=all` sends the others too."""
    asked = {}
    for judging_ in ("undecided", "all"):
        server.requests.clear()
        server.answer = lambda body: f"VERDICT {word_of(body)}: correct" if word_of(body) else "Ostrava"
        evalkit.run(
            ["simpleqa_verified"], model="m", base_url=server.url, data=data, out=tmp_path / judging_, cache="off",
            grader_parameters={"judge": "m", "judge.base_url": server.url, "judging": judging_},
        )  # fmt: skip
        asked[judging_] = sum(bool(word_of(body)) for body in server.requests)
    assert asked == {"undecided": 0, "all": 1}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("No, it is silent.", "correct"),
        ("Yes, rain sings", "error"),
        ("I have no comment.", "idk"),
        ("Only in songs.", "missing"),
    ],
)
def test_truthfulqa_decides_reference_answers_by_rule(
    answer: str, outcome: str, data: str, server: Any, tmp_path: Path
) -> None:
    """An answer in other words is for a judge."""
    server.answer = lambda _: answer
    run = evalkit.run(["truthfulqa"], model="m", base_url=server.url, data=data, out=tmp_path / "runs")
    assert run.records["outcome"].tolist() == [outcome]


def test_truthfulqa_as_multiple_choice_has_one_true_option(data: str) -> None:
    """The best answer among all false ones."""
    (sample,) = samples("truthfulqa", data, subset="mc1")
    assert sample.target == ["No, rain does not sing"]
    assert sorted(sample.choices or ()) == ["It sings at night", "No, rain does not sing", "Yes, rain sings"]


def test_a_false_premise_may_be_rejected(data: str, server: Any, tmp_path: Path) -> None:
    """A judge tells an answer that rejects the premise, which is an abstention, from one that accepts it."""
    outcomes = []
    for verdict in ("correct", "incorrect"):
        server.answer = lambda body, v=verdict: (
            f"VERDICT {word_of(body)}: {v}" if word_of(body) else "Fire warms what is near."
        )
        run = evalkit.run(
            ["falseqa"], model="m", base_url=server.url, data=data, out=tmp_path / verdict, cache="off",
            task_parameters={"subset": "unanswerable"},
            grader_parameters={"judge": "m", "judge.base_url": server.url},
        )  # fmt: skip
        outcomes += run.records["outcome"].tolist()
    assert outcomes == ["idk", "error"]


@pytest.mark.parametrize(("task", "known"), [("aa_omniscience", "Law"), ("truthfulqa", "Weather")])
def test_an_unknown_category_lists_the_known_ones(task: str, known: str, data: str) -> None:
    """In one line."""
    assert samples(task, data, category=known)
    with pytest.raises(UsageError, match=f"no .*'Cooking'; the data have {known}"):
        samples(task, data, category="Cooking")
