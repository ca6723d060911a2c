"""Options without effect, files that cannot be read beside those that can, copies, and evalkit's own runs read back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from foreign import CLAIM, HEADER, IDK, inspect_sample, lines, lm_eval, rescored, totals

import evalkit
from evalkit.analysis.leaderboard import rank
from evalkit.cli import cli
from evalkit.errors import InputError, UsageError
from evalkit.report.rescore import RescoredScreen, notes
from evalkit.rescoring.rescore import Terms, rescore_files
from evalkit.runs.journal import read_records


def log(path: Path, *given: Any, model: str = "lab/m", **more: Any) -> Path:
    """An Inspect log of one scorer with these values."""
    samples = [inspect_sample(f"q{k}", value, CLAIM, **more) for k, value in enumerate(given)]
    content = {**HEADER, "eval": {"model": model, "task": path.stem}, "samples": samples}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"verdicts": {"X": "idk"}}, "--verdict X=…: no such mark; available: C, I"),
        ({"scorer": "loose"}, "--scorer loose: no such scorer; available: match"),
        ({"metric": "acc"}, "--metric acc: no such metric"),
        ({"filter": "strict"}, "--filter strict: no such filter"),
        ({"pass_mark": 0.5}, "--pass-mark 0.5 has no effect"),
        ({"grader_parameters": {"x": "1"}}, "give --regrade GRADER too"),
        ({"regrade": "choice"}, "needs the options"),
    ],
)
def test_an_option_without_effect_is_an_error(terms: dict[str, Any], said: str, tmp_path: Path) -> None:
    """With what there was to choose from."""
    with pytest.raises(UsageError) as raised:
        rescored(log(tmp_path / "log.json", "C", "I"), tmp_path / "out", **terms)
    assert said in str(raised.value)
    assert not list((tmp_path / "out").glob("*"))


def test_gold_that_matches_no_answer_is_an_error(tmp_path: Path) -> None:
    """Most likely of another file."""
    gold = tmp_path / "gold.csv"
    gold.write_text("id,target\nelsewhere,1894\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no id in it is that of an answer"):
        rescored(log(tmp_path / "log.json", "C"), tmp_path / "out", targets=gold)


@pytest.mark.parametrize(
    ("marks", "verdicts"),
    [(("1", "0"), {}), (("right", "wrong"), {}), (("so", "no"), {"so": "correct", "no": "error"})],
)
def test_what_is_right_on_an_unanswerable_question_is_an_abstention(
    marks: tuple[str, str], verdicts: dict[str, Any], tmp_path: Path
) -> None:
    """Whether the file's format or the user says that it is right."""
    right, wrong = marks
    path = tmp_path / "answers.csv"
    path.write_text(f"id,a,ok\nq1,Bath,{right}\nq2_abs,It was Ely.,{right}\nq3_abs,Ely,{wrong}\n", encoding="utf-8")
    columns = {"id": "id", "answer": "a", "verdict": "ok", "unanswerable": "*_abs"}
    assert totals(rescored(path, tmp_path / "out", mapping=columns, verdicts=verdicts)) == (1, 1, 1, 0)


def test_a_field_may_be_mapped_once(tmp_path: Path) -> None:
    """A second column for it is an error, not the one that counts."""
    run = CliRunner().invoke(cli, ["rescore", str(tmp_path), "--map", "answer=a,verdict=b,answer=c"])
    assert run.exit_code == 2
    assert "answer=… is given twice" in run.output


def test_one_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    """It is set aside and named; alone, or with `strict`, it stops the command."""
    log(tmp_path / "good.json", "C", "I")
    (tmp_path / "bare.jsonl").write_bytes(lines({**lm_eval(0, CLAIM, 0.0), "metrics": ["bypass"], "exact_match": None}))
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert totals(found) == (1, 1, 0, 0)
    assert [Path(one.name).name for one in found.set_aside] == ["bare.jsonl"]
    assert any("set aside" in note and "ungraded" in note for note in notes(found))
    for paths, strict in (([tmp_path / "bare.jsonl"], False), ([tmp_path], True)):
        with pytest.raises(InputError, match="ungraded"):
            rescore_files(paths, Terms(strict=strict), tmp_path / "out")
    run = CliRunner().invoke(cli, ["rescore", str(tmp_path), "--out", str(tmp_path / "cli")])
    assert run.exit_code == 3


