"""Which files are read, with which reader, and what their models are called."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from foreign import rescored
from foreign_formats import FORMATS

import evalkit.rescoring
from evalkit.errors import InputError
from evalkit.rescoring.rescore import Terms, rescore_files


def test_a_folder_is_walked_and_what_is_not_known_is_listed(tmp_path: Path) -> None:
    """Named explicitly it is an error."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_bytes(FORMATS["hle"][0])
    other = tmp_path / "logs" / "other.json"
    other.write_text('{"colour": "red"}', encoding="utf-8")
    found = rescore_files([tmp_path / "logs"], Terms(), tmp_path / "out")
    assert found.unrecognized == [other]
    with pytest.raises(InputError, match="unknown format; name it with --format"):
        rescored(other, tmp_path / "out")
    with pytest.raises(InputError, match="no such file"):
        rescored(tmp_path / "nosuch.json", tmp_path / "out")


def test_no_known_file_in_a_folder_is_an_error_with_both_remedies(tmp_path: Path) -> None:
    """It says how many were looked at."""
    (tmp_path / "other.json").write_text('{"color": "red"}', encoding="utf-8")
    with pytest.raises(InputError, match=r"none of the 1 files is in a known format; name it with --format or map"):
        rescore_files([tmp_path], Terms(), tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "format_", "model"),
    [
        ("mine/answers_of_m.jsonl", "simple-evals-ru", "answers_of_m"),
        ("mine/results.jsonl.gz", "simple-evals-ru", "mine"),
        ("mine/cautious_eval.jsonl", "omni-math-cautious", "mine"),
        ("mine/cautious_eval.jsonl", "simple-evals-ru", "cautious_eval"),
        ("mine/a_gpteval.jsonl", "omni-math-judged", "mine"),
        ("mine/eval_results_3.json", "swe-bench-pro", "mine"),
    ],
)
def test_a_model_without_a_name_is_called_after_its_file_or_folder(
    name: str, format_: str, model: str, tmp_path: Path
) -> None:
    """The folder where the file is called as every file of its format is."""
    path = tmp_path / name
    path.parent.mkdir()
    path.write_bytes(gzip.compress(FORMATS[format_][0]) if name.endswith(".gz") else FORMATS[format_][0])
    assert {card.model for card in rescored(path, tmp_path / "out").result.scorecards} == {model}


def test_the_engine_names_no_reader() -> None:
    """What it needs to know of a format, the reader says."""
    sources = Path(evalkit.rescoring.__path__[0]).glob("*.py")
    imported = {line for path in sources for line in path.read_text().splitlines() if "evalkit.readers" in line}
    modules = {line.split()[1].removeprefix("evalkit.readers.") for line in imported}
    assert modules == {"base", "gold", "mapped"}
