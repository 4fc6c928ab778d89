"""The tables of the core that a plugin's foreign keys may name, and the engine its own tables are bound to.

Reading them is fine; writing goes through :class:`~crmcore.PluginRecords`, or the history would not know.
"""

from crmcore.accounts.tables import Team, User
from crmcore.contacts.tables import Company, Contact
from crmcore.conversations.tables import Conversation
from crmcore.database.current import WORKSPACE_ENGINE

__all__ = ["WORKSPACE_ENGINE", "Company", "Contact", "Conversation", "Team", "User"]
