"""The parts of the documents that the tool itself prints: `python -m tests.readme` writes them anew, test_documents.py compares."""

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]


def on_a_terminal(script: str, columns: int = 80) -> str:
    """What a person sees of a Python script on a terminal of that width, without colours."""
    import pexpect

    environ = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
    }
    child = pexpect.spawn(sys.executable, ["-c", script], dimensions=(100, columns), env=environ, encoding="utf-8", timeout=300)
    child.expect(pexpect.EOF)
    return str(child.before).replace("\r\n", "\n")


def demo() -> str:
    """The steps of the demo that the README shows."""
    text = on_a_terminal("import sys; from integrations_cli.cli.app import run; sys.exit(run(['demo']))")
    steps = re.split(r"^(?=\$ integrations )", text, flags=re.MULTILINE)
    wanted = ("migrate dotenv legacy.env -w acme --dry-run", "list -w acme", "test sendgrid", "show anthropic", "audit verify")
    kept = [step.strip() for step in steps if step.startswith(tuple(f"$ integrations {one}" for one in wanted))]
    kept[-1] = kept[-1].partition("\n✓ that was it")[0]
    return "```\n" + _the_same_every_time("\n\n".join(kept).strip()) + "\n```"


def _the_same_every_time(text: str) -> str:
    """Fingerprints and times differ between two runs; nothing else may."""
    text = re.sub(r"\b[0-9a-f]{8}\b", "3f9a7c2e", text)
    took = re.search(r"\b([0-9]{2,}) ms\b", text)
    if took:  # a slower answer makes its column wider
        more = len(took[1]) - 1
        before, _, step = text.partition("$ integrations test")
        step = step.replace("TIME" + " " * (2 + more), "TIME  ", 1).replace("─" * (more + 1) + "\n", "─\n", 1).replace(took[0], "8 ms", 1)
        text = f"{before}$ integrations test{step}"
    text = re.sub(r"\b[0-9] ms\b", "8 ms", text)
    text = re.sub(r"until [0-9-]{10} [0-9:]{5}", "until 2026-11-23 10:02", text)
    return "\n".join(map(_just_now, text.split("\n")))


def _just_now(line: str) -> str:
    """A busy machine is slower than `just now`; the frame of a card stays where it is."""
    new = re.sub(r"\b[0-9]+ s(econds)? ago", "just now", line)
    return f"{new[:-1]}{' ' * (len(line) - len(new))}│" if new.endswith("│") else new


def catalogue() -> str:
    """The table of providers."""
    from integrations_cli import registry

    lines = ["| category | provider | credentials | settings |", "|---|---|---|---|"]
    for one in sorted(registry.all(), key=lambda one: (one.category, one.name)):
        lines.append(
            f"| {one.category} | {one.title} `{one.name}` | {', '.join(f.name for f in one.credentials)} | {', '.join(f.name for f in one.settings)} |"
        )
    return "\n".join(lines)


def exit_codes() -> str:
    """The page of `integrations help exit-codes`."""
    out = subprocess.run(
        [sys.executable, "-m", "integrations_cli", "help", "exit-codes"], capture_output=True, text=True, check=True
    ).stdout
    return f"```\n{out.strip()}\n```"


def card() -> str:
    """The card of `show` as a picture."""
    shown = next(step for step in demo().strip("`\n").split("\n\n$") if "show anthropic" in step)
    lines = [line.replace("&", "&amp;").replace("<", "&lt;") for line in shown.strip().lstrip("$ ").splitlines()]
    rows = "\n".join(
        f'<text x="16" y="{28 + 18 * at}" xml:space="preserve">{line}</text>' for at, line in enumerate(["$ " + lines[0], *lines[1:]])
    )
    height = 28 + 18 * len(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" role="img" aria-label="integrations show anthropic">'
        f'<rect width="100%" height="100%" rx="8" fill="#0f172a"/><g fill="#e2e8f0" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">\n{rows}\n</g></svg>\n'
    )


def migration(name: str) -> str:
    """One of the migrations of a Rails application, run for real."""
    script = f"from tests.rails_story import main; main({name!r})"
    return "```\n" + re.sub(r"\b[0-9a-f]{8}\b", "3f9a7c2e", on_a_terminal(script, 100).strip()) + "\n```"


def access(name: str) -> str:
    """One of the stories of roles, run for real."""
    text = on_a_terminal(f"from tests.access_story import main; main({name!r})", 100).strip()
    return "```\n" + re.sub(r"[0-9]+ s(econds)? ago", "just now", text) + "\n```"


def access_table(name: str) -> str:
    """A table of docs/access.md, from the tool's own."""
    from tests import access_story

    return str(getattr(access_story, name)())


ACCESS = {name: partial(access, name) for name in ("granting", "revoking")} | {
    name: partial(access_table, name) for name in ("roles", "commands")
}


def log(name: str) -> str:
    """One of the stories of the audit log, run for real."""
    from tests import audit_story

    script = f"from tests.audit_story import main; main({name!r})"
    return "```\n" + audit_story.the_same_every_time(on_a_terminal(script, 120)).strip() + "\n```"


AUDIT = {name: partial(log, name) for name in ("list", "verify", "cut")}


def leak(name: str) -> str:
    """One part of the story of a leaked key, run for real."""
    text = on_a_terminal(f"from tests.leak_story import main; main({name!r})", 110).strip()
    text = re.sub(r"\b[0-9]+ ms\b", "3 ms", text)
    text = re.sub(r"\bfp [0-9a-f]{8} → [0-9a-f]{8}\b", "fp 77d0a1c4 → 1be49a02", text)
    text = re.sub(r"(20[0-9-]{8}) [0-9:]{5}\b", r"\1 10:02", re.sub(r"\bschema [0-9]+\b", "schema 5", text))
    return "```\n" + re.sub(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b", "2026-11-25", text) + "\n```"


LEAKS = {name: partial(leak, name) for name in ("found", "replaced", "before")}
RAILS = {name: partial(migration, name) for name in ("zoho", "google-maps", "everything")}
PARTS = {
    "README.md": {"demo": demo, "catalogue": catalogue},
    "docs/access.md": ACCESS,
    "docs/exit-codes.md": {"exit-codes": exit_codes},
    "docs/leak-triage.md": LEAKS,
    "docs/migrating-from-rails.md": RAILS,
    "docs/audit.md": AUDIT,
}


def renewed(path: Path, parts) -> str:
    """The document with its parts made anew."""
    text = path.read_text()
    for name, make in parts.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{make()}\n{end}{rest.partition(end)[2]}"
    return text


def main() -> None:
    for name, parts in PARTS.items():
        (ROOT / name).write_text(renewed(ROOT / name, parts))
    (ROOT / "docs/card.svg").write_text(card())


if __name__ == "__main__":
    main()
