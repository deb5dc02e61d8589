"""A key that comes with the call: by descriptor, by a file somebody names, or by the environment."""

import os
import pty
import subprocess
import sys
import threading
import time

import pytest

from integrations_cli import config as configuration
from integrations_cli.errors import Locked
from integrations_cli.store import create, open_store, vault
from integrations_cli.store.slots import Place, SlotFailed, env, kind

KEY, OTHER = b"\x11" * 32, b"\x22" * 32
TEXT = vault.key_text(KEY)


def piped(text: str | bytes) -> int:
    read, write = os.pipe()
    os.write(write, text if isinstance(text, bytes) else text.encode())
    os.close(write)
    return read


def given(home, key_fd=None, **environ):
    return configuration.load({"HOME": str(home), **environ}, key_fd=key_fd)


@pytest.fixture
def paper(home):
    """A key file outside the store, as a container or systemd would bring it."""
    folder = home / "run"
    folder.mkdir(mode=0o700)
    path = folder / "key"
    path.write_text(TEXT + "\n")
    path.chmod(0o600)
    return path


def test_a_descriptor_before_a_file_before_the_environment(home, paper):
    third = {"INTEGRATIONS_KEY": vault.key_text(OTHER)}
    second = {"INTEGRATIONS_KEY_FILE": str(paper)} | third
    assert env.read(given(home, piped(vault.key_text(b"\x33" * 32)), **second)) == b"\x33" * 32
    assert env.read(given(home, **second)) == KEY
    assert env.read(given(home, **third)) == OTHER


def test_a_descriptor_gives_its_key_once_and_several_rooms_read_it(home):
    number = piped(TEXT)
    config = given(home, number)
    assert env.read(config) == env.read(config) == KEY
    os.close(number)
    again = piped(vault.key_text(OTHER))  # the same number, another pipe
    assert again == number
    assert env.read(given(home, again)) == OTHER


@pytest.mark.parametrize("content", ["", "\n", "x" * 2000, TEXT[:-1], TEXT + "A", b"\xff" * 80, TEXT + "\n" + TEXT], ids=str)
def test_a_descriptor_that_gives_no_key(home, content):
    with pytest.raises(Locked) as refusal:
        env.read(given(home, piped(content)))
    assert TEXT[5:20] not in str(refusal.value.as_data())


def test_a_descriptor_that_is_not_open(home):
    for number in (987, -1, 2**40):
        with pytest.raises(SlotFailed) as refusal:
            env.read(given(home, number))
        assert "cannot be read" in refusal.value.why


def test_a_terminal_is_refused_because_the_key_would_be_shown(home):
    master, slave = pty.openpty()
    with pytest.raises(SlotFailed) as refusal:
        env.read(given(home, slave))
    assert "terminal" in refusal.value.why
    os.close(master)


def test_no_child_inherits_the_key(home, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_KEY", TEXT)
    config = configuration.load()
    assert env.read(config) == KEY
    assert "INTEGRATIONS_KEY" not in os.environ
    assert TEXT not in subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True).stdout
    assert env.read(config) == KEY  # the run goes on with its own copy
    assert TEXT not in repr(config)


