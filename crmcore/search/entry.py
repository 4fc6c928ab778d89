"""An index entry: the tokens of one record, and the key that orders entries by time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from crmcore.contracts.search import SearchParts
from crmcore.search.words import (
    INITIAL,
    NUMBER,
    TYPE,
    Stems,
    address_token,
    addresses_of,
    digits_of,
    fold,
    phone_token,
    title_token,
    words_of,
)

MESSAGE = "message"
MAX_TEXT = 50_000
MAX_TOKENS = 5_000
MAX_TITLE = 200
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LOW_BITS = 22


class Entry(Struct, frozen=True, kw_only=True):
    """One record in the index. ``key`` is its place in time; ``names`` are the words found with typing errors."""

    key: int
    record_type: str
    record_id: UUID
    parent_id: UUID | None
    title: str
    words: str
    names: tuple[str, ...]


def type_token(record_type: str) -> str:
    """Return the token of every entry of ``record_type``."""
    return TYPE + record_type.replace("_", "")


def key_of(created_at: datetime, id: UUID) -> int:
    """Return the entry's key: the millisecond of creation, then bits of the id. The same on every engine.

    Two records of one millisecond share a key once in four million; who writes then takes the next one.
    """
    milliseconds = (created_at - _EPOCH) // _MILLISECOND
    return (milliseconds << _LOW_BITS) | (id.int & ((1 << _LOW_BITS) - 1))


def moment_of(key: int) -> datetime:
    """Return the millisecond at which the record of the entry ``key`` was created."""
    return _EPOCH + _MILLISECOND * (key >> _LOW_BITS)


def make_entry(
    record_type: str,
    record_id: UUID,
    parts: SearchParts,
    *,
    title: str,
    created_at: datetime,
    stems: Stems,
    parent_id: UUID | None = None,
) -> Entry:
    """Return the entry of a record that is found by ``parts``."""
    # Messages are indexed apart and need no token of their type.
    tokens: dict[str, None] = {type_token(record_type): None} if record_type != MESSAGE else {}
    names = [word for text in parts.names for word in words_of(fold(text))]
    tokens |= dict.fromkeys(f"{NUMBER}{number}" for number in parts.numbers)
    tokens |= dict.fromkeys(token for phone in parts.phones for token in _phone(phone))
    addresses = [fold(address.strip()) for address in parts.addresses if address.strip()]
    tokens |= dict.fromkeys(address_token(address) for address in addresses)
    titles = [fold(title) for title in parts.titles]
    for word in (*names, *(word for text in (*titles, *addresses) for word in words_of(text))):
        tokens[word] = None
        tokens[stems.of(word)] = None
    for text in titles:
        tokens |= dict.fromkeys(map(address_token, addresses_of(text)))
    for text in parts.texts:
        folded = fold(text[:MAX_TEXT])
        tokens |= dict.fromkeys(map(stems.of, words_of(folded)))
        if "@" in folded:
            tokens |= dict.fromkeys(map(address_token, addresses_of(folded)))
    tokens |= dict.fromkeys(INITIAL + word[0] for word in names)
    if record_type != MESSAGE:
        tokens |= dict.fromkeys(title_token(words_of(text)) for text in (fold(title), *titles))
    tokens.pop("", None)
    return Entry(
        key=key_of(created_at, record_id),
        record_type=record_type,
        record_id=record_id,
        parent_id=parent_id,
        title=title[:MAX_TITLE],
        words=" ".join(list(tokens)[:MAX_TOKENS]) or TYPE,
        names=tuple(sorted({word for word in names if is_name(word)})),
    )


def message_entry(
    id: UUID, conversation: UUID, text: str, author: str, *, created_at: datetime, stems: Stems
) -> Entry:
    """Return the entry of a message; it is found by its text and follows its conversation."""
    parts = SearchParts(texts=(text,))
    return make_entry(
        MESSAGE, id, parts, title=author, created_at=created_at, stems=stems, parent_id=conversation
    )


def is_name(word: str) -> bool:
    """Tell whether ``word`` is worth being found with typing errors."""
    return 3 <= len(word) <= 40 and word.isalpha()


def _phone(phone: str) -> Iterable[str]:
    digits = digits_of(phone)[:32]
    return (phone_token(digits),) if len(digits) >= 3 else ()
