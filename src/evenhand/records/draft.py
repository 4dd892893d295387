"""A form begun and not sent: sealed under a key that only its writer's code yields."""

from __future__ import annotations

from django.db import models


class Draft(models.Model):
    """Answers so far, unreadable without the code; forgotten after some days."""

    lookup = models.CharField(max_length=64, primary_key=True)
    sealed = models.BinaryField()
    expires_on = models.DateField()

    class Meta:
        db_table = "draft"

    def __str__(self) -> str:
        return self.lookup[:8]


class ImportedRow(models.Model):
    """The fingerprint of a row already taken in, so that no row is taken twice."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    case_id = models.UUIDField()

    class Meta:
        db_table = "imported_row"

    def __str__(self) -> str:
        return self.fingerprint[:8]
