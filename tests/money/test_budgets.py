"""What a run may spend: it stops before the limit, says where, and goes on with more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from loopback import ChatServer, completion_body, serving, word_of
from own_task import own_task

from evalkit.cli import cli
from evalkit.errors import BudgetSpentError
from evalkit.runs.accounts import read_spending
from evalkit.runs.folder import runs_below
from evalkit.runs.journal import read_records
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import read_result

N = 50
SAMPLES = f"[Sample(id=str(k), input=f'{{k:02}} + 1?', target=str(k + 1)) for k in range({N})]"
THREE_CENTS = '["m*"]\ninput = 1000\noutput = 10000\n'
"""What an answer of the loopback server costs at these prices: 10 prompt and 2 completion tokens."""


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A file of prices."""
    path = tmp_path / "prices.toml"
    path.write_text(THREE_CENTS, encoding="utf-8")
    return path


def run(tmp_path: Path, server: ChatServer, *more: str, model: str = "m") -> Result:
    """`evalkit run` against the loopback server."""
    task = own_task(tmp_path, SAMPLES)
    common = ["--task", task, "--model", model, "--base-url", server.url, "--out", str(tmp_path / "results")]
    return CliRunner().invoke(cli, ["run", *common, "--name", "r", *more])


def resume(tmp_path: Path, *more: str) -> Result:
    """`evalkit run --resume`."""
    return CliRunner().invoke(cli, ["run", "--resume", str(tmp_path / "results" / "r"), *more])


def tokens(prompt: int, completion: int, text: str = "1") -> web.Response:
    """An answer with these token counts."""
    return web.json_response(
        completion_body(text) | {"usage": {"prompt_tokens": prompt, "completion_tokens": completion}}
    )


def test_one_dollar_buys_33_answers_of_three_cents(server: ChatServer, tmp_path: Path, prices: Path) -> None:
    """The run stops at 99 cents, however many requests go at once, says where, and two dollars buy the rest."""
    result = run(tmp_path, server, "--max-cost", "1", "--max-tokens", "3", "--prices", str(prices))
    error = result.exception
    assert isinstance(error, BudgetSpentError)
    assert error.exit_code == 3
    assert "$0.99 of $1.00 is spent, and the next request may cost $0.040" in str(error)
    folder = tmp_path / "results" / "r"
    assert f"33 of 50 answers are kept; resume with more: evalkit run --resume {folder} --max-cost N" in str(error)
    assert len(server.requests) == 33
    assert read_manifest(folder).status == "interrupted"
    assert read_result(folder).spending.cost == pytest.approx(0.99)
    assert (
        "33 requests, 330 prompt tokens, 66 completion tokens; $0.99."
        in CliRunner().invoke(cli, ["show", str(folder)]).stdout
    )
    again = resume(tmp_path)
    assert isinstance(again.exception, BudgetSpentError)
    assert len(server.requests) == 33
    finished = resume(tmp_path, "--max-cost", "2")
    assert finished.exit_code == 0, finished.output
    assert "50 requests, 500 prompt tokens, 100 completion tokens; $1.50." in finished.stdout
    assert len(server.requests) == N
    assert len({record.key for record in read_records(folder)}) == N
    assert read_manifest(folder).spending.cost == pytest.approx(1.5)


