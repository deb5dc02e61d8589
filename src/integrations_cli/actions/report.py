"""Plans and results as JSON (MIGRATION.md §2.4): fingerprints and places, never a value of a credential."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations_cli.actions.bulk import Done
from integrations_cli.actions.migrate import ANEW, Result
from integrations_cli.actions.plan import KINDS, Change, Line, Plan, Policy
from integrations_cli.actions.surveys import Survey
from integrations_cli.errors import Conflict, Unreadable, UsageError
from integrations_cli.sources.finding import Ignored
from integrations_cli.store import files


def plan_head(
    store_id: bytes, created: datetime, tool: str, kind: str, options: Mapping[str, Any], findings: int, policy: Policy
) -> dict[str, Any]:
    """What stands before the lines of a plan."""
    return {
        "format": "integrations.plan/1",
        "store": store_id.hex(),
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool": tool,
        "source": {"kind": kind, "options": dict(options), "findings": findings},
        "policy": {
            "on_conflict": policy.on_conflict,
            "unknown_fields": policy.unknown_fields,
            "allow_incomplete": policy.allow_incomplete,
            "continue_on_error": policy.continue_on_error,
            "batch": policy.batch,
        },
    }


def plan_data(one: Plan, store_id: bytes, created: datetime, tool: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as JSON: fingerprints and places, never a value of a credential."""
    return {
        **plan_head(store_id, created, tool, one.reading.kind, options, len(one.reading.findings), one.policy),
        "lines": [line_data(line) for line in one.lines],
        "ignored": ignored_data(one.reading.ignored),
        "notes": sorted(set(one.reading.notes)),
        "summary": one.summary(),
    }


def ignored_data(ignored: Sequence[Ignored]) -> list[dict[str, str]]:
    """What was left on purpose, as JSON."""
    return [{"from": one.place, "reason": one.reason} for one in ignored]


