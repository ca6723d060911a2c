"""A Hub on loopback: repositories with revisions, gates and rate limits, for the real `datasets` and `huggingface_hub`.

It speaks the calls that loading, listing and uploading make: information on a repository, trees and paths, files with
ranges, and the four steps of an upload (create, ask how, store, commit). What it serves is in memory.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

TOKEN = "hf_loopback"


@dataclass
class Repository:
    """Files at each revision; `main` is the newest."""

    revisions: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Revision → path → content."""
    gated: bool = False
    private: bool = False

    def sha(self, revision: str) -> str:
        """A commit's id, from its content."""
        digest = hashlib.sha1()
        for path, content in sorted(self.revisions[self.named(revision)].items()):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def named(self, revision: str) -> str:
        """The name of a revision, of which the id is given too; "" where there is none."""
        if revision in self.revisions:
            return revision
        return next((name for name in self.revisions if self.sha(name) == revision), "")


@dataclass
class Hub:
    """What the Hub holds, and what was asked of it."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    """"datasets/OWNER/NAME" or "OWNER/NAME" → repository."""
    refuse_next: int = 0
    """So many requests are answered with 429, each once."""
    requests: Counter[str] = field(default_factory=Counter)
    """Method and kind of request → how often."""
    refused: int = 0
    stored: dict[str, bytes] = field(default_factory=dict)
    """Digest → content of large files that were uploaded and not yet committed."""
    url: str = ""

    def add(self, name: str, files: dict[str, bytes], *, gated: bool = False, revision: str = "main") -> Repository:
        """Add a data set, or a revision of it."""
        repository = self.repositories.setdefault(f"datasets/{name}", Repository())
        repository.gated = gated
        repository.revisions[revision] = files
        return repository

    def files(self, name: str, kind: str = "datasets/") -> dict[str, bytes]:
        """Files of a repository's newest revision."""
        return self.repositories[f"{kind}{name}"].revisions["main"]


@contextmanager
def serving_hub() -> Iterator[Hub]:
    """A Hub in a thread of its own."""
    hub = Hub()
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        runner = web.AppRunner(_application(hub))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield hub
    stop.set()
    thread.join()


def environment(hub: Hub, cache: Path, token: str = "") -> dict[str, str]:
    """What a process needs to ask this Hub alone, with a cache of its own."""
    return {
        "HF_ENDPOINT": hub.url, "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0", "HF_DATASETS_OFFLINE": "0", "HF_TOKEN": token,
    }  # fmt: skip


def _application(hub: Hub) -> web.Application:
    @web.middleware
    async def limit(request: web.Request, handler: Any) -> web.StreamResponse:
        hub.requests[f"{request.method} {request.path.split('/')[1]}"] += 1
        if hub.refuse_next > 0:
            hub.refuse_next -= 1
            hub.refused += 1
            return web.json_response({"error": "rate limit"}, status=429, headers={"Retry-After": "0"})
        response: web.StreamResponse = await handler(request)
        return response

    application = web.Application(middlewares=[limit], client_max_size=1 << 28)
    add = application.router.add_route
    calls = _Calls(hub)
    repository = "{kind:(?:datasets/)?}{owner}/{name}"
    for path in ("", "/revision/{revision}"):
        add("GET", f"/api/{{kind:datasets|models}}/{{owner}}/{{name}}{path}", calls.information)
    add("GET", "/api/{kind:datasets|models}/{owner}/{name}/tree/{revision}{path:.*}", calls.tree)
    add("POST", "/api/{kind:datasets|models}/{owner}/{name}/paths-info/{revision}", calls.paths)
    add("POST", "/api/{kind:datasets|models}/{owner}/{name}/preupload/{revision}", calls.ask_how)
    add("POST", "/api/{kind:datasets|models}/{owner}/{name}/commit/{revision}", calls.commit)
    add("POST", "/api/repos/create", calls.create)
    add("POST", "/api/validate-yaml", calls.validate)
    add("GET", "/api/whoami-v2", calls.who)
    add("POST", f"/{repository}.git/info/lfs/objects/batch", calls.batch)
    add("PUT", "/store/{digest}", calls.store)
    for method in ("GET", "HEAD"):
        add(method, f"/{repository}/resolve/{{revision}}/{{path:.+}}", calls.file)
    return application


