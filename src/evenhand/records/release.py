"""A statistical release: who asked for it, who signed it, when it opens, and the very files that were verified."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class StatisticalRelease(models.Model):
    """One edition of a release, on its way from asked to signed; once its hour has come nothing in it changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=60)
    plan = models.CharField(max_length=60)
    edition = models.IntegerField(default=1)
    title = models.CharField(max_length=200)
    pack = models.CharField(max_length=40)
    state = models.CharField(max_length=12, default="asked")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=500)
    progress = models.JSONField(default=dict)
    failure = models.CharField(max_length=500, blank=True, default="")
    extract_hash = models.CharField(max_length=64, blank=True, default="")
    policy_hash = models.CharField(max_length=64, blank=True, default="")
    files_hash = models.CharField(max_length=64, blank=True, default="")
    account = models.JSONField(default=dict)
    took = models.JSONField(default=dict)
    built_at = models.DateTimeField(null=True)
    signed_by = models.UUIDField(null=True)
    signed_at = models.DateTimeField(null=True)
    sign_reason = models.CharField(max_length=500, blank=True, default="")
    opens_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "statistical_release"
        constraints = [
            # One that failed or was dropped leaves its name to the next attempt.
            models.UniqueConstraint(
                fields=["code"],
                condition=~models.Q(state__in=["failed", "dropped"]),
                name="release_code_once",
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by=None) | ~models.Q(signed_by=models.F("asked_by")),
                name="release_signed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReleaseFile(models.Model):
    """One file of a release folder, as it was verified."""

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(StatisticalRelease, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    contents = models.BinaryField()

    class Meta:
        db_table = "release_file"
        constraints = [models.UniqueConstraint(fields=["release", "path"], name="release_file_once")]

    def __str__(self) -> str:
        return self.path


class ReleaseCells(models.Model):
    """The frozen finest cells of a release, sealed; those under the threshold apart, under a key that ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(StatisticalRelease, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8)
    sealed = models.BinaryField()
    ends_on = models.DateField(null=True)

    class Meta:
        db_table = "release_cells"
        constraints = [models.UniqueConstraint(fields=["release", "part"], name="release_cells_once")]

    def __str__(self) -> str:
        return self.part


class SealedLook(models.Model):
    """One analyst's wish to see a release's sealed cells, and the other person who agreed, for some hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(StatisticalRelease, on_delete=models.PROTECT, related_name="+")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=500)
    agreed_by = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "sealed_look"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by=None) | ~models.Q(agreed_by=models.F("asked_by")),
                name="sealed_look_agreed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
