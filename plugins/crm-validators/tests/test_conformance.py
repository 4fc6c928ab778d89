"""The plugin keeps the rules of crmcore's quality scale."""

from crmcore.testing import PluginContract, ValidatorContract


class TestPlugin(PluginContract):
    plugin = "validators"


class TestValidators(ValidatorContract):
    plugin = "validators"
