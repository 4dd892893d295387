"""The sealed log: the place of each line in the tree, complete tiles, signed checkpoints and what witnesses added."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class LedgerEpoch(models.Model):
    """A stretch in which transaction numbers only rose; a database restored elsewhere begins the next."""

    number = models.IntegerField(primary_key=True)
    began_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "ledger_epoch"

    def __str__(self) -> str:
        return str(self.number)


class LedgerLeaf(models.Model):
    """Where a line stands in the tree, for ever, and its hash."""

    position = models.BigIntegerField(primary_key=True)
    # No foreign key: its check would lock, and so rewrite, each line that is sealed.
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_leaf"

    def __str__(self) -> str:
        return str(self.position)


class LedgerBatch(models.Model):
    """How far sealing has come: up to this size every line up to and with this one of this transaction stands in the tree."""

    size = models.BigIntegerField(primary_key=True)
    epoch = models.IntegerField()
    xid = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_batch"

    def __str__(self) -> str:
        return str(self.size)


class LedgerTile(models.Model):
    """A complete tile of 256 hashes: its root, and all 510 nodes below the root, level by level."""

    pk = models.CompositePrimaryKey("level", "number")
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    root = models.BinaryField()
    nodes = models.BinaryField()

    class Meta:
        db_table = "ledger_tile"

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class LedgerLog(models.Model):
    """A name and key under which this record is signed; after a loss that cannot be made good the next one begins."""

    number = models.IntegerField(primary_key=True)
    key = models.CharField(max_length=300)
    began_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=400)

    class Meta:
        db_table = "ledger_log"

    def __str__(self) -> str:
        return self.key


class LedgerCheckpoint(models.Model):
    """A signed checkpoint; `number` has no gaps, so that one which is missing is noticed."""

    number = models.BigIntegerField(primary_key=True)
    log = models.IntegerField()
    size = models.BigIntegerField()
    note = models.BinaryField()
    step = models.BigIntegerField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_checkpoint"

    def __str__(self) -> str:
        return str(self.number)


class LedgerCosignature(models.Model):
    """The line with which a witness signed a checkpoint too."""

    checkpoint = models.BigIntegerField()
    witness = models.CharField(max_length=300)
    line = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "ledger_cosignature"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="one_each_witness")]

    def __str__(self) -> str:
        return self.witness


class LedgerAlarm(models.Model):
    """Something that is wrong with the sealing of the record, for as long as it is."""

    kind = models.CharField(max_length=20)
    said = models.CharField(max_length=600)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(until=None), name="one_alarm_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return self.kind
