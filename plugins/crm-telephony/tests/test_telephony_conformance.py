"""The plugin keeps the rules of crmcore's quality scale."""

from crmcore.testing import (
    ActionContract,
    ChannelContract,
    JobContract,
    PageContract,
    PanelContract,
    PersonalDataContract,
    PluginContract,
    TablesContract,
)


class TestPlugin(PluginContract):
    plugin = "telephony"


class TestChannels(ChannelContract):
    plugin = "telephony"


class TestPanels(PanelContract):
    plugin = "telephony"


class TestActions(ActionContract):
    plugin = "telephony"


class TestPages(PageContract):
    plugin = "telephony"


class TestTables(TablesContract):
    plugin = "telephony"


class TestJobs(JobContract):
    plugin = "telephony"


class TestPersonalData(PersonalDataContract):
    plugin = "telephony"
