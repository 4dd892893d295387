"""The ledger: lines of commitments, and the sealed openings under each case's key; never changed, never deleted."""

from __future__ import annotations

from django.db import models


class LedgerEntry(models.Model):
    """One line, written in the transaction of the act or look; the database refuses update, delete and truncate."""

    id = models.BigAutoField(primary_key=True)
    epoch = models.IntegerField(default=1)
    xid = models.BigIntegerField()
    line = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "ledger_entry"
        # The order in which lines are sealed.
        indexes = [models.Index(fields=["epoch", "xid", "id"], name="ledger_entry_order_ix")]

    def __str__(self) -> str:
        return str(self.id)


class EntryOf(models.Model):
    """Which lines belong to which case; goes when the case is erased, while the lines stay."""

    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="+")
    case_id = models.UUIDField(db_index=True)

    class Meta:
        db_table = "entry_of"

    def __str__(self) -> str:
        return str(self.entry_id)
