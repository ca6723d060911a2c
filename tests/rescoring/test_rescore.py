"""Rescoring: the user's terms, rows that repeat or contradict each other, and the run that comes of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from foreign import CLAIM, IDK, lines, lm_eval, rescored, totals
from foreign_formats import FORMATS, batched

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.runs.journal import read_records


def test_a_mark_can_be_given_another_meaning(tmp_path: Path) -> None:
    """--verdict I=idk."""
    path = tmp_path / "log.eval"
    path.write_bytes(FORMATS["inspect"][0])
    assert totals(rescored(path, tmp_path / "out", verdicts={"I": "idk", "N": "wrong"})) == (1, 1, 2, 1)
    with pytest.raises(UsageError, match="--verdict I=nonsense"):
        rescored(path, tmp_path / "out", verdicts={"I": "nonsense"})


def test_anything_else_is_read_with_a_map(tmp_path: Path) -> None:
    """Columns of a CSV, dotted paths of JSON, packed or not."""
    csv = tmp_path / "answers.csv"
    rows = "1,1894,1894,90%\n2,I don't know,Hale,10%\n3,Bell,Hale,60%\n"
    csv.write_text(f"qid,pred,gold,sure\n{rows}", encoding="utf-8")
    mapping = {"id": "qid", "answer": "pred", "target": "gold", "confidence": "sure"}
    found = rescored(csv, tmp_path / "out", mapping=mapping, policy="confidence", thresholds=[0.75])
    assert totals(found) == (1, 1, 1, 0)
    assert found.result.scorecards[-1].scores[0].value == pytest.approx(1 / 3)
    nested = tmp_path / "answers.jsonl.gz"
    nested.write_bytes(gzip.compress(lines({"q": {"id": 1}, "out": [{"text": "no"}], "ok": "false"})))
    paths = {"id": "q.id", "text": "out.0.text", "verdict": "ok"}
    assert totals(rescored(nested, tmp_path / "out", mapping=paths)) == (0, 1, 0, 0)
    with pytest.raises(InputError, match=r"answers.csv: .*no column .nosuch"):
        rescored(csv, tmp_path / "out", mapping={"answer": "nosuch"})
    with pytest.raises(UsageError, match="no such field"):
        rescored(csv, tmp_path / "out", mapping={"colour": "qid"})


def test_gold_in_another_file_and_an_answer_by_pattern(tmp_path: Path) -> None:
    """A batch output has neither: --targets and --extract."""
    path, gold = tmp_path / "batch.jsonl", tmp_path / "gold.csv"
    path.write_bytes(lines(batched("task_0", "Answer: 3"), batched("task_1", "Answer: 2"), batched("task_2", IDK),
                           {"custom_id": "task_3", "response": None, "error": {"message": "expired"}}))  # fmt: skip
    gold.write_text("question,answer\n?,3\n?,4\n?,1\n?,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"ungraded.*--regrade"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", targets=gold, extract=r"Answer: (\d)")
    assert totals(found) == (1, 1, 1, 1)
    with pytest.raises(UsageError, match="round brackets"):
        rescored(path, tmp_path / "out", extract="Answer")


def test_regrading_says_where_it_differs_from_the_file(tmp_path: Path) -> None:
    """The file calls a right number wrong."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, "1894", 0.0), lm_eval(1, "1894", 1.0)))
    found = rescored(path, tmp_path / "out", regrade="exact")
    assert totals(found) == (2, 0, 0, 0)
    assert found.files[0].disagreed == ["0"]


def test_duplicates_are_collapsed_and_contradictions_refused(tmp_path: Path) -> None:
    """Word for word the same counts once; another answer under the same id is an error with its place."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(0, CLAIM, 1.0), lm_eval(1, IDK, 0.0)))
    found = rescored(path, tmp_path / "out")
    assert (totals(found), found.files[0].collapsed) == ((1, 0, 1, 0), 1)
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(0, IDK, 0.0)))
    with pytest.raises(InputError, match=r"s.jsonl:2: sample '0'.*twice"):
        rescored(path, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*/.part*"))


def test_the_result_is_a_run_like_any_other(tmp_path: Path) -> None:
    """Loaded, shown, compared and rescored again, with the same counts."""
    path = tmp_path / "log.eval"
    path.write_bytes(FORMATS["inspect"][0])
    found = rescored(path, tmp_path / "out", thresholds=[0.0, 0.75])
    folder = found.result.folder
    assert sorted(evalkit.load(folder)["outcome"]) == ["correct", "error", "idk", "idk"]
    said = CliRunner().invoke(cli, ["show", str(folder), "a"])
    assert said.exit_code == 0
    assert "read from" in said.output
    assert {row.difference for row in evalkit.compare(folder, folder, [0.75]).rows} == {0.0}
    assert totals(rescored(folder / "records.jsonl", tmp_path / "again")) == (1, 1, 2, 1)
    run = CliRunner().invoke(cli, ["rescore", str(path), "--out", str(tmp_path / "cli"), "--json"])
    assert json.loads(run.output[run.output.index("{") :])["scorecards"][0]["correct"] == 1


def test_a_rescored_run_says_of_itself_what_it_is(tmp_path: Path) -> None:
    """A manifest of its own kind: the files and the terms, and no settings of a run that never was."""
    path = tmp_path / "batch.jsonl"
    path.write_bytes(lines(batched("a", "Answer: A"), batched("b", IDK)))
    gold = tmp_path / "gold.csv"
    gold.write_text("id,target\na,A\nb,A\n", encoding="utf-8")
    terms = {"targets": gold, "extract": r"Answer: (\w)", "count_as": {"abstained": "error"}}
    found = rescored(path, tmp_path / "out", **terms)
    content = json.loads((found.result.folder / "run.json").read_text(encoding="utf-8"))
    assert (content["kind"], content["config"]) == ("rescored", None)
    assert content["rescoring"]["count_as"] == {"abstained": "error"}
    assert content["rescoring"]["options"] == {"targets": str(gold), "extract": r"Answer: (\w)"}
    assert [file["format"] for file in content["rescored"]] == ["openai-batch"]
    assert found.result.config is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,A,A,,1.2", "confidence target 1.2 is out of range: must be 0 ≤ t < 1"),
        ("1,A,A,-0.5,0.5", "confidence -0.5 is out of range: must be from 0 to 1"),
        ("1,A,A,nan,0.5", "confidence nan is out of range"),
    ],
)
def test_numbers_out_of_range_are_named_or_skipped(row: str, said: str, tmp_path: Path) -> None:
    """With file and line, as any row that cannot be read."""
    path = tmp_path / "answers.csv"
    path.write_text(f"id,answer,predicted_answer,confidence,threshold\n0,A,A,1,0.5\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"answers.csv:3: {said}"):
        rescored(path, tmp_path / "out")
    found = rescored(path, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 0, 0), 1)


def test_a_question_is_kept_where_no_task_is_named(tmp_path: Path) -> None:
    """Ids of two such files may be equal by chance; a digest of the question tells them apart."""
    path = tmp_path / "answers.csv"
    path.write_bytes(FORMATS["thresholds-csv"][0])
    digests = [record.question for record in read_records(rescored(path, tmp_path / "out").result.folder)]
    assert all(digests)
    assert len(set(digests)) == 1
    named = rescored(path, tmp_path / "out", task="bridges")
    assert {record.question for record in read_records(named.result.folder)} == {None}
