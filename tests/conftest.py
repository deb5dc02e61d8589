"""Few fixtures, named after what they arrange. Real SQLite, real files, real sockets on loopback."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from tests import canary, keys
from tests.loopback import ThirdParty

from integrations_cli import config as configuration
from integrations_cli.access import Principal
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors
from integrations_cli.config import Config
from integrations_cli.store import Store, open_store
from integrations_cli.store import create as creation
from integrations_cli.web import Web

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("INTEGRATIONS_SHARED", ROOT.parent / "shared"))


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a script's background jobs are started; the programs under test would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
hypothesis.settings.register_profile("house", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write golden files anew instead of comparing")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not str(address[0]).startswith(("127.", "::1")):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def no_test_leaves_a_key_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """After the whole run: no database, journal, lock, anchor or report of any test holds one of the keys."""
    yield
    values = {text for one in keys.GOOD.values() for text in one.values() if len(text) >= 12} | {keys.ANTHROPIC_NEW}
    sought = canary.Sought(form for value in values for name, form in canary.forms(value).items() if "half" not in name)
    for path in tmp_path_factory.getbasetemp().rglob("*"):
        if path.is_file() and path.suffix != ".env" and not path.is_symlink() and path.name not in {"key", "program.py"}:
            assert not sought.within(path.read_bytes()), f"{path.name} of {path.parent.name} holds a key"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path


@pytest.fixture
def config(home: Path) -> Config:
    """Where things live below the empty home."""
    return configuration.load({"HOME": str(home)})


Template = Callable[[str, Callable[[Path], None], Path], None]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """`template(name, make, home)` fills a home with a copy of what `make` once made in another one: a store holds no path."""
    made: dict[str, Path] = {}

    def copy(name: str, make: Callable[[Path], None], home: Path) -> None:
        if name not in made:
            folder = tmp_path_factory.mktemp(f"template-{name}")
            make(folder)
            made[name] = folder
        shutil.copytree(made[name], home, dirs_exist_ok=True)

    return copy


def make_store(home: Path) -> None:
    creation.prepare(configuration.load({"HOME": str(home)}), "file", recovery=False).commit()


def make_websites(home: Path) -> None:
    """Of a home that has a store already."""
    with open_store(configuration.load({"HOME": str(home)})) as store, store.writing() as here:
        here.websites.add("acme", "Acme Realty")
        here.websites.add("beta", "Beta Homes")


def typed(home: Path, *words: str, principal: Principal | None = None, **environ: str) -> None:
    """A command that succeeds in this home; for what a template is made of."""
    assert app.run(words, Doors(environ={"HOME": str(home), "PATH": os.environ["PATH"], **environ}, principal=principal)) == 0, words


def make_ready(home: Path) -> None:
    typed(home, "init", "--slot", "file", "--no-recovery", "--website", "acme")


@pytest.fixture
def made(config: Config, home: Path, template: Template) -> Config:
    """A store with a key-file slot and without a recovery key."""
    template("made", make_store, home)
    return config


@pytest.fixture
def store(made: Config, home: Path, template: Template) -> Iterator[Store]:
    """An open store with the websites acme and beta: the one of `made`, a little later."""

    def make(folder: Path) -> None:
        template("made", make_store, folder)
        make_websites(folder)

    template("store", make, home)
    with open_store(made) as opened:
        opened.verify()
        yield opened


@pytest.fixture
def third_party() -> Iterator[ThirdParty]:
    """A provider on loopback, over TLS; `answer` says what it answers."""
    with ThirdParty() as running:
        yield running


@pytest.fixture
def web(third_party: ThirdParty) -> Web:
    """The real door to the network, leading to the third party."""
    return third_party.web()


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def environ(home: Path) -> dict[str, str]:
    """The environment of the commands that a test runs."""
    return {"HOME": str(home), "PATH": os.environ["PATH"]}


@pytest.fixture
def run(environ: dict[str, str], third_party: ThirdParty, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process, with /dev/null as standard input, against the third party."""

    def go(*words: str, stdin: bytes = b"", principal: Principal | None = None, **more: str) -> Ran:
        read, write = os.pipe()
        os.write(write, stdin)
        os.close(write)
        with os.fdopen(read) as piped:
            monkeypatch.setattr(sys, "stdin", piped)
            capfd.readouterr()
            code = app.run(list(words), Doors(environ=environ | more, web=third_party.web, principal=principal))
            sys.stdout.flush()
            sys.stderr.flush()
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return go


@pytest.fixture
def ready(run: Run, home: Path, template: Template) -> Run:
    """Commands in a home that has a store and the website acme."""
    template("ready", make_ready, home)
    return run


@pytest.fixture
def go(run: Run, home: Path, request: pytest.FixtureRequest) -> Run:
    """Commands in a copy of the home that the module has `built`."""
    shutil.copytree(request.getfixturevalue("built"), home, dirs_exist_ok=True)
    return run
