"""What every table about a case has in common: whose case, which part of it, and who may see the row."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

PARTS = ("file", "support", "deconfliction", "reporter")


class CaseRow(models.Model):
    """A row about a case. The database fills `aud` and `bar` (who sees it, who never does) and `recorded_at`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("records.Case", on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=16, default="file")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.UUIDField(editable=False)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)
    bar = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.id}"
