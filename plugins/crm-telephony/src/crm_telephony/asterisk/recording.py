"""Recordings of Asterisk: files on its disk, given out by a web server that the settings name."""

import base64
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from crm_telephony.asterisk.config import AsteriskConfig
from crm_telephony.asterisk.keys import linkedid_of
from crm_telephony.backend import LARGEST_RECORDING, NotYet, Sound
from crmcore import ChannelAccount, OutgoingFailed, PluginContext

_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".gsm": "audio/gsm",
}


def address_of(call: dict[str, Any], account: ChannelAccount) -> str:
    """Return where the recording is; every part of the path is quoted and none leads upwards. Empty: nowhere."""
    config: AsteriskConfig = account.config
    path = call["recording_ref"]
    parts = PurePosixPath(path).parts
    name = PurePosixPath(path).name
    if not config.recordings or not name or ".." in parts:
        return ""
    if "." not in name:
        name, path = f"{name}.wav", f"{path}.wav"
    day = call["started_at"] or call["ended_at"]
    values = {
        "file": quote(name, safe=""),
        "path": quote(path.lstrip("/"), safe="/"),
        "year": f"{day:%Y}",
        "month": f"{day:%m}",
        "day": f"{day:%d}",
        "id": quote(linkedid_of(account.id, call["call_sid"]), safe=""),
    }
    address = config.recordings
    for key, value in values.items():
        address = address.replace("{" + key + "}", value)
    return address


async def fetch(call: dict[str, Any], account: ChannelAccount, plugin: PluginContext) -> Sound | None:
    """Return the recording; None when there is no address for it. Raises :class:`NotYet`."""
    config: AsteriskConfig = account.config
    address = address_of(call, account)
    if not address:
        return None
    headers = {}
    if config.recordings_user:
        pair = f"{config.recordings_user}:{config.recordings_password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    try:
        answer = await plugin.http.request(
            "GET", address, headers=headers, timeout_s=50.0, max_bytes=LARGEST_RECORDING
        )
    except OutgoingFailed as failed:
        raise NotYet(str(failed)) from failed
    if answer.status != 200:
        raise NotYet(f"status {answer.status}")
    name = PurePosixPath(call["recording_ref"]).name
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix:
        name, suffix = f"{name}.wav", ".wav"
    kind = _TYPES.get(suffix) or answer.headers.get("content-type", "").partition(";")[0]
    return Sound(name=name[-200:], content_type=kind or "application/octet-stream", data=answer.body)
