"""The languages of the pages: which there are, and where their texts lie."""

from pathlib import Path

from tornado import locale

# By code, as each calls itself. The texts of the first stand in the pages.
LANGUAGES = {"en": "English", "de": "Deutsch"}
TRANSLATIONS = Path(__file__).parent / "translations"


def load_translations() -> None:
    locale.load_translations(str(TRANSLATIONS))
    locale.set_default_locale(next(iter(LANGUAGES)))
