"""Credentials files of a genuine Rails: what it reads of them is what we read, text by text; what it refuses is refused.

What YAML makes a number, a date or a boolean is text here, on purpose: a key may look like one.
"""

import base64
import random
import secrets

import pytest
from tests.sources.rails.genuine import rails

from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.sources.rails import app

PLAIN = [
    "x", "sk-live_EXAMPLE", "a b", "a: b", "a:b", "a #b", "a#b", "0012345", "1e3", "1_000", "0x1F", "1.10", ".5", "+1", "-", "-a", "?a", "~", "null",
    "Null", "NULL", "nULL", "true", "Yes", "no", "on", "off", "y", "2026-11-27", "2026-11-27 10:00:00", "12:30:45", "<%= ENV['X'] %>", "%w", "@a",
    "`a`", "&a", "*a", "!a", "! a", "|", ">", "a|b", "é", "日本", "😀", ":sym", ":'quoted sym'", ':"q s"', "a:", "a,b", "[a]", "{a}", "a]", "=", "<<",
    ".inf", ".nan", "---", "...", "--- a", "a ...", "'", '"', "''", '""', "'it''s'", '"a\\nb"', '"\\x41\\u00e9\\U0001F600"', '"\\e\\0\\_\\N\\L\\P"',
    '"a\\\n   b"', "'a\n   b'", '"a\n\n   b"', "a\n   b", "a\n\n   b", "!!str 12", "!!int '12'", "!!null x", "!!null ''", "!!binary aGVsbG8=",
    "!binary aGVsbG8=", "!!float 1", "!!bool yes", "!ruby/symbol a", "!ruby/sym a", "!ruby/regexp /a/", "!local x", "!!str", "!!str ~", "! 12", "! ~", "! '~'", "!str ~", "!x 'null'", "!!str :a", "!binary 'aGk='",
    "!ruby/string a", "!!str null", "|\n    a\n    b", "|-\n    a", "|+\n    a\n\n", ">\n    a\n    b\n\n    c", ">-\n    a\n      b\n    c", "|2\n    a",
    "!!set {a, b}", "!ruby/hash {a: b}", "!ruby/array [a]", "[a, 'b', ~]", "[]", "{}", "{a: b}", "{a: , b}", "{a, b: c}", "['a': b]",
    "{'a':b}", '{"a":b}', "[a, ]", "? a", "!!seq [a]", "!!map {a: b}", "\tx", "x\t", "x # y\t", "",
    "0o17", "0b1", "017", "1,000", "0", "-0", "1__0", "1.", "1e", "9" * 30, "1" * 19 + ".5", "190:20:30", "1:2", "0.1.2", "2001-1-1", "20011-01-01",
    "2001-12-14t21:59:43.10-05:00", "\u00a0x", "\u2028x", "x\u0085y", "\x7f", "a\u200bb", "NaN", "nil", "NIL", "None", "!!str |\n    a",
]  # fmt: skip
NAMES = ["a", "b", "api_key", ":a", ":'a b'", ':"b"', "'a'", '"a"', "1", "~", "null", "true", "1.5", "é", "a b", "<<", "'<<'", "? a\n", "2026-11-27",
         "zoho", "''", '""', "!ruby/symbol a", "!!str :a", ":'a'x", "::'a'", "! <<", "&k a", "a-b", "-", ":", "::a", "A"]  # fmt: skip


