"""The contributions of one workspace's plugins, kind by kind."""

from typing import TYPE_CHECKING

from crmcore.contributions.actions import Actions
from crmcore.contributions.arrangement import Arrangement
from crmcore.contributions.health import HealthChecks
from crmcore.contributions.media import Media
from crmcore.contributions.menu import Menu
from crmcore.contributions.panels import Panels
from crmcore.contributions.tiles import Tiles
from crmcore.contributions.timelines import Timelines
from crmcore.contributions.under_messages import UnderMessages

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Contributions:
    """What plugins show and let people do. Built once; asks the plugins when somebody looks."""

    def __init__(self, crm: "Crm") -> None:
        self.panels = Panels(crm)
        self.arrangement = Arrangement(crm.database, crm.clock)
        self.actions = Actions(crm)
        self.menu = Menu(crm)
        self.tiles = Tiles(crm)
        self.timelines = Timelines(crm)
        self.under_messages = UnderMessages(crm)
        self.media = Media(crm)
        self.health = HealthChecks(crm)
