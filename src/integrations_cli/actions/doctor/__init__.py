"""Look a store over: what is wrong, and the command that mends it. Nothing is changed, and whatever is broken, the rest is looked at."""

from integrations_cli.actions.doctor.note import OK, PROBLEM, SKIPPED, WARNING, Note, in_order

__all__ = ["OK", "PROBLEM", "SKIPPED", "WARNING", "Note", "in_order"]
