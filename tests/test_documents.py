"""README and docs say what the tool prints, and CI runs what the README says."""

import re

import pytest
from tests import readme
from tests.conftest import ROOT

from integrations_cli import __version__
from integrations_cli.actions.configuration import KNOWN


def commands_of_the_readme():
    return re.findall(r"```sh\n(.*?)\n```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_ci_runs_exactly_the_two_commands_of_the_readme():
    two = commands_of_the_readme()
    assert len(two) == 2
    assert two[0].endswith("integrations demo")
    assert two[1].endswith("pytest")
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("python3")] == two


@pytest.mark.parametrize("name", sorted(readme.PARTS))
def test_a_document_shows_what_the_tool_prints(name):
    path = ROOT / name
    assert readme.renewed(path, readme.PARTS[name]) == path.read_text(), "python -m tests.readme writes it anew"


def test_every_command_in_a_document_exists():
    from integrations_cli.cli import app

    known = {" ".join(path) for path in app.paths()} | {name for name, (verb, _) in app.GROUPS.items() if verb}
    alone = {path[0] for path in app.paths() if len(path) == 1}  # what stands behind them is an argument
    for path in [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for words in re.findall(r"(?:^\$ |`)integrations ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", path.read_text(), re.MULTILINE):
            assert words in known or words.split()[0] in alone, words


def test_links_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_one_version():
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_the_demo_in_the_readme_shows_no_value():
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/card.svg").read_text()
    assert not re.search(r"sk-ant|sk_test|SG\.|0{20}", text)


def test_the_page_of_the_configuration_has_every_name_there_is():
    rows = [line.split("|")[1:3] for line in (ROOT / "docs/configuration.md").read_text().splitlines() if line.startswith("|")][2:]
    found: dict[str, tuple[str, ...]] = {}
    for section, names in rows:
        last = (re.findall(r"\[([a-z-]+)\]", section) or [*found][-1:])[0]
        found[last] = (*found.get(last, ()), *re.findall(r"`(\w+)`", names))
    assert found == {section: names or () for section, names in KNOWN.items()}
