"""The plugin keeps the rules of crmcore's quality scale."""

from crmcore.testing import PluginContract


class TestPlugin(PluginContract):
    plugin = "shopify"
