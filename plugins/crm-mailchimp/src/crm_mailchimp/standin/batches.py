"""Batches of the stand-in: worked through a little with every look at them, results in an archive."""

import io
import json
import tarfile
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

Run = Callable[[str, str, Any], tuple[int, Any]]


class Batches:
    """Runs operations with ``run``; ``per_look`` of them each time somebody asks how far a batch is."""

    def __init__(self, run: Run, clock: Callable[[], datetime], per_look: int = 500) -> None:
        self._run = run
        self._clock = clock
        self.per_look = per_look
        self.address = "https://mailchimp-api-batch.s3.amazonaws.com"
        self.batches: list[dict[str, Any]] = []

    def new(self, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a batch."""
        if len(operations) > 1000:
            raise ValueError("a batch has at most 1000 operations")
        id = f"{len(self.batches) + 1:08x}"
        at = self._clock().isoformat(timespec="seconds")
        self.batches.append({"id": id, "operations": operations, "results": [], "at": at})
        return self._shown(self.batches[-1])

    def state(self, id: str) -> tuple[int, dict[str, Any]]:
        """Tell how far a batch is, after some more of it was done."""
        batch = next((batch for batch in self.batches if batch["id"] == id), None)
        if batch is None:
            return 404, {"title": "Resource Not Found", "status": 404, "detail": "No such batch."}
        done = len(batch["results"])
        for operation in batch["operations"][done : done + self.per_look]:
            batch["results"].append(self._done(operation))
        return 200, self._shown(batch)

    def all(self) -> dict[str, Any]:
        """Return all batches as they stand."""
        return {"batches": [self._shown(batch) for batch in self.batches], "total_items": len(self.batches)}

    def archive(self, id: str) -> bytes:
        """Return the results of a batch as Mailchimp stores them."""
        batch = next(batch for batch in self.batches if batch["id"] == id)
        content = json.dumps(batch["results"]).encode()
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            folder = tarfile.TarInfo(f"{id}/")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            entry = tarfile.TarInfo(f"{id}/{id}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        return file.getvalue()

    def _done(self, operation: dict[str, Any]) -> dict[str, Any]:
        query = urlencode(operation.get("params", {}))
        target = f"{operation['path']}?{query}" if query else operation["path"]
        body = json.loads(operation["body"]) if operation.get("body") else None
        status, answer = self._run(operation["method"], target, body)
        return {
            "status_code": status,
            "operation_id": operation.get("operation_id", ""),
            "response": json.dumps(answer) if answer is not None else "",
        }

    def _shown(self, batch: dict[str, Any]) -> dict[str, Any]:
        done, total = len(batch["results"]), len(batch["operations"])
        finished = done == total
        return {
            "id": batch["id"],
            "status": "finished" if finished else ("started" if done else "pending"),
            "total_operations": total,
            "finished_operations": done,
            "errored_operations": sum(result["status_code"] >= 400 for result in batch["results"]),
            "submitted_at": batch["at"],
            "completed_at": batch["at"] if finished else "",
            "response_body_url": f"{self.address}/{batch['id']}-response.tar.gz" if finished else "",
        }
