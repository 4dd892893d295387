"""What sign-in remembers for minutes, for all web processes alike: tries to slow, codes and tokens that were used."""

from __future__ import annotations

from django.db import models


class SignInMemory(models.Model):
    """One thing remembered, until its time; its name is kept as a keyed hash, for names hold addresses."""

    key_hash = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_memory"

    def __str__(self) -> str:
        return self.key_hash
