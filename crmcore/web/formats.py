"""Dates, numbers and money in the viewer's language and time zone."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, format_timedelta, get_day_names
from babel.numbers import format_currency, format_decimal

from crmcore.web.texts import Texts

# English with the day before the month and 24 hours: read alike on both sides of the Atlantic.
LOCALES = {"en": "en_GB", "ru": "ru"}
MINUTE, HOUR, DAY = 60, 3600, 86400


def zone_of(name: str) -> tzinfo:
    """Return the zone called ``name``, UTC when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


class Formats:
    """Formats for one viewer at one moment."""

    def __init__(self, texts: Texts, zone: tzinfo, now: datetime) -> None:
        self.zone = zone
        self.now = now.astimezone(zone)
        self._texts = texts
        self._locale = Locale.parse(LOCALES.get(texts.language, "en_GB"))

    def local(self, at: datetime) -> datetime:
        """Return ``at`` in the viewer's zone."""
        return at.astimezone(self.zone)

    def time(self, at: datetime) -> str:
        """Return hours and minutes."""
        return self.local(at).strftime("%H:%M")

    def day(self, at: datetime | date) -> str:
        """Return the day in words: today, a weekday with the date, the year where it is another."""
        day = self.local(at).date() if isinstance(at, datetime) else at
        distance = (self.now.date() - day).days
        if distance == 0:
            return self._texts.gettext("Today")
        if distance == 1:
            return self._texts.gettext("Yesterday")
        if distance == -1:
            return self._texts.gettext("Tomorrow")
        if day.year == self.now.year:
            return str(format_skeleton("MMMEd" if abs(distance) < 7 else "MMMMd", day, locale=self._locale))
        return str(format_date(day, "long", locale=self._locale))

    def month(self, day: date) -> str:
        """Return month and year of ``day``, as a heading has them."""
        text = str(format_skeleton("yMMMM", day, locale=self._locale))
        return text[:1].upper() + text[1:]

    def span_of_days(self, first: date, days: int) -> str:
        """Return the days from ``first`` on as one span."""
        return str(format_interval(first, first + timedelta(days=days - 1), "yMMMd", locale=self._locale))

    def weekdays(self) -> list[tuple[str, str]]:
        """Return the short and the whole names of the weekdays, Monday first."""
        short, whole = (
            get_day_names(width, "stand-alone", self._locale) for width in ("abbreviated", "wide")
        )
        return [(short[day], whole[day]) for day in range(7)]

    def date_only(self, at: datetime | date) -> str:
        """Return the date in short words, with its year."""
        day = self.local(at).date() if isinstance(at, datetime) else at
        return str(format_date(day, "medium", locale=self._locale))

    def date_time(self, at: datetime) -> str:
        """Return date and time."""
        return f"{self.date_only(at)}, {self.time(at)}"

    def short(self, at: datetime) -> str:
        """Return the shortest clear form: the time today, else the day."""
        local = self.local(at)
        distance = (self.now.date() - local.date()).days
        if distance == 0:
            return self.time(at)
        if distance == 1:
            return self._texts.gettext("Yesterday")
        if local.year == self.now.year:
            return str(format_skeleton("MMMd", local.date(), locale=self._locale))
        return self.date_only(at)

    def ago(self, at: datetime) -> str:
        """Return how long ago ``at`` was, or how long until it is."""
        seconds = (self.local(at) - self.now).total_seconds()
        if abs(seconds) < 45:
            return self._texts.gettext("just now")
        delta = timedelta(seconds=seconds)
        return str(format_timedelta(delta, locale=self._locale, add_direction=True, threshold=1.2))

    def size(self, size: int) -> str:
        """Return a file's size in units of a thousand bytes, as shops and phones count."""
        texts = self._texts
        if size < 1000:
            return texts.gettext("{n} B", n=size)
        if size < 1_000_000:
            return texts.gettext("{n} kB", n=round(size / 1000))
        return texts.gettext("{n} MB", n=self.number(round(size / 1_000_000, 1)))

    def span(self, seconds: float) -> str:
        """Return a length of time in its largest unit, shortened: ``12 min``, ``3 h``, ``2 d``."""
        minutes = max(1, int(seconds // MINUTE))
        if seconds < HOUR:
            return self._texts.gettext("{n} min", n=minutes)
        if seconds < DAY:
            return self._texts.gettext("{n} h", n=int(seconds // HOUR))
        return self._texts.gettext("{n} d", n=int(seconds // DAY))

    def lasting(self, seconds: int) -> str:
        """Return how long a recording lasts: ``4:07``, ``1:02:33``."""
        minutes, rest = divmod(max(0, seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

    def number(self, value: float | Decimal) -> str:
        """Return a number with the language's separators."""
        return str(format_decimal(value, locale=self._locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its currency; an unknown currency keeps its code."""
        return str(format_currency(amount, currency, locale=self._locale))

    def code_name(self, code: str) -> str:
        """Return what a currency (three letters) or a country (two) is called, or the code itself."""
        names = self._locale.currencies if len(code) == 3 else self._locale.territories
        return str(names.get(code, code))

    def language_name(self, code: str) -> str:
        """Return what a language is called, or the code itself when it is none."""
        try:
            name = Locale.parse(code.replace("-", "_")).get_display_name(self._locale)
        except (UnknownLocaleError, ValueError, TypeError):
            return code
        return name[:1].upper() + name[1:] if name else code
