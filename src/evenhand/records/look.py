"""Looks: who opened, printed, exported or found a case on a day, and on which ground, for those whom the law lets know."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Look(models.Model):
    """All looks of one kind of one person at one case on one day and ground; the ledger holds each of them.

    Nobody reads this table: the wall's functions give it out to the owner and to data protection officers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField()
    practitioner_id = models.UUIDField()
    day = models.DateField()
    kind = models.CharField(max_length=20)
    ground = models.CharField(max_length=40)
    owned = models.BooleanField(default=False)
    times = models.IntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "look"
        constraints = [
            models.UniqueConstraint(
                fields=["case_id", "practitioner_id", "day", "kind", "ground"], name="look_once_a_day"
            )
        ]
        indexes = [models.Index(fields=["practitioner_id", "-last_at"], name="look_by_ix")]

    def __str__(self) -> str:
        return self.kind
