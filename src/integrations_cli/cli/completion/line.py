"""Where the cursor stands on a command line, and what may stand there. Standard library only, and little of it."""

from integrations_cli.cli.completion.table import ALIASES, COMMANDS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from integrations_cli.cli.completion.tree import Option


class Spot:
    """`takes` and `words` as in the table; `head` is the part of the word before the value, such as `--website=`.

    `typed` is the value so far, `values` the options given so far (name → values), `arguments` the words before it that are not
    options. `takes` is `verb` after a group (its `words` are the verbs), `option` behind a dash, `none` where nothing fits.
    """

    def __init__(self, words: list[str]) -> None:
        self.typed, self.head = words[-1], ""
        self.takes: str = "none"
        self.words: tuple[str, ...] = ()
        self.values: dict[str, list[str]] = {}
        self.arguments: list[str] = []
        self.command, rest = _command(words)
        if rest is None:
            self.takes, self.words = "verb", _verbs(self.command)
        elif self.command in COMMANDS:
            self._walk(rest)

    def _walk(self, rest: list[str]) -> None:
        options = {name: one for one in COMMANDS[self.command][2] for name in one[0]}
        pending: Option | None = None
        plain = False
        for word in rest[:-1]:
            if pending:
                self.values.setdefault(pending[0][-1], []).append(word)
                pending = None
            elif plain or word == "-" or not word.startswith("-"):
                self.arguments.append(word)
            elif word == "--":
                plain = True
            else:
                pending = self._option(options, word)
        if pending:
            self.takes, self.words = pending[1], pending[2]
        elif not plain and self.typed.startswith("-"):
            self._at_option(options)
        else:
            self._at_argument()

    def _option(self, options: "dict[str, Option]", word: str) -> "Option | None":
        """The option if its value is the next word; a value that is glued to it is remembered."""
        name, glued, value = word.partition("=")
        if not word.startswith("--") and len(word) > 2:
            name, glued, value = word[:2], "=", word[2:].removeprefix("=")
        known = options.get(name)
        if known and known[1] and not glued:
            return known
        if known:
            self.values.setdefault(known[0][-1], []).append(value)
        return None

    def _at_option(self, options: "dict[str, Option]") -> None:
        name, glued, value = self.typed.partition("=")
        if not glued:
            self.takes = "option"
        elif name in options and options[name][1]:
            self.head, self.typed = f"{name}=", value
            self.takes, self.words = options[name][1], options[name][2]

    def _at_argument(self) -> None:
        arguments = COMMANDS[self.command][1]
        at = min(len(self.arguments), len(arguments) - 1)
        if arguments and (at == len(self.arguments) or arguments[at][3]):
            self.takes, self.words = arguments[at][1], arguments[at][2]

    def option(self, name: str) -> str | None:
        """The last value given for the option, by its long name."""
        given = self.values.get(name)
        return given[-1] if given else None


def _command(words: list[str]) -> tuple[str, list[str] | None]:
    """The command and the words after it; no words at all: the cursor is still on a word of the command's name."""
    if len(words) == 1:
        return "", None
    first = ALIASES.get(words[0], words[0])
    if first not in GROUPS:
        return first, words[1:]
    verb = GROUPS[first][0]
    if verb and words[1].startswith("-"):
        return f"{first} {verb}", words[1:]
    return (first, None) if len(words) == 2 else (f"{first} {words[1]}", words[2:])


def _verbs(group: str) -> tuple[str, ...]:
    if not group:
        return tuple(dict.fromkeys(path.split(" ")[0] for path in COMMANDS))
    return tuple(path.split(" ")[1] for path in COMMANDS if path.startswith(f"{group} "))
