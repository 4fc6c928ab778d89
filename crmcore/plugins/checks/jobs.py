"""Whether a job's times and bounds can be understood."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from crmcore.contracts.jobs import Job
from crmcore.plugins.failures import LoadProblem

YEAR_S = 366 * 86_400

_REASONS: dict[str, dict[str, str]] = {
    "both": {
        "en": "The job “{key}” has every_s and at: it needs one of them.",
        "ru": "У задания «{key}» заданы и every_s, и at: нужно что-то одно.",
    },
    "every": {
        "en": "every_s of the job “{key}” must be a number of seconds from 1 to a year.",
        "ru": "every_s задания «{key}» — число секунд от 1 до года.",
    },
    "at_once": {
        "en": "at_once of the job “{key}” must be 1 or more.",
        "ru": "at_once задания «{key}» должно быть не меньше 1.",
    },
    "zone": {
        "en": "The job “{key}” names a time zone that is not known: “{value}”.",
        "ru": "Задание «{key}» называет неизвестный часовой пояс: «{value}».",
    },
    "at": {
        "en": "at of the job “{key}”, “{value}”, must be five fields of cron that come true some day.",
        "ru": "at задания «{key}», «{value}», — это пять полей cron с возможным временем.",
    },
}


def check_job(job: Job) -> None:
    """Raise :class:`LoadProblem` unless the times and bounds of ``job`` can be understood."""
    if job.every_s is not None and job.at:
        raise _problem("both", job)
    if job.every_s is not None and not 1 <= job.every_s <= YEAR_S:
        raise _problem("every", job)
    if job.at_once is not None and job.at_once < 1:
        raise _problem("at_once", job)
    if job.time_zone and not _is_zone(job.time_zone):
        raise _problem("zone", job, job.time_zone)
    if job.at and not _comes_true(job.at):
        raise _problem("at", job, job.at)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _comes_true(at: str) -> bool:
    try:
        return len(at.split()) == 5 and bool(next(CronSim(at, datetime(2026, 1, 1, tzinfo=UTC))))
    except (CronSimError, StopIteration):
        return False


def _problem(reason: str, job: Job, value: str = "") -> LoadProblem:
    texts = _REASONS[reason]
    return LoadProblem({language: text.format(key=job.key, value=value) for language, text in texts.items()})
