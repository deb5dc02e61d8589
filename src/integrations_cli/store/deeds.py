"""The words of the audit log: every action that an entry may name. A test holds them against what the code records."""

from integrations_cli.errors import UsageError
from integrations_cli.masking import harmless

ACTIONS = {
    "access": ("denied", "granted", "revoked"),
    "audit": ("exported",),
    "chain": ("ended", "started"),
    "check": ("finished", "started"),
    "credential": ("destroyed", "rebound", "revealed", "set", "unreadable"),
    "credentials": ("exported",),
    "epoch": ("started",),
    "integration": ("added", "disabled", "enabled", "migrated", "removed"),
    "key": (
        *("recovery_made", "recovery_tested", "reencrypted", "reencryption_started", "root_rotated"),
        *("slot_added", "slot_removed", "slot_rotated"),
    ),
    "leak": ("searched",),
    "migrate": ("finished", "started"),
    "rotation": ("aborted", "checked", "confirmed", "rolled_back", "started", "swapped"),
    "settings": ("changed",),
    "store": ("created", "credentials_abandoned", "drilled", "restore_accepted"),
    "website": ("added", "removed", "renamed"),
}
"""By the word in front of the dot, which alone stands for all of them."""


def must_be_one(action: str) -> None:
    """Raises UsageError (2), with those there are, for what no entry is ever called: a look for it would find nothing, for ever."""
    group, _, rest = action.partition(".")
    known = ACTIONS.get(group, ())
    if action in ACTIONS or rest in known:
        return
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    every = [*ACTIONS, *(f"{word}.{one}" for word, found in ACTIONS.items() for one in found)]
    near = get_close_matches(action, every, 1)
    closest = f"the closest is {near[0]}; " if near else ""
    there = ", ".join(f"{group}.{one}" for one in known) if known else f"{', '.join(ACTIONS)}, and what is below them"
    error = UsageError(
        f"--action: the log knows no {action if harmless(action) else 'action of that name'}", f"{closest}there are: {there}"
    )
    error.instead = {action: near[0]} if near else {}
    raise error
