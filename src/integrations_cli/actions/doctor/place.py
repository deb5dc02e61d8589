"""Where a store lies: the file, its directory, the configuration, and whatever lies beside."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from integrations_cli import registry
from integrations_cli.actions import configuration
from integrations_cli.actions.doctor.note import Note, ok, problem, warning
from integrations_cli.errors import UsageError
from integrations_cli.masking import counted, safe
from integrations_cli.pasted import SECRET_LIKE
from integrations_cli.store import checkup, files, migrations

if TYPE_CHECKING:
    from integrations_cli.config import Config

NETWORKED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "davfs"})
_PUBLIC = frozenset({"website"})  # one line: a slug


def store(config: "Config") -> Iterator[Note]:
    """That it is there, ours, private, and of this program's schema."""
    path = config.database
    if not path.exists():
        yield problem("store", "no_store", f"no store yet: there is nothing at {path}", "integrations init")
        return
    mode = path.stat().st_mode & 0o777
    if not os.access(path, os.R_OK):
        yield problem("store", "not_readable", f"{path} cannot be read by this user ({mode:04o})", f"chmod 600 {quote(str(path))}")
        return
    found = checkup.size(path)
    if mode & 0o077:
        yield problem("store", "readable_by_others", f"{path} can be read by others ({mode:04o})", f"chmod 600 {quote(str(path))}")
    if found.schema is None:
        yield problem("store", "no_store", f"{path} is empty, or not a store of ours: an init was interrupted", "integrations init")
    elif found.schema > migrations.LATEST:
        text = f"it was made by a newer version: its schema is {found.schema}, this program knows {migrations.LATEST}"
        yield problem("store", "newer", text, "pip install -U integrations-cli")
    elif found.schema < migrations.LATEST:
        text = f"schema {found.schema}, this program needs {migrations.LATEST}"
        yield problem("store", "older", text, "integrations store upgrade")
    elif not mode & 0o077:
        yield ok("store", f"{path}, {mode:04o}, schema {found.schema}, {counted(found.integrations, 'integration')}")
    yield from _ground(config, path)


def _ground(config: "Config", path: Path) -> Iterator[Note]:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        yield warning(
            "store",
            "not_writable",
            f"{path} can be read by this user, and not written",
            f"ls -ld {quote(str(path))} {quote(str(path.parent))}",
        )
    kind = files.file_system(config.data_dir)
    if kind in NETWORKED:
        yield problem("store", "network_file_system", f"{config.data_dir} is on a network file system ({kind}), where locks do not hold")
    free, needed = shutil.disk_usage(config.data_dir).free, 2 * path.stat().st_size + 1_000_000
    if free < needed:
        text = f"{free // 1_000_000} MB are free: destroying old credentials needs {needed // 1_000_000 + 1} MB"
        yield warning("store", "disk_nearly_full", text, f"df -h {quote(str(config.data_dir))}")


def own_files(config: "Config") -> Iterator[Path]:
    """Our directories and what lies in them, links left out."""
    for folder in dict.fromkeys((config.data_dir, config.config_dir, config.keys_dir)):
        if folder.is_dir() and not folder.is_symlink():
            yield folder
            yield from (one for one in sorted(folder.iterdir()) if one.is_file() and not one.is_symlink() and one.name not in _PUBLIC)


def too_open(path: Path) -> int:
    """The permissions of group and others; of a directory only the one to write counts."""
    mode = path.lstat().st_mode
    return stat.S_IMODE(mode) & (0o022 if stat.S_ISDIR(mode) else 0o077)


def beside(config: "Config") -> Iterator[Note]:
    """Files of ours, and copies beside the database, that others can read; directories in which others may put files."""
    seen, wide = 0, 0
    for one in own_files(config):
        seen += not one.is_dir()
        mode = stat.S_IMODE(one.lstat().st_mode)
        if one == config.database or not too_open(one):
            continue
        wide += 1
        if one.is_dir():
            yield problem("files", "writable_by_others", f"others may put files into {one} ({mode:04o})", f"chmod 700 {quote(str(one))}")
        else:
            yield problem("files", "readable_by_others", f"{one} can be read by others ({mode:04o})", f"chmod 600 {quote(str(one))}")
    for one in own_files(config):
        if one.lstat().st_uid != os.geteuid():
            wide += 1
            yield warning("files", "foreign_owner", f"{one} belongs to another user", f"chown {os.geteuid()} {quote(str(one))}")
    if not wide:
        yield ok("files", f"{seen} files, private")


def choices(config: "Config", broken: UsageError | None) -> Iterator[Note]:
    """The configuration file: that it can be read, says what it should, and holds no secret."""
    if broken is not None:
        text = f"{broken.what}: it was left out of this look" + (f" ({broken.why})" if broken.why else "")
        yield problem("settings", "configuration", text, f"edit {quote(str(config.file))}")
        return
    for name in ("proxy", "private_hosts", "providers_allowed", "custom_endpoints"):
        try:
            getattr(config, name)
        except UsageError as error:
            yield problem("settings", "configuration", error.what, f"edit {quote(str(config.file))}")
    for place, value in _texts(config.choices, ""):
        if SECRET_LIKE.fullmatch(value):
            yield problem(
                "settings", "secret_in_configuration", f"{config.file}: {place} looks like a secret", f"edit {quote(str(config.file))}"
            )
    for text in configuration.unknown(config.choices):
        yield problem("settings", "unknown_key", f"{config.file}: {text}", f"edit {quote(str(config.file))}")
    for name, why in registry.faults().items():
        yield warning("settings", "plug_in", f"the plug-in {safe(name, 40)} cannot be used: {why}", "integrations providers list")


def _texts(data: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(value, f"{place}.{configuration.shown(name)}".strip("."))
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value, place)
    elif isinstance(data, str):
        yield place, data
