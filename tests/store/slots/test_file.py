"""The key file: every rule of SECURITY.md §2.6, and what the tool says when it is broken."""

import json
import os
import stat
import threading

import pytest

from integrations_cli import config as configuration
from integrations_cli.errors import Conflict, Locked, Unreadable, UsageError
from integrations_cli.store import create, open_store, slots, vault
from integrations_cli.store.slots import SlotFailed


def key_file(made):
    return next(made.keys_dir.iterdir())


def opened(config):
    with open_store(config) as store:
        store.verify()


def missing(path):
    path.unlink()


def readable_by_others(path):
    path.chmod(0o644)


def a_link(path):
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def a_second_name(path):
    os.link(path, path.with_suffix(".other"))


def too_large(path):
    path.write_text(path.read_text() + " " * 2000)


def another_key(path):
    first, ident, _ = path.read_text().split()
    path.write_text(f"{first} {ident} {vault.key_text(os.urandom(32))}\n")


def mistyped(path):
    text = path.read_text()
    path.write_text(text[:-6] + ("A" if text[-6] != "A" else "C") + text[-5:])


def cut(path):
    path.write_text(path.read_text()[:40])


def of_another_slot(path):
    first, _, key = path.read_text().split()
    path.write_text(f"{first} {'0' * 32} {key}\n")


def not_text(path):
    path.write_bytes(b"\xff\xfe\0")


BROKEN = [missing, readable_by_others, a_link, a_second_name, too_large, another_key, mistyped, cut, of_another_slot, not_text]


@pytest.mark.parametrize("how", BROKEN, ids=[how.__name__ for how in BROKEN])
def test_a_broken_key_file_locks_the_store_and_says_why(made, how, store):
    secret = key_file(made).read_text().split()[2]
    how(key_file(made))

    with pytest.raises((Locked, Unreadable)) as refusal:
        opened(made)

    assert refusal.value.exit_code in {6, 7}
    assert refusal.value.tries == ("integrations key status",)
    assert secret not in str(refusal.value.as_data())
    assert refusal.value.why.startswith("slot 1, key file: ")


def test_a_writable_directory_is_refused(made):
    made.keys_dir.chmod(0o777)
    with pytest.raises(Locked):
        opened(made)


def test_commands_that_need_no_key_keep_working(ready, home):
    for path in (home / ".config/integrations/keys").iterdir():
        path.unlink()
    assert ready("list").code == 0
    assert ready("website", "list").code == 0
    assert ready("providers", "list").code == 0
    assert ready("website", "use", "acme").code == 0
    assert ready("audit", "list").code == 0
    locked = ready("website", "add", "beta")
    assert locked.code == 6
    assert "slot 1, key file" in locked.err
    assert "integrations key status" in locked.err
    status = ready("key", "status", "--json")
    assert status.code == 6
    assert json.loads(status.out)["items"][0]["usable"] is False


def test_the_recovery_key_opens_everything(config, home):
    draft = create.prepare(config, "file", recovery=True)
    text = draft.recovery_text.reveal()
    draft.commit()
    key_file(config).unlink()
    with pytest.raises(Locked):
        opened(config)

    opened(configuration.load({"HOME": str(home), "INTEGRATIONS_KEY": text.lower()}))
    paper = home / "paper"
    paper.write_text(text)
    paper.chmod(0o600)
    opened(configuration.load({"HOME": str(home), "INTEGRATIONS_KEY_FILE": str(paper)}))
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    opened(configuration.load({"HOME": str(home)}, key_fd=read))


def test_a_given_key_is_the_only_one_tried(made, home):
    wrong = configuration.load({"HOME": str(home), "INTEGRATIONS_KEY": vault.key_text(os.urandom(32))})
    with pytest.raises(Locked) as refusal:
        opened(wrong)
    assert "its key is another one" in refusal.value.why


def test_the_key_leaves_the_environment_at_once(made, home, monkeypatch):
    text = key_file(made).read_text().split()[2]
    monkeypatch.setenv("INTEGRATIONS_KEY", text)
    opened(configuration.load({"HOME": str(home), "INTEGRATIONS_KEY": text}))
    assert "INTEGRATIONS_KEY" not in os.environ


def test_a_foreign_stores_key_does_not_open_this_one(made, tmp_path_factory):
    other_home = tmp_path_factory.mktemp("other")
    other = configuration.load({"HOME": str(other_home)})
    create.prepare(other, "file", recovery=False).commit()
    mine = key_file(made)
    mine.write_text(f"integrations-key-v1 {mine.stem} {key_file(other).read_text().split()[2]}\n")
    with pytest.raises(Locked):
        opened(made)


def test_nothing_is_made_again(ready, home):
    before = sorted((home / ".config/integrations/keys").iterdir())
    assert ready("init", "--slot", "file", "--no-recovery").code == 0
    assert sorted((home / ".config/integrations/keys").iterdir()) == before
    before[0].unlink()
    assert ready("init", "--slot", "file", "--no-recovery").code == 6
    assert list((home / ".config/integrations/keys").iterdir()) == []


def test_a_key_beside_the_database_is_refused(tmp_path):
    class Here(configuration.Config):
        @property
        def keys_dir(self):
            return self.data_dir / "keys"

    base = configuration.load({"HOME": str(tmp_path)})
    beside = Here(base.data, base.folder, {}, {})
    beside.data_dir.mkdir(parents=True, mode=0o700)
    with pytest.raises(Locked):
        create.prepare(beside, "file", recovery=False)
    assert not beside.database.exists()


def test_a_draft_that_is_discarded_leaves_nothing(config):
    draft = create.prepare(config, "file", recovery=True)
    assert len(list(config.keys_dir.iterdir())) == 1
    draft.discard()
    assert list(config.keys_dir.iterdir()) == []
    assert not config.database.exists()


