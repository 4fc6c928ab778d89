"""What the mails of accounts say, in the reader's language."""

from crmcore.contracts.labels import Label, text_of
from crmcore.mail.contract import Mail
from crmcore.mail.letter import letter

_INVITED_SUBJECT: Label = {
    "en": "{inviter} invites you to {workspace}",
    "ru": "{inviter} приглашает вас в {workspace}",
}
_INVITED: Label = {
    "en": "{inviter} invites you to work in {workspace}. Choose a password, and you are in.",
    "ru": "{inviter} приглашает вас работать в {workspace}. Придумайте пароль — и можно начинать.",
}
_INVITED_BUTTON: Label = {"en": "Accept the invitation", "ru": "Принять приглашение"}
_INVITED_AFTER: Label = {
    "en": "The link works once, for 7 days. If you do not expect this, do nothing.",
    "ru": "Ссылка действует один раз, в течение 7 дней. Если вы не ждали этого письма, ничего не делайте.",
}
_SOMEBODY: Label = {"en": "A colleague", "ru": "Коллега"}
_RESET_SUBJECT: Label = {"en": "A new password for {workspace}", "ru": "Новый пароль для {workspace}"}
_RESET: Label = {
    "en": "Somebody, hopefully you, asked for a new password for {workspace}.",
    "ru": "Кто-то, надеемся, вы, запросил новый пароль для {workspace}.",
}
_RESET_BUTTON: Label = {"en": "Choose a new password", "ru": "Выбрать новый пароль"}
_RESET_AFTER: Label = {
    "en": "The link works once, for one hour. If it was not you, do nothing: your password stays as it is.",
    "ru": "Ссылка действует один раз, в течение часа. Если это были не вы, ничего не делайте: пароль не изменится.",
}


def invitation_mail(*, to: str, language: str, workspace: str, inviter: str, link: str) -> Mail:
    """Return the mail with the link of an invitation."""
    params = {"inviter": inviter or text_of(_SOMEBODY, language), "workspace": workspace}
    return letter(
        to=to,
        language=language,
        workspace=workspace,
        subject=text_of(_INVITED_SUBJECT, language, **params),
        before=(text_of(_INVITED, language, **params),),
        link=link,
        button=text_of(_INVITED_BUTTON, language),
        after=(text_of(_INVITED_AFTER, language),),
    )


def reset_mail(*, to: str, language: str, workspace: str, link: str) -> Mail:
    """Return the mail with the link for a new password."""
    return letter(
        to=to,
        language=language,
        workspace=workspace,
        subject=text_of(_RESET_SUBJECT, language, workspace=workspace),
        before=(text_of(_RESET, language, workspace=workspace),),
        link=link,
        button=text_of(_RESET_BUTTON, language),
        after=(text_of(_RESET_AFTER, language),),
    )
