"""Why a plugin is not loaded, in sentences for the administrator."""

from crmcore.contracts.durations import duration
from crmcore.contracts.labels import Label, text_of

# What a plugin's exception says is cut here: it goes to pages and terminals.
_DETAIL_LENGTH = 300


def detail(error: BaseException) -> str:
    """Return the class of ``error`` and the first line of what it says."""
    line = first_line(error)
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def first_line(error: BaseException) -> str:
    """Return the first line of what ``error`` says, cut to a bearable length."""
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"


def not_chosen() -> Label:
    return {
        "en": "It is installed, but not in this deployment's list of plugins.",
        "ru": "Он установлен, но не входит в список плагинов этой системы.",
    }


def skipped() -> Label:
    return {"en": "It was skipped by --no-plugins.", "ru": "Он пропущен из-за --no-plugins."}


def switched_off() -> Label:
    return {"en": "An administrator switched it off.", "ru": "Его выключил администратор."}


def not_installed(name: str, close: str) -> Label:
    en = f"The list of plugins names “{name}”, but no installed package provides it."
    ru = f"В списке плагинов есть «{name}», но ни один установленный пакет его не содержит."
    if close:
        en += f" Did you mean “{close}”?"
        ru += f" Может быть, «{close}»?"
    return {"en": en, "ru": ru}


def not_migrated(migration: str, error: BaseException) -> Label:
    return {
        "en": f"Its migration {migration} failed and was rolled back: {detail(error)}",
        "ru": f"Его миграция {migration} не удалась и отменена: {detail(error)}",
    }


def wrong_name(name: str) -> Label:
    return {
        "en": f"“{name}” cannot be a plugin's name: it must begin with a small letter and have 2 to 31 small "
        "letters, digits and underscores.",
        "ru": f"«{name}» не может быть именем плагина: нужна строчная латинская буква в начале и всего от 2 "
        "до 31 строчной буквы, цифры или подчёркивания.",
    }


def reserved_name(name: str) -> Label:
    return {"en": f"The name “{name}” belongs to the core.", "ru": f"Имя «{name}» принадлежит ядру."}


def duplicate_name(name: str, first: str, second: str) -> Label:
    return {
        "en": f"Both “{first}” and “{second}” provide a plugin named “{name}”; the one of “{first}” is used. "
        "Uninstall one of them.",
        "ru": f"И «{first}», и «{second}» содержат плагин «{name}»; работает тот, что из «{first}». "
        "Удалите один из них.",
    }


def needs_core(requirement: str, version: str) -> Label:
    return {
        "en": f"It needs {requirement}, but this is crmcore {version}.",
        "ru": f"Ему нужно {requirement}, а здесь crmcore {version}.",
    }


def unreadable_requirement(text: str) -> Label:
    return {
        "en": f"Its requirement on crmcore cannot be read: “{text}”.",
        "ru": f"Не удаётся прочесть, какой crmcore ему нужен: «{text}».",
    }


def import_failed(what: str) -> Label:
    return {"en": f"It could not be imported. {what}", "ru": f"Его не удалось импортировать. {what}"}


def no_such_object(value: str) -> Label:
    return {
        "en": f"Its entry point “{value}” points at nothing.",
        "ru": f"Его точка входа «{value}» никуда не ведёт.",
    }


def exited(step: str) -> Label:
    return {
        "en": f"It tried to end the whole program during {_step_en(step)}.",
        "ru": f"Он попытался завершить всю программу {_step_ru(step)}.",
    }


def hung(step: str, seconds: float) -> Label:
    return {
        "en": f"It did not finish {_step_en(step)} within {duration(seconds, 'en')}.",
        "ru": f"Он не уложился в {duration(seconds, 'ru')} {_step_ru(step)}.",
    }


def raised(step: str, what: str) -> Label:
    return {"en": f"It failed during {_step_en(step)}: {what}", "ru": f"Он дал сбой {_step_ru(step)}: {what}"}


def unknown_hook(hook: str, close: str) -> Label:
    en, ru = f"There is no hook “{hook}”.", f"Точки расширения «{hook}» не существует."
    if close:
        en += f" Did you mean “{close}”?"
        ru += f" Может быть, «{close}»?"
    return {"en": en, "ru": ru}


