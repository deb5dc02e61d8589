"""Many values at once are taken where each by itself is taken, as it stands."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import BadValue
from integrations_cli.masking import Secret
from integrations_cli.provider.plainly import all_taken

FIELDS = [(one.name, field) for one in registry.all() for field in one.credentials]
WORDS = "a xx x9-EXAMPLE aaaaaaaa changeme CHANGE_ME your-key set_it_here <key> abc... ab***cd kXXXXXXk G-ABCDEF1234 -----BEGIN https://a.example"
ODD = [
    *WORDS.split(),
    *("", " ", "two words", " trimmed ", "a\tb", "a\nb", "ä", "\ud800", "\x7f", "a\u2028b", "•" * 8 + "abcd", "X" * 8),
    *("sk_test_" + "0" * 24, "pk_live_" + "0" * 24, "sk-ant-api03-" + "0" * 24, "AIza" + "0" * 35, "AKIAIOSFODNN7" + "EXAMPLE"),
]
TEXTS = some.sampled_from(ODD) | some.text(some.characters(min_codepoint=32, max_codepoint=126), max_size=12)


def taken(field, text):
    """True if it is stored as it stands."""
    try:
        return field.accept_credential(text)[0] == Secret(text)
    except BadValue:
        return False


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.sampled_from(FIELDS), some.data())
def test_what_is_taken_together_is_taken_one_by_one(named, data):
    provider = data.draw(some.sampled_from([*keys.GOOD]))
    good = some.sampled_from([*keys.GOOD[provider].values()])
    texts = data.draw(some.lists(good | TEXTS, min_size=1, max_size=4))
    if all_taken(named[1], texts):
        assert all(taken(named[1], text) for text in texts)


def test_each_odd_one_by_itself():
    for _, field in FIELDS:
        for text in ODD:
            assert not all_taken(field, [text]) or taken(field, text), (field.name, ODD.index(text))
            assert not all_taken(field, ["k-0123456789-EXAMPLE", text]) or taken(field, text), (field.name, ODD.index(text))


def test_most_values_are():
    """Else the property above would hold of nothing."""
    fine = [
        all_taken(registry.get(name).credential(field), [text, text])
        for name, values in keys.GOOD.items()
        for field, text in values.items()
        if registry.get(name).is_credential(field)
    ]
    assert sum(fine) > 0.9 * len(fine) > 30