def test_unknown_verdicts_beside_known_ones_are_missing(tmp_path: Path) -> None:
    """The file's answers have no verdict, and the option that settles them is named."""
    log(tmp_path / "good.json", "C", "I")
    log(tmp_path / "rated.json", 7, 10, 1)
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert {card.task: (card.n, card.failed) for card in found.result.scorecards} == {"good": (2, 0), "rated": (0, 3)}
    assert any("--pass-mark" in warning for report in found.files for warning in report.warnings)


def test_skip_bad_covers_ungraded_and_contradicting_rows(tmp_path: Path) -> None:
    """Counted, and named."""
    path = tmp_path / "s.jsonl"
    bypassed = {**lm_eval(3, CLAIM, 0.0), "metrics": ["bypass"], "exact_match": None}
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(0, IDK, 0.0), bypassed, {**lm_eval(4, "", 0.0), "resps": 7}))
    found = rescored(path, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 0, 0), 3)
    marks = log(tmp_path / "marks.json", "good", "C")
    found = rescored(marks, tmp_path / "out", skip_bad=True)
    assert (totals(found), found.files[0].skipped) == ((1, 0, 0, 0), 1)


@pytest.mark.parametrize("n", [2, 300])
def test_identical_files_count_once_at_any_size(n: int, tmp_path: Path) -> None:
    """A copy under another name is no second model."""
    (tmp_path / "one.jsonl").write_bytes(lines(*(lm_eval(k, CLAIM, float(k % 2)) for k in range(n))))
    shutil.copy(tmp_path / "one.jsonl", tmp_path / "two.jsonl")
    found = rescore_files([tmp_path], Terms(), tmp_path / "out")
    assert [(card.model, card.n) for card in found.result.scorecards] == [("one", n)]
    assert "identical to" in found.files[1].warnings[-1]


def test_options_of_a_question_are_kept(tmp_path: Path) -> None:
    """A later regrading needs them."""
    found = rescored(log(tmp_path / "log.json", "C", choices=["1894", "1902"]), tmp_path / "out")
    assert [record.choices for record in read_records(found.result.folder)] == [["1894", "1902"]]


def test_empty_answers_whose_end_is_unknown_leave_a_range(tmp_path: Path) -> None:
    """They count as IDK; the screen shows what else they may have been, and the option."""
    path = tmp_path / "s.jsonl"
    path.write_bytes(lines(lm_eval(0, CLAIM, 1.0), lm_eval(1, "", 0.0)))
    screen = RescoredScreen(rescored=rescored(path, tmp_path / "out", thresholds=[0.5])).text()
    assert "{0.00 … 1.00}" in screen
    assert "--count-as empty=error" in screen
    counted = rescored(path, tmp_path / "out", thresholds=[0.5], count_as={"empty": "error"})
    assert "{" not in RescoredScreen(rescored=counted).text()


def test_the_screen_prints_error_bars(tmp_path: Path) -> None:
    """Beside every score."""
    found = rescored(log(tmp_path / "log.json", "C", "I"), tmp_path / "out", thresholds=[0.0])
    score = found.result.scorecards[0].scores[0]
    assert f"0.50 [{score.ci95[0]:.2f}, {score.ci95[1]:.2f}]" in RescoredScreen(rescored=found).text()


def test_a_file_that_names_no_task_says_what_settles_it(tmp_path: Path) -> None:
    """And keeps a digest of each question."""
    path = tmp_path / "m.jsonl"
    path.write_bytes(lines({"id": "1", "instruction": "When?", "answer": CLAIM, "is_correct": True, "pred": "1894"}))
    found = rescored(path, tmp_path / "out")
    assert any("--task NAME settles it" in warning for warning in found.files[0].warnings)
    assert [bool(record.question) for record in read_records(found.result.folder)] == [True]


def test_a_bbh_subtask_in_each_file_is_one_model(tmp_path: Path) -> None:
    """The folder's; its questions are of different strata."""
    folder = tmp_path / "lab-m-direct"
    folder.mkdir()
    for subtask in ("navigate", "snarks"):
        content = {"canary": "", "outputs": [{"input": f"Q: When, {subtask}?", "prediction": "1894", "target": "1894"}]}
        (folder / f"{subtask}_few_shot_template_0.json").write_text(json.dumps(content), encoding="utf-8")
    (card,) = rescore_files([tmp_path], Terms(), tmp_path / "out").result.scorecards
    assert (card.model, card.n, sorted(card.strata)) == ("lab-m-direct", 2, ["navigate", "snarks"])


