"""Tell Django that the records are one app with one migration history."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """All models of the house, under one label."""

    name = "evenhand.records"
    label = "records"
    verbose_name = "Records"
    default_auto_field = "django.db.models.BigAutoField"
