"""What the core's own tiles say."""

WORK = {"en": "Conversations", "ru": "Обращения"}
LONGEST = {"en": "Waiting longest", "ru": "Ждут дольше всех"}
TASKS = {"en": "Tasks", "ru": "Задачи"}
CHANNELS = {"en": "Open by channel", "ru": "Открытые по каналам"}
DAYS = {"en": "New conversations", "ru": "Новые обращения"}
DAYS_TITLE = {"en": "By day, two weeks", "ru": "По дням, две недели"}

FIGURES = {
    "open": {"en": "Open", "ru": "Открыто"},
    "unassigned": {"en": "Unassigned", "ru": "Ничьи"},
    "unanswered": {"en": "Wait for us", "ru": "Ждут нас"},
    "answered": {"en": "Answered today", "ru": "Отвечено сегодня"},
}
DUE = {
    "overdue": {"en": "Overdue", "ru": "Просрочено"},
    "today": {"en": "Due today", "ru": "На сегодня"},
    "open": {"en": "Open", "ru": "Открыто"},
}

INBOX = {"en": "Inbox", "ru": "Входящие"}
ALL_TASKS = {"en": "All tasks", "ru": "Все задачи"}
NOBODY = {"en": "unassigned", "ru": "ничьё"}
NO_CHANNEL = {"en": "No channel", "ru": "Без канала"}
NO_WORK = {"en": "No conversations yet.", "ru": "Обращений пока нет."}
NOBODY_WAITS = {"en": "Nobody waits for an answer.", "ru": "Никто не ждёт ответа."}
NO_TASKS = {"en": "No open tasks.", "ru": "Открытых задач нет."}