def test_without_a_limit_the_largest_answer_so_far_is_reserved(
    server: ChatServer, tmp_path: Path, prices: Path
) -> None:
    """Answers that grow may exceed the budget, by no more than the requests under way."""
    server.answer = lambda _: tokens(10, 2 * (1 + len(server.requests) // 10))
    more = ["--max-cost", "1", "--prices", str(prices), "--max-connections", "4", "--no-adaptive", "-M", "max_tokens="]
    result = run(tmp_path, server, *more, model="m")
    assert isinstance(result.exception, BudgetSpentError)
    spent = read_result(tmp_path / "results" / "r").spending.cost
    assert spent is not None
    assert 0.9 < spent < 1 + 4 * 0.02


def test_tokens_are_limited_without_any_price(server: ChatServer, tmp_path: Path) -> None:
    """Prompt and completion tokens together."""
    result = run(tmp_path, server, "--max-tokens-total", "125", "--max-tokens", "3")
    assert isinstance(result.exception, BudgetSpentError)
    assert "120 of 125 tokens are used, and the next request may take 13" in str(result.exception)
    assert len(server.requests) == 10
    assert resume(tmp_path, "--max-tokens-total", "100000").exit_code == 0
    assert len(server.requests) == N


def test_a_server_that_counts_no_tokens_is_counted_by_characters(server: ChatServer, tmp_path: Path) -> None:
    """Four characters a token: a budget holds there too, roughly."""
    server.answer = lambda _: web.json_response(completion_body("12345678") | {"usage": None})
    result = run(tmp_path, server, "--max-tokens-total", "100", "--max-tokens", "3")
    assert isinstance(result.exception, BudgetSpentError)
    assert 10 < len(server.requests) <= 25


def test_dollars_cannot_be_limited_without_a_price(server: ChatServer, tmp_path: Path) -> None:
    """The error names the model and both remedies, before anything is sent; a judge needs a price too."""
    result = run(tmp_path, server, "--max-cost", "1")
    assert "--max-cost needs a price, and none is known for m: give --prices FILE" in str(result.exception)
    assert "--max-tokens-total" in str(result.exception)
    prices = tmp_path / "p.toml"
    prices.write_text(THREE_CENTS, encoding="utf-8")
    judged = run(tmp_path, server, "--max-cost", "1", "--prices", str(prices), "-G", "judge=x", "--grader", "judge")
    assert "none is known for x" in str(judged.exception)
    assert server.requests == []
    assert not (tmp_path / "results").exists()


def test_a_budget_too_small_for_one_request_makes_no_run(server: ChatServer, tmp_path: Path, prices: Path) -> None:
    """Bad usage, not an unfinished run."""
    result = run(tmp_path, server, "--max-cost", "0.01", "--prices", str(prices))
    assert isinstance(result.exception, BudgetSpentError)
    assert result.exception.exit_code == 2
    assert "$0.00 of $0.010 is spent, and the next request may cost" in str(result.exception)
    assert not (tmp_path / "results" / "r").exists()


def test_without_a_price_tokens_are_shown_and_the_price_is_said_to_be_unknown(
    server: ChatServer, tmp_path: Path
) -> None:
    """Never 0; in JSON, null."""
    result = run(tmp_path, server)
    assert 'completion tokens; no price is known (--prices FILE with ["m"]).' in " ".join(result.stdout.split())
    shown = CliRunner().invoke(cli, ["show", str(tmp_path / "results" / "r"), "--json"])
    assert json.loads(shown.stdout)["spending"]["cost"] is None


def test_cached_and_thinking_tokens_are_shown(server: ChatServer, tmp_path: Path, prices: Path) -> None:
    """As far as the server tells."""
    details: dict[str, Any] = {
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 1},
    }  # fmt: skip
    usage = {"prompt_tokens": 10, "completion_tokens": 2, **details}
    server.answer = lambda _: web.json_response(completion_body("1") | {"usage": usage})
    result = run(tmp_path, server, "--limit", "2", "--prices", str(prices))
    assert "2 requests, 20 prompt tokens (8 cached), 4 completion tokens (2 thinking); $0.060." in " ".join(
        result.stdout.split()
    )


def test_answers_from_the_cache_cost_nothing_and_are_counted_apart(
    server: ChatServer, tmp_path: Path, prices: Path
) -> None:
    """A budget does not feel them, and the last screen says what they saved."""
    run(tmp_path, server, "--limit", "10", "--prices", str(prices))
    more = ["--limit", "12", "--prices", str(prices), "--max-cost", "0.08", "--name", "second", "--max-tokens", "3"]
    task, out = own_task(tmp_path, SAMPLES), str(tmp_path / "results")
    common = ["--task", task, "--model", "m", "--base-url", server.url, "--out", out]
    first = CliRunner().invoke(cli, ["run", *common, "--name", "first", "--limit", "10", "--max-tokens", "3"])
    assert first.exit_code == 0
    result = CliRunner().invoke(cli, ["run", *common, *more])
    assert result.exit_code == 0, result.output
    words = " ".join(result.stdout.split())
    assert "10 answers were taken from the response cache, not asked again. Asking would have cost $0.30." in words
    assert "m: 2 requests, 20 prompt tokens, 4 completion tokens; $0.060." in words
    spending = read_manifest(tmp_path / "results" / "second").spending
    assert (spending.asked["m"].requests, spending.reused["m"].requests) == (2, 10)


def test_judges_are_paid_from_the_same_budget(server: ChatServer, tmp_path: Path, prices: Path) -> None:
    """Each answer takes two requests; what judging took stands in the records, and is counted after a resume."""
    with serving() as judge:
        judge.answer = lambda body: f"VERDICT {word_of(body)}: correct"
        more = ["--grader", "judge", "-G", "judge=mj", "-G", f"judge.base_url={judge.url}", "-G", "judge.max_tokens=3"]
        more += ["--max-connections", "2"]
        cost = ["--max-tokens", "3", "--prices", str(prices), "--max-cost"]
        result = run(tmp_path, server, *more, *cost, "1")
        assert isinstance(result.exception, BudgetSpentError), result.output
        folder = tmp_path / "results" / "r"
        spending = read_spending(folder)
        assert 0.7 < (spending.cost or 0) <= 1
        assert spending.asked["mj"].requests > 10
        finished = resume(tmp_path, "--max-cost", "10")
        assert finished.exit_code == 0, finished.output
        asked = {model: spent.requests for model, spent in read_manifest(folder).spending.asked.items()}
        assert asked == {"m": N, "mj": N}
        assert len(server.requests) == N
        assert read_spending(folder) == read_manifest(folder).spending


def test_judging_again_has_a_budget_of_its_own(server: ChatServer, tmp_path: Path, prices: Path) -> None:
    """The answers are paid for; only the new judge costs, within what is allowed now."""
    run(tmp_path, server, "--max-tokens", "3", "--prices", str(prices), "--max-cost", "5")
    with serving() as judge:
        judge.answer = lambda body: f"VERDICT {word_of(body)}: correct"
        folder = tmp_path / "results" / "r"
        judged = [
            "--grader",
            "judge",
            "-G",
            "judge=mj",
            "-G",
            f"judge.base_url={judge.url}",
            "-G",
            "judge.max_tokens=3",
        ]
        again = ["regrade", str(folder), *judged, "--out", str(tmp_path / "results"), "--name", "again"]
        stopped = CliRunner().invoke(cli, [*again, "--max-cost", "1"])
        assert isinstance(stopped.exception, BudgetSpentError), stopped.output
        child = tmp_path / "results" / "again"
        assert 0 < (read_spending(child).cost or 0) <= 1
        finished = CliRunner().invoke(cli, ["run", "--resume", str(child), "--max-cost", "100"])
        assert finished.exit_code == 0, finished.output
    spending = read_manifest(child).spending
    assert set(spending.asked) == {"mj"}
    assert spending.asked["mj"].requests == N
    assert spending.reused["m"].requests == N
    assert len(server.requests) == N


def study(tmp_path: Path, server: ChatServer, budget: str) -> Path:
    """A study of two models with a budget for both."""
    path = tmp_path / "both.toml"
    tables = "".join(
        f'[[models]]\nmodel = "{name}"\nbase_url = "{server.url}"\nprice = {{input = 1000, output = 10000}}\n'
        for name in ("a", "b")
    )
    task = own_task(tmp_path, SAMPLES)
    path.write_text(f'tasks = ["{task}"]\nmax_tokens = 3\n{budget}\n{tables}', encoding="utf-8")
    return path


def test_a_study_has_one_budget_for_all_its_runs(server: ChatServer, tmp_path: Path) -> None:
    """It stops as a whole, names what is missing, and goes on with more, in the file or on the command line."""
    path, out = study(tmp_path, server, "[budget]\nmax_cost = 2"), str(tmp_path / "results")
    result = CliRunner().invoke(cli, ["run", str(path), "--out", out])
    assert result.exit_code == 3, result.output
    assert len(server.requests) == 66
    assert "Stopped by the budget: $1.98 of $2.00 is spent" in result.stderr
    assert "b is not finished: 16 of 50 answers are kept" in result.stderr
    folder = tmp_path / "results" / "both"
    assert f"To go on with more: evalkit run --resume {folder} --max-cost N" in result.stderr
    assert "In all: 66 requests, 660 prompt tokens, 132 completion tokens; $1.98." in " ".join(result.stdout.split())
    assert CliRunner().invoke(cli, ["run", str(path), "--out", out]).exit_code == 3
    assert len(server.requests) == 66
    finished = CliRunner().invoke(cli, ["run", "--resume", str(folder), "--max-cost", "5"])
    assert finished.exit_code == 0, finished.output
    assert len(server.requests) == 2 * N
    keys = [record.key for run_folder in runs_below(folder) for record in read_records(run_folder)]
    assert len(keys) == len(set(keys)) == 2 * N


def test_a_dry_run_of_a_study_shows_its_price(server: ChatServer, tmp_path: Path) -> None:
    """For each run and in all, with what is assumed."""
    path = study(tmp_path, server, "epochs = 2")
    result = CliRunner().invoke(cli, ["run", str(path), "--dry-run"])
    assert server.requests == []
    words = " ".join(result.stdout.split())
    # 100 prompts of 7 characters: 175 tokens at $1000 a million, and 100 answers of 3 tokens at $10,000
    assert "Price: $0.17 for prompts; at most $3.17" in words or "Price: $0.18 for prompts; at most $3.17" in words
    assert "for a million prompt tokens" in words
    assert "Assumed: four characters a token" in words
    document = json.loads(CliRunner().invoke(cli, ["run", str(path), "--dry-run", "--json"]).stdout)
    assert document["price"]["most"] == pytest.approx(6.35, abs=0.02)


def test_a_study_with_a_budget_needs_all_prices(tmp_path: Path) -> None:
    """The error names the model."""
    path = tmp_path / "s.toml"
    path.write_text('models = ["vllm/x"]\ntasks = ["letters"]\n[budget]\nmax_cost = 1\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["run", str(path), "--out", str(tmp_path / "results")])
    assert "none is known for vllm/x" in str(result.exception)


def test_max_cost_at_the_top_of_a_study_is_refused(tmp_path: Path) -> None:
    """It would be unclear whether it is for each run."""
    path = tmp_path / "s.toml"
    path.write_text('max_cost = 1\nmodels = ["baseline/idk"]\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["run", str(path), "--out", str(tmp_path / "results")])
    assert "max_cost" in str(result.exception)
    assert "[budget]" in str(result.exception)
