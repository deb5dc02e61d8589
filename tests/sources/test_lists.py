"""Long tables and lists: a piece at a time says what the whole says; where it could not, they are not read in pieces."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import keys

from integrations_cli.actions.seen import Seen
from integrations_cli.errors import UsageError
from integrations_cli.sources import elements, file, lists
from integrations_cli.sources.names import Wanted

KEY = keys.GOOD["openai"]["api_key"]
LISTS = ("findings", "entries", "faults", "ignored")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    yield folder
    for path in folder.iterdir():
        path.unlink()


def put(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def in_pieces(path, delimiter=None):
    return file.in_pieces(path, delimiter, Seen().add_all)


def must_say_the_same(path, size, delimiter=None):
    read = list(file.pieces(path, Wanted(), size, delimiter))
    pieces = [piece.whole() for piece in read]
    for piece in filter(lambda one: one.rows, read):
        raw = {(row.website, row.provider, name, value.reveal().strip()) for row in piece.rows for name, value in row.values.items()}
        known = [one for one in piece.whole().findings if one.field != "…"]  # `straight` takes no row with a name that nobody knows
        assert {(one.website, one.provider, one.field, one.value.reveal().strip()) for one in known} <= raw
        facts = {(one.website, one.provider, one.enabled, one.expires_at) for one in piece.whole().entries}
        assert {(row.website, row.provider, row.enabled, row.expires_at) for row in piece.rows} == facts
    whole = file.read(path, None, Wanted(), delimiter)
    for name in LISTS:
        assert [one for piece in pieces for one in getattr(piece, name)] == getattr(whole, name)
    assert sum(piece.names for piece in pieces) == whole.names


def whose(row):
    return tuple((row.get(name) or "").strip().lower() for name in ("website", "provider", "category"))


PROVIDERS = st.sampled_from(["openai", "OpenAI", "ai/openai", "stripe", "hubspot", "nobody", "", " brevo "])
TEXTS = st.one_of(st.sampled_from([KEY, "", " x ", 'a"b', "a,b", "two\nlines", "é\u202e"]), st.text("ab, ;\n\"'\\", max_size=4))
ENABLED = st.sampled_from(["", "true", "no", "maybe"])
COLUMNS = ("website", "provider", "api_key", "secret_key", "enabled")
CELLS = st.fixed_dictionaries(
    {
        "website": st.sampled_from(["acme", "beta", " gamma ", ""]),
        "provider": PROVIDERS,
        "api_key": TEXTS,
        "secret_key": TEXTS,
        "enabled": ENABLED,
    }
)


@settings(max_examples=150)
@given(
    st.lists(CELLS, max_size=12, unique_by=whose),
    st.sampled_from([",", ";", "\t"]),
    st.integers(1, 5),
    st.sampled_from(["", "sep=;\n", "\ufeff"]),
)
def test_a_table_says_the_same_in_pieces(folder, rows, sign, size, before):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if before[:1] == "s" else sign, lineterminator="\r\n" if size % 2 else "\n")
    writer.writerow(["Website", "provider", "API key", "secret_key", "enabled", ""])
    for row in rows:
        writer.writerow([*(row[name] for name in COLUMNS), ""])
    path = put(folder, "key.csv", before + text.getvalue())
    assert in_pieces(path)
    must_say_the_same(path, size)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(CELLS, st.lists(st.tuples(st.sampled_from(["api_key", "API key", "secret_key", "?", ""]), TEXTS), max_size=3)),
        max_size=6,
        unique_by=lambda one: whose(one[0]),
    ),
    st.integers(1, 3),
)
def test_a_table_with_a_field_a_row_says_the_same_in_pieces(folder, groups, size):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["website", "provider", "enabled", "field", "value"])
    for row, fields in groups:
        for field, value in fields:
            writer.writerow([row["website"], row["provider"], row["enabled"], field, value])
    path = put(folder, "key.csv", text.getvalue())
    assert in_pieces(path)
    must_say_the_same(path, size)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS), lambda one: st.dictionaries(st.text("ab", max_size=2), one), max_leaves=3
)
PARTS = st.dictionaries(st.sampled_from(["api_key", "secret_key", "max_tokens", "other"]), VALUES, max_size=3)
OBJECTS = st.fixed_dictionaries(
    {"website": st.one_of(st.none(), st.sampled_from(["acme", "beta", "gamma"])), "provider": PROVIDERS},
    optional={
        "credentials": PARTS,
        "settings": PARTS,
        "enabled": st.sampled_from([True, "no", 7]),
        "odd": VALUES,
        "category": st.just("ai"),
    },
)


@settings(max_examples=150)
@given(st.lists(OBJECTS, max_size=8, unique_by=whose), st.integers(1, 4), st.sampled_from([None, 2]), st.integers(1, 40))
def test_a_list_says_the_same_in_pieces(folder, rows, size, indent, chunk):
    path = put(folder, "key.json", json.dumps(rows, indent=indent))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "CHUNK", chunk)
        assert in_pieces(path)
        must_say_the_same(path, size)


def test_most_are_read_in_pieces(folder):
    assert in_pieces(put(folder, "a.csv", f"website,provider,api_key\nacme,openai,{KEY}\nacme,groq,{KEY}\n"))
    assert in_pieces(put(folder, "a.tsv", f"website\tprovider\tapi_key\nacme\topenai\t{KEY}\n"))
    assert in_pieces(put(folder, "a.txt", f"website;provider;api_key\nacme;openai;{KEY}\n"), ";")
    assert in_pieces(put(folder, "a.json", json.dumps([{"website": "acme", "provider": "openai", "credentials": {"api_key": KEY}}])))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "website,provider,field,value\nacme,stripe,secret_key,x\nacme,openai,api_key,x\nacme,stripe,public_key,x\n"),
        ("a.csv", "website,provider,api_key\nacme,openai,x\nacme,groq,x\nACME , openai,y\n"),
        ("a.csv", "website,provider,api_key\n" + "acme,openai,x\n" * 1001),
        ("a.csv", "website,provider,api_key\nacme,openai\n"),
        ("a.csv", 'website,provider,api_key\nacme,openai,"x\n'),
        ("a.csv", "acme,openai,x\n"),
        ("a.csv", "OPENAI_API_KEY=x\n"),
        ("a.csv", b"website,provider,api_key\nacme,openai,\xff\n"),
        ("a.csv", "website,provider,api_key\nacme,openai,x\n".encode("utf-16")),
        ("a.csv", '{"website": "acme"}\n{"website": "acme"}\n'),
        ("a.csv", ""),
        ("a.json", '{"OPENAI_API_KEY": "x"}'),
        ("a.json", '["x"]'),
        ("a.json", '[{"provider": "openai"}, {"provider": 7}]'),
        ("a.json", '[{"provider": "openai"}, {"provider": "groq"}, {"provider": "openai"}]'),
        ("a.json", '[{"website": "a", "provider": "openai", "provider": "groq"}]'),
        ("a.json", '[{"website": "a", "provider": "openai"}'),
        ("a.json", "[" * 100_000),
        ("a.yaml", "OPENAI_API_KEY: x\n"),
        ("a.txt", "website,provider,api_key\nacme,openai,x\n"),
    ],
)
def test_what_only_the_whole_can_tell_is_not(folder, name, text):
    assert not in_pieces(put(folder, name, text))


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1]), st.integers(1, 9))
def test_elements_are_those_of_the_list(found, indent, chunk):
    text = json.dumps(found, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "CHUNK", chunk)
        assert [one for _, one, _ in elements.elements(io.StringIO(f" {text}\n"), "key.json")] == found
        for cut in range(len(text)):
            with pytest.raises(UsageError):
                list(elements.elements(io.StringIO(text[:cut]), "key.json"))


def test_a_piece_holds_few_long_rows(folder, monkeypatch):
    monkeypatch.setattr(lists, "ROOM", 100)
    path = put(folder, "a.csv", "website,provider,api_key\n" + "".join(f"w{number},openai,{'x' * 60}\n" for number in range(6)))
    assert [piece.names for piece in file.pieces(path, Wanted(), 1000)] == [2, 2, 2]


def test_a_file_that_is_another_one_by_now_is_refused(folder):
    path = put(folder, "a.csv", f"website,provider,api_key\nacme,openai,{KEY}\nacme\n")
    with pytest.raises(UsageError) as refusal:
        list(file.pieces(path, Wanted(), 1000))
    assert KEY not in str(refusal.value)