def text_of(chance, depth=0):
    """A YAML text: good, odd or wrong."""
    if depth == 0 and chance.random() < 0.1:
        return chance.choice(["", "# only\n", "--- {}\n", "---\n", "[]", "x", "--- x", "~", "a: b\n---\nc: d\n", "a: b\n...\nrest: {",
                              "%YAML 1.1\n---\na: b\n", "%TAG ! x:\n---\na: !b c\n", "a: b\n\tc: d\n", "\ta: b\n", "{a: b, c: d}", "{a: b}}", "a: b\r\nc: d\r\n",
                              "a: b\rc: d\r", "a: &x {b: c}\nd: *x\n", "a: *x\n", "a: &x\n  b: *x\n", "!!map\na: b\n", "--- !ruby/hash:Hash\na: b\n", "0", "''", "' '",
                              "- a: b\n", "a: b\na: c\n", ":a: b\na: c\n", "a:\n- b\n- c\n"])  # fmt: skip
    lines, anchors = [], []
    for _ in range(chance.randint(1, 5)):
        name = chance.choice(NAMES)
        roll = chance.random()
        if roll < 0.15 and depth < 4:
            anchor = chance.choice(["", "", f"&n{len(anchors)} "])
            anchors += [f"n{len(anchors)}"] if anchor else []
            body = "".join(f"  {line}\n" for line in text_of(chance, depth + 1).split("\n") if line)
            lines.append(f"{name}: {anchor}\n{body}".rstrip("\n"))
        elif roll < 0.25 and anchors:
            lines.append(f"{chance.choice([name, '<<'])}: {chance.choice(['*', '[*', '{a: *'])}{chance.choice(anchors)}")
            lines[-1] += {"[": "]", "{": "}"}.get(lines[-1].partition(": ")[2][:1], "")
        else:
            lines.append(f"{name}: {chance.choice(PLAIN)}")
    return "\n".join(lines) + chance.choice(["\n", "", "\n\n", "  \n", " # end", "\n..."] if depth == 0 else ["\n"])


def same(ruby, ours, place="the file"):
    """Ours says the same, as far as Ruby says text, nothing, or names."""
    if ruby is None:
        assert ours is None, place
    elif isinstance(ruby, list):
        assert isinstance(ours, list), place
        assert len(ours) == len(ruby), place
        for number, (one, other) in enumerate(zip(ruby, ours, strict=True)):
            same(one, other, f"{place}[{number}]")
    elif "pairs" in ruby:
        assert isinstance(ours, dict), place
        known = {name_of(key): value for key, value in ruby["pairs"] if name_of(key) is not None}
        for name, value in known.items():
            assert name in ours, f"{place}.{name}"
            same(value, ours[name], f"{place}.{name}")
        assert known.keys() == ours.keys() or len(known) < len(ruby["pairs"]), place
    elif "text" in ruby:
        assert ours == decoded(ruby["text"]), place
    elif "symbol" in ruby:
        assert isinstance(ours, str), place
    else:
        assert isinstance(ours, (str, dict, list)), place


def name_of(key):
    """The name, where Ruby has one that a text could be."""
    return decoded(key["symbol"]) if isinstance(key, dict) and "symbol" in key else None


def decoded(text):
    return base64.b64decode(text).decode()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_every_file_says_what_rails_says(tmp_path, seed):
    rails.needed()
    chance = random.Random(seed)
    texts = [text_of(chance) for _ in range(300)]
    files = []
    for number, text in enumerate(texts):
        key = tmp_path / f"{number}.key"
        key.write_text(secrets.token_hex(16))
        how = {"how": chance.choice(["write", "change"]), "text": base64.b64encode(text.encode()).decode()}
        encoding = chance.choice(["UTF-8", "ASCII-8BIT", "US-ASCII"])  # the last with any text where a program runs with LANG=C
        files.append({"content": str(tmp_path / f"{number}.yml.enc"), "key": str(key), **how, "encoding": encoding})
    rails.ask("files.rb", {"do": "write", "files": files})
    read = 0
    for text, file, told in zip(texts, files, rails.ask("files.rb", {"do": "read", "files": files}), strict=True):
        key = Secret((tmp_path / file["key"]).read_text())
        one = app.Application(content=tmp_path / file["content"], master_key=key)
        if "error" in told:
            with pytest.raises(Unreadable):
                app.read(one)
            continue
        same(told["tree"], app.read(one).document.tree, repr(text))
        read += 1
    assert read > 100
