"""The published benchmarks: rows from files in their publisher's layout, and what bad files or no hub make them say.

The rows here are our own words in the publishers' schemas.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import evalkit
from evalkit.cli import cli
from evalkit.dataset import hub
from evalkit.errors import InputError, UsageError
from evalkit.plugins import make_task
from evalkit.records import Sample

GPQA = {
    "Record ID": "rec1",
    "Question": "Which of these floats?",
    "Correct Answer": "cork\n",
    "Incorrect Answer 1": "lead",
    "Incorrect Answer 2": "gold",
    "Incorrect Answer 3": "iron",
    "Explanation": "",
    "Subdomain": "Physics (general)",
    "High-level domain": "Physics",
    "Canary String": "",
}
MMLU = {
    "question_id": 7, "question": "Two and two?", "options": ["three", "four", "five"], "answer": "B",
    "answer_index": 1, "cot_content": "", "category": "math", "src": "own",
}  # fmt: skip
IFEVAL = {
    "key": 1, "prompt": "Say it without commas.", "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{"num_words": None}],
}  # fmt: skip
OMNI = {
    "domain": ["Algebra"],
    "difficulty": 4.5,
    "problem": "Solve x = 2.",
    "solution": "",
    "answer": "2",
    "source": "own",
}
MATH_HUB = {
    "problem": "What is 1/2?",
    "level": "Level 5",
    "type": "Algebra",
    "solution": "It is $\\boxed{\\frac{1}{2}}$.",
}
BBH = [
    {"input": "Which?\nOptions:\n(A) this\n(B) that", "target": "(B)"},
    {"input": "not True is", "target": "False"},
    {"input": "Close ( [", "target": "] )"},
    {"input": "Which film?\nOptions:\n(A) One\n(B) Two, Inc", "target": "Two, Inc"},
]
MUSR = {
    "context": "A long story.",
    "questions": [
        {"question": "Who did it?", "answer": 1, "choices": ["Ann", "Bob"], "intermediate_trees": []},
        {"question": "Where?", "answer": 0, "choices": ["hall", "attic", "yard"], "intermediate_trees": []},
    ],
}
MUSR_HUB = {"narrative": "A long story.", "question": "Who?", "choices": "['Ann', 'Bob']", "answer_index": 1}
HLE = [
    {"id": "h1", "question": "Which?\n\nAnswer Choices:\nA. this\nB. that", "image": "", "answer": "B",
     "answer_type": "multipleChoice", "raw_subject": "own", "category": "Other"},
    {"id": "h2", "question": "Name it.", "image": "", "answer": "Ostrava", "answer_type": "exactMatch",
     "raw_subject": "own", "category": "Other"},
    {"id": "h3", "question": "What is shown?", "image": "data:image/png;base64,AA", "answer": "x",
     "answer_type": "exactMatch", "raw_subject": "own", "category": "Other"},
]  # fmt: skip
WILD = {
    "session_id": "w1", "conversation_input": [{"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Help"}], "secondary_tags": [],
    "checklist": ["helps"], "primary_tag": "Advice",
    "references": {"m": "x"}, "intent": "help",
}  # fmt: skip
SWE = {
    "instance_id": "a__a-1", "repo": "a/a", "base_commit": "abc", "problem_statement": "It fails.", "patch": "",
}  # fmt: skip


def samples(task: str, data: Path, **parameters: str) -> list[Sample]:
    """All samples of a task from local files."""
    return list(make_task(task, {"data": str(data), **parameters}, {"seed": 0}).samples)


def jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """A file of rows, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def document(path: Path, content: Any) -> Path:
    """A JSON document, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A csv, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_gpqa_shuffles_its_options_by_the_seed_and_keeps_its_ids(tmp_path: Path) -> None:
    """The right one moves; the target follows it."""
    table(tmp_path / "gpqa" / "gpqa_diamond.csv", [{**GPQA, "Record ID": f"rec{k}"} for k in range(40)])
    first = samples("gpqa", tmp_path)
    other = list(make_task("gpqa", {"data": str(tmp_path)}, {"seed": 1}).samples)
    assert {s.id for s in first} == {s.id for s in other} == {f"rec{k}" for k in range(40)}
    other = [next(s for s in other if s.id == one.id) for one in first]
    places = [[(s.choices or []).index("cork") for s in found] for found in (first, other)]
    assert set(places[0]) == {0, 1, 2, 3}
    assert places[0] != places[1]
    for sample, place in zip(first, places[0], strict=True):
        assert sample.target == ["cork"]
        assert f"{'ABCD'[place]}) cork" in sample.input
    assert first[0].stratum == "Physics"


def test_mmlu_pro_takes_its_categories_in_turn(tmp_path: Path) -> None:
    """Any prefix holds all; options that are none are dropped."""
    rows = [{**MMLU, "question_id": k, "category": "law" if k < 3 else "math"} for k in range(6)]
    rows[0]["options"] = ["yes", "no", "N/A"]
    found = samples("mmlu_pro", jsonl(tmp_path / "mmlu_pro" / "test.jsonl", rows).parent.parent)
    assert [s.stratum for s in found] == ["law", "math"] * 3
    assert {tuple(s.choices or ()) for s in found} == {("yes", "no"), ("three", "four", "five")}
    assert found[1].target == ["four"]


def test_ifeval_drops_the_arguments_that_the_hub_fills_with_null(tmp_path: Path) -> None:
    """And asks the prompt as it is."""
    (sample,) = samples("ifeval", jsonl(tmp_path / "ifeval" / "input_data.jsonl", [IFEVAL]))
    assert sample.input == "Say it without commas."
    assert sample.metadata["arguments"] == [{}]


@pytest.mark.parametrize("style", ["publisher", "plain"])
def test_omni_math_asks_for_a_boxed_answer(tmp_path: Path, style: str) -> None:
    """In a system message or with the problem; strata by whole difficulty."""
    (sample,) = samples("omni_math", jsonl(tmp_path / "omni.jsonl", [OMNI]), style=style)
    assert "\\boxed{}" in (sample.turns[0].content if style == "publisher" else sample.input)
    assert (sample.target, sample.stratum) == (["2"], "difficulty 4")


def test_math_reads_all_three_layouts(tmp_path: Path) -> None:
    """Rows with an answer, rows with a solution, and a table without levels; only level 5 unless all are asked for."""
    rows = [MATH_HUB, {**MATH_HUB, "level": "Level 4"}]
    (sample,) = samples("math_l5", jsonl(tmp_path / "hub.jsonl", rows))
    assert (sample.target, sample.stratum) == (["\\frac{1}{2}"], "Algebra")
    assert len(samples("math_l5", tmp_path / "hub.jsonl", subset="all")) == 2
    numeric = [{"unique_id": 5, "problem": "One?", "answer": "1", "level": 5}]
    (sample,) = samples("math_l5", jsonl(tmp_path / "math" / "level5_numeric.jsonl", numeric).parent.parent)
    assert (sample.id, sample.target) == ("5", ["1"])
    path = table(tmp_path / "math_test.csv", [{"": 0, "Question": "One?", "Answer": "1"}])
    assert samples("math_l5", path, subset="all")[0].target == ["1"]


def test_bbh_has_options_where_they_are_lettered(tmp_path: Path) -> None:
    """Graded by letter there, by the same words elsewhere; a target that is an option's text is that option."""
    document(tmp_path / "bbh" / "one.json", {"canary": "", "examples": BBH[:2]})
    document(tmp_path / "bbh" / "two.json", {"canary": "", "examples": BBH[2:]})
    found = {s.id: s for s in samples("bbh", tmp_path)}
    assert set(found) == {"one-1", "one-2", "two-1", "two-2"}
    assert (found["one-1"].choices, found["one-1"].target) == (["this", "that"], ["that"])
    assert (found["one-2"].choices, found["one-2"].target) == (None, ["False"])
    assert (found["two-2"].choices, found["two-2"].target) == (["One", "Two, Inc"], ["Two, Inc"])
    assert {s.stratum for s in found.values()} == {"one", "two"}


