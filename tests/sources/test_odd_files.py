"""Files of others as they can be: what is odd is told, nothing is taken for something else, nothing gets lost unnoticed."""

import json

import pytest

from integrations_cli.errors import UsageError
from integrations_cli.sources import airflow, file, mapping
from integrations_cli.sources.names import Wanted

KEY = "sk-0123456789abcdefghijEXAMPLE"
HEAD = "website,provider,field,value\n"
ROW = {"website": "acme", "provider": "openai", "credentials": {"api_key": KEY}}


@pytest.fixture
def reading(tmp_path):
    def read(name, content, source=file, **more):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        if source is airflow:
            return airflow.read(path, Wanted(), ("acme",))
        return file.read(path, None, Wanted(), more.get("delimiter"))

    return read


def told(found):
    return [one.reason for one in found.faults]


GOOD = {
    "BOM": "\ufeff" + HEAD + f"acme,openai,api_key,{KEY}\n",
    "CR LF": (HEAD + f"acme,openai,api_key,{KEY}\n").replace("\n", "\r\n"),
    "CR": (HEAD + f"acme,openai,api_key,{KEY}\n").replace("\n", "\r"),
    "blanks around": f" website , provider ,field, value\n acme , openai , api_key , {KEY} \n",
    "empty lines": HEAD + f"\n\nacme,openai,api_key,{KEY}\n\n",
    "quotes": HEAD + f'"acme","openai","api_key","{KEY}"\n',
    "no last line end": HEAD + f"acme,openai,api_key,{KEY}",
    "wide": f"website,provider,api_key,enabled\nacme,openai,{KEY},\n",
    "semicolons": (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", ";"),
    "tabs": (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", "\t"),
    "bars": (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", "|"),
    "semicolons and quotes": f'"Website";"Provider";"API key"\n"acme";"openai";"{KEY}"\n',
    "capitals": f"Website,PROVIDER,Field,Value\nacme,OpenAI,API Key,{KEY}\n",
    "wide, names with blanks": f" Website , Provider , Api Key \nacme,openai,{KEY}\n",
    "wide, names with hyphens": f"website,provider,api-key\nacme,openai,{KEY}\n",
    "sep=": "sep=;\r\n" + (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", ";"),
    "sep= in quotes": '"sep=\t"\n' + (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", "\t"),
    "BOM and sep=": "\ufeffSEP=|\r" + (HEAD + f"acme,openai,api_key,{KEY}\n").replace(",", "|").replace("\n", "\r"),
    "sep= that says commas": "sep=,\n" + HEAD + f"acme,openai,api_key,{KEY}\n",
    "UTF-16": (HEAD + f"acme,openai,api_key,{KEY}\n").encode("utf-16"),
    "UTF-16, the other end first": b"\xfe\xff" + (HEAD + f"acme,openai,api_key,{KEY}\n").encode("utf-16-be"),
    "Unicode text of Excel": (HEAD + f"acme,openai,api_key,{KEY}\r\n").replace(",", "\t").encode("utf-16"),
    "columns without a name": f"website,provider,api_key,,\nacme,openai,{KEY},,\n",
    "more cells than columns, all empty": f"website,provider,api_key\nacme,openai,{KEY},,,\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_table_however_it_is_written(reading, name):
    (found,) = reading("keys.csv", GOOD[name]).findings
    assert (found.website, found.provider, found.field, found.value.reveal().strip()) == ("acme", "openai", "api_key", KEY)


REFUSED = {
    "other column names": (f"Site,Service,Key\nacme,openai,{KEY}\n", "website,provider,field,value"),
    "lines of an environment": (f"# ours\n\nexport OPENAI_API_KEY={KEY}\n", "integrations migrate dotenv"),
    "one line of an environment": (f"OPENAI_API_KEY = {KEY}\n", "integrations migrate dotenv"),
    "sep= and a wrong header": (f"sep=;\nacme;openai;{KEY}\n", "keys.csv:2: the first line"),
    "a column twice, written differently": (f"website,provider,api key,API_KEY\nacme,openai,{KEY},x\n", "each once"),
    "no header": (f"acme,openai,api_key,{KEY}\n", "name the columns"),
    "only a key": (f"{KEY}\n", "name the columns"),
    "a column twice": (f"website,provider,field,value,value\nacme,openai,api_key,{KEY},x\n", "name the columns"),
    "an open quote": (HEAD + f'acme,openai,api_key,"{KEY}\n', "a quote that is not closed"),
    "text behind a quote": (HEAD + f'acme,openai,api_key,"x"{KEY}\n', "text behind it"),
    "a long cell": (HEAD + f"acme,openai,api_key,{KEY * 10_000}\n", "128 KiB"),
    "half of UTF-16": ((HEAD + f"acme,openai,api_key,{KEY}\n").encode("utf-16")[:-1], "broken UTF-16"),
    "Windows": (HEAD.encode() + f"acme,openai,api_key,{KEY}é\n".encode("cp1252"), "iconv -f WINDOWS-1252 -t UTF-8"),
    "nothing": ("", "name the columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_cannot_be_read(reading, name):
    text, why = REFUSED[name]
    with pytest.raises(UsageError) as caught:
        reading("keys.csv", text)
    error = f"{caught.value.what} {caught.value.why} {caught.value.tries}"
    assert why in error.replace("\\\\", "\\")
    assert KEY[:9] not in error


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_delimiter_that_is_asked_for_is_the_one(reading, sign):
    text = HEAD.replace(",", ";") + f"acme;openai;api_key;{KEY}\n"
    if sign == ";":
        assert len(reading("keys.csv", text, delimiter=sign).findings) == 1
        return
    with pytest.raises(UsageError) as caught:
        reading("keys.csv", text, delimiter=sign)
    assert caught.value.tries == ("--delimiter ';'",)


def test_lines_are_counted_with_the_one_that_says_what_is_between(reading):
    found = reading("keys.csv", f"sep=;\nwebsite;provider;api_key\nacme;openai;{KEY}\nacme;openai\n")
    assert [one.place for one in (*found.findings, *found.faults)] == ["keys.csv:3", "keys.csv:4"]


def test_objects_a_line_in_utf_16_are_refused_with_the_next_command(reading):
    with pytest.raises(UsageError) as caught:
        reading("keys.jsonl", (json.dumps(ROW) + "\n").encode("utf-16"))
    assert "iconv -f UTF-16 -t UTF-8" in caught.value.tries[0]
    assert caught.value.tries[0].endswith("keys.jsonl | integrations migrate file -")


@pytest.mark.parametrize("line", [f"acme;openai;api_key;{KEY}", f"acme,openai,api_key,{KEY},x", "acme,openai", "# note"])
def test_a_line_of_other_columns_is_one_fault(reading, line):
    found = reading("keys.csv", HEAD + f"{line}\nacme,openai,api_key,{KEY}\n")
    assert (told(found), len(found.findings)) == (["syntax"], 1)


def test_no_cell_in_the_wrong_place_is_shown(reading):
    text = HEAD + f"acme,openai,{KEY},x\nacme,{KEY},api_key,x\nacme,openai,{KEY} x,x\n"
    found = reading("keys.csv", text)
    assert [(one.provider, one.field) for one in found.findings] == [("openai", "…"), ("…", "api_key"), ("openai", "…")]


ROWS = {
    "a field beside the credentials": ({"website": "acme", "provider": "openai", "api_key": KEY}, "bad_value"),
    "a name that nobody knows": ({**ROW, KEY: 1}, "bad_value"),
    "a website that is a number": ({**ROW, "website": 5}, "bad_value"),
    "a website that is a list": ({**ROW, "website": ["acme"]}, "bad_value"),
    "no provider": ({"website": "acme", "credentials": {"api_key": KEY}}, "missing_field"),
    "credentials that are a text": ({**ROW, "credentials": KEY}, "not_an_object"),
    "a key that is a list": ({**ROW, "credentials": {"api_key": [KEY]}}, "bad_type"),
    "a key that is a number": ({**ROW, "credentials": {"api_key": 1.5}}, "bad_type"),
    "enabled as a number": ({**ROW, "enabled": 1}, "bad_value"),
    "no date": ({**ROW, "expires_at": "31.1.2027"}, "bad_value"),
    "a date that is a number": ({**ROW, "expires_at": 20270131}, "bad_value"),
}


@pytest.mark.parametrize("name", ROWS)
def test_an_odd_row_is_one_fault_and_the_next_is_read(reading, name):
    row, reason = ROWS[name]
    for file_name, text in (("k.json", json.dumps([row, ROW])), ("k.jsonl", f"{json.dumps(row)}\n{json.dumps(ROW)}\n")):
        found = reading(file_name, text)
        assert told(found) == [reason]
        assert [one.value.reveal() for one in found.findings] == [KEY]
        assert not any(KEY in f"{one.place} {one.detail} {one.field} {one.provider}" for one in found.faults)


def test_numbers_of_settings_stay_as_they_are(reading):
    row = {"website": "acme", "provider": "openai", "settings": {"max_tokens": 8192, "temperature": 0.5, "x": True}}
    assert [one.value.reveal() for one in reading("k.json", json.dumps([row])).findings] == ["8192", "0.5", "true"]


BROKEN = {
    "a key twice": ('{"OPENAI_API_KEY":"a","OPENAI_API_KEY":"b"}', "twice"),
    "deep": ("[" * 100_000, "deep"),
    "NaN": ("[NaN]", "a number"),
    "Infinity": ('{"OPENAI_API_KEY":-Infinity}', "a number"),
    "many digits": ('{"OPENAI_API_KEY":' + "9" * 5000 + "}", "a number"),
    "comma": (f'["{KEY}",]', "not valid JSON"),
    "Python": (f"{{'OPENAI_API_KEY': '{KEY}'}}", "not valid JSON"),
    "cut": (json.dumps([ROW])[:-5], "not valid JSON"),
    "more": (json.dumps([ROW]) + " x", "not valid JSON"),
    "half of UTF-16": (json.dumps([ROW]).encode("utf-16")[:-1], "broken UTF-16"),
    "UTF-16 without a mark": (json.dumps([ROW]).encode("utf-16-le"), "not valid JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_json_that_cannot_be_read(reading, name):
    text, why = BROKEN[name]
    with pytest.raises(UsageError) as caught:
        reading("k.json", text)
    assert why in caught.value.what
    assert KEY[:9] not in f"{caught.value.what} {caught.value.why}"


def test_a_name_in_a_flat_object_may_be_a_key(reading):
    found = reading("k.json", json.dumps({KEY: {"a": 1}, f"{KEY}_API_KEY": "x", "openai_api_key": KEY, "GROQ_API_KEY": None}))
    assert [one.place for one in found.ignored] == ["k.json …", "k.json …"]
    assert [one.place for one in found.findings] == ["k.json openai_api_key"]


CONNECTIONS = {
    "a text": ({"password": KEY}, 1),
    "a number": ({"password": 5}, 1),
    "nothing": ({"password": None}, 0),
    "true": ({"password": True}, 0),
    "an object": ({"password": {"a": KEY}}, 0),
    "a list": ({"password": [KEY]}, 0),
    "an address": (f"http://user:{KEY}@host", 1),
    "an address without a password": (f"http://{KEY}@host", 0),
    "no address": (KEY, 0),
    "null": (None, 0),
    "no JSON beside": ({"password": KEY, "extra": "no json"}, 1),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_is_a_text_or_a_fault(reading, name):
    connection, good = CONNECTIONS[name]
    found = reading("air.json", json.dumps({"acme_openai": connection, KEY: connection}), airflow)
    assert (len(found.findings), len(found.faults)) == (good, 1 - good)
    assert KEY not in str([*found.ignored, *found.faults])


@pytest.mark.parametrize(
    "text",
    [
        'version = 1\n[[map]]\nname = "A"\nto = "openai.api_key"\nwebsites = "acme"',  # would be four websites of one letter
        'version = 1\n[[map]]\nname = "A"\nto = "openai.api_key"\nwebsites = 5',
        'version = 1\n[[map]]\nname = "A"\nto = "openai.api_key"\nwebsites = [5]',
        'version = 1\n[[map]]\nname = "A"\nto = 5',
        'version = 1\n[[map]]\nname = "A"\nignore = true',
        'version = 1\n[[map]]\nname = 5\nignore = "x"',
        "version = 1\nmap = 5",
        "version = 1\nwebsites = []",
        "version = 1\n[websites]\na = 5",
        "version = 1\nx = " + "[" * 5000,
        "version = 1\nx = " + "9" * 5000,
        f"version = 1\n# {'x' * mapping.LARGEST}",
        "\xff",
        f'version = 1\n"{KEY}" = 1',
    ],
    ids=range(14),
)
def test_a_mapping_that_cannot_be_meant_is_refused(tmp_path, text):
    path = tmp_path / "map.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        mapping.load(path, ("acme",))
    assert KEY not in f"{caught.value.what} {caught.value.why}"
