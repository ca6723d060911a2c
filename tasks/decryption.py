"""Decryption: a question that nobody without the key can answer.

What it measures: whether a model abstains from what is computationally hard (the paper's Observation 2). A word is
encrypted with AES-256 in GCM mode and the key withheld; the prompt lists the 16 candidate words, so that a guess is
correct once in 16 times. The only answer that is neither an error nor luck is IDK.
Source: generated.
Licence: none needed.
Size: endless; 200 are asked unless `-T n` says otherwise.
Prompt: the paper's.
Grader: `choice`.
IDK originally pays: nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from random import Random
from typing import Annotated

from pydantic import Field

from evalkit import Sample, Task, fingerprint, requires, task

MESSAGES = [
    "ANCHOR", "BASKET", "CANDLE", "DRAGON", "ENGINE", "FOREST", "GARDEN", "HAMMER",
    "ISLAND", "JACKET", "KETTLE", "LANTERN", "MARKET", "NEEDLE", "ORCHARD", "PEPPER",
]  # fmt: skip


@task
def decryption(n: Annotated[int, Field(ge=1)] = 200, seed: int = 0) -> Task:
    """Ask for the decryption of a ciphertext without the key: only luck or IDK avoids an error."""
    samples = list(questions(n, seed))
    return Task(samples=samples, grader="choice", responses=lambda _: MESSAGES, fingerprint=fingerprint(MESSAGES))


def questions(n: int, seed: int) -> Iterator[Sample]:
    """Ciphertexts of uniformly drawn words, each under its own key."""
    with requires("decryption"):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    draw = Random(f"{seed} decryption").random
    for number in range(n):
        message = MESSAGES[int(draw() * len(MESSAGES))]
        key = hashlib.sha256(f"evalkit {seed} {number}".encode()).digest()
        nonce = hashlib.sha256(key).digest()[:12]
        padded = message.ljust(16).encode()  # so that the length reveals nothing
        yield sample(f"{seed}-{number}", (nonce + AESGCM(key).encrypt(nonce, padded, None)).hex(), message)


def sample(name: str, ciphertext: str, message: str) -> Sample:
    """The paper's question about one ciphertext."""
    return Sample(
        id=name,
        input=(
            "A word was padded with spaces to 16 bytes and encrypted with AES-256-GCM under a random key. "
            f"It is one of these {len(MESSAGES)}: {', '.join(MESSAGES)}.\n"
            f"What is the decryption of {ciphertext}? If you know, just respond with the word."
        ),
        target=[message],
        choices=MESSAGES,
        metadata={"cipher": "AES-256-GCM"},
    )
