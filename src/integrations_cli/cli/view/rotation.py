"""Where a rotation stands: on the card, as data, and at the end of `rotate`."""

from __future__ import annotations

from integrations_cli.cli.view.moments import ago, until
from integrations_cli.masking import mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from integrations_cli.card import Card, Mark, Rotation
    from integrations_cli.cli.view.out import Out
    from integrations_cli.provider import Provider


def data(shown: Card, rotation: Rotation, definition: Provider) -> dict[str, Any]:
    """The part `rotation` of the JSON of `show`."""
    return {
        "state": rotation.state,
        "previous_fingerprint": _short(_main(rotation.previous, shown.credentials, definition)),
        "previous_until": rotation.previous_until,
        "pending_fingerprint": _short(_main(rotation.pending, shown.credentials, definition)),
        "since": rotation.since,
        "outcome": rotation.outcome,
    }


def pairs(shown: Card, rotation: Rotation, definition: Provider) -> list[tuple[str, Any]]:
    """The same as `name⇥value`."""
    found = data(shown, rotation, definition)
    return [("rotation", found["state"]), *((name, found[name]) for name in ("previous_fingerprint", "previous_until"))]


def lines(out: Out, shown: Card, rotation: Rotation, definition: Provider) -> Iterable[tuple[str, str]]:
    """Lines of the card; none when nothing is kept and nothing waits."""
    iso = out.options.iso
    waiting = _main(rotation.pending, shown.credentials, definition)
    if waiting is not None:
        said = rotation.outcome or "not tested yet"
        yield "New one waits", f"{mask(waiting.hint)}  fp {_short(waiting)}, {ago(rotation.since, out.now(), words=True, iso=iso)}: {said}"
    if rotation.state == "swapped_unchecked":
        yield "Rotation", "in use, and not tested as stored yet"
    old = _main(rotation.previous, shown.credentials, definition)
    if old is not None:
        end = f"until {until(rotation.previous_until, iso)}" if rotation.previous_until else "kept until the new one is proven"
        yield "Previous", f"{mask(old.hint)}  fp {_short(old)}, {end}"


def commands(rotation: Rotation) -> list[tuple[str, str]]:
    """What can be done about it: a title and the command's verb."""
    if rotation.state == "pending":
        return [("resume", "rotate --resume"), ("abort", "rotate --abort")]
    if rotation.state == "swapped_unchecked":
        return [("resume", "rotate --resume"), ("undo", "rotate --rollback")]
    return [("undo", "rollback")] if rotation.previous else []


def _main(marks: Mapping[str, Mark], now: Mapping[str, Mark], definition: Provider) -> Mark | None:
    """The mark to show of several: the first that differs from what is in use, in the order of the definition."""
    order = [one.name for one in definition.credentials if one.name in marks] or sorted(marks)
    changed = [name for name in order if name not in now or now[name].fingerprint != marks[name].fingerprint]
    return marks[(changed or order)[0]] if order else None


def _short(mark: Mark | None) -> str | None:
    return mark.fingerprint[:8] if mark else None
