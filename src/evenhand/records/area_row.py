"""What every table of the response to hate incidents has in common: which area it is about, who wrote it, who sees it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class AreaRow(models.Model):
    """A row about an area, never about a person. The database fills in who wrote it, when, and `aud`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area = models.ForeignKey("records.WatchArea", on_delete=models.PROTECT, related_name="+")
    written_by = models.UUIDField(editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.id}"
