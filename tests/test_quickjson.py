"""`quickjson` and `Record` are what `json` and `dataclasses` are, for less."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_cli import quickjson
from integrations_cli.record import Record

TEXTS = st.text() | st.text(alphabet='\ud800\udfff\u2028\x00\x7f\\"é')
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(DATA, st.booleans(), st.booleans(), st.booleans())
def test_it_writes_what_json_writes(data, ascii_only, sort, compact):
    separators = (",", ":") if compact else (", ", ": ")
    expected = json.dumps(data, ensure_ascii=ascii_only, sort_keys=sort, separators=separators)
    assert quickjson.dumps(data, ascii_only=ascii_only, sort=sort, compact=compact) == expected


def read(loads, text):
    """The value, or the kind of refusal."""
    try:
        return repr(loads(text))
    except (ValueError, TypeError, RecursionError):
        return "refused"


@given(DATA.map(json.dumps) | st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \t\n\ufeff\\u') | TEXTS | st.binary() | st.integers())
def test_it_reads_what_json_reads(text):
    assert read(quickjson.loads, text) == read(json.loads, text)


@pytest.mark.parametrize("text", ["", " ", "[1] 2", "NaN", "[" * 100_000, '{"a": 1, "a": 2}', " [1]\n", "\x0b1", b'{"a": 1}', "\ufeff1"])
def test_it_reads_odd_texts_as_json_does(text):
    assert read(quickjson.loads, text) == read(json.loads, text)


class Point(Record, hidden=("secret",)):
    x: int
    y: int = 2
    secret: str = "s"


@dataclasses.dataclass(frozen=True)
class Same:
    x: int
    y: int = 2
    secret: str = dataclasses.field(default="s", repr=False)


@pytest.mark.parametrize(
    "values, named",
    [
        ((1,), {}),
        ((1, 3), {}),
        ((), {"x": 1}),
        ((1,), {"secret": "t"}),
        ((), {}),
        ((1, 2, 3, 4), {}),
        ((1,), {"z": 1}),
        ((), {"y": 1, "z": 1}),
    ],
)
def test_a_record_is_a_frozen_dataclass(values, named):
    made = []
    for kind in (Point, Same):
        try:
            one = kind(*values, **named)
            made.append(
                (
                    repr(one).partition("(")[2],
                    one == kind(*values, **named),
                    hash(one) == hash(kind(*values, **named)),
                    dataclasses.asdict(one),
                )
            )
        except TypeError:
            made.append("refused")
    assert made[0] == made[1]


def test_a_record_is_changed_only_into_another_one():
    point = Point(1)
    for change in (lambda: setattr(point, "x", 2), lambda: delattr(point, "x")):
        with pytest.raises(AttributeError):
            change()
    assert (point.but(y=5), dataclasses.replace(point, y=5)) == (Point(1, 5), Point(1, 5))
    assert point == Point(1) and point != Point(2) and point != Same(1)
    with pytest.raises(TypeError):
        point.but(z=1)


def test_what_dataclasses_ask_for_is_made_once():
    assert Point.__dataclass_fields__ is Point(1).__dataclass_fields__  # made anew for each check it took half of its time

    class Further(Point):
        z: int = 0

    assert [one.name for one in dataclasses.fields(Point)] == list(Point._names)
    assert [one.name for one in dataclasses.fields(Further)] == [*Point._names, "z"]


def test_a_refined_record_has_the_fields_of_the_one_it_refines():
    class First(Record, hidden=("key",)):
        name: str
        key: str = "secret"

    class Second(First):
        """Nothing of its own."""

    class Third(First):
        more: int = 3

    assert (Second("a").name, Second("a").key, Third("a").more) == ("a", "secret", 3)
    assert "secret" not in repr(Third("a"))
    with pytest.raises(TypeError):
        Second()  # type: ignore[call-arg]  # as it is meant
