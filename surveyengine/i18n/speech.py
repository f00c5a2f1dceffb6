"""The engine's words, numbers and dates in one language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache, cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal, get_decimal_symbol

from ..values.enumeration import Direction
from .calendar import SOLAR_HIJRI, months, parts
from .digits import native, percent_sign, signed
from .language import is_known

SOURCE = "en"  # the language of the msgids, which needs no catalog
LARGEST = 2**20  # bytes of a language's catalogs in one folder
MOST_DIGITS = 20  # before the separator; longer numbers are shown as 1.23e+21
HOLE = re.compile(r"\{([a-z_]+)\}")
PACKAGE = Path(__file__).parents[1]


class BrokenCatalog(ValueError):
    """A .po file that cannot be read; says which one, and where."""


@dataclass(frozen=True)
class Speech:
    """One language of pages and messages; `available` holds its translations, `locale` its numbers and dates."""

    language: str
    locale: Locale
    available: NullTranslations

    @cached_property
    def direction(self) -> Direction:
        """The direction in which the language is written."""
        return Direction(self.locale.text_direction)

    def gettext(self, msgid: str, /, **values: object) -> str:
        """Return the sentence in this language, with `{name}` replaced by the values that are given."""
        return self._filled(self.available.gettext(msgid) if msgid else "", values)

    def ngettext(self, singular: str, plural: str, n: int, /, **values: object) -> str:
        """Return the plural form of the sentence for n; it shows `n` only where that is one of the values."""
        return self._filled(self.available.ngettext(singular, plural, n), values)

    def words(self, text: Mapping[str, str] | str) -> str:
        """Return a survey's text in this language, else in the first it was written in; of a msgid, the translation."""
        if isinstance(text, str):
            return self.gettext(text)
        return text.get(self.language) or next(iter(text.values()), "")

    def number(self, value: float | Decimal, decimals: int | None = None) -> str:
        """Return the number with the digits and separators of the language, halves rounded up; never raises."""
        exact = Decimal(value) if isinstance(value, int) else Decimal(str(value))
        if not exact.is_finite() or exact.adjusted() > MOST_DIGITS:
            return self._signed(f"{exact:.3g}")
        rounded = _rounded(exact, 3 if decimals is None else decimals)
        pattern = "#,##0.###" if decimals is None else f"#,##0.{'0' * decimals}".rstrip(".")
        return self._signed(format_decimal(rounded, pattern, self.locale, numbering_system="default"))

    def identifier(self, value: float | Decimal) -> str:
        """Return a finite number with all its digits in the script of the language, and no separators."""
        exact = Decimal(value) if isinstance(value, int) else Decimal(str(value))
        whole, _, fraction = f"{exact.copy_abs():f}".partition(".")
        point = get_decimal_symbol(self.locale, numbering_system="default")
        return self._signed("-" * (exact < 0) + point.join(filter(None, [whole, fraction.rstrip("0")])))

    def percent(self, value: float, decimals: int = 0) -> str:
        """Return a percentage, given as 0 to 100: "80%", "۸۰٪"."""
        pattern: str = self.locale.percent_formats[None].pattern
        number, sign = self.number(value, decimals), percent_sign(self._system)
        return pattern.replace("#,##0", number).replace("%", sign)

    def date(self, day: date) -> str:
        """Return the day in full, in the calendar of the language."""
        if self.language not in SOLAR_HIJRI:
            return self.digits(format_date(day, "long", locale=self.locale))
        said = parts(day, self.language)
        return self.digits(f"{said.day} {self.months[said.month - 1]} {said.year}")

    def moment(self, at: datetime) -> str:
        """Return the day in full and the time of day, to the minute."""
        pattern = str(get_datetime_format("long", self.locale)).replace("'", "")
        clock = self.digits(format_time(at.time(), "short", locale=self.locale))
        return pattern.replace("{0}", clock).replace("{1}", self.date(at.date()))

    def enumeration(self, items: Sequence[str]) -> str:
        """Return the items as one phrase: "a, b, and c"."""
        return format_list(items, locale=self.locale)

    def tongue(self, language: str) -> str:
        """Return what another language is called in this one; its code where that is unknown."""
        return self.locale.languages.get(language) or language

    def time(self, moment: datetime) -> str:
        """Return the time of day by the moment's own clock, in 24 hours."""
        return self.digits(f"{moment:%H:%M}")

    @property
    def months(self) -> tuple[str, ...]:
        """The names of the twelve months."""
        return months(self.locale)

    def digits(self, text: str) -> str:
        """Return the text with ASCII digits in the script of the language."""
        return native(text, self._system)

    def _signed(self, number: str) -> str:
        return signed(self.digits(number), self.direction)

    @property
    def _system(self) -> str:
        return self.locale.default_numbering_system

    def _filled(self, sentence: str, values: Mapping[str, object]) -> str:
        """Return the sentence with the values put in once; a translation is never used as a format string."""
        return HOLE.sub(lambda hole: self._shown(values.get(hole[1], hole[0])), sentence) if values else sentence

    def _shown(self, value: object) -> str:
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        return self.number(value) if is_number else str(value)  # type: ignore[arg-type]  # a bool-free number