def runs(folder: Path, *temperatures: float) -> list[Path]:
    """Runs of evalkit's own, one a temperature."""
    made = [
        evalkit.run(["letters"], model="baseline/guess", limit=3, seed=k, temperature=temperature, out=folder).folder
        for k, temperature in enumerate(temperatures)
    ]
    return [Path(one) for one in made]


def test_a_run_read_back_is_of_the_same_condition(tmp_path: Path) -> None:
    """A board holds one row for both, and counts its answers once."""
    (folder,) = runs(tmp_path / "runs", 1.0)
    again = rescore_files([folder], Terms(), tmp_path / "again").result.folder
    (board,) = rank([folder, again]).boards
    (entry,) = [entry for entry in board.entries if entry.kind == "model" and entry.model == "baseline/guess"]
    assert entry.counts.n == 3


def test_a_run_read_back_keeps_its_failures(tmp_path: Path) -> None:
    """Missing then as now."""
    (folder,) = runs(tmp_path / "runs", 1.0)
    failure = {
        "schema_version": 1, "task": "letters", "model": "baseline/guess", "sample_id": "lost", "epoch": 1,
        "prompt_threshold": None, "stage": "completion", "error": "quota",
    }  # fmt: skip
    (folder / "failures.jsonl").write_bytes(lines(failure))
    found = rescore_files([folder.parent], Terms(), tmp_path / "again")
    assert (found.result.scorecards[0].n, found.result.scorecards[0].failed) == (3, 1)
    assert not found.unrecognized


def test_runs_of_two_conditions_carry_what_tells_them_apart(tmp_path: Path) -> None:
    """Not the names of their files."""
    runs(tmp_path / "runs", 1.0, 0.5)
    found = rescore_files([tmp_path / "runs"], Terms(), tmp_path / "again")
    assert all(", " in str(card.model) or "temperature" in str(card.model) for card in found.result.scorecards)
    assert len(found.result.scorecards) == 2


def test_a_leaderboard_reads_runs_and_outputs_that_lie_side_by_side(tmp_path: Path) -> None:
    """One folder of both."""
    runs(tmp_path / "all", 1.0)
    log(tmp_path / "all" / "bridges.json", "C", "I")
    boards = rank([tmp_path / "all"], out=tmp_path / "out").boards
    assert {board.task for board in boards} == {"letters", "bridges"}


def ratings(path: Path, *given: float) -> Path:
    """A table of one task with these ratings."""
    rows = [{"id": k, "task": "essays", "a": CLAIM, "rating": rating} for k, rating in enumerate(given)]
    path.write_bytes(lines(*rows))
    return path


MAPPED = {"id": "id", "answer": "a", "task": "task", "verdict": "rating"}


def test_zeros_and_ones_are_points_where_another_file_scores_the_task_on_a_scale(tmp_path: Path) -> None:
    """A 1 among ratings up to 10 is not right because its file holds no higher one."""
    files = [ratings(tmp_path / "a.jsonl", 0, 1, 1), ratings(tmp_path / "b.jsonl", 2, 10, 7)]
    found = rescore_files(files, Terms(mapping=MAPPED), tmp_path / "out")
    assert totals(found) == (0, 0, 0, 6)
    assert "a.jsonl: rating is 0 or 1 on all rows, and a score on a scale in another file" in "\n".join(notes(found))
    with pytest.raises(InputError, match="--pass-mark X"):
        rescore_files(files, Terms(mapping=MAPPED, strict=True), tmp_path / "strict")


def test_a_pass_mark_is_for_all_files_of_a_scale(tmp_path: Path) -> None:
    """Also for the one without a score above 1."""
    files = [ratings(tmp_path / "a.jsonl", 0, 1, 1), ratings(tmp_path / "b.jsonl", 2, 10, 7)]
    assert totals(rescore_files(files, Terms(mapping=MAPPED, pass_mark=7), tmp_path / "out")) == (2, 4, 0, 0)


def test_verdicts_of_another_task_are_no_points(tmp_path: Path) -> None:
    """The same column may hold ratings of one task and verdicts of another."""
    path = ratings(tmp_path / "a.jsonl", 0, 1, 1)
    path.write_text(path.read_text(encoding="utf-8").replace("essays", "facts"), encoding="utf-8")
    files = [path, ratings(tmp_path / "b.jsonl", 2, 10, 7)]
    assert totals(rescore_files(files, Terms(mapping=MAPPED), tmp_path / "out")) == (2, 1, 0, 3)