class _Calls:
    """The calls, one method each."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def information(self, request: web.Request) -> web.Response:
        """Describe a repository at a revision."""
        found, revision = self._find(request)
        files = found.revisions[revision]
        return web.json_response(
            {
                "_id": "0", "id": self._name(request), "sha": found.sha(revision), "private": found.private,
                "gated": "auto" if found.gated else False, "disabled": False, "downloads": 0, "likes": 0, "tags": [],
                "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z", "cardData": {},
                "siblings": [{"rfilename": path} for path in sorted(files)],
            }
        )  # fmt: skip

    async def tree(self, request: web.Request) -> web.Response:
        """List the files below a folder."""
        found, revision = self._find(request)
        prefix = request.match_info["path"].strip("/")
        is_deep = request.query.get("recursive", "").lower() in ("true", "1")
        entries: dict[str, dict[str, Any]] = {}
        for path, content in sorted(found.revisions[revision].items()):
            if prefix and not path.startswith(f"{prefix}/"):
                continue
            for folder in _folders(path, prefix):
                entries.setdefault(folder, {"type": "directory", "path": folder, "size": 0, "oid": "0" * 40})
            entries[path] = _described(path, content)
        if prefix and not entries:
            raise _error(404, "EntryNotFound", f"no {prefix}")
        shown = [one for path, one in entries.items() if is_deep or "/" not in path.removeprefix(f"{prefix}/")]
        return web.json_response(shown)

    async def paths(self, request: web.Request) -> web.Response:
        """Describe named paths."""
        found, revision = self._find(request)
        form = await request.post() if "form" in request.content_type else None
        wanted = form.getall("paths") if form is not None else (await request.json())["paths"]
        files = found.revisions[revision]
        answers = [_described(str(path), files[str(path)]) for path in wanted if path in files]
        folders = {folder for path in files for folder in _folders(path, "")}
        answers += [{"type": "directory", "path": p, "size": 0, "oid": "0" * 40} for p in wanted if p in folders]
        return web.json_response(answers)

    async def file(self, request: web.Request) -> web.Response:
        """Serve a file, or a part of it."""
        found, revision = self._find(request)
        if found.gated and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            status = 403 if "Authorization" in request.headers else 401
            raise _error(status, "GatedRepo", "Access to this dataset is gated: accept its terms")
        content = found.revisions[revision].get(request.match_info["path"])
        if content is None:
            raise _error(404, "EntryNotFound", "Entry not found")
        headers = {
            "X-Repo-Commit": found.sha(revision), "ETag": f'"{hashlib.sha1(content).hexdigest()}"',
            "Accept-Ranges": "bytes",
        }  # fmt: skip
        span = request.http_range
        if span.start is None and span.stop is None:
            return web.Response(body=content, headers=headers)
        start, stop, _ = span.indices(len(content))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        return web.Response(status=206, body=content[start:stop], headers=headers)

    async def who(self, request: web.Request) -> web.Response:
        """Name the account of a token."""
        self._check_token(request)
        return web.json_response({"type": "user", "name": "tester", "orgs": [], "auth": {}})

    async def create(self, request: web.Request) -> web.Response:
        """Create a repository."""
        self._check_token(request)
        asked = await request.json()
        owner = asked.get("organization") or "tester"
        kind = "datasets/" if asked.get("type") == "dataset" else ""
        key = f"{kind}{owner}/{asked['name']}"
        status = 409 if key in self.hub.repositories else 200
        created = self.hub.repositories.setdefault(key, Repository({"main": {}}))
        created.private = created.private or bool(asked.get("private")) or asked.get("visibility") == "private"
        return web.json_response({"url": f"{self.hub.url}/{key}", "name": f"{owner}/{asked['name']}"}, status=status)

    async def validate(self, request: web.Request) -> web.Response:
        """Take any card whose YAML has a beginning and an end."""
        content = str((await request.json()).get("content", ""))
        errors = [] if content.count("---") >= 2 else [{"message": "no metadata"}]
        return web.json_response({"errors": errors, "warnings": []}, status=400 if errors else 200)

    async def ask_how(self, request: web.Request) -> web.Response:
        """Say which files go into the commit, and which are stored apart: tables and figures."""
        self._check_token(request)
        self._find(request)
        asked = (await request.json())["files"]
        return web.json_response(
            {
                "files": [
                    {
                        "path": one["path"], "shouldIgnore": False,
                        "uploadMode": "lfs" if one["path"].endswith((".parquet", ".png")) else "regular",
                    }
                    for one in asked
                ]
            }
        )  # fmt: skip

    async def batch(self, request: web.Request) -> web.Response:
        """Say where large files are put."""
        self._check_token(request)
        objects = (await request.json())["objects"]
        upload = [
            {**one, "actions": {"upload": {"href": f"{self.hub.url}/store/{one['oid']}", "header": {}}}}
            for one in objects
        ]
        body = json.dumps({"transfer": "basic", "objects": upload})
        return web.Response(text=body, content_type="application/vnd.git-lfs+json")

    async def store(self, request: web.Request) -> web.Response:
        """Take a large file."""
        content = await request.read()
        if hashlib.sha256(content).hexdigest() != request.match_info["digest"]:
            raise _error(400, "BadDigest", "the content is another")
        self.hub.stored[request.match_info["digest"]] = content
        return web.Response()

    async def commit(self, request: web.Request) -> web.Response:
        """Commit the files: those in the request, and those that were stored before."""
        self._check_token(request)
        found, revision = self._find(request)
        files = dict(found.revisions[revision])
        for line in (await request.text()).splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif entry["key"] == "deletedFile":
                files.pop(value["path"], None)
        found.revisions[revision] = files
        url = f"{self.hub.url}/{request.match_info['kind']}/{self._name(request)}/commit/{found.sha(revision)}"
        return web.json_response({"success": True, "commitUrl": url, "commitOid": found.sha(revision)})

    def _find(self, request: web.Request) -> tuple[Repository, str]:
        kind = "datasets/" if request.match_info["kind"].startswith("datasets") else ""
        found = self.hub.repositories.get(f"{kind}{self._name(request)}")
        if found is None or (found.private and request.headers.get("Authorization") != f"Bearer {TOKEN}"):
            raise _error(404, "RepoNotFound", "Repository not found")
        revision = found.named(request.match_info.get("revision", "main"))
        if not revision:
            raise _error(404, "RevisionNotFound", "Invalid rev id")
        return found, revision

    def _check_token(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise _error(401, "", "Invalid username or password.")

    @staticmethod
    def _name(request: web.Request) -> str:
        return f"{request.match_info['owner']}/{request.match_info['name']}"


def _error(status: int, code: str, message: str) -> web.HTTPException:
    """An error as the Hub words it."""
    kinds = {400: web.HTTPBadRequest, 401: web.HTTPUnauthorized, 403: web.HTTPForbidden, 404: web.HTTPNotFound}
    headers = {"X-Error-Code": code, "X-Error-Message": message} if code else {"X-Error-Message": message}
    return kinds[status](text=json.dumps({"error": message}), content_type="application/json", headers=headers)


def _described(path: str, content: bytes) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}


def _folders(path: str, prefix: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for k in range(1, len(parts) + 1):
        folder = "/".join(parts[:k])
        if not prefix or folder.startswith(f"{prefix}/"):
            yield folder
