"""What was published and must stay: every address and anchor, in a file that is only added to."""

from gen.ledger.file import Address, Ledger, LedgerError, read

__all__ = ["Address", "Ledger", "LedgerError", "read"]
