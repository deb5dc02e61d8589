"""The table, the scripts and the root help are what the command tree says; installing them touches nothing else."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

from integrations_cli.cli import app, front, generate
from integrations_cli.cli.completion import files, shells, table, tree


def test_everything_generated_is_what_is_checked_in():
    stale = [str(path.relative_to(ROOT)) for path, text in generate.generated().items() if not path.exists() or path.read_text() != text]

    assert stale == [], "run: python -m integrations_cli.cli.generate"


def test_the_table_holds_every_command_and_option_of_the_tree():
    assert tree.commands() == table.COMMANDS
    assert {" ".join(path) for path in app.paths() if not app.load(path).hidden} == set(table.COMMANDS)


def test_every_help_line_fits_and_begins_small():
    lines = {path: command[0] for path, command in table.COMMANDS.items()}

    assert [path for path, line in lines.items() if not line or len(line) > 60 or line[0].isupper() or line.endswith(".")] == []


def test_no_option_or_argument_takes_a_credential():
    places = {
        place
        for _, arguments, options in table.COMMANDS.values()
        for place in [one[0] for one in arguments] + [one[0][-1] for one in options]
    }

    assert not [one for one in places if one.strip("-").lower() in {"key", "secret", "password", "token", "credential", "api-key"}]


def test_the_root_help_fits_a_screen_and_names_every_command():
    text = front.root_help()

    assert len(text.splitlines()) <= 60
    assert max(map(len, text.splitlines())) <= 80
    first = {line.split()[0] for line in text.splitlines() if line.startswith("  ")}
    assert {path[0] for path in app.paths() if not app.load(path).hidden} <= first
    assert not (set(app.ALIASES) | {path[0] for path in app.paths() if app.load(path).hidden}) & first


@pytest.mark.parametrize("words", [("--help",), ("-h",)])
def test_both_ways_to_the_root_help_print_the_same(run, words):
    ran = subprocess.run([sys.executable, "-m", "integrations_cli", *words], capture_output=True, text=True, check=True)

    assert ran.stdout == front.root_help()
    assert ran.stdout == run(*words).out


def test_a_full_disk_is_not_success():
    with open("/dev/full", "w") as full:
        ran = subprocess.run([sys.executable, "-m", "integrations_cli", "--help"], stdout=full, stderr=subprocess.PIPE, text=True)

    assert ran.returncode == 74
    assert ran.stderr.startswith("error: could not write")


@pytest.mark.parametrize("shell", files.SHELLS)
def test_show_prints_the_file(run, shell):
    assert run("completion", "show", shell).out == files.text(shell)


@pytest.mark.parametrize(
    "shell, path",
    [
        ("bash", ".local/share/bash-completion/completions/integrations"),
        ("zsh", ".local/share/zsh/site-functions/_integrations"),
        ("fish", ".config/fish/completions/integrations.fish"),
        ("powershell", ".config/powershell/completions/integrations.ps1"),
    ],
)
def test_install_writes_one_file_and_remove_takes_it_away(run, home, shell, path):
    before = _tree(home)

    installed = run("completion", "install", SHELL=f"/bin/{'pwsh' if shell == 'powershell' else shell}")

    assert (installed.code, installed.out) == (0, f"{home / path}\n")
    assert _tree(home) - before == {path}
    assert (home / path).read_text() == files.text(shell)
    assert stat.S_IMODE((home / path).stat().st_mode) == 0o644
    assert run("completion", "install", shell).code == 0, "installing again is an update"
    assert run("completion", "remove").out == f"{home / path}\n"
    assert _tree(home) == before
    assert run("completion", "remove", shell).code == 0


def _tree(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_install_leaves_the_file_of_somebody_else(run, home):
    theirs = home / ".config/fish/completions/integrations.fish"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("# mine\n")

    assert run("completion", "install", "fish").code == 4
    assert run("completion", "remove", "fish").code == 4
    assert theirs.read_text() == "# mine\n"


def test_install_prints_the_line_to_add_and_edits_nothing(run, home):
    (home / ".zshrc").write_text("# mine\n")

    installed = run("completion", "install", "zsh")

    assert f"fpath=({home}/.local/share/zsh/site-functions $fpath)" in installed.err
    assert (home / ".zshrc").read_text() == "# mine\n"


def test_an_unknown_shell_is_a_question(run):
    assert run("completion", "install", SHELL="/bin/tcsh").code == 2
    assert run("completion", "install", SHELL="").code == 2


def test_the_files_travel_with_the_package():
    configured = (ROOT / "pyproject.toml").read_text()

    for name in ("integrations.bash", "_integrations", "integrations.fish"):
        assert f'"completions/{name}"' in configured
    assert all(os.path.exists(Path(files.__file__).parent / "scripts" / name) for name in shells.NAMES.values())
    assert sorted(shells.NAMES.values()) == sorted(os.listdir(ROOT / "completions"))
