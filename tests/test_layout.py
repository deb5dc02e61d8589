"""The house: what may be imported when, and that no option takes a secret."""

import subprocess
import sys

import pytest
from tests.conftest import ROOT

from integrations_cli.cli import app

HEAVY = ("sqlmodel", "sqlalchemy", "pydantic", "alembic", "cryptography", "httpx", "keyring", "questionary", "prompt_toolkit", "rich")


def imported(*words: str, home: str) -> set[str]:
    program = (
        "import sys\nfrom integrations_cli.cli import front\nfrom integrations_cli.cli.app import run\n"
        if words[0] != "FRONT"
        else "import sys\nfrom integrations_cli.cli import front\n"
    )
    call = f"front.answer({list(words[1:])!r})" if words[0] == "FRONT" else f"run({list(words)!r})"
    program += f"{call}\nprint('MODULES', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"HOME": home, "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)},
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("MODULES"))
    return set(line.split()[1:])


@pytest.fixture
def there(ready, home):
    return str(home)


READS = [
    ("list", "-w", "acme"),
    ("list", "-A", "--json"),
    ("website", "list"),
    ("website", "use", "acme"),
    ("due", "-A"),
    ("overview",),
    ("help", "words"),
    ("list", "-h"),
]


@pytest.mark.parametrize("words", READS, ids=[" ".join(one) for one in READS])
def test_a_read_imports_nothing_heavy(there, words):
    # what else Typer brings: PERFORMANCE.md says how to be rid of it in writing commands
    assert imported(*words, home=there) & (set(HEAVY) - {"pydantic"}) == set()


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_the_front_door_does_not_even_import_typer(there, words):
    assert imported("FRONT", *words, home=there) & {*HEAVY, "typer"} == set()


def test_a_write_imports_no_network(there):
    assert imported("disable", "nothing", "-w", "acme", home=there) & {"httpx", "questionary", "keyring"} == set()


def test_no_option_or_argument_takes_a_secret():
    """Credentials come by prompt, --secret-stdin, --secret-file and --secret-env, which take names and places."""
    for path in app.paths():
        for parameter in app.load(path).params:
            words = {*parameter.opts, parameter.name or ""}
            assert not any(sign in word for word in words for sign in ("password", "token", "api-key", "api_key", "credential-value")), (
                path,
                words,
            )
            if any("secret" in word for word in words):
                assert parameter.metavar in {"FIELD", "FIELD=PATH", "FIELD=NAME"}
            if any("key" in word for word in words) and not getattr(parameter, "is_flag", False):  # a flag takes nothing
                assert words & {"--key-fd", "--key-file"}  # a descriptor, a path


def test_every_command_has_a_help_line_examples_and_exit_codes():
    for path in app.paths():
        text = app.load(path).help or ""
        first = text.strip().partition("\n")[0]
        assert len(first) <= 60, (path, len(first))
        assert first[0].islower() and not first.endswith("."), path
        assert "exit codes:" in text, path
        if not app.load(path).hidden:
            assert "examples:" in text and f"integrations {' '.join(path)}" in text, path


def test_modules_stay_small():
    long = {path.name: count for path in (ROOT / "src").rglob("*.py") if (count := len(path.read_text().splitlines())) > 300}
    assert set(long) <= {"table.py"}, long  # it is generated


def test_nothing_names_a_machine():
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]:
        text = path.read_text()
        assert "/" + "work/" not in text and "bash_" + "jobs" not in text, path


PLAIN = [
    ("list", "-w", "acme"),
    ("list", "-A", "--json"),
    ("website", "list"),
    ("show", "anthropic"),
    ("providers", "list"),
    ("help", "words"),
    ("due", "-A", "--unused-for", "90d"),
    ("overview",),
]


@pytest.mark.parametrize("words", PLAIN, ids=[" ".join(one) for one in PLAIN])
def test_a_plain_read_does_without_typer(there, words):
    found = imported("FRONT", *words, home=there)
    assert found & {*HEAVY, "typer"} == set()
    assert len(found) < 120