@pytest.mark.parametrize(
    ("example", "answer", "outcome"),
    [
        (0, "Both are fine, but the answer is (B).", "correct"),
        (0, "The answer is (A).", "error"),
        (1, "Step by step.\nThe answer is False.", "correct"),
        (2, "The answer is ] ).", "correct"),
        (2, "The answer is ) ].", "error"),
        (3, "The answer is (B).", "correct"),
        (1, "I don't know.", "idk"),
    ],
)
def test_bbh_is_graded_by_its_form(example: int, answer: str, outcome: str, tmp_path: Path, server: Any) -> None:
    """In a whole run; brackets are compared although they are no words."""
    document(tmp_path / "bbh" / "one.json", {"canary": "", "examples": [BBH[example]]})
    server.answer = lambda _: answer
    run = evalkit.run(model="m", base_url=server.url, tasks=["bbh"], data=str(tmp_path), out=tmp_path / "runs")
    assert run.records["outcome"].tolist() == [outcome]


def test_musr_reads_the_authors_files_and_the_hubs_rows(tmp_path: Path) -> None:
    """Several questions a story, or one a row with its options written as a Python list."""
    document(tmp_path / "musr" / "small_object.json", [MUSR])
    found = samples("musr", tmp_path)
    assert {(s.id, s.target[0]) for s in found} == {("small_object-1-1", "Bob"), ("small_object-1-2", "hall")}
    (sample,) = samples("musr", jsonl(tmp_path / "murder.jsonl", [MUSR_HUB]))
    assert (sample.choices, sample.target) == (["Ann", "Bob"], ["Bob"])


