"""What plugins show as JSON: the same blocks and values that pages render, for programs and other clients."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from crmcore.contracts.blocks import Block, Media
from crmcore.contracts.panels import PanelContent
from crmcore.contributions.actions import Outcome
from crmcore.contributions.bounds import trimmed
from crmcore.contributions.panels import LoadedPanel

FileAddress = Callable[[UUID], str]
"""Returns where a file in a block is fetched."""


def block_documents(blocks: Sequence[Block], address: FileAddress) -> list[dict[str, Any]]:
    """Return ``blocks`` with their kind in ``k``; a file has its ``url``."""
    documents = []
    for block in trimmed(blocks):
        document: dict[str, Any] = msgspec.to_builtins(block)
        if isinstance(block, Media):
            document["url"] = address(block.file)
        documents.append(document)
    return documents


def panel_document(loaded: LoadedPanel, title: str, language: str, address: FileAddress) -> dict[str, Any]:
    """Return a loaded panel or tile in ``language``."""
    content: PanelContent = loaded.content
    return {
        "key": loaded.key,
        "plugin": loaded.plugin,
        "title": title,
        "icon": loaded.panel.icon,
        "state": loaded.state,
        "message": loaded.failure.sentence(language) if loaded.failure else content.message,
        "blocks": block_documents(content.blocks, address),
        "badge": msgspec.to_builtins(content.badge),
        "link": msgspec.to_builtins(content.link),
        "actions": msgspec.to_builtins(content.actions),
        "fetched_at": loaded.at,
    }


def outcome_document(outcome: Outcome, message: str) -> dict[str, Any]:
    """Return what came of a press."""
    return {
        "id": outcome.id,
        "state": outcome.state,
        "message": message,
        "tone": outcome.tone,
        "open": outcome.open,
        "refresh": outcome.refresh,
    }
