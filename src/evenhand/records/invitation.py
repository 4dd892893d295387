"""An invitation to sign in for the first time."""

from __future__ import annotations

from django.db import models


class Invitation(models.Model):
    """Waits for its token, of which only the hash is kept, until it is used or runs out."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    practitioner_id = models.UUIDField()
    email = models.EmailField(max_length=254)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "invitation"

    def __str__(self) -> str:
        return self.email
