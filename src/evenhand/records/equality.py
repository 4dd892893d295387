"""Monitoring answers, sealed away from deciders: the application can put them in and never read them."""

from __future__ import annotations

import uuid

from django.db import models


class MonitoringAnswer(models.Model):
    """What somebody chose to say about protected characteristics; only the statistics role reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(unique=True)
    answers = models.JSONField(default=dict)

    class Meta:
        db_table = "monitoring_answer"

    def __str__(self) -> str:
        return str(self.id)


class PublishedCount(models.Model):
    """A protected figure that every viewer sees alike; null where it is withheld."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=60)
    key = models.JSONField()
    value = models.IntegerField(null=True)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "published_count"
        indexes = [models.Index(fields=["table"], name="published_count_ix")]

    def __str__(self) -> str:
        return self.table
