"""Read an answer's body up to a limit, also when it is compressed."""

import zlib

import httpx2

from crmcore.contracts.outgoing import OutgoingFailed
from crmcore.outgoing import sentences


async def read_capped(response: httpx2.Response, limit: int, host: str) -> bytes:
    """Return the body of ``response``, at most ``limit`` bytes on the wire and unpacked.

    Raises :class:`~crmcore.OutgoingFailed` when it is larger or packed in a way that was not asked for.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(host, limit)
    raw = bytearray()
    async for part in response.aiter_raw():
        raw += part
        if len(raw) > limit:
            raise _too_large(host, limit)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return bytes(raw)
    if encoding not in ("gzip", "x-gzip"):
        raise OutgoingFailed(sentences.ENCODING, host=host, encoding=encoding[:20])
    return _unpack(bytes(raw), limit, host)


def _unpack(raw: bytes, limit: int, host: str) -> bytes:
    unpacked = bytearray()
    while raw:
        member = zlib.decompressobj(wbits=31)
        try:
            unpacked += member.decompress(raw, limit + 1 - len(unpacked))
        except zlib.error as error:
            raise OutgoingFailed(sentences.BROKEN_GZIP, host=host) from error
        if len(unpacked) > limit:
            raise _too_large(host, limit)
        if not member.eof:
            raise OutgoingFailed(sentences.BROKE_OFF, host=host)
        raw = member.unused_data
    return bytes(unpacked)


def _too_large(host: str, limit: int) -> OutgoingFailed:
    return OutgoingFailed(sentences.LARGE_ANSWER, host=host, limit=limit)
