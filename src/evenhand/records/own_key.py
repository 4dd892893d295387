"""Keys of people's own, and what of a case is kept for them and not for the machine."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow


class OwnKey(models.Model):
    """A practitioner's pair of keys: the public half in clear, the private half sealed under their passphrase."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    public = models.BinaryField()
    salt = models.BinaryField()
    sealed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "own_key"
        indexes = [models.Index(fields=["practitioner"], name="own_key_of_ix")]

    def __str__(self) -> str:
        return str(self.id)


class KeyWrap(CaseRow):
    """The key of one sealed content, wrapped to the key of one person who holds the role that it is kept for."""

    content_id = models.UUIDField()
    key_id = models.UUIDField()
    role = models.CharField(max_length=40)
    agency_id = models.UUIDField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "key_wrap"
        indexes = [
            models.Index(fields=["content_id", "key_id"], name="key_wrap_content_ix"),
            models.Index(fields=["key_id"], name="key_wrap_key_ix"),
            models.Index(fields=["case"], name="key_wrap_case_ix"),
        ]
