"""Files in a bucket of any S3-compatible service, through obstore."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from crmcore.files.storage import CHUNK, Lost, looks_stored
from crmcore.settings import SettingsError

if TYPE_CHECKING:
    from obstore.store import S3Store

_PARAMETERS = frozenset({"endpoint", "region"})


class BucketStorage:
    """Keeps each content in an object named after it, below a prefix.

    ``url`` is ``s3://BUCKET/PREFIX?endpoint=https://…&region=…``; ``key`` and ``secret`` sign the requests, and
    when they are empty the machine's own role does. The address is an administrator's, so it may be of the own
    network, without TLS too.
    """

    def __init__(self, url: str, key: str = "", secret: str = "") -> None:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query))
        if parts.scheme != "s3" or not parts.netloc or given.keys() - _PARAMETERS:
            raise SettingsError(
                "files_url must be s3://BUCKET/PREFIX with endpoint and region as its only parameters."
            )
        self._prefix = parts.path.strip("/")
        self._place = f"s3://{parts.netloc}/{self._prefix}" + (
            f" at {given['endpoint']}" if "endpoint" in given else ""
        )
        self._store = _store(parts.netloc, given, key, secret)

    @property
    def place(self) -> str:
        """Bucket, prefix and endpoint."""
        return self._place

    async def put(self, sha256: str, source: Path) -> None:
        """Upload in parts; the object appears when the last part is there."""
        await self._store.put_async(self._name(sha256), source)

    async def read(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a part of the object."""
        if start >= end:
            return
        try:
            answer = await self._store.get_async(self._name(sha256), options={"range": (start, end)})
            async for chunk in answer.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except FileNotFoundError as error:
            raise Lost(sha256) from error

    async def written_at(self, sha256: str) -> datetime | None:
        """Return the object's time."""
        try:
            found = await self._store.head_async(self._name(sha256))
        except FileNotFoundError:
            return None
        return found["last_modified"]

    async def delete(self, sha256: str) -> None:
        """Delete the object."""
        try:
            await self._store.delete_async(self._name(sha256))
        except FileNotFoundError:
            return

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """Yield the names of old objects, a page of a thousand after the other."""
        async for page in self._store.list(self._prefix or None):
            for found in page:
                name = found["path"].rpartition("/")[2]
                if found["last_modified"] < before and looks_stored(name):
                    yield name

    async def check(self) -> None:
        """Write, read and delete an object of seven bytes."""
        name = f"{self._prefix}/.check".lstrip("/")
        try:
            await self._store.put_async(name, b"crmcore")
            answer = await self._store.get_async(name)
            if bytes(await answer.bytes_async()) != b"crmcore":
                raise Lost(name)
            await self._store.delete_async(name)
        except OSError:
            raise
        except Exception as error:  # obstore's errors share no base class with anything of ours
            raise OSError(f"{type(error).__name__}: {error}"[:300]) from error

    def _name(self, sha256: str) -> str:
        if not looks_stored(sha256):
            raise Lost(sha256)
        return f"{self._prefix}/{sha256[:2]}/{sha256}".lstrip("/")


def _store(bucket: str, given: dict[str, str], key: str, secret: str) -> "S3Store":
    try:
        from obstore.store import S3Store
    except ModuleNotFoundError as error:
        raise SettingsError("files_url names a bucket: install crmcore[s3].") from error
    options: dict[str, Any] = {"region": given.get("region", "us-east-1")}
    if "endpoint" in given:
        options["endpoint"] = given["endpoint"]
    if key:
        options |= {"access_key_id": key, "secret_access_key": secret}
    return S3Store(
        bucket,
        **options,
        client_options={
            "allow_http": given.get("endpoint", "").startswith("http://"),
            "timeout": timedelta(seconds=60),
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
    )
