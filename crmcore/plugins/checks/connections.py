"""Whether a connection's parts fit together."""

from crmcore.contracts.connections import Connection
from crmcore.plugins.checks.settings import check_config
from crmcore.plugins.failures import LoadProblem

_NO_HANDLE = {
    "en": "The connection “{key}” has verify but no handle: nothing would become of its deliveries.",
    "ru": "У подключения «{key}» есть verify, но нет handle: доставки некому обработать.",
}


def check_connection(connection: Connection) -> None:
    """Raise :class:`LoadProblem` unless the settings have a JSON Schema and what it takes is handled."""
    check_config(connection.config)
    if connection.verify is not None and connection.handle is None:
        raise LoadProblem(
            {language: text.format(key=connection.key) for language, text in _NO_HANDLE.items()}
        )