def test_a_key_that_was_not_the_one_read_leaves_the_environment_too(home, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_KEY", TEXT)
    env.read(configuration.load(key_fd=piped(vault.key_text(OTHER))))
    assert "INTEGRATIONS_KEY" not in os.environ


def test_a_named_file_may_be_a_link_and_may_be_written_like_our_own(home, paper):
    (home / "link").symlink_to(paper)
    assert env.read(given(home, INTEGRATIONS_KEY_FILE=str(home / "link"))) == KEY
    paper.write_text(f"integrations-key-v1 {'0' * 32} {TEXT}\n")
    assert env.read(given(home, INTEGRATIONS_KEY_FILE=str(paper))) == KEY


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_named_file_that_others_may_write_is_refused(home, paper, mode):
    paper.chmod(mode)
    with pytest.raises(SlotFailed):
        env.read(given(home, INTEGRATIONS_KEY_FILE=str(paper)))


def test_a_named_file_that_others_may_read_works_with_a_warning(made, home, paper):
    key = next(made.keys_dir.iterdir()).read_text().split()[2]
    paper.write_text(key)
    said = []
    for mode, expected in ((0o600, 0), (0o644, 1)):
        paper.chmod(mode)
        said.clear()
        with open_store(given(home, INTEGRATIONS_KEY_FILE=str(paper))) as store:
            store.keys.notice = said.append
            store.verify()
        assert sum("can read" in text for text in said) == expected
        assert sum("came with the call" in text for text in said) == 1
        assert key not in str(said)


def test_a_named_file_in_the_databases_directory_is_refused(made, home):
    beside = made.data_dir / "key"
    beside.write_text(TEXT)
    beside.chmod(0o600)
    below = made.data_dir / "keys"
    below.mkdir()
    (below / "key").write_text(TEXT)
    (below / "key").chmod(0o600)
    (home / "link").symlink_to(beside)
    for path in (beside, below / "key", home / "link"):
        with pytest.raises(SlotFailed) as refusal:
            env.read(given(home, INTEGRATIONS_KEY_FILE=str(path)))
        assert "beside the database" in refusal.value.why


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/", "/nowhere/at/all"])
def test_what_is_no_key_file_at_all(home, path):
    with pytest.raises(Locked):
        env.read(given(home, INTEGRATIONS_KEY_FILE=path))


def test_a_pipe_by_name_works_and_one_without_a_writer_does_not_hang(home):
    number = piped(TEXT)
    config = given(home, INTEGRATIONS_KEY_FILE=f"/dev/fd/{number}")  # what `<(pass show …)` becomes
    assert env.read(config) == env.read(config) == KEY
    os.mkfifo(home / "pipe", 0o600)
    ended: list[Exception] = []

    def reads():
        try:
            env.read(given(home, INTEGRATIONS_KEY_FILE=str(home / "pipe")))
        except Locked as error:
            ended.append(error)

    thread = threading.Thread(target=reads, daemon=True)
    thread.start()
    thread.join(3)
    assert len(ended) == 1


def test_the_slot_makes_no_key_of_its_own(home):
    place = Place(given(home, INTEGRATIONS_KEY=TEXT), b"\0" * 16)
    assert kind("env").create(place, b"\1" * 16).key == KEY
    assert kind("env").probe(place) is None
    nothing = Place(given(home), b"\0" * 16)
    for name in ("env", "recovery"):
        assert "given" in kind(name).probe(nothing)
        with pytest.raises(SlotFailed):
            kind(name).unlock(nothing, b"\1" * 16, "", {})
    with pytest.raises(SlotFailed):
        kind("env").create(nothing, b"\1" * 16)


def test_a_store_whose_key_is_kept_nowhere(home):
    config = given(home, INTEGRATIONS_KEY=TEXT)
    create.prepare(config, "env", recovery=False).commit()
    for path in home.rglob("*"):
        assert not path.is_file() or (TEXT.encode() not in path.read_bytes() and KEY not in path.read_bytes())
    with open_store(config) as store:
        store.verify()
    with open_store(given(home)) as store, pytest.raises(Locked) as refusal:
        store.verify()
    assert refusal.value.why == "slot 1, environment: not given (--key-fd N, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY)"
    assert [(line.kind, line.usable) for line in create.key_status(given(home))] == [("env", False)]


def test_each_recovery_key_is_new_and_says_nothing_by_itself(home):
    place = Place(given(home), b"\0" * 16)
    one, two = (kind("recovery").create(place, b"\1" * 16) for _ in range(2))
    assert one.key != two.key
    assert vault.read_key_text(one.shown.reveal()) == one.key
    assert one.shown.reveal() not in repr(one) and repr(one.key) not in repr(one)


def test_a_pipe_whose_writer_takes_its_time(home):
    read, write = os.pipe()
    config = given(home, INTEGRATIONS_KEY_FILE=f"/dev/fd/{read}")

    def writes():
        for piece in (TEXT[:20], TEXT[20:]):
            time.sleep(0.15)
            os.write(write, piece.encode())
        os.close(write)

    thread = threading.Thread(target=writes)
    thread.start()
    assert env.read(config) == KEY
    thread.join()
