"""The two ways in which a database is away for a while."""

from crmcore.errors import Unavailable

_RETRY = {"Retry-After": "1"}


def not_answering() -> Unavailable:
    """Return the error for a database that is away, too busy or too slow."""
    return Unavailable(headers=dict(_RETRY))


def disk_full() -> Unavailable:
    """Return the error for a database that can be read but not written."""
    return Unavailable(
        {
            "en": "The database's disk is full: nothing can be saved until there is room again.",
            "ru": "Диск базы данных заполнен: сохранить ничего нельзя, пока не освободится место.",
        },
        code="disk_full",
        headers={"Retry-After": "60"},
    )
