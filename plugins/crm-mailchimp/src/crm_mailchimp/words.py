"""Sentences of panels, pages and the timeline, in both languages."""

from collections.abc import Mapping

from crmcore import Label, Tone, text_of

STATUS_WORDS: Mapping[str, Label] = {
    "subscribed": {"en": "Subscribed", "ru": "Подписан"},
    "unsubscribed": {"en": "Unsubscribed", "ru": "Отписан"},
    "cleaned": {"en": "Cleaned", "ru": "Адрес недоступен"},
    "pending": {"en": "Not confirmed", "ru": "Не подтверждён"},
    "": {"en": "On its way", "ru": "Передаётся"},
}
STATUS_TONES: Mapping[str, Tone] = {
    "subscribed": "ok",
    "pending": "warn",
    "unsubscribed": "neutral",
    "cleaned": "bad",
}
ACTIVITY_WORDS: Mapping[str, Label] = {
    "sent": {"en": "Mailing sent", "ru": "Рассылка отправлена"},
    "open": {"en": "Mailing opened", "ru": "Рассылка открыта"},
    "click": {"en": "Link in a mailing clicked", "ru": "Переход по ссылке из рассылки"},
    "bounce": {"en": "Mailing did not arrive", "ru": "Рассылка не доставлена"},
    "unsub": {"en": "Unsubscribed by a mailing's link", "ru": "Отписка по ссылке из рассылки"},
}
ACTIVITY_ICONS: Mapping[str, str] = {
    "sent": "send",
    "open": "mail",
    "click": "link",
    "bounce": "triangle-alert",
    "unsub": "ban",
}
ACTIVITY_TONES: Mapping[str, Tone] = {"open": "ok", "click": "accent", "bounce": "bad", "unsub": "warn"}
PHASES: Mapping[str, Label] = {
    "read": {"en": "Reading subscribers", "ru": "Чтение подписчиков"},
    "push": {"en": "Handing contacts over", "ru": "Передача контактов"},
    "end": {"en": "Ending subscriptions", "ru": "Завершение подписок"},
    "wait": {"en": "Mailchimp works on the last batches", "ru": "Mailchimp обрабатывает последние пакеты"},
    "done": {"en": "In step", "ru": "Синхронизировано"},
}
RULES: Mapping[str, Label] = {
    "crm": {"en": "both ways, the CRM is right", "ru": "в обе стороны, прав CRM"},
    "mailchimp": {"en": "both ways, Mailchimp is right", "ru": "в обе стороны, прав Mailchimp"},
    "newest": {"en": "both ways, the later change is right", "ru": "в обе стороны, прав более поздний"},
    "push": {"en": "only to Mailchimp", "ru": "только в Mailchimp"},
    "pull": {"en": "only from Mailchimp", "ru": "только из Mailchimp"},
}
W: Mapping[str, Label] = {
    "title": {"en": "Mailchimp", "ru": "Mailchimp"},
    "status": {"en": "Status", "ru": "Статус"},
    "address": {"en": "Address", "ru": "Адрес"},
    "opened": {"en": "Opened", "ru": "Открывает"},
    "clicked": {"en": "Clicked", "ru": "Переходит"},
    "rating": {"en": "Rating", "ru": "Рейтинг"},
    "opted_out": {"en": "Opted out: nothing is sent here", "ru": "Отказ: сюда ничего не отправляется"},
    "bounced": {"en": "Mail does not arrive here", "ru": "Почта сюда не доходит"},
    "no_activity": {"en": "No mailings yet.", "ru": "Рассылок ещё не было."},
    "none": {"en": "Not in any audience.", "ru": "Нет ни в одной аудитории."},
    "setup": {
        "en": "Connect an audience: Settings → Connections → Mailchimp audience.",
        "ru": "Подключите аудиторию: Настройки → Подключения → Аудитория Mailchimp.",
    },
    "open_there": {"en": "Open Mailchimp", "ru": "Открыть Mailchimp"},
    "problem": {"en": "Mailchimp refused: {reason}", "ru": "Mailchimp отказал: {reason}"},
    "members": {"en": "{n} subscribed", "ru": "Подписано: {n}"},
    "refused": {"en": "Refused", "ru": "Отказов"},
    "pending": {"en": "Not confirmed", "ru": "Не подтверждено"},
    "unsubscribed": {"en": "Unsubscribed", "ru": "Отписано"},
    "cleaned": {"en": "Cleaned", "ru": "Недоступно"},
    "subscribed": {"en": "Subscribed", "ru": "Подписано"},
    "progress": {
        "en": "{read} of {members} subscribers read, {seen} of {contacts} contacts seen, {pushed} of {submitted} "
        "requests done",
        "ru": "Прочитано подписчиков: {read} из {members}, просмотрено контактов: {seen} из {contacts}, выполнено "
        "запросов: {pushed} из {submitted}",
    },
    "never": {"en": "Never synchronised", "ru": "Ещё не синхронизировано"},
    "webhook_signed": {"en": "The webhook is signed.", "ru": "Вебхук подписан."},
    "webhook_keyed": {
        "en": "The webhook is not signed; the key in its address proves it.",
        "ru": "Вебхук без подписи; его подтверждает ключ в адресе.",
    },
    "webhook_none": {
        "en": "No webhook: changes in Mailchimp arrive at night only. Connect it.",
        "ru": "Вебхука нет: изменения из Mailchimp приходят только ночью. Подключите его.",
    },
    "fields": {
        "en": "Fields: what each one is here, and who is right when both sides have changed.",
        "ru": "Поля: чему соответствует каждое и кто прав, если изменились обе стороны.",
    },
    "groups": {
        "en": "Groups: members of a mapped group carry a tag here, and the other way round.",
        "ru": "Группы: участники сопоставленной группы получают здесь метку, и наоборот.",
    },
    "as_tag": {"en": "tag “{tag}”", "ru": "метка «{tag}»"},
    "demo": {
        "en": "Demo: this audience and its mailings are made up, nothing was asked of Mailchimp.",
        "ru": "Демо: эта аудитория и её рассылки вымышлены, к Mailchimp никто не обращался.",
    },
    "not_mapped": {"en": "not mapped", "ru": "не сопоставлено"},
    "segments": {
        "en": "Segments: the subscribed contacts of a shared view carry a tag in Mailchimp.",
        "ru": "Сегменты: подписанные контакты общего вида получают метку в Mailchimp.",
    },
    "no_views": {
        "en": "There are no shared views of contacts. Save and share one in the list of contacts.",
        "ru": "Общих видов контактов нет. Сохраните вид в списке контактов и откройте его всем.",
    },
    "segment": {"en": "tag “{tag}”, {n} members", "ru": "метка «{tag}», участников: {n}"},
    "not_pushed": {"en": "not pushed", "ru": "не передаётся"},
    "gone_field": {"en": "no longer in the audience", "ru": "больше нет в аудитории"},
    "last": {"en": "Last synchronised", "ru": "Последняя синхронизация"},
}


def said(label: Label, language: str, **params: object) -> str:
    """Return ``label`` in ``language``, filled with ``params``."""
    return text_of(label, language, **params)
