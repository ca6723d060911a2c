"""Options are read alike in every command: lists with commas or repeated, single values once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from evalkit.cli import cli
from evalkit.cli.options import Names, Thresholds


def every_command(name: str = "evalkit", command: click.Command = cli) -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, with what is typed to call it."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command, info_name=name)
    for child in command.list_commands(context):
        subcommand = command.get_command(context, child)
        assert subcommand is not None
        yield from every_command(f"{name} {child}", subcommand)


OPTIONS = [
    pytest.param(command, option, id=f"{name} {option.opts[0]}")
    for name, command in every_command()
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag and not option.is_eager
]
SINGLE = [each for each in OPTIONS if not each.values[1].multiple]  # type: ignore[union-attr]
LISTS = [each for each in OPTIONS if isinstance(each.values[1].type, (Names, Thresholds))]  # type: ignore[union-attr]


def parsed(command: click.Command, arguments: list[str]) -> dict[str, object]:
    """Parameters of a call; required arguments are filled in."""
    required = ["score" if isinstance(p.type, click.Choice) else "x" for p in command.params if p.required]
    if command.name == "list":
        required = ["tasks"]
    # click keeps a command's help option from its first call, and docs/cli.md has the names that the program sets.
    names = ["-h", "--help"]
    with command.make_context(str(command.name), [*arguments, *required], help_option_names=names) as context:
        return context.params


def values(option: click.Option) -> tuple[str, str]:
    """Two values that the option takes."""
    return ("0.25", "0.5") if isinstance(option.type, Thresholds) else ("a", "b")


@pytest.mark.parametrize(("command", "option"), SINGLE)
def test_an_option_with_one_value_is_refused_twice(command: click.Command, option: click.Option) -> None:
    """Never silently the last one."""
    name = option.opts[0]
    with pytest.raises(click.UsageError, match=f"{name} is given twice"):
        parsed(command, [name, "1", name, "2"])


@pytest.mark.parametrize(("command", "option"), LISTS)
def test_commas_and_repetition_mean_the_same(command: click.Command, option: click.Option) -> None:
    """And where one value alone is taken for now, several are an error either way."""
    name, (first, second) = option.opts[0], values(option)
    calls = ([name, f"{first},{second}"], [name, first, name, second])
    try:
        together = parsed(command, calls[0])
    except click.BadParameter:
        with pytest.raises(click.BadParameter, match=f"given are {first}, {second}"):
            parsed(command, calls[1])
        return
    assert together == parsed(command, calls[1])
    assert len(together[str(option.name)]) == 2  # type: ignore[arg-type]  # a list


@pytest.mark.parametrize(("command", "option"), LISTS)
def test_a_list_refuses_what_it_holds_already(command: click.Command, option: click.Option) -> None:
    """Within one value and across two; an empty name too."""
    name, (first, _) = option.opts[0], values(option)
    for arguments in ([name, f"{first},{first}"], [name, first, name, first]):
        with pytest.raises(click.BadParameter, match="given twice"):
            parsed(command, arguments)
    with pytest.raises(click.BadParameter):
        parsed(command, [name, "" if isinstance(option.type, Thresholds) else f"{first},"])


def test_there_are_options_of_both_kinds() -> None:
    """What is tested above exists: tasks, models and thresholds are lists wherever they are chosen from."""
    names = [str(each.id) for each in LISTS]
    for option in ("audit --task", "show --task", "plot --model", "compare --threshold", "rescore --threshold"):
        assert f"evalkit {option}" in names
    assert len(SINGLE) > 50


def test_a_comma_in_a_name_can_be_written() -> None:
    """Behind a backslash."""
    (plot,) = (command for name, command in every_command() if name == "evalkit plot")
    assert parsed(plot, ["--model", r"Llama 3\, 8B,b"])["models"] == ["Llama 3, 8B", "b"]


def test_an_option_that_takes_one_name_for_now_says_so() -> None:
    """With what to do instead."""
    for arguments in (["--task", "a,b"], ["--task", "a", "--task", "b"]):
        done = CliRunner().invoke(cli, ["theory", "iiv", *arguments])
        assert done.exit_code == 2
        assert "given are a, b" in done.output


def test_several_models_of_a_run_are_a_study(tmp_path: Path) -> None:
    """None is dropped; one that is not there is named, with its lane's others made."""
    arguments = ["run", "--model", "baseline/idk,baseline/guess", "--task", "letters", "--limit", "2", "--name", "two"]
    done = CliRunner().invoke(cli, [*arguments, "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "two").iterdir() if path.is_dir()) == [
        "baseline-guess",
        "baseline-idk",
    ]