def signed(data: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The plan with a MAC under a key of the store: an edited one is refused."""
    return {**data, "mac": _mac(data, key)}


def digest_of(saved: str | bytes) -> str:
    """What `sha256sum` says of a saved plan."""
    return "sha256:" + hashlib.sha256(saved.encode() if isinstance(saved, str) else saved).hexdigest()


def unsigned(data: Any, key: bytes, store_id: bytes, name: str) -> None:
    """Raises UsageError (2) for what is no plan, Conflict (4) for another store's, Unreadable (7) for an edited one."""
    if not isinstance(data, dict) or data.get("format") != "integrations.plan/1":
        raise UsageError(f"{name} is not a plan", "it was not written by --plan-out")
    if data.get("store") != store_id.hex():
        raise Conflict(f"{name} was made for another store", "nothing was written", ANEW)
    rest = {key: value for key, value in data.items() if key != "mac"}
    if not hmac.compare_digest(str(data.get("mac")), _mac(rest, key)):
        raise Unreadable(f"{name} was edited", "it is not what --plan-out wrote; nothing was written", ANEW, "plan")


def _mac(data: Mapping[str, Any], key: bytes) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    parts = (b"integrations/plan/v1", text)  # each with its length in front (SECURITY.md §2.4)
    return hmac.digest(key, b"".join(len(part).to_bytes(4, "big") + part for part in parts), "sha256").hex()


def line_of(data: Mapping[str, Any]) -> Line:
    """A line of a saved plan: everything but the values, which only the source has."""
    return Line(
        data["kind"],
        data["website"],
        data["category"],
        data["provider"],
        tuple(
            Change(one["name"], one["secret"], one["change"], one["from"], one.get("fp"), one.get("old"), one.get("value"))
            for one in data["fields"]
        ),
        data["reason"],
        data["detail"],
        tuple(data["notes"]),
        (data["expect"]["id"], data["expect"]["version"]) if data["expect"] else None,
        data["enabled"],
        data["expires_at"],
        data["expect"].get("state") if data["expect"] else None,
    )


def line_data(line: Line) -> dict[str, Any]:
    """One line as JSON."""
    return {
        "kind": line.kind,
        "website": line.website,
        "category": line.category,
        "provider": line.provider,
        "enabled": line.enabled,
        "expires_at": line.expires_at,
        "expect": {"id": line.expect[0], "version": line.expect[1], "state": line.state} if line.expect else None,
        "reason": line.reason,
        "detail": line.detail,
        "notes": list(line.notes),
        "fields": [
            {"name": one.name, "secret": one.secret, "change": one.change, "from": one.place}
            | ({"fp": one.fp, "old": one.old} if one.secret else {"value": one.value})
            for one in line.fields
        ],
    }


def report_data(result: Result, started: datetime, now: datetime, code: int) -> dict[str, Any]:
    """The report as JSON."""
    words = {line.key: result.results.get(line.key, "not_reached") for line in result.plan.lines}
    counts = {word: sum(one == word for one in words.values()) for word in ("written", "unchanged", "kept", "failed", "not_reached")}
    return {
        "format": "integrations.report/1",
        "plan": result.plan.digest,
        "state": result.state,
        "exit": code,
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "summary": {"written": counts["written"], "verified": len(result.verified), **{w: counts[w] for w in counts if w != "written"}},
        "lines": [
            ended_data(line, words[line.key], result.reasons.get(line.key), verified=line.key in result.verified)
            for line in result.plan.lines
        ],
        "still_in_source": still_in_source(result),
    } | ({"tested": result.tested} if result.tested else {})


def ended_data(line: Line, word: str, reason: str | None = None, *, verified: bool = False) -> dict[str, Any]:
    """What became of one line, as JSON."""
    return {
        "kind": line.kind,
        "website": line.website,
        "category": line.category,
        "provider": line.provider,
        "result": word,
        "verified": verified,
        "reason": reason or line.reason,
        "notes": list(line.notes),
        "from": sorted({one.place for one in line.fields if one.place}),
    }


def long_report(
    planned: Survey, done: Done, title: str, state: str, started: datetime, now: datetime, code: int, tested: Mapping[str, int]
) -> dict[str, Any]:
    """The report of a long run: counts of all lines, and of the wrong ones those that were kept. `tested`: what providers said."""
    kinds = planned.kinds()
    return {
        "format": "integrations.report/1",
        "plan": None,  # a plan that is saved names every line, so it is carried out as a whole
        "state": state,
        "exit": code,
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "planned": {kind: kinds[kind] for kind in KINDS if kind != "ignored"} | {"ignored": planned.ignored},
        "noted": dict(sorted(planned.noted.items())),
        "summary": {
            "written": done.written,
            "verified": done.verified,
            "unchanged": done.unchanged,
            "kept": planned.kept,
            "failed": done.failed,
            "not_reached": planned.writes - done.reached,
        },
        "lines": [ended_data(line, "failed") for line in planned.errors],
        "still_in_source": [title] if done.written or done.unchanged else [],
    } | ({"tested": dict(tested)} if tested else {})


def stopped_data(plan: str | None, state: str, started: datetime, now: datetime, code: int) -> dict[str, Any]:
    """The report of a run that ended before there was anything to say of its lines."""
    counts = dict.fromkeys(("written", "verified", "unchanged", "kept", "failed", "not_reached"), 0)
    return {
        "format": "integrations.report/1",
        "plan": plan,
        "state": state,
        "exit": code,
        "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "summary": counts,
        "lines": [],
        "still_in_source": [],
    }


def write_report(name: str | Path, data: Mapping[str, Any]) -> None:
    """Put the report in its place as a whole, 0600. Raises NotWritten (74); what stood there before then stays."""
    files.replace(Path(name).expanduser().absolute(), (json.dumps(data, indent=1) + "\n").encode())


def still_in_source(result: Result) -> list[str]:
    """Where the migrated values still lie; only their owner may remove them there."""
    done = [line for line in result.plan.lines if result.results.get(line.key) in {"written", "unchanged"}]
    return sorted({one.place for line in done for one in line.fields if one.place and one.place != "derived"})
