"""Settings of a run: given as names, functions or objects, and spoken of as the caller wrote them."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from click.testing import CliRunner

import evalkit
from evalkit import Sample, Task, task
from evalkit.cli import cli
from evalkit.errors import SettingError, UsageError


@task
def sums(n: int = 3) -> Task:
    """Small sums."""
    return Task(samples=[Sample(id=str(k), input=f"{k}+1", target=str(k + 1)) for k in range(n)], grader="exact")


@pytest.mark.parametrize("given", ["letters", sums, sums(2), [sums, "letters"]])
def test_a_task_is_a_name_a_function_or_an_object(given: object, tmp_path: Path) -> None:
    """One or several, mixed as one likes."""
    result = evalkit.run(given, model="baseline/idk", limit=2, out=tmp_path)  # type: ignore[arg-type]
    expected = {"letters"} if given == "letters" else {"sums", "letters"} if isinstance(given, list) else {"sums"}
    assert {card.task for card in result.scorecards} == expected


def test_parameters_of_a_task_function_are_values(tmp_path: Path) -> None:
    """Not text, as on a command line."""
    assert evalkit.run(sums, model="baseline/idk", task_parameters={"n": 7}, out=tmp_path).scorecards[0].n == 7


def test_a_run_of_an_object_is_resumed_with_the_object(tmp_path: Path) -> None:
    """Its name alone does not bring it back; the error says what to pass."""
    folder = evalkit.run(sums, model="baseline/idk", out=tmp_path).folder
    with pytest.raises(UsageError, match="pass tasks= again to resume"):
        evalkit.run(resume=folder)
    assert evalkit.run(sums, resume=folder).scorecards[0].n == 3


def test_a_single_threshold_needs_no_list(tmp_path: Path) -> None:
    """`thresholds=0.75`."""
    (card,) = evalkit.run(sums, model="baseline/idk", thresholds=0.75, out=tmp_path).scorecards
    assert card.prompt_threshold == 0.75


def test_errors_speak_of_what_the_caller_wrote(tmp_path: Path) -> None:
    """Python's parameters in Python, options on the command line."""
    with pytest.raises(SettingError, match=r"^confidence= vote needs epochs= of at least 2$"):
        evalkit.run(sums, model="baseline/idk", confidence="vote", out=tmp_path)
    with pytest.raises(SettingError, match=r"^max_tokens= "):
        evalkit.run(sums, model="baseline/idk", max_tokens=0, out=tmp_path)
    done = CliRunner().invoke(cli, ["run", "--confidence", "vote"])
    assert str(done.exception) == "--confidence vote needs --epochs of at least 2"


def test_the_signature_names_every_setting() -> None:
    """What `help(evalkit.run)` shows is what can be set; the folder is where the run was started."""
    from evalkit.runs.config import RunConfig

    assert set(RunConfig.model_fields) - {"started_in"} <= set(inspect.signature(evalkit.run).parameters)


def test_a_wished_name_is_the_folders_name(tmp_path: Path) -> None:
    """Once: a second run of that name is refused, as is a name that no folder should have."""
    result = evalkit.run(sums, model="baseline/idk", name="first", note="a try", out=tmp_path)
    assert (result.name, result.manifest.note) == ("first", "a try")
    for name in ("first", "no/folder"):
        with pytest.raises(SettingError, match=r"^name= "):
            evalkit.run(sums, model="baseline/idk", name=name, out=tmp_path)