def test_hle_leaves_out_questions_with_an_image_and_counts_them(tmp_path: Path) -> None:
    """In run.json, and in a note."""
    task = make_task("hle", {"data": str(jsonl(tmp_path / "hle.jsonl", HLE))})
    assert {s.id for s in task.samples} == {"h1", "h2"}
    assert task.notes == ["1 questions with an image are left out"]
    assert task.revision["left_out"] == "1 with an image"
    assert {s.id: s.choices for s in task.samples} == {"h1": ["this", "that"], "h2": None}


def test_wildbench_keeps_the_conversation_and_swe_bench_the_issue(tmp_path: Path) -> None:
    """Turns as turns; the data set's name goes with each issue."""
    (chat,) = samples("wildbench", jsonl(tmp_path / "wild.jsonl", [WILD]))
    assert [(turn.role, turn.content) for turn in chat.turns] == [("user", "Hi"), ("assistant", "Yes?")]
    assert chat.input == "Help"
    (issue,) = samples("swe_bench", jsonl(tmp_path / "swe.jsonl", [SWE]), subset="lite")
    assert "It fails." in issue.input
    assert issue.metadata["dataset"] == "SWE-bench/SWE-bench_Lite"


FIXTURES: dict[str, Callable[[Path], Path]] = {
    "gpqa": lambda root: table(root / "gpqa_diamond.csv", [GPQA]),
    "mmlu_pro": lambda root: jsonl(root / "test.jsonl", [MMLU]),
    "ifeval": lambda root: jsonl(root / "input_data.jsonl", [IFEVAL]),
    "omni_math": lambda root: jsonl(root / "omni.jsonl", [OMNI]),
    "math_l5": lambda root: jsonl(root / "math.jsonl", [MATH_HUB]),
    "bbh": lambda root: document(root / "bbh.json", {"examples": BBH}),
    "musr": lambda root: document(root / "musr.json", [MUSR]),
    "hle": lambda root: jsonl(root / "hle.jsonl", HLE),
    "swe_bench": lambda root: jsonl(root / "swe.jsonl", [SWE]),
}


@pytest.mark.parametrize("task", FIXTURES)
def test_who_never_answers_scores_nothing_on_each(task: str, tmp_path: Path) -> None:
    """IDK is sorted as such on every benchmark, told nothing and told t."""
    data = str(FIXTURES[task](tmp_path))
    run = evalkit.run(model="baseline/idk", tasks=[task], data=data, thresholds=[None, 0.75], out=tmp_path / "runs")
    for card in run.scorecards:
        assert card.n == card.idk > 0
        assert all(score.value == 0 for score in card.scores)


