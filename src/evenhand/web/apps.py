"""Tell Django where the pages live, so that it finds their sentences in other languages."""

from contextlib import suppress

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages: no models, no tables."""

    name = "evenhand.web"
    label = "web"
    verbose_name = "Pages"

    def ready(self) -> None:
        """The sentences of other languages are there, as far as the folder may be written."""
        from evenhand.web.languages import compile as compile_languages

        with suppress(OSError):
            compile_languages()
