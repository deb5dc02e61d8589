"""Providers from other packages: installed, off until they are allowed by name, checked before they are let in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

from integrations_cli import registry
from integrations_cli.actions.lint import lint

EXAMPLE = ROOT / "docs" / "example-provider"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The example of the documents, built and installed by pip as a package of its own."""
    target, source = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source") / "example"
    shutil.copytree(EXAMPLE, source)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def other(tmp_path):
    """A package that brings a provider under a name, as its installed files look; call it with the name and the source."""

    def make(name, source):
        (tmp_path / f"{name}_module.py").write_text(source)
        info = tmp_path / f"{name}_package-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-package\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[integrations_cli.providers]\n{name} = {name}_module:provider\n")
        return tmp_path

    return make


@pytest.fixture
def tool(home):
    """The real program in a process of its own, with a folder of packages on its path; `allow` goes into the configuration."""

    def run(*words, site: Path | None = None, allow=(), stdin=""):
        folder = home / ".config" / "integrations"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "config.toml").write_text(f"[providers]\nallow = {json.dumps(list(allow))}\n")
        path = os.pathsep.join(str(one) for one in (ROOT / "src", site) if one)
        environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, "-m", "integrations_cli", *words], input=stdin, capture_output=True, text=True, env=environ, timeout=60
        )

    return run


def names(done):
    return [one["provider"] for one in json.loads(done.stdout)["items"]]


def test_it_is_off_until_it_is_allowed_by_name(tool, installed):
    assert "acme_crm" not in names(tool("providers", "list", "--json", site=installed))
    assert tool("providers", "show", "acme_crm", site=installed).returncode == 3
    assert "acme_crm" in names(tool("providers", "list", "--json", site=installed, allow=["acme_crm"]))
    assert tool("providers", "show", "acme_crm", site=installed, allow=["acme_crm"]).returncode == 0


def test_it_is_stored_listed_and_explained_like_any_other(tool, installed):
    use = {"site": installed, "allow": ["acme_crm"]}
    assert tool("init", "--slot", "file", "--no-recovery", "--website", "acme", **use).returncode == 0
    key = "acme_" + "0" * 20 + "EXAMPLE"
    added = tool("add", "acme_crm", "-w", "acme", "--no-test", "--secret-stdin", "api_key", stdin=key, **use)
    assert added.returncode == 0, added.stderr
    listed = json.loads(tool("list", "-w", "acme", "--json", **use).stdout)["items"][0]
    assert (listed["provider"], listed["category"], listed["status"]) == ("acme_crm", "crm", "untested")
    explained = tool("test", "acme_crm", "-w", "acme", "--explain", "--format", "tsv", **use)
    assert "eu.acme-crm.example" in explained.stdout
    assert key not in added.stdout + added.stderr + explained.stdout
    gone = tool("list", "-w", "acme", "--json")  # the package was removed: the row is still listed
    assert json.loads(gone.stdout)["items"][0]["provider"] == "acme_crm"
    assert tool("test", "--all", "-w", "acme", "--json").returncode == 0
    assert json.loads(tool("test", "--all", "-w", "acme", "--json").stdout)["results"][0]["outcome"] == "untestable"


def test_a_reviewed_plan_is_not_applied_when_the_provider_is_gone_or_another(tool, other, home):
    source = (EXAMPLE / "acme_crm.py").read_text()
    site = other("acme_crm", source)
    use = {"site": site, "allow": ["acme_crm"]}
    assert tool("init", "--slot", "file", "--no-recovery", "--website", "acme", **use).returncode == 0
    (home / "keys.env").write_text("ACME_CRM_API_KEY=acme_" + "0" * 20 + "EXAMPLE\n")
    (home / "keys.env").chmod(0o600)
    plan = str(home / "plan.json")
    made = tool("migrate", "dotenv", str(home / "keys.env"), "-w", "acme", "--only", "acme_crm", "--plan-out", plan, **use)
    assert made.returncode == 10, made.stderr
    gone = tool("migrate", "apply", plan, "--yes", site=site)
    assert (gone.returncode, "acme_crm" in gone.stderr) == (4, True), gone.stderr
    (site / "acme_crm_module.py").write_text(source.replace("credentials=(", 'credentials=(Field("account_id", "Account id"), '))
    changed = tool("migrate", "apply", plan, "--yes", **use)
    assert (changed.returncode, "acme_crm of acme: " in changed.stderr) == (4, True), changed.stderr
    assert json.loads(tool("list", "--json", **use).stdout)["items"] == []
    (site / "acme_crm_module.py").write_text(source)
    assert tool("migrate", "apply", plan, "--yes", **use).returncode == 0


