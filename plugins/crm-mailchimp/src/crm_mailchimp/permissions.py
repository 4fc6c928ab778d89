"""Who may manage audiences."""

from crmcore import Permission

MANAGE = "mailchimp.manage"

MANAGE_PERMISSION = Permission(
    key=MANAGE,
    label={"en": "Manage Mailchimp", "ru": "Управлять Mailchimp"},
    help={
        "en": "See audiences, map fields, synchronise, push segments.",
        "ru": "Видеть аудитории, сопоставлять поля, синхронизировать, передавать сегменты.",
    },
)
