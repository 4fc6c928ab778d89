"""What the demo's agents write."""

from random import Random

_ANSWERS = {
    "en": (
        "Hello {name}, thank you for writing. I have looked into it: everything is on its way, and you will get a "
        "confirmation by tomorrow. Please write back if it does not arrive.",
        "Hi {name}, that is a fair question. You can do this in the app under Settings; it takes effect at once. "
        "Tell me if you cannot find it and I will walk you through it.",
        "Hello {name}, I am sorry about the trouble. I have corrected it on our side. Would you check whether it "
        "looks right now?",
        "Hi {name}, thanks for the details. I have passed this on to the colleagues in charge and keep an eye on it; "
        "you will hear from me within two working days.",
        "Hello {name}, yes, that is possible, and it is free of charge. Reply with “yes” and I will arrange it.",
    ),
    "ru": (
        "Здравствуйте, {name}! Спасибо, что написали. Мы всё проверили, подробный ответ придёт завтра до обеда.",
        "{name}, добрый день! Да, это возможно. Напишите, пожалуйста, когда вам удобно, и мы договоримся о времени.",
        "Здравствуйте, {name}! Приносим извинения за неудобства. Мы всё исправили, проверьте, пожалуйста.",
        "{name}, добрый день! Передали вопрос мастеру, он свяжется с вами в течение дня.",
    ),
}
_NOTES = {
    "en": (
        "Called back, nobody answered. Try again in the afternoon.",
        "Same question as last month, see history.",
    ),
    "ru": ("Перезвонили, не ответили. Повторить после обеда.", "Похожий вопрос уже был, см. историю."),
}


def answer(random: Random, language: str, name: str) -> str:
    """Return a friendly answer to ``name`` in ``language``."""
    return random.choice(_ANSWERS[language]).format(name=name.split()[0])


def note(random: Random, language: str) -> str:
    """Return an internal note."""
    return random.choice(_NOTES[language])
