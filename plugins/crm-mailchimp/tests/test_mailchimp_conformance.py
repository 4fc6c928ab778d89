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
    plugin = "mailchimp"


class TestConnections(ConnectionContract):
    plugin = "mailchimp"


class TestPanels(PanelContract):
    plugin = "mailchimp"


class TestActions(ActionContract):
    plugin = "mailchimp"


class TestPages(PageContract):
    plugin = "mailchimp"


class TestTables(TablesContract):
    plugin = "mailchimp"


class TestJobs(JobContract):
    plugin = "mailchimp"


class TestPersonalData(PersonalDataContract):
    plugin = "mailchimp"