def test_tab_offers_it_and_its_fields(tool, installed):
    use = {"site": installed, "allow": ["acme_crm"]}
    answers = (tool("__complete", "bash", "add", "acme", **use).stdout for _ in range(10))
    assert any("acme_crm" in answer for answer in answers), "a busy machine may be late a few times, and then nothing is the right answer"
    assert "acme_crm" not in tool("__complete", "bash", "add", "acme", site=installed).stdout


def test_one_that_is_allowed_and_not_there_is_said(tool):
    done = tool("providers", "list", "--json", allow=["nobody_brings_it"])
    assert done.returncode == 0
    assert "no installed package brings it" in done.stderr


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("provider = 7\n", "not a Provider"),
        ("raise RuntimeError('k3y')\n", "RuntimeError while it was loaded"),
        ("import nothing_of_that_name\n", "ModuleNotFoundError"),
        ((EXAMPLE / "acme_crm.py").read_text(), "it calls itself"),
        ((EXAMPLE / "acme_crm.py").read_text().replace('"acme_crm"', '"odd_crm"').replace("^(eu|us)", "^.*|(eu|us)"), "hosts"),
    ],
)
def test_one_that_is_not_sound_is_never_used_and_breaks_nothing(tool, other, source, why):
    use = {"site": other("odd_crm", source), "allow": ["odd_crm"]}
    listed = tool("providers", "list", "--json", **use)
    assert listed.returncode == 0
    assert "odd_crm" not in names(listed)
    assert why in listed.stderr
    refused = tool("providers", "show", "odd_crm", **use)
    assert refused.returncode == 3
    assert "cannot be used" in refused.stderr
    assert "k3y" not in refused.stderr + listed.stderr


def test_a_built_in_name_is_never_taken_over(tool, other):
    use = {"site": other("stripe", (EXAMPLE / "acme_crm.py").read_text().replace('"acme_crm"', '"stripe"')), "allow": ["stripe"]}
    shown = tool("providers", "show", "stripe", "--json", **use)
    assert "api.stripe.com" in shown.stdout or "dashboard.stripe.com" in shown.stdout
    assert "a built-in provider has this name" in tool("providers", "list", "--json", **use).stderr


def test_the_example_is_sound(tool):
    done = tool("providers", "check", str(EXAMPLE / "acme_crm.py"))
    assert done.returncode == 0, done.stderr
    assert "acme_crm is sound" in done.stderr


BAD = {
    "a 401 that counts": ("return answer.otherwise()", "return ok()", "401"),
    "a page that counts": ('answer.at("account.id"):', "True:", "HTML"),
    "a message that repeats the answer": ("return rejected()", "return rejected(answer.body.decode())", None),
    "a fault": ('answer.at("error") == "bad_key"', 'answer.json["error"] == "bad_key"', "ends in"),
    "its own network": ("from integrations_cli", "import httpx\nfrom integrations_cli", "it imports httpx"),
    "no domain": (r"^(eu|us)\.acme-crm\.example$", r"^.*$", "hosts"),
    "a free host": ('choices=("eu", "us"), ', "", "must be strict"),
    "loose classes": ("[A-Za-z0-9]{20,}", r"\\d{20,}", "pattern"),
    "no such category": ('category="crm"', 'category="cooking"', "category"),
    "a key in the address": ('/v2/me"', "/v2/me?key={given['api_key'].reveal()}\"", "query"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_the_linter_finds(tool, tmp_path, what):
    old, new, says = BAD[what]
    source = (EXAMPLE / "acme_crm.py").read_text()
    assert old in source
    path = tmp_path / "acme_crm.py"
    path.write_text(source.replace(old, new))
    done = tool("providers", "check", str(path))
    if says is None:
        source = source.replace('answer.at("error") == "bad_key"', 'answer.at("message")').replace(old, new)
        path.write_text(source.replace('answer.status == 200 and answer.at("message")', 'answer.at("message")'))
        done = tool("providers", "check", str(path))
        says = "repeats what the provider said"
    assert done.returncode == 23, done.stdout + done.stderr
    assert says in done.stdout


@pytest.mark.parametrize(("text", "code"), [("", 2), ("provider = (", 2), ("raise SystemExit(0)", 2), ("import os; provider = os", 2)])
def test_what_is_no_definition(tool, tmp_path, text, code):
    path = tmp_path / "odd.py"
    path.write_text(text)
    assert tool("providers", "check", str(path)).returncode == code
    assert tool("providers", "check", str(tmp_path / "none.py")).returncode == 3


@pytest.mark.parametrize("name", registry.built_in())
def test_our_own_providers_are_held_to_the_same(name):
    assert lint(registry.get(name), (Path(registry.__file__).parent / "providers" / f"{name}.py").read_text()) == []
