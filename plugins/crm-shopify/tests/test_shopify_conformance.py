"""The plugin keeps the rules of crmcore's quality scale."""

from crmcore.testing import (
    ActionContract,
    ConnectionContract,
    JobContract,
    PageContract,
    PanelContract,
    PersonalDataContract,
    PluginContract,
    TablesContract,
)


class TestPlugin(PluginContract):
    plugin = "shopify"


class TestConnections(ConnectionContract):
    plugin = "shopify"


class TestPanels(PanelContract):
    plugin = "shopify"


class TestActions(ActionContract):
    plugin = "shopify"


class TestPages(PageContract):
    plugin = "shopify"


class TestTables(TablesContract):
    plugin = "shopify"


class TestJobs(JobContract):
    plugin = "shopify"


class TestPersonalData(PersonalDataContract):
    plugin = "shopify"