@pytest.mark.parametrize("task", FIXTURES)
def test_idk_is_offered_only_where_a_target_is_stated(task: str, tmp_path: Path) -> None:
    """A plain prompt is the benchmark's own."""
    data = str(FIXTURES[task](tmp_path))
    run = evalkit.run(model="baseline/idk", tasks=[task], data=data, thresholds=[None, 0.75], out=tmp_path / "runs")
    for told, text in zip(run.records["prompt_threshold"], run.records["messages"].astype(str), strict=True):
        assert ("receives 0 points" in text) is (told == 0.75)


# (task, file, rows of the README, samples)
PUBLISHED = [
    ("bbh", "bbh", 6511), ("ifeval", "ifeval", 541), ("mmlu_pro", "mmlu_pro", 12032), ("math_l5", "math", 721),
    ("musr", "musr", 30), ("omni_math", "omni_math", 500),
]  # fmt: skip


@pytest.mark.parametrize(("task", "folder", "n"), PUBLISHED)
def test_published_files_are_read_whole(task: str, folder: str, n: int, shared: Path) -> None:
    """As many samples as rows; MuSR's fifteen stories hold thirty questions. No id twice."""
    found = samples(task, shared / "benchmarks")
    assert len(found) == n
    assert max(Counter(s.id for s in found).values()) == 1
    assert (shared / "benchmarks" / folder).is_dir()
    assert all(s.target for s in found if task != "ifeval")


def test_all_of_math_is_there_when_asked_for(shared: Path) -> None:
    """5,000 rows of the table without levels."""
    assert len(samples("math_l5", shared / "benchmarks", subset="all")) == 5000


