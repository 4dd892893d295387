"""A key by which a partner's system comes in at the machine door as one practitioner."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    """Opens what its owner may see, as far as its scopes go, until its last moment; only the hash of it is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner_id = models.UUIDField()
    name = models.CharField(max_length=80)
    key_hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=20))
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    last_used_on = models.DateField(null=True)

    class Meta:
        db_table = "api_key"
        indexes = [models.Index(fields=["practitioner_id"], name="api_key_of_ix")]

    def __str__(self) -> str:
        return self.name
