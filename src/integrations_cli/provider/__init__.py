"""The shape of a provider: its fields, its check, and the words a check answers in. Standard library only."""

from integrations_cli.provider.definition import Given, Provider, closest, is_a_name, is_among
from integrations_cli.provider.field import MAX_TOKENS, Field, Kind, Lookalike
from integrations_cli.provider.http import Answer, Http, segment
from integrations_cli.provider.outcome import (
    MissingExtra,
    NoAnswer,
    Outcome,
    Word,
    limited,
    misconfigured,
    ok,
    rate_limited,
    rejected,
    unreachable,
    untestable,
)
from integrations_cli.provider.placeholder import is_placeholder, is_reference

__all__ = [
    "MAX_TOKENS",
    "Answer",
    "Field",
    "Given",
    "Http",
    "Kind",
    "Lookalike",
    "MissingExtra",
    "NoAnswer",
    "Outcome",
    "Provider",
    "Word",
    "closest",
    "is_a_name",
    "is_among",
    "is_placeholder",
    "is_reference",
    "limited",
    "misconfigured",
    "ok",
    "rate_limited",
    "rejected",
    "segment",
    "unreachable",
    "untestable",
]
