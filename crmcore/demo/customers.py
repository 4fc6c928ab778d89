"""The demo's customers: their file through the importer, and what the shop knows about them beyond it."""

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from crmcore.contacts.resolve import match_points
from crmcore.contracts.actors import Actor
from crmcore.demo.progress import Progress
from crmcore.demo.story import customers
from crmcore.importing.run import Import, ImportSettings

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MAPPING = {"City": "custom.city", "Country": "custom.country", "State": ""}
# Anybody's mail domains say nothing about where the person works.
_PRIVATE_MAIL = frozenset({"gmail", "yahoo", "hotmail", "aol", "uol", "shaw", "comcast"})


async def import_customers(crm: "Crm", actor: Actor, progress: Progress) -> Import:
    """Import the customers' file; those that are there already are skipped."""

    def told(done: int, total: int) -> None:
        progress("Importing customers", done, total)

    with as_file(files("crmcore.demo.data").joinpath("customers.csv")) as file:
        settings = ImportSettings(mapping=MAPPING)
        return await crm.imports.file("contact", file, settings, actor=actor, progress=told)


async def mark_customers(crm: "Crm", actor: Actor) -> None:
    """Give some customers a tier, a tag, a website; nothing that somebody changed since is touched."""
    website = "url" in crm.registry.validators
    for number, customer in enumerate(customers()):
        match = await match_points([crm.point_rules.point("email", customer.email)], actor.language)
        if match is None:
            continue
        id = match.contact_id
        document = (await crm.records.get("contact", id, actor=actor)).document
        if (document["custom"] or {}).get("tier"):
            continue
        tier = "gold" if number % 6 == 0 else "silver" if number % 3 == 0 else "standard"
        custom: dict[str, Any] = {"tier": tier, "newsletter": number % 4 != 1}
        host = customer.email.partition("@")[2]
        if website and document["company"] and host.partition(".")[0] not in _PRIVATE_MAIL:
            custom["website"] = f"https://www.{host}"
        changes: dict[str, Any] = {"custom": custom}
        if tier == "gold":
            changes["tags"] = ["vip"]
        await crm.records.update("contact", id, changes, actor=actor, reason="the demo's setting")
