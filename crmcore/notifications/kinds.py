"""What people hear of, and how they hear of it unless they chose otherwise."""

from msgspec import Struct

from crmcore.contracts.labels import Label

DIGEST_S = 120.0
"""So long a mail waits for what else comes: several in two minutes are one mail."""
SOON_S = 5.0
"""So long it waits for what has an hour: reminders."""


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of notification. ``says`` is the sentence, with ``{by}`` for who did it and ``{n}`` for how often.

    ``title`` is what the choices on the profile call it; ``wait_s`` is how long its mail waits for others. What is
    ``counted`` comes up once for a record as long as it is unread, and counts.
    """

    key: str
    title: Label
    says: Label
    in_page: bool = True
    by_mail: bool = False
    wait_s: float = DIGEST_S
    counted: bool = False
    icon: str = "info"


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            key="assigned",
            title={
                "en": "A conversation or a task was given to you",
                "ru": "Вам назначили обращение или задачу",
            },
            says={"en": "{by} assigned this to you", "ru": "{by} назначает это вам"},
            by_mail=True,
            icon="user-check",
        ),
        Kind(
            key="mentioned",
            title={"en": "Somebody mentioned you in a note", "ru": "Вас упомянули в заметке"},
            says={"en": "{by} mentioned you in a note", "ru": "{by} упоминает вас в заметке"},
            by_mail=True,
            icon="message-square",
        ),
        Kind(
            key="customer_answered",
            title={"en": "A customer wrote in your conversation", "ru": "Клиент написал в вашем обращении"},
            says={"en": "The customer wrote", "ru": "Клиент написал"},
            counted=True,
            icon="mail",
        ),
        Kind(
            key="snooze_over",
            title={"en": "A conversation is back from snooze", "ru": "Отложенное обращение вернулось"},
            says={"en": "Back from snooze", "ru": "Вернулось из отложенных"},
            icon="alarm-clock",
        ),
        Kind(
            key="task_reminder",
            title={"en": "Reminders of tasks", "ru": "Напоминания о задачах"},
            says={"en": "Reminder", "ru": "Напоминание"},
            by_mail=True,
            wait_s=SOON_S,
            icon="alarm-clock",
        ),
        Kind(
            key="task_overdue",
            title={"en": "A task of yours is overdue", "ru": "Ваша задача просрочена"},
            says={"en": "The task is overdue", "ru": "Задача просрочена"},
            icon="calendar-clock",
        ),
        Kind(
            key="import_finished",
            title={"en": "Your import has ended", "ru": "Ваш импорт завершён"},
            says={"en": "The import of {name} has ended", "ru": "Импорт файла {name} завершён"},
            icon="upload",
        ),
        Kind(
            key="jobs_abandoned",
            title={
                "en": "Jobs were abandoned after all attempts",
                "ru": "Задания брошены после всех попыток",
            },
            says={"en": "Abandoned jobs: {count} ({name})", "ru": "Брошенные задания: {count} ({name})"},
            by_mail=True,
            icon="triangle-alert",
        ),
        Kind(
            key="webhook_rests",
            title={"en": "A webhook was paused after failures", "ru": "Вебхук приостановлен после ошибок"},
            says={
                "en": "The webhook {name} rests after failures",
                "ru": "Вебхук {name} остановлен из-за ошибок",
            },
            by_mail=True,
            icon="webhook",
        ),
    )
}