def test_what_is_written_and_for_whom(made, home):
    path = key_file(made)
    assert path.name == f"{path.stem}.key" and len(path.stem) == 32
    assert path.read_text().split()[:2] == ["integrations-key-v1", path.stem]
    assert path.read_text().count("\n") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert made.keys_dir.stat().st_mode & 0o777 == 0o700
    assert [other for other in home.rglob("*") if other.is_file() and path.read_text().split()[2].encode() in other.read_bytes()] == [path]


def place(config):
    return slots.Place(config, b"\x10" * 16)


def test_a_key_file_is_never_overwritten(config):
    kind = slots.kind("file")
    first = kind.create(place(config), b"\x60" * 16)
    before = (config.keys_dir / first.locator).read_bytes()
    with pytest.raises(Conflict):
        kind.create(place(config), b"\x60" * 16)
    assert (config.keys_dir / first.locator).read_bytes() == before
    (config.keys_dir / first.locator).unlink()
    (config.keys_dir / first.locator).symlink_to(config.keys_dir / "elsewhere")
    with pytest.raises(Conflict):
        kind.create(place(config), b"\x60" * 16)
    assert not (config.keys_dir / "elsewhere").exists()


def test_file_and_directory_are_synced_before_the_key_is_used(config, monkeypatch):
    synced = []
    fsync = os.fsync

    def recorded(descriptor):
        fsync(descriptor)
        synced.append(stat.S_IFMT(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", recorded)
    slots.kind("file").create(place(config), b"\x60" * 16)
    assert synced == [stat.S_IFREG, stat.S_IFDIR]


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_a_file_or_a_directory_of_another_user_is_refused(made):
    path = key_file(made)
    for target, words in ((path, "belongs to another user"), (path.parent, "lies in a directory of another user")):
        os.chown(target, 65534, -1)
        with pytest.raises(Locked) as refusal:
            opened(made)
        assert words in refusal.value.why
        os.chown(target, 0, -1)
    opened(made)


def test_a_named_pipe_in_its_place_does_not_hang(made):
    path = key_file(made)
    path.unlink()
    os.mkfifo(path, 0o600)
    ended = []

    def opens():
        try:
            opened(made)
        except Locked as error:
            ended.append(error.why)

    thread = threading.Thread(target=opens, daemon=True)
    thread.start()
    thread.join(5)
    assert ended == [f"slot 1, key file: {path} is not a plain file"]


def test_a_locator_from_the_database_leads_nowhere_else(made, home):
    outside = home / "outside.key"
    outside.write_bytes(key_file(made).read_bytes())
    outside.chmod(0o600)
    slot_id = bytes.fromhex(key_file(made).stem)
    with pytest.raises(SlotFailed):
        slots.kind("file").unlock(place(made), slot_id, f"../../../{outside.name}", {})
    with pytest.raises(SlotFailed):
        slots.kind("file").unlock(place(made), slot_id, str(outside), {})


SAME, INSIDE, AROUND = ("x/keys", "x/keys"), ("x/data/deep/keys", "x/data"), ("x/keys", "x/keys/deep/data")


@pytest.mark.parametrize("there", [True, False], ids=["there", "not there yet"])
@pytest.mark.parametrize("keys, data", [SAME, INSIDE, AROUND], ids=["same", "inside", "around"])
@pytest.mark.parametrize("linked", [False, True], ids=["plain", "through a link"])
def test_keys_never_lie_beside_the_database_inside_or_around_it(home, keys, data, there, linked):
    (home / "x").mkdir(mode=0o700)
    (home / "y").symlink_to(home / "x")
    keys_dir, data_dir = home / keys, home / (data.replace("x/", "y/") if linked else data)
    if there:
        keys_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
        data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)

    class Here(configuration.Config):
        keys_dir = home / keys

    beside = Here(str(data_dir), str(home / "c"), str(home / "cache"), {}, {})
    assert "beside the database" in slots.probe(beside, "file")
    with pytest.raises(SlotFailed):
        slots.kind("file").create(place(beside), b"\x60" * 16)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_neighbour_is_fine(home):
    config = configuration.load({"HOME": str(home), "INTEGRATIONS_HOME": str(home / "one")})
    assert slots.probe(config, "file") is None
    create.prepare(config, "file", recovery=False).commit()
    opened(config)


def test_probe_says_what_is_in_the_way_and_makes_nothing(config):
    assert slots.probe(config, "file") is None
    assert not config.config_dir.exists()
    config.keys_dir.mkdir(parents=True)
    config.keys_dir.chmod(0o777)
    assert slots.probe(config, "file") == f"others may write to {config.keys_dir}"


def test_destroying_is_for_good_and_may_be_repeated(made):
    ident = bytes.fromhex(key_file(made).stem)
    for _ in range(2):
        slots.kind("file").destroy(place(made), ident, f"{ident.hex()}.key")
        assert list(made.keys_dir.iterdir()) == []


def test_no_slot_has_another_name():
    for name in ("", "files", "__init__", "../file", "readback"):
        with pytest.raises(UsageError):
            slots.kind(name)


def test_a_recovery_file_is_not_written_beside_the_database(run, home, config):
    config.data_dir.mkdir(parents=True, mode=0o700)
    for where in (config.data_dir, config.data_dir / "deeper"):
        ended = run("init", "--slot", "file", "--recovery-file", str(where / "paper"), "--yes")
        assert ended.code == 8, ended.err
        assert "beside the database" in ended.err
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert run("init", "--slot", "file", "--recovery-file", str(home / "paper"), "--yes").code == 0
    assert (home / "paper").stat().st_mode & 0o777 == 0o600