def unknown_argument(hook: str, argument: str, known: tuple[str, ...], close: str) -> Label:
    listed = ", ".join(known)
    if not known:
        return {
            "en": f"“{hook}” takes no arguments, but it asks for “{argument}”.",
            "ru": f"У «{hook}» нет аргументов, а он просит «{argument}».",
        }
    en = f"“{hook}” has no argument “{argument}”"
    ru = f"У «{hook}» нет аргумента «{argument}»"
    if close:
        return {"en": f"{en}. Did you mean “{close}”?", "ru": f"{ru}. Может быть, «{close}»?"}
    return {"en": f"{en}; it has: {listed}.", "ru": f"{ru}; есть: {listed}."}


def keyword_only(hook: str, argument: str) -> Label:
    return {
        "en": f"“{hook}” declares “{argument}” after a “*”: hooks cannot have keyword-only arguments.",
        "ru": f"В «{hook}» аргумент «{argument}» стоит после «*»: у хуков нет чисто именованных аргументов.",
    }


def variable_arguments(hook: str) -> Label:
    return {
        "en": f"“{hook}” declares “*args” or “**kwargs”: a hook names the arguments it wants.",
        "ru": f"В «{hook}» объявлены «*args» или «**kwargs»: хук перечисляет нужные ему аргументы.",
    }


def wrapper(hook: str) -> Label:
    return {
        "en": f"“{hook}” is declared as a wrapper; crmcore does not offer wrappers.",
        "ru": f"«{hook}» объявлен обёрткой; crmcore обёрток не поддерживает.",
    }


def asynchronous(hook: str) -> Label:
    return {
        "en": f"“{hook}” is async; hooks that register are plain functions.",
        "ru": f"«{hook}» объявлен async; хуки регистрации — обычные функции.",
    }


def no_hooks() -> Label:
    return {
        "en": "It implements no hook. Is a @hookimpl missing?",
        "ru": "В нём нет ни одного хука. Не забыт ли @hookimpl?",
    }


def wrong_result(hook: str, item: str, path: str, expected: str, found: str) -> Label:
    where_en = (
        f" has “{path}” = {found}, expected {expected}" if path else f" is {found}, expected {expected}"
    )
    where_ru = f": «{path}» = {found}, ожидается {expected}" if path else f": {found}, ожидается {expected}"
    return {"en": f"What “{hook}” returned{item}{where_en}.", "ru": f"Ответ «{hook}»{item}{where_ru}."}


def too_many(hook: str, count: int, limit: int) -> Label:
    return {
        "en": f"“{hook}” returned {count} items; {limit} is the most.",
        "ru": f"«{hook}» вернул {count} элементов; не больше {limit}.",
    }


def too_large(hook: str) -> Label:
    return {"en": f"“{hook}” returned far too much data.", "ru": f"«{hook}» вернул слишком много данных."}


def bad_key(kind: str, key: str) -> Label:
    return {
        "en": f"“{key}” cannot be a key ({kind}): it must begin with a small letter and have at most 60 "
        "small letters, digits, underscores and hyphens.",
        "ru": f"«{key}» не может быть ключом ({kind}): нужна строчная латинская буква в начале и не больше "
        "60 строчных букв, цифр, подчёркиваний и дефисов.",
    }


def bad_path(kind: str, key: str, path: str) -> Label:
    return {
        "en": f"“{key}” ({kind}) opens “{path}”, which is no path of this system such as “/x/NAME/KEY”.",
        "ru": f"«{key}» ({kind}) открывает «{path}», а это не путь этой системы вида «/x/NAME/KEY».",
    }


def key_taken(kind: str, key: str, owner: str, plugin: str) -> Label:
    if owner == plugin:
        return {
            "en": f"It brings “{key}” ({kind}) twice.",
            "ru": f"Он приносит «{key}» ({kind}) дважды.",
        }
    return {
        "en": f"“{plugin}” brings “{key}” ({kind}), which already belongs to “{owner}”.",
        "ru": f"«{plugin}» приносит «{key}» ({kind}), а это уже принадлежит «{owner}».",
    }


def unprefixed(kind: str, name: str, prefix: str) -> Label:
    return {
        "en": f"“{name}” ({kind}) must begin with “{prefix}”.",
        "ru": f"«{name}» ({kind}) должно начинаться с «{prefix}».",
    }


def example_refused(validator: str, example: str, why: str) -> Label:
    return {
        "en": f"The validator “{validator}” refuses its own example “{example}”: {why}",
        "ru": f"Валидатор «{validator}» не принимает собственный пример «{example}»: {why}",
    }