def test_gzip_and_parquet_are_read_like_their_plain_files(tmp_path: Path) -> None:
    """By their endings."""
    with gzip.open(tmp_path / "test.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(MMLU) + "\n")
    pq.write_table(pa.Table.from_pylist([MMLU]), tmp_path / "test.parquet")
    plain = samples("mmlu_pro", jsonl(tmp_path / "test.jsonl", [MMLU]))
    assert samples("mmlu_pro", tmp_path / "test.jsonl.gz") == plain
    assert samples("mmlu_pro", tmp_path / "test.parquet") == plain


def test_the_environment_names_the_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EVALKIT_DATA, where --data is not given."""
    jsonl(tmp_path / "mmlu_pro" / "test.jsonl", [MMLU])
    monkeypatch.setenv(hub.DATA, str(tmp_path))
    assert [s.id for s in make_task("mmlu_pro").samples] == ["7"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("test.jsonl", "{}\n", "test.jsonl:1: no column 'category'; the columns are none"),
        ("test.jsonl", f"{json.dumps(MMLU)}\n[1]\n", "test.jsonl:2: not a JSON object"),
        ("test.jsonl", "{", "test.jsonl:1: not JSON"),
        ("test.jsonl", json.dumps({**MMLU, "options": "no list"}), "options is not a list"),
        ("test.jsonl", json.dumps({**MMLU, "options": 3}), "options is not a list of texts"),
        ("test.jsonl", json.dumps({**MMLU, "question": None}), "question is NoneType, not text"),
        ("test.json", "[1]", "entry 1 is not an object"),
        ("test.json", "[" * 100_000, "not JSON"),
        ("test.csv", "question,options\n1\n", "test.csv:2: more or fewer cells"),
        ("test.jsonl.gz", "not gzip", "cannot be read"),
        ("test.parquet", "not parquet", "is damaged after row 0"),
        ("test.xml", "x", "must be one of .jsonl, .json, .csv, .parquet, .txt"),
    ],
)
def test_a_bad_file_is_one_line_with_its_place(name: str, content: str, says: str, tmp_path: Path) -> None:
    """File, line and what is wrong."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="test") as raised:
        samples("mmlu_pro", tmp_path / name)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("task", "row", "says"),
    [
        ("mmlu_pro", {**MMLU, "answer": "K"}, "answer 'K' is none of the 3 options"),
        ("musr", {**MUSR_HUB, "answer_index": 2}, "answer_index 2 is none of the 2 options"),
        ("omni_math", {**OMNI, "difficulty": "hard"}, "difficulty 'hard' is not a number"),
        ("math_l5", {**MATH_HUB, "solution": "It is one half."}, "solution holds no answer"),
        ("wildbench", {**WILD, "conversation_input": []}, "conversation_input is empty"),
    ],
)
def test_a_row_that_makes_no_sense_is_named_and_never_asked(
    task: str, row: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """A question without its right answer would count every answer as wrong."""
    with pytest.raises(InputError, match=r"rows\.jsonl:1") as raised:
        samples(task, jsonl(tmp_path / "rows.jsonl", [row]))
    assert says in str(raised.value)


def test_a_folder_without_the_files_says_which_they_are(tmp_path: Path) -> None:
    """A path that is not a folder is refused in one line."""
    with pytest.raises(InputError, match=r"no file of TIGER-Lab/MMLU-Pro found there; expected mmlu_pro/test\*\.jsonl"):
        samples("mmlu_pro", tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        samples("mmlu_pro", tmp_path / "nowhere")


def test_data_for_a_task_that_reads_none_is_refused(tmp_path: Path) -> None:
    """Silence would look as if it had been read."""
    with pytest.raises(UsageError, match=r"^data= letters: none of them reads files$"):
        evalkit.run(model="baseline/idk", tasks=["letters"], data=str(tmp_path), out=tmp_path / "runs")


def test_run_json_says_which_rows_they_were(tmp_path: Path) -> None:
    """The files here; hub id, revision and commit where they came from the hub."""
    data = str(jsonl(tmp_path / "test.jsonl", [MMLU]))
    run = evalkit.run(model="baseline/idk", tasks=["mmlu_pro"], data=data, out=tmp_path / "runs")
    content = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert content["datasets"]["mmlu_pro"]["files"] == "test.jsonl"
    assert content["config"]["data"] == data


class _GatedError(Exception):
    """As the hub's library raises it; the name is what tells."""


_GatedError.__name__ = "GatedRepoError"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            _GatedError("401 Client Error"),
            "Idavidrein/gpqa is gated: accept its terms at https://huggingface.co/datasets/",
        ),
        (ConnectionError("no route"), "cannot be read from the hub (ConnectionError: no route)"),
    ],
)
def test_an_unreachable_hub_says_what_to_do(error: Exception, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's step and the token for a gated set; local files for either."""
    from huggingface_hub import HfApi

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(HfApi, "dataset_info", refuse)
    with pytest.raises(InputError) as raised:
        make_task("gpqa")
    assert says in str(raised.value)
    assert "--data DIR" in str(raised.value)
    if "gated" in says:
        assert "HF_TOKEN" in str(raised.value)


def test_rows_of_the_hub_are_streamed_at_the_commit_that_was_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every configuration and split, and run.json can say which version it was."""
    import datasets
    from huggingface_hub import HfApi

    asked: list[tuple[Any, ...]] = []

    def load(name: str, config: str | None, *, split: str, revision: str, streaming: bool) -> list[dict[str, Any]]:
        asked.append((name, config, split, revision, streaming))
        return [{**MUSR_HUB, "question": f"Who in {split}?"}]

    monkeypatch.setattr(HfApi, "dataset_info", lambda *_, **__: type("Info", (), {"sha": "abc"})())
    monkeypatch.setattr(datasets, "load_dataset", load)
    task = make_task("musr")
    found = list(task.samples)
    assert asked == [
        ("TAUR-Lab/MuSR", None, split, "abc", True)
        for split in ("murder_mysteries", "object_placements", "team_allocation")
    ]
    assert [s.stratum for s in found] == ["murder_mysteries", "object_placements", "team_allocation"]
    assert task.revision == {"hub": "TAUR-Lab/MuSR", "revision": "main", "commit": "abc"}


def test_the_command_takes_the_folder(tmp_path: Path) -> None:
    """--data, and a bad one ends in one line."""
    jsonl(tmp_path / "mmlu_pro" / "test.jsonl", [MMLU])
    base = ["run", "--task", "mmlu_pro", "--model", "baseline/idk", "--out", str(tmp_path / "runs")]
    assert CliRunner().invoke(cli, [*base, "--data", str(tmp_path)]).exit_code == 0
    assert isinstance(CliRunner().invoke(cli, [*base, "--data", str(tmp_path / "no")]).exception, InputError)
