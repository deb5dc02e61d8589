"""Which file and which key: every combination, by the rule of Rails (`config/credentials/ENV.*` each by itself, RAILS_MASTER_KEY first)."""

from itertools import product

import pytest
from tests.sources.rails import vectors

from integrations_cli.errors import MissingInput, NotFound, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.sources.rails import app

OWN, BASE, OTHER = "0a" * 15 + "01", "0b" * 15 + "02", "0c" * 15 + "03"


def tree(root, *, own_file, base_file, own_key, base_key):
    """A config directory; None is absent."""
    config = root / "config"
    (config / "credentials").mkdir(parents=True)
    for path, key, text in (
        (config / "credentials/production.yml.enc", own_file, "own"),
        (config / "credentials.yml.enc", base_file, "base"),
    ):
        if key is not None:
            path.write_bytes(vectors.sealed(vectors.marshalled(f"from: {text}\n"), key))
    for path, key in ((config / "credentials/production.key", own_key), (config / "master.key", base_key)):
        if key is not None:
            path.write_text(key)
    return root


def by_the_rule(*, own_file, base_file, own_key, base_key, variable):
    """What Rails does: the text, or the error."""
    content, sealed_with = ("own", own_file) if own_file is not None else ("base", base_file)
    if sealed_with is None:
        return NotFound
    key = variable if variable.strip() else own_key if own_key is not None else base_key
    if key is None:
        return MissingInput
    return content if key.strip() == sealed_with else Unreadable


def test_every_combination(tmp_path):
    places = {"own_file": (None, OWN, BASE), "base_file": (None, BASE), "own_key": (None, OWN, ""), "base_key": (None, BASE, OWN)}
    for number, values in enumerate(product(*places.values())):
        given = dict(zip(places, values, strict=True))
        root = tree(tmp_path / str(number), **given)
        for variable in ("", " \n", OWN, BASE, OTHER):
            one = app.Application(root, environ={"RAILS_MASTER_KEY": variable})
            wanted = by_the_rule(**given, variable=variable)
            if isinstance(wanted, str):
                assert app.read(one).document.tree == {"from": wanted}, (given, variable)
            else:
                with pytest.raises(wanted) as caught:
                    app.read(one)
                assert not any(key in f"{caught.value.what} {caught.value.why}" for key in (OWN, BASE, OTHER))


@pytest.mark.parametrize("text", [f"{OWN}\n", f" {OWN}\r\n", f"\t{OWN}\n\n", f"{OWN}\0", OWN.upper()])
def test_a_key_is_trimmed_as_ruby_strips_it(tmp_path, text):
    root = tree(tmp_path / "x", own_file=OWN, base_file=None, own_key=text, base_key=None)
    assert app.read(app.Application(root)).document.tree == {"from": "own"}


@pytest.mark.parametrize("text", ["", "\n", OWN[1:], OWN * 2, OWN + "0", OWN[:-1] + "é", OWN[:16] + " " + OWN[17:]])
def test_a_key_that_is_none_is_refused_although_another_would_fit(tmp_path, text):
    root = tree(tmp_path / "x", own_file=BASE, base_file=None, own_key=text, base_key=BASE)
    with pytest.raises(Unreadable) as caught:
        app.read(app.Application(root))
    assert caught.value.reason == "bad_key"
    assert app.read(app.Application(root, master_key=Secret(BASE))).document.tree == {"from": "own"}


def test_the_content_may_be_named_and_other_environments_too(tmp_path):
    root = tree(tmp_path / "x", own_file=OWN, base_file=BASE, own_key=OWN, base_key=BASE)
    assert app.read(app.Application(root, env="staging")).document.tree == {"from": "base"}
    named = app.Application(root, env="staging", content=root / "config/credentials.yml.enc")
    assert app.read(named).document.tree == {"from": "base"}
    for env in ("production", "staging"):
        assert app.Application(root, env=env).there()


@pytest.mark.parametrize("change", [lambda one: one + b"\n", lambda one: b"\n " + one + b"\r\n", lambda one: one + b"\0"])
def test_blanks_around_the_file_are_no_part_of_it(tmp_path, change):
    root = tree(tmp_path / "x", own_file=OWN, base_file=None, own_key=OWN, base_key=None)
    path = root / "config/credentials/production.yml.enc"
    path.write_bytes(change(path.read_bytes()))
    assert app.read(app.Application(root)).document.tree == {"from": "own"}


BROKEN = {
    "a mark in front": lambda one: b"\xef\xbb\xbf" + one,
    "a fourth part": lambda one: one + b"--AAAA",
    "two parts": lambda one: one.rpartition(b"--")[0],
    "lines": lambda one: b"\n".join(one[at : at + 20] for at in range(0, len(one), 20)),
    "quotes": lambda one: b'"' + one + b'"',
    "other letters": lambda one: one.replace(b"+", b"-").replace(b"/", b"_").replace(b"=", b""),
    "UTF-16": lambda one: one.decode().encode("utf-16"),
    "plain": lambda one: b"from: own\n",
    "long": lambda one: one * 40_000,
    "empty": lambda one: b"",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_longer_what_rails_wrote_is_refused(tmp_path, name):
    root = tree(tmp_path / "x", own_file=OWN, base_file=None, own_key=OWN, base_key=None)
    path = root / "config/credentials/production.yml.enc"
    path.write_bytes(BROKEN[name](path.read_bytes()))
    with pytest.raises(Unreadable):
        app.read(app.Application(root))
