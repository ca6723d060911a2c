from contextlib import asynccontextmanager

from evalkit import Completion, ModelOptions, Request


class Parrot:
    """Repeats the question."""

    def __init__(self, name: str) -> None:
        self.name = f"parrot/{name}"
        self.max_connections = 1
        self.info = {"version": "1.0"}

    def waiting(self) -> str:
        return ""

    async def complete(self, request: Request) -> Completion:
        return Completion(text=request.messages[-1].content, finish_reason="stop")


class Parrots:
    about = "repeats the question"

    @asynccontextmanager
    async def open(self, name: str, options: ModelOptions):
        yield Parrot(name)


PARROTS = Parrots()
