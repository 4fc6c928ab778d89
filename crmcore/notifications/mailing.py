"""Notifications by mail: what came within a few minutes is one mail, in the reader's language."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from crmcore.accounts.tables import User
from crmcore.contracts.labels import Label, text_of
from crmcore.mail.contract import Mail
from crmcore.mail.letter import letter
from crmcore.notifications.reading import Notified, Reading
from crmcore.notifications.sight import in_sight
from crmcore.notifications.tables import Notification
from crmcore.tasks.occurrences import zone_or_utc

if TYPE_CHECKING:
    from crmcore.workspace import Crm

MOST = 30
"""A mail tells so many one by one and counts the rest."""
STALE = timedelta(days=2)
"""What could not be mailed for so long is not news any more."""

_ONE: Label = {"en": "{text}: {title}", "ru": "{text}: {title}"}
_MANY: Label = {"en": "{n} notifications", "ru": "Уведомлений: {n}"}
_MORE: Label = {"en": "… and {n} more.", "ru": "… и ещё {n}."}
_BUTTON: Label = {"en": "Open", "ru": "Открыть"}
_BUTTON_ALL: Label = {"en": "All notifications", "ru": "Все уведомления"}
_WHY: Label = {
    "en": "What you hear of by mail you choose on your profile: {link}",
    "ru": "О чём сообщать по почте, выбирают в профиле: {link}",
}


class Mailing:
    """Sends what is unread and due. One sent twice has one Message-ID, by which mail programs show it once."""

    def __init__(self, crm: "Crm", reading: Reading) -> None:
        self._crm = crm
        self._reading = reading

    async def send(self, user: UUID) -> int:
        """Send one mail with what ``user`` has not read and may still see; return how many it tells of.

        Raises :class:`~crmcore.mail.MailFailed`: the job tries again.
        """
        now = self._crm.clock()
        waiting = [
            Notification.user == user,
            Notification.mail_at <= now,
            Notification.mailed_at.is_null(),
        ]
        actor = await self._crm.accounts.actor_for_user(user)
        rows: list[dict[str, Any]] = []
        if actor is not None and self._crm.post.configured:
            rows = (
                await Notification.select()
                .where(
                    *waiting,
                    Notification.read_at.is_null(),
                    Notification.mail_at > now - STALE,
                    in_sight(actor, self._reading.types()),
                )
                .order_by(Notification.at)
                .limit(500)
            )
        if rows and actor is not None:
            told = await self._reading.told(rows, actor)
            address = (await User.select(User.email).where(User.id == user))[0]["email"]
            if told:
                await self._crm.post.send(
                    self._letter(address, actor.language, zone_or_utc(actor.time_zone), told)
                )
        await Notification.update({Notification.mailed_at: now}, force=True).where(*waiting)
        return len(rows)

    def _letter(self, to: str, language: str, zone: ZoneInfo, told: list[Notified]) -> Mail:
        base = self._crm.settings.base_url.rstrip("/")
        sentences = [self._sentence(item, language, zone) for item in told[:MOST]]
        if len(told) > MOST:
            sentences.append(text_of(_MORE, language, n=len(told) - MOST))
        single = told[0] if len(told) == 1 and told[0].path else None
        subject = sentences[0] if len(told) == 1 else text_of(_MANY, language, n=len(told))
        mail = letter(
            to=to,
            language=language,
            workspace=self._crm.settings.name,
            subject=" ".join(subject.split())[:200],
            before=tuple(sentences),
            link=f"{base}{single.path}" if single else f"{base}/notifications",
            button=text_of(_BUTTON if single else _BUTTON_ALL, language),
            after=(text_of(_WHY, language, link=f"{base}/settings/profile#notifications"),),
        )
        ids = hashlib.sha256("".join(str(item.id) for item in told).encode()).hexdigest()[:32]
        return msgspec.structs.replace(mail, id=f"notifications.{ids}")

    @staticmethod
    def _sentence(item: Notified, language: str, zone: ZoneInfo) -> str:
        said = text_of(_ONE, language, text=item.text, title=item.title) if item.title else item.text
        return f"{item.at.astimezone(zone):%H:%M}  {said}"
