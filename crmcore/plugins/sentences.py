"""What happened to a plugin's function at run time, in sentences for the person who was waiting."""

from crmcore.contracts.durations import duration
from crmcore.contracts.labels import Label


def failed(plugin: str) -> Label:
    return {"en": f"The plugin “{plugin}” failed.", "ru": f"В плагине «{plugin}» произошёл сбой."}


def overdue(plugin: str, seconds: float) -> Label:
    return {
        "en": f"The plugin “{plugin}” did not answer within {duration(seconds, 'en')}.",
        "ru": f"Плагин «{plugin}» не ответил за {duration(seconds, 'ru')}.",
    }


def exited(plugin: str) -> Label:
    return {
        "en": f"The plugin “{plugin}” tried to end the whole program.",
        "ru": f"Плагин «{plugin}» попытался завершить всю программу.",
    }


def paused(plugin: str, seconds: float) -> Label:
    left = {language: duration(round(seconds), language) for language in ("en", "ru")}
    return {
        "en": f"The plugin “{plugin}” failed several times in a row and is paused for {left['en']} more.",
        "ru": f"Плагин «{plugin}» несколько раз подряд дал сбой и приостановлен ещё на {left['ru']}.",
    }


def away(plugin: str) -> Label:
    return {
        "en": f"The plugin “{plugin}” is not at work now.",
        "ru": f"Плагин «{plugin}» сейчас не работает.",
    }


def saturated(plugin: str) -> Label:
    return {
        "en": f"Too many calls of the plugin “{plugin}” hang; it gets no more until some of them end.",
        "ru": f"Слишком много вызовов плагина «{plugin}» зависло; новых не будет, пока часть не завершится.",
    }


def circular(plugin: str) -> Label:
    return {
        "en": f"The plugin “{plugin}” goes in circles: its hook sets off itself again and again.",
        "ru": f"Плагин «{plugin}» ходит по кругу: его хук снова и снова вызывает сам себя.",
    }


def unusable(plugin: str, problem: Label) -> Label:
    en, ru = (problem["en"], problem["ru"]) if isinstance(problem, dict) else (problem, problem)
    return {
        "en": f"The plugin “{plugin}” gave an unusable answer. {en}",
        "ru": f"Плагин «{plugin}» дал непригодный ответ. {ru}",
    }