class Catalogs:
    """The languages of a project: the engine's translations, extended and overridden by those in `translations/`."""

    def __init__(self, project: Path | None = None) -> None:
        """Raises BrokenCatalog where a .po file cannot be read."""
        own = [project / "translations"] if project else []
        self._speeches = {language: _speech(language, (*own, shipped())) for language in _languages((*own, shipped()))}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages with translations; English, the language of the msgids, comes first."""
        return tuple(self._speeches)

    def speech(self, language: str) -> Speech:
        """Return one of the engine's own languages; raises LookupError for any other."""
        if language not in self._speeches:
            raise LookupError(f"no words in {language!r}; there are {', '.join(self._speeches)}")
        return self._speeches[language]


@cache
def _catalogs(project: Path | None) -> Catalogs:
    return Catalogs(project)


def speech(language: str, project: Path | None = None) -> Speech:
    """Return a language, read once per project; raises LookupError for one without translations."""
    return _catalogs(project).speech(language)


def shipped() -> Path:
    """Return the engine's own translations: inside the wheel, or beside the package in a checkout."""
    inside = PACKAGE / "translations"
    return inside if inside.is_dir() else PACKAGE.parent / "translations"


def _languages(folders: Iterable[Path]) -> Iterator[str]:
    found = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
    yield SOURCE
    yield from sorted(language for language in found - {SOURCE} if is_known(language))


def _speech(language: str, folders: Iterable[Path]) -> Speech:
    words = NullTranslations()
    for folder in folders:
        paths = sorted((folder / language / "LC_MESSAGES").glob("*.po"))
        if paths and sum(path.stat().st_size for path in paths) > LARGEST:
            raise BrokenCatalog(f"{paths[0].parent}: catalogs of more than {LARGEST // 2**20} MiB are not read")
        for path in paths:
            words.add_fallback(_translations(path, language))
    return Speech(language, Locale.parse(language), words)


def _translations(path: Path, language: str) -> GNUTranslations:
    try:
        return GNUTranslations(BytesIO(_compiled(path.read_bytes(), language)))
    except PoFileError as error:
        raise BrokenCatalog(f"{path}:{error.lineno}: {error}") from error
    except ValueError as error:
        raise BrokenCatalog(f"{path}: {error}") from error


@lru_cache(maxsize=8)
def _compiled(catalog: bytes, language: str) -> bytes:
    """Return the content of a .po file as that of a .mo file."""
    compiled = BytesIO()
    # Without a locale Babel forgets Plural-Forms.
    write_mo(compiled, read_po(BytesIO(catalog), locale=language, abort_invalid=True))
    return compiled.getvalue()


def _rounded(exact: Decimal, decimals: int) -> Decimal:
    with localcontext(prec=60):
        return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0  # no "-0"
