"""The form of a channel account: its name, its address and the settings of its channel or connection."""

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from crmcore.errors import CrmError, Invalid
from crmcore.web.schema_form import SchemaForm

if TYPE_CHECKING:
    from crmcore.web.form import Form
    from crmcore.web.visit import Visit


class AccountForm:
    """What stands in the form, what was sent, and what is wrong with it."""

    def __init__(
        self, visit: "Visit", config: type[Struct] | None, suggestions: tuple[str, ...] = ()
    ) -> None:
        self._visit = visit
        self.settings = SchemaForm(visit, schema_of(config), suggestions=suggestions)
        self.name = self.slug = self.then = ""
        self.version: int | None = None
        self.config: dict[str, Any] = {}
        self.errors: dict[str, str] = {}

    def show(self, account: dict[str, Any]) -> None:
        """Fill the form with what is stored."""
        self.name, self.slug = account["name"], account["slug"]
        self.settings.show(account["config"])

    async def read(self) -> None:
        """Take over what was sent."""
        sent: Form = await self._visit.form()
        self.config = self.settings.sent(sent)
        self.name, self.slug = sent.get("account_name"), sent.get("account_slug")
        self.then, self.version = sent.get("then"), sent.number("version")

    def complain(self, error: CrmError) -> None:
        """Show what was sent with every problem beside its field."""
        self.settings.show(self.config)
        language = self._visit.language
        if not isinstance(error, Invalid):
            self.settings.general.append(error.sentence(language))
            return
        self.errors = {problem.path.strip("/"): problem.sentence(language) for problem in error.problems}
        self.settings.complain(
            [problem for problem in error.problems if problem.path.startswith("/config")], "/config"
        )


def schema_of(config: type[Struct] | None) -> dict[str, Any]:
    """Return the JSON Schema of an account's settings, its definitions beside its properties."""
    if config is None:
        return {"type": "object", "properties": {}}
    schema = msgspec.json.schema(config)
    definitions = schema.get("$defs", {})
    root = definitions.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return {**root, "$defs": definitions}
