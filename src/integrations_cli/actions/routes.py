"""Which websites a finding goes to: mapping file, then the source's own, then the run's (MIGRATION.md §3.1)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches

from integrations_cli.errors import NotFound, UsageError
from integrations_cli.pasted import SECRET_LIKE
from integrations_cli.sources.mapping import Mapped
from integrations_cli.store.slugs import EVERY, is_slug

FEW = 2000  # websites among which the one that was meant is looked for: it takes 3 ms for a thousand, and many lines may be wrong


@dataclass(frozen=True)
class Routes:
    """`website` is the run's own, `known` the slugs there are. `fan_out` copies what belongs to the platform to several websites."""

    website: str | None
    known: Collection[str]
    fan_out: tuple[str, ...] = ()
    mapped: Mapped = field(default_factory=Mapped)
    create: bool = False
    similar: Collection[str] = ()  # slugs that may have been meant, where `known` holds only some of them

    def of(self, name: str | None) -> tuple[str, ...]:
        """The slugs for a name as the source has it; None: the source says nothing."""
        if name is not None:
            return (self.mapped.websites.get(name, name),)
        return self.fan_out or ((self.website,) if self.website else ())

    def may_be(self, slug: str) -> bool:
        """True for a website that is there, or that this run makes."""
        return slug in self.known or (self.create and is_slug(slug) and not SECRET_LIKE.fullmatch(slug))

    def refused(self, slug: str) -> str:
        """In words, why there is no such website."""
        if not slug:
            return "it names no website: give one with -w"
        if self.create:
            return "a website cannot be called so: a slug is 1 to 63 of a-z, 0-9 and -; a mapping file gives it one"
        return f"there is no such website; {self.nearest(slug)}"

    def nearest(self, slug: str) -> str:
        """In words, which website may have been meant."""
        there = self.similar or self.known
        if len(there) > FEW:
            return "integrations website list shows them"
        near = get_close_matches(slug.lower(), list(there), 1)
        return f"the closest is {near[0]}" if near else "there is none like it"

    @property
    def rule(self) -> str:
        """What decided, for the head of the plan."""
        if self.fan_out:
            return f"one key for {len(self.fan_out)} websites"
        return self.website or "as the source says"


def fan_out(text: str | None, known: Collection[str], every: Collection[str]) -> tuple[str, ...]:
    """`acme,globex`, or `all`, which means `every`, as slugs. Raises NotFound (3), UsageError (2)."""
    if text is None:
        return ()
    if text == EVERY:
        if EVERY in known:  # from before that name was taken
            raise UsageError(
                "--fan-out all: nobody can say which is meant", "a website is called all", "integrations website rename all NEW"
            )
        return tuple(sorted(every))
    chosen = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    if not chosen:
        raise UsageError("--fan-out needs a value", "slugs with commas between, or all", "integrations website list")
    for slug in chosen:
        if slug not in known:
            raise NotFound("--fan-out: there is no such website", "its slug is no website of this store", "integrations website list")
    return chosen
