"""The grammar of .env files, line by line (docs/dotenv.md), and what errors may say."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations_cli.errors import IntegrationsError, NotFound
from integrations_cli.sources import dotenv
from integrations_cli.sources.mapping import Mapped, Target
from integrations_cli.sources.names import Wanted

K = "STRIPE_SECRET_KEY"
DISPUTED = ("readers_disagree",)

VALUES = [
    (f"{K}=v", "v", ()),
    (f"{K} = v", "v", ()),
    (f"  {K}=v", "v", ()),
    (f"export {K}=v", "v", ()),
    (f'{K}="v" # c', "v", ()),
    (f"{K}='v' # c", "v", ()),
    (f"{K}=v # c", "v", ()),
    (f"{K}=a=b==", "a=b==", ()),
    (f"{K}=a b", "a b", ()),
    (f"{K}=p@ss#word", "p@ss#word", DISPUTED),
    (f'{K}="  v "', "  v ", ()),
    (f'{K}="a # b"', "a # b", ()),
    (f'{K}="a\\nb"', "a\nb", DISPUTED),
    (f"{K}='a\\nb'", "a\\nb", ()),
    (f"{K}=a\\nb", "a\\nb", DISPUTED),
    (f'{K}="a\\"b"', 'a"b', DISPUTED),
    (f"{K}='it\\'s'", "it's", DISPUTED),
    (f"{K}='" + '{"a":1}' + "'", '{"a":1}', ()),
    (f'{K}="-----BEGIN X\nabc\n-----END X"', "-----BEGIN X\nabc\n-----END X", ()),
    (f"{K}=pa$$word", "pa$$word", DISPUTED),
    (f"{K}='$X'", "$X", ()),
    (f"{K}=$ecret", "$ecret", DISPUTED),
    (f"{K}=100%", "100%", ()),
    (f'{K}="a\\tb"', "a\tb", DISPUTED),  # Ruby's dotenv reads atb, node's keeps the backslash
    (f'{K}="a\\\\b"', "a\\b", DISPUTED),
    (f'{K}="a\\xb"', "a\\xb", DISPUTED),
    (f"{K}='a\\\\b'", "a\\b", DISPUTED),
    (f"{K}='a\\b'", "a\\b", ()),
    (f"{K}='v' # c\\\\d", "v", ()),
    (f'{K}="v" # c\\d $e', "v", ()),
    (f"{K}=v\t# c", "v", ()),
    (f"export\t{K}\t=\tv\t", "v", ()),
    (f"{K}=a'b\"c", "a'b\"c", DISPUTED),
    (f"{K}==v", "=v", ()),
    (f"{K}='a' # 'b'", "a", DISPUTED),
    (f"'{K}'=v", "v", ()),
    (f"{K}=v\rOTHER=w", "v", DISPUTED),
    (f"{K}=v\u2028w", "v\u2028w", ()),
    (f"\ufeff{K}=v", "v", ()),
    (f"{K}=v\r\nOTHER=1\r\n", "v", ()),
    (f"# {K}=no\n{K}=v", "v", ()),
]
EMPTY = [f"{K}=", f'{K}=""', f"{K}= # c", f"{K}=''"]
FAULTS = [
    (f"{K}=" + "${X}", "reference"),
    (f'{K}="' + '${X}"', "reference"),
    (f"{K}=$(cmd)", "reference"),
    (f"{K}=op://vault/item/field", "reference"),
    (f"{K}=••••••••abcd", "masked"),
    (f'{K}="v" x', "syntax"),
    ("=v", "syntax"),
    (f"{K}: v", "syntax"),
    (f"set {K}=v", "syntax"),
    ("if [ x ]; then", "syntax"),
    (f'{K}="""abc"""', "syntax"),
    (f"{K}=-----BEGIN PRIVATE KEY-----", "needs_quotes"),
    (f'{K}="open', "syntax"),
    (f'{K}="open\nX="y"', "syntax"),
    (f"{K}='it''s'", "syntax"),
    (f'{K}="" x', "syntax"),
    (f"{K}='open", "syntax"),
    (f'{K}="a\\', "syntax"),
    (f"{K}=`cmd`", "reference"),
    (f'{K}="`cmd`"', "reference"),
    (f"{K}='" + "${X}'", "reference"),
    (f"declare -x {K}=v", "syntax"),
    (f"{K} v", "syntax"),
    (f"{K}=$OTHER_KEY", "reference"),  # every reader that expands would give another value
    (f'{K}="$OTHER_KEY"', "reference"),
    (f"{K}={{{{stripe_key}}}}", "reference"),
    (f"{K}='{{{{ vault.stripe }}}}'", "reference"),
    (f"{K}=%STRIPE_KEY%", "reference"),
    (f"{K}=sk_test_1;", "needs_quotes"),
    (f"{K}=sk_test_1, # c", "needs_quotes"),
    (f'"{K}"="v"', "syntax"),
    (f'$env:{K}="v"', "syntax"),
    (f"{K}+=v", "syntax"),
    (f"A=1; {K}=v", "syntax"),
    (f'A="open\n{K}=v\nB="', "syntax"),
]


@pytest.fixture
def reading(tmp_path):
    def read(text, name=".env"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return dotenv.read([path])

    return read


@pytest.mark.parametrize(("text", "value", "notes"), VALUES, ids=range(len(VALUES)))
def test_a_value(reading, text, value, notes):
    found = reading(text)
    assert [(one.value.reveal(), one.notes) for one in found.findings] == [(value, notes)]
    assert found.faults == []


@pytest.mark.parametrize("text", EMPTY)
def test_an_empty_value_is_ignored(reading, text):
    found = reading(text)
    assert ([one.reason for one in found.ignored], found.findings, found.faults) == (["empty"], [], [])


@pytest.mark.parametrize(("text", "reason"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault(reading, text, reason):
    found = reading(text)
    assert [one.reason for one in found.faults] == [reason]
    assert found.findings == []


def test_a_line_that_is_swallowed_by_another_is_named_where_it_stands(reading):
    found = reading(f'A=1\nB="open\n\n  export {K}=v\nC="\n')
    assert [(one.place, one.detail) for one in found.faults] == [
        (f".env:4 {K}", "it stands inside of the quotes that line 2 opens: is one not closed?")
    ]


def test_a_later_line_without_a_value_is_not_passed_over(reading, tmp_path):
    for later in (f"{K}=", f"{K}=changeme", f'{K}=""'):
        found = reading(f"{K}=1\n{later}\n")
        assert [(one.kind, one.reason, one.place) for one in found.faults] == [("conflict", "source_disagrees", f".env:2 {K}")]
        assert found.findings == []
    assert [one.value.reveal() for one in reading(f"{K}=\n{K}=1\n").findings] == ["1"]
    other = tmp_path / "sample.env"  # an empty line of another file says nothing
    other.write_text(f"{K}=\n")
    other.chmod(0o600)
    reading(f"{K}=1\n")
    assert dotenv.read([tmp_path / ".env", other]).faults == []


def test_what_a_mapping_or_a_prefix_means_is_looked_at_like_a_name_of_ours(tmp_path):
    path = tmp_path / ".env"
    path.write_text("MAILER_KEY=$OTHER\nMAPS_KEY=a#b\nACME_GROQ_API_KEY=`cmd`\n")
    path.chmod(0o600)
    names = {"MAILER_KEY": Target("sendgrid", "api_key"), "MAPS_KEY": Target("google_maps", "api_key")}
    found = dotenv.read([path], Wanted(mapped=Mapped(names=names), prefixes=("acme",)))
    assert [(one.place, one.reason, one.website) for one in found.faults] == [
        (".env:1 MAILER_KEY", "reference", None),
        (".env:3 ACME_GROQ_API_KEY", "reference", "acme"),
    ]
    assert [(one.place, one.notes) for one in found.findings] == [(".env:2 MAPS_KEY", DISPUTED)]


def test_a_line_of_a_provider_that_was_not_asked_for_stops_nothing(tmp_path):
    path = tmp_path / ".env"
    path.write_text(f'{K}="v" x\nMAPBOX_TOKEN=$(cmd)\nGROQ_API_KEY=v\n')
    path.chmod(0o600)
    found = dotenv.read([path], Wanted(only=("groq",)))
    assert (found.faults, [one.provider for one in found.findings]) == ([], ["groq"])
    assert [one.reason for one in found.ignored] == ["not_asked_for", "not_asked_for"]


def test_utf_16_is_called_by_its_name(reading):
    (fault,) = reading(f"{K}=v".encode("utf-16")).faults
    assert "UTF-16" in fault.detail


def test_a_name_without_a_value_is_skipped_and_never_named(reading):
    found = reading("sk_live_thisLooksLikeAKey\n")
    assert (found.findings, found.faults, found.ignored) == ([], [], [])


def test_places_count_lines_from_one(reading):
    found = reading(f"\n# c\n\n{K}=1\n\n\nMAPBOX_TOKEN=2\n")
    assert [one.place for one in found.findings] == [f".env:4 {K}", ".env:7 MAPBOX_TOKEN"]


def test_a_fault_names_the_line_and_only_names_we_know(reading):
    found = reading(f'OK=1\n{K}="v" x\nthisLooksLikeAKey: x\n')
    assert [(one.place, one.detail) for one in found.faults] == [
        (f".env:2 {K}", "text after the closing quote"),
        (".env:3", "not NAME=value"),
    ]


def test_swallowed_lines_are_said(reading):
    assert "swallows 1 more" in reading(f'{K}="open\nX="y"').faults[0].detail


@pytest.mark.parametrize("placeholder", ["changeme", "CHANGE_ME", "todo", "TBD", "placeholder", "replace_me", "dummy", "none", "null", "nil", "undefined",
                                         "your_key", "your-key", "enter_key_here", "<key>", "xxxxxxxx", "0000", "sk_test_XXXXXXXX", "sk_test_...", "sk_test_…",
                                         "AKIAIOSFODNN7" + "EXAMPLE"])  # fmt: skip
def test_a_placeholder_is_ignored_by_name(reading, placeholder):
    found = reading(f"{K}={placeholder}")
    assert [(one.reason, one.place) for one in found.ignored] == [("placeholder", f".env:1 {K}")]


@given(st.text(string.ascii_letters + string.digits, min_size=24, max_size=60))
@settings(max_examples=1000)
def test_a_real_looking_key_is_not_a_placeholder(text):
    from integrations_cli.provider import is_placeholder

    assert not is_placeholder("sk_live_" + text) or "XXXXXX" in text or text.lower().endswith("_here") or len(set("sk_live_" + text)) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [("SECRET_KEY_BASE", "infrastructure"), ("MY_DATABASE_URL", "infrastructure"), ("REDIS_CACHE_URL", "infrastructure"), ("INTEGRATIONS_KEY", "infrastructure"),
     ("SPP_TOKEN", "other_direction"), ("SMTP_PASSWORD", "no_such_provider"), ("ELEVENLABS_API_KEY", "no_such_provider"), ("OPENAI_BASE_URL", "related"),
     ("GOOGLE_API_KEY", "ambiguous_without_include")],
)  # fmt: skip
def test_what_is_left_alone_is_named_with_the_reason(reading, name, reason):
    assert [(one.place, one.reason) for one in reading(f"{name}=0123456789abc").ignored] == [(f".env:1 {name}", reason)]


def test_a_secret_in_a_file_of_its_own(reading, tmp_path):
    (tmp_path / "key").write_text("sk_test_fromAFileEXAMPLE\n")
    found = reading(f"{K}_FILE={tmp_path / 'key'}")
    assert [one.value.reveal() for one in found.findings] == ["sk_test_fromAFileEXAMPLE"]
    assert [one.reason for one in reading(f"{K}_FILE=/nowhere").faults] == ["no_such_file"]


@pytest.mark.parametrize(("data", "reason"), [(b"A=\0", "not_text"), (b"A=\xff\xfe\n", "not_text"), (b"A=" + b"x" * 70_000, "too_large")])
def test_of_what_is_no_text_nothing_is_taken_and_its_line_is_named(reading, data, reason):
    found = reading(f"{K}=sk_test_0123456789EXAMPLE\n".encode() + data)
    assert ([(one.place, one.reason, one.kind) for one in found.faults], found.findings) == ([(".env:2", reason, "unreadable")], [])


def test_a_missing_file(tmp_path):
    with pytest.raises(NotFound):
        dotenv.read([tmp_path / "no.env"])


def test_samples_and_open_files_get_a_note(tmp_path):
    path = tmp_path / ".env.example"
    path.write_text(f"{K}=v")
    path.chmod(0o644)
    assert dotenv.read([path]).notes == ["sample_file", "readable_by_others"]


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_end_and_no_error_repeats_a_value(tmp_path, data):
    path = tmp_path / "any.env"
    canary = b"Zq7Xw9Kv"
    path.write_bytes(data + b"\n" + K.encode() + b'="' + canary + b'" ' + canary + b"\n" + data)
    try:
        found = dotenv.read([path])
    except IntegrationsError as error:
        told = str(error.as_data())
    else:
        told = str([(one.place, one.detail) for one in found.faults])
    assert not any(canary[at : at + 4].decode() in told for at in range(len(canary) - 3))
