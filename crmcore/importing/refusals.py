"""What an import refuses as a whole."""

from crmcore.errors import CrmError, Invalid


class NotATable(Invalid):
    """The file cannot be read as a table."""

    code = "not_a_table"
    message = {"en": "{en}", "ru": "{ru}"}


class BadMapping(Invalid):
    """The mapping does not fit the file or the record type."""

    code = "bad_mapping"
    message = {"en": "{en}", "ru": "{ru}"}


class WrongState(CrmError):
    """The import is not in a state in which this is possible."""

    status = 409
    code = "wrong_state"
    message = {
        "en": "The import is “{state}”: this is not possible now.",
        "ru": "Импорт в состоянии «{state}»: сейчас это невозможно.",
    }


class FileGone(CrmError):
    """The import's file is not in the data folder any more."""

    status = 409
    code = "file_gone"
    message = {
        "en": "The file of this import is not there any more. Upload it again.",
        "ru": "Файла этого импорта больше нет. Загрузите его ещё раз.",
    }
