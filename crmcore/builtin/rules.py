"""Rules that hold for records of the core, on every path."""

from crmcore.accounts.tables import User
from crmcore.contracts.problems import Problem
from crmcore.contracts.records import Change
from crmcore.conversations.tables import Conversation
from crmcore.hookspecs import hookimpl

_NOT_ACTIVE = {
    "en": "Only active users can be given work.",
    "ru": "Назначить можно только действующего сотрудника.",
}
_TEAM_AT_WORK = {
    "en": "The team has {count} conversations that are not closed. Give them to somebody first.",
    "ru": "У команды есть незакрытые обращения ({count}). Сначала передайте их.",
}


class Rules:
    """Refuses what would leave work with nobody."""

    @hookimpl
    async def before_write(self, change: Change) -> list[Problem] | None:
        """Refuse an assignee who is not an active user."""
        assignee = change.values.get("assignee")
        if assignee is None or change.record_type not in ("conversation", "task"):
            return None
        if change.before is not None and change.before.get("assignee") == assignee:
            return None
        if await User.exists().where(User.id == assignee, User.active.eq(True)):
            return None
        return [Problem(path="/assignee_id", code="not_active", message=_NOT_ACTIVE)]

    @hookimpl
    async def before_delete(self, change: Change) -> list[Problem] | None:
        """Refuse to delete a team that still has conversations to answer."""
        if change.record_type != "team":
            return None
        count = await Conversation.count().where(
            Conversation.team == change.id, Conversation.status != "closed"
        )
        if not count:
            return None
        return [Problem(code="team_at_work", message=_TEAM_AT_WORK, params={"count": count})]