def counter_example_crashed(validator: str, example: str, why: str) -> Label:
    return {
        "en": f"The validator “{validator}” does not refuse its counter-example “{example}” but fails: {why}",
        "ru": f"Валидатор «{validator}» не отвергает контрпример «{example}», а даёт на нём сбой: {why}",
    }


def example_unstable(validator: str, first: str, second: str) -> Label:
    return {
        "en": f"The validator “{validator}” turns “{first}”, which it made itself, into “{second}”.",
        "ru": f"Валидатор «{validator}» превращает свой же результат «{first}» в «{second}».",
    }


def counter_example_accepted(validator: str, example: str) -> Label:
    return {
        "en": f"The validator “{validator}” accepts its own counter-example “{example}”.",
        "ru": f"Валидатор «{validator}» принимает собственный контрпример «{example}».",
    }


def not_text(validator: str, found: str) -> Label:
    return {
        "en": f"The validator “{validator}” returned {found} instead of text.",
        "ru": f"Валидатор «{validator}» вернул {found} вместо текста.",
    }


def bad_schema(where: str, why: str) -> Label:
    return {
        "en": f"The JSON Schema of {where} is not valid: {why}",
        "ru": f"JSON Schema ({where}) некорректна: {why}",
    }


def impossible_field(key: str, type: str, why: str) -> Label:
    return {
        "en": f"The custom field “{key}” cannot be made by the field type “{type}”: {why}",
        "ru": f"Тип поля «{type}» не может создать поле «{key}»: {why}",
    }


def impossible_format(key: str, format: str, why: Label) -> Label:
    return {
        "en": f"The check “{format}” of the custom field “{key}” cannot have these options: {text_of(why, 'en')}",
        "ru": f"Проверке «{format}» поля «{key}» такие настройки не подходят: {text_of(why, 'ru')}",
    }


def impossible_leaving(key: str, stage: str, why: Label) -> Label:
    return {
        "en": f"The custom field “{key}” cannot be required before “{stage}” is left: {text_of(why, 'en')}",
        "ru": f"Поле «{key}» нельзя требовать перед сменой «{stage}»: {text_of(why, 'ru')}",
    }


def needs_default(struct: str, name: str) -> Label:
    return {
        "en": f"The setting “{name}” of {struct} needs a default: a plugin starts before it is configured.",
        "ru": f"Параметру «{name}» в {struct} нужно значение по умолчанию: плагин запускается до настройки.",
    }


def wrong_app(app: str, plugin: str) -> Label:
    return {
        "en": f"Its tables' app is named “{app}”; it must be named “{plugin}” like the plugin.",
        "ru": f"Приложение с его таблицами названо «{app}», а должно называться «{plugin}», как плагин.",
    }


def unbound_table(table: str) -> Label:
    return {
        "en": f"The table “{table}” is not bound to WORKSPACE_ENGINE.",
        "ru": f"Таблица «{table}» не привязана к WORKSPACE_ENGINE.",
    }


def blocking_foreign_key(table: str, column: str) -> Label:
    return {
        "en": f"The foreign key “{table}.{column}” must be CASCADE or SET NULL.",
        "ru": f"Внешний ключ «{table}.{column}» должен быть CASCADE или SET NULL.",
    }


def missing_column(record_type: str, column: str) -> Label:
    return {
        "en": f"The table of the record type “{record_type}” has no column “{column}”.",
        "ru": f"В таблице записей «{record_type}» нет столбца «{column}».",
    }


def _step_en(step: str) -> str:
    kind, _, name = step.partition(" ")
    if kind == "validator":
        return f"the examples of the validator “{name}”"
    return {"import": "its import", "inspect": "the inspection of its hooks"}.get(step, f"“{step}”")


def _step_ru(step: str) -> str:
    kind, _, name = step.partition(" ")
    if kind == "validator":
        return f"на примерах валидатора «{name}»"
    return {"import": "при импорте", "inspect": "при осмотре хуков"}.get(step, f"в «{step}»")


def deprecated_hook(hook: str, instead: str) -> Label:
    return {
        "en": f"It uses the hook “{hook}”, which will go away. {instead}",
        "ru": f"Он использует хук «{hook}», которого в будущем не будет. {instead}",
    }


def deprecated_argument(hook: str, argument: str, instead: str) -> Label:
    return {
        "en": f"It uses the argument “{argument}” of “{hook}”, which will go away. {instead}",
        "ru": f"Он использует аргумент «{argument}» хука «{hook}», которого в будущем не будет. {instead}",
    }
