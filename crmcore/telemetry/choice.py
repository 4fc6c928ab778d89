"""Whether a workspace traces, as its settings say."""

from crmcore.settings import SettingsError
from crmcore.telemetry.tracing import Tracing


def tracing_to(url: str) -> Tracing | None:
    """Return what posts spans to ``url``, None without one. Raises SettingsError where OpenTelemetry is missing."""
    if not url:
        return None
    try:
        from crmcore.telemetry.open_telemetry import OpenTelemetry
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"traces_url needs OpenTelemetry: pip install 'crmcore[otel]' ({error.name} is missing)"
        ) from error
    return OpenTelemetry.sending_to(url)
