"""The questions of `decryption`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import evalkit
from evalkit.tasks.decryption import MESSAGES, decryption


def test_the_ciphertext_is_a_real_one() -> None:
    """With the key that the prompt withholds it opens to the target; nothing in the prompt but it tells."""
    for number, sample in enumerate(list(decryption(n=20, seed=3).samples)):
        key = hashlib.sha256(f"evalkit 3 {number}".encode()).digest()
        data = bytes.fromhex(sample.input.split("decryption of ")[1].split("?")[0])
        assert AESGCM(key).decrypt(data[:12], data[12:], None).decode().strip() == sample.target[0]
        assert len(data) == 12 + 16 + 16
        assert sample.input.count(sample.target[0]) == 1


def test_the_message_space_is_stated_and_small() -> None:
    """So that guessing is possible, and right once in 16 times."""
    sample = next(iter(decryption(n=1).samples))
    assert sample.choices == MESSAGES
    assert len(set(MESSAGES)) == 16
    assert all(message in sample.input for message in MESSAGES)


def test_guessing_scores_what_the_closed_form_says(tmp_path: Path) -> None:
    """1/16 right; at t = 0.5 that is 1/16 − 15/16."""
    result = evalkit.run(
        model="baseline/guess", tasks=["decryption"], thresholds=[0.5], task_parameters={"n": "2000"}, out=tmp_path
    )
    (score,) = result.scorecards[0].scores
    assert score.ci95[0] <= 1 / 16 - 15 / 16 <= score.ci95[1]


def test_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the pip line."""
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(evalkit.EvalkitError, match=r"pip install 'evalkit-idk\[decryption\]'"):
        decryption(n=1)
