"""What the answers about general settings look like."""

from crmcore.general.choices import CHOSEN, COLOURS
from crmcore.http.openapi.shape import TEXT, items_of, shape
from crmcore.http.operation import Schema, reference


def general_shapes() -> dict[str, Schema]:
    """Return the component schemas of the general settings."""
    one = shape(
        {
            "name": {"enum": list(CHOSEN)},
            "value": TEXT,
            "decided_by": {"enum": ["page", "settings", "default"]},
            "variable": {"type": "string", "description": "The environment variable that would decide it."},
        }
    )
    text = {"type": "string", "minLength": 1}
    asked: dict[str, Schema] = {
        "name": {**text, "maxLength": 60},
        "language": {"enum": ["en", "ru"]},
        "time_zone": {**text, "maxLength": 64},
        "base_url": {"type": "string", "pattern": r"^https?://[^\s/?#@]+$", "maxLength": 200},
        "colour": {"enum": list(COLOURS)},
    }
    return {
        "GeneralSetting": one,
        "GeneralSettingList": items_of(reference("GeneralSetting")),
        "GeneralChoices": shape(asked, optional=tuple(asked)) | {"additionalProperties": False},
    }
