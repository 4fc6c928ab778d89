"""What the pipeline writes into conversations and shows beside deliveries, in the product's languages."""

from typing import Any

from crmcore.contracts.labels import Label, text_of
from crmcore.contracts.sayings import Saying

SENTENCES: dict[str, dict[str, str]] = {
    # Why a message is in its conversation.
    "thread_key": {
        "en": "The channel named the thread “{key}”.",
        "ru": "Канал указал ветку «{key}».",
    },
    "thread_key_new": {
        "en": "First message of the thread “{key}”.",
        "ru": "Первое сообщение ветки «{key}».",
    },
    "thread_key_other_sender": {
        "en": "The thread “{key}” belongs to another contact, so this is a new conversation.",
        "ru": "Ветка «{key}» принадлежит другому контакту, поэтому открыто новое обращение.",
    },
    "open_case": {
        "en": "The contact’s open conversation in this channel.",
        "ru": "Открытое обращение контакта в этом канале.",
    },
    "reopened": {
        "en": "The contact’s conversation, closed less than {days} days ago.",
        "ru": "Обращение контакта, закрытое меньше {days} дн. назад.",
    },
    "never_continued": {
        "en": "Every message to this account opens a conversation.",
        "ru": "Каждое сообщение этого подключения открывает новое обращение.",
    },
    "nothing_open": {
        "en": "The contact has no open conversation in this channel.",
        "ru": "У контакта нет открытого обращения в этом канале.",
    },
    "nobody": {
        "en": "The sender is not known, so this is a new conversation.",
        "ru": "Отправитель неизвестен, поэтому открыто новое обращение.",
    },
    # Why a message is this contact's.
    "followed_merge": {
        "en": "{reason} That contact was merged into this one.",
        "ru": "{reason} Тот контакт объединён с этим.",
    },
    # What became of a delivery.
    "dropped": {"en": "{plugin}: {reason}", "ru": "{plugin}: {reason}"},
    "no_reason": {"en": "no reason given", "ru": "причина не указана"},
    "trapped": {
        "en": "The form’s trap says that a machine wrote this.",
        "ru": "Ловушка формы показала, что писала программа.",
    },
    "repeated": {"en": "It was delivered before.", "ru": "Это уже доставляли раньше."},
    "no_message": {"en": "There was no message in it.", "ru": "Сообщений в ней не было."},
    "forged_later": {
        "en": "The signature was missing or wrong.",
        "ru": "Подпись отсутствует или неверна.",
    },
    "not_understood": {
        "en": "The channel could not read the delivery: {reason}",
        "ru": "Канал не смог разобрать доставку: {reason}",
    },
    "not_handled": {
        "en": "The plugin “{plugin}” does not handle deliveries of this connection.",
        "ru": "Плагин «{plugin}» не обрабатывает доставки этого подключения.",
    },
    "not_messages": {
        "en": "the channel did not return a list of messages ({reason})",
        "ru": "канал вернул не список сообщений ({reason})",
    },
    "account_paused": {
        "en": "The channel account is paused. Work goes on when it is resumed.",
        "ru": "Подключение приостановлено. Работа продолжится, когда его включат.",
    },
    "channel_absent": {
        "en": "The plugin of this channel is not loaded. Work goes on when it is back.",
        "ru": "Плагин этого канала не загружен. Работа продолжится, когда он вернётся.",
    },
    "config_unreadable": {
        "en": "The account’s settings do not fit its channel any more: {reason}",
        "ru": "Настройки подключения больше не подходят каналу: {reason}",
    },
    # Notes in a conversation.
    "refused_values": {
        "en": "Some values that came with this message were not accepted:",
        "ru": "Некоторые значения из этого сообщения не приняты:",
    },
    "refused_value": {"en": "– {field} = {value}: {reason}", "ru": "– {field} = {value}: {reason}"},
    "kept_value": {
        "en": "the contact has another value, which was kept",
        "ru": "у контакта уже другое значение, оно сохранено",
    },
    "refused_whole": {"en": "– {field}: {reason}", "ru": "– {field}: {reason}"},
    "point_unknown": {
        "en": "the contact is not known by it; add it if it is theirs",
        "ru": "у контакта этого нет; добавьте, если это его данные",
    },
    "point_elsewhere": {
        "en": "another contact has it; merge them if they are one person",
        "ru": "это данные другого контакта; объедините их, если это один человек",
    },
    "attachment": {"en": "file", "ru": "файл"},
    "too_many_files": {
        "en": "at most {limit} files are taken with one message",
        "ru": "с одним сообщением принимается не больше {limit} файлов",
    },
    # Why a reply waits or cannot be sent.
    "no_attachments": {
        "en": "This channel does not send files. Write a note, or use another channel.",
        "ru": "Этот канал не отправляет файлы. Оставьте заметку или ответьте в другом канале.",
    },
    "filter_failed": {
        "en": "The check of the plugin “{plugin}” failed: {reason}",
        "ru": "Сбой проверки плагина «{plugin}»: {reason}",
    },
    "unreachable": {
        "en": "The contact does not want messages at {value}, or they do not arrive there.",
        "ru": "Контакт отказался от сообщений на {value}, или они туда не доходят.",
    },
    "gave_up": {"en": "Tried {attempts} times: {reason}", "ru": "Попыток: {attempts}. {reason}"},
    "window_closed": {
        "en": "This channel lets you answer within {hours} h of the customer’s last message.",
        "ru": "В этом канале можно ответить в течение {hours} ч после сообщения клиента.",
    },
    "no_replies": {
        "en": "This channel does not send replies. Write a note, or use another channel.",
        "ru": "Этот канал не отправляет ответы. Оставьте заметку или ответьте в другом канале.",
    },
    "no_channel": {
        "en": "This conversation has no channel that could send a reply.",
        "ru": "У этого обращения нет канала, который мог бы отправить ответ.",
    },
    "too_long": {
        "en": "This channel takes at most {limit} characters.",
        "ru": "Канал принимает не больше {limit} символов.",
    },
    "empty": {"en": "Write something first.", "ru": "Сначала напишите текст."},
    "not_held": {
        "en": "Only replies that failed or are held can be sent again.",
        "ru": "Повторить можно только неудавшийся или задержанный ответ.",
    },
    "woken": {
        "en": "The time it was put off until has come.",
        "ru": "Наступило время, до которого отложили.",
    },
    "customer_wrote": {"en": "The customer wrote.", "ru": "Клиент написал."},
    "erased": {"en": "Erased: personal data", "ru": "Стёрто: персональные данные"},
}


def sentence(name: str, language: str, **params: Any) -> Saying:
    """Return the sentence ``name`` in ``language``, filled; it remembers what it was made of."""
    return Saying.coded(text_of(SENTENCES[name], language, **params), name, params)


def label(name: str) -> Label:
    """Return the sentence ``name`` in all languages, unfilled."""
    return SENTENCES[name]
