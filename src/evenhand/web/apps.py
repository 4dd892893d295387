"""Tell Django where the pages live, so that it finds their sentences in other languages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages: no models, no tables."""

    name = "evenhand.web"
    label = "web"
    verbose_name = "Pages"
