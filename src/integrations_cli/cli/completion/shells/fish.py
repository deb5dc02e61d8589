"""The script for fish: one function, so that a TAB starts the program at most once."""

from collections.abc import Iterable

from integrations_cli.cli.completion.shells import MARK
from integrations_cli.cli.completion.shells.data import Facts, Row, Value
from integrations_cli.cli.completion.shells.pieces import filled, lines

_SCRIPT = r"""# @MARK@
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

function __integrations_first
    printf '%s\t%s\n' \
@FIRST@
end

function __integrations_verbs -a group
    switch $group
@GROUPS@
    end
end

function __integrations_options -a command   # name, help and "again" where it may be repeated
@OPTIONS@
end

function __integrations_value -a key   # what stands behind an option: command:--option
    switch $key
@VALUES@
    end
end

function __integrations_place -a command   # what the arguments of a command are
    switch $command
@PLACES@
    end
end

function __integrations_offer -a head part   # the rest: what stands behind the head, and words
    set -l takes $argv[3]
    switch "$takes"
        case 'ask=*'
            if string match -q '*=*' -- $part
                set -l name (string split -m 1 = -- $part)
                __integrations_offer "$head$name[1]=" "$name[2]" (string replace 'ask=' '' -- $takes)
            else
                __integrations_ask "$head$part"
            end
        case ask
            __integrations_ask "$head$part"
        case words
            printf '%s\n' "$head"$argv[4..-1]
        case variable
            printf '%s\n' "$head"(set -nx)
        case file
            __integrations_files "$head" (__fish_complete_path "$part")
        case folder
            __integrations_files "$head" (__fish_complete_directories "$part" '')
    end
end

function __integrations_files -a head
    test (count $argv) -gt 1; and printf '%s\n' "$head"$argv[2..-1]
end

function __integrations_ask -a current   # it needs no key, keeps 150 ms, and is silent when it cannot tell
    set -l line (commandline -opc)
    set -l program (string replace -r '^~' "$HOME" -- $line[1])
    # what is typed behind NAME= is not handed on
    $program __complete fish (string replace -r -- '^([^=-][^=]*=).*' '$1' $line[2..-1] "$current") </dev/null 2>/dev/null
end

function __integrations_unused   # the options of the command that are not on the line already
    for row in (__integrations_options $argv[1])
        set -l cell (string split \t -- $row)
        if not contains -- $cell[1] $argv[2..-1]; or test "$cell[3]" = again
            printf '%s\t%s\n' $cell[1] "$cell[2]"
        end
    end
end

function __integrations
    set -l line (commandline -opc)
    set -l current (commandline -ct)
    if test (count $line) -eq 1
        if string match -q -- '-*' $current
            printf '%s\t%s\n' --help 'show this help' -h 'show this help' --version 'print the version' -V 'print the version'
        else
            __integrations_first
        end
        return
    end
    set -l first $line[2]
    set -l command
    set -l verb
    set -l skip 3
    switch $first
@ALIASES@
    end
    switch $first
@VERBS@
        case '*'
            test -n "$command"; or set command $first
    end
    if test -z "$command"
        set -l second $current
        test (count $line) -gt 2; and set second $line[3]
        if string match -q -- '-*' "$second"; and test -n "$verb"
            set command "$first $verb"   # a group alone runs its reading verb
        else if test (count $line) -eq 2
            __integrations_verbs $first
            return
        else
            set command "$first $second"
            set skip 4
        end
    end
    set -l valued
    set -l rest $line[$skip..-1]
    set -l at 0
    for word in $rest
        set at (math $at + 1)
        if test -n "$valued"
            set valued
        else if test "$word" = --
            switch $command
                case @WRAPS@
                    set -l behind $rest
                    set -e behind[1..$at]
                    set -q behind[1]; and set behind (string escape -- $behind)   # without words it would read its input
                    set behind $behind "$current"
                    complete -C "$behind"
                case '*'
                    __integrations_offer '' "$current" (__integrations_place $command)
            end
            return
        else if string match -q -- '-*' $word; and not string match -q -- '*=*' $word
            set -l found (__integrations_value "$command:$word")
            test -n "$found[1]"; and set valued $word
        end
    end
    if test -n "$valued"
        __integrations_offer '' "$current" (__integrations_value "$command:$valued")
    else if string match -q -- '--*=*' $current
        set -l pair (string split -m 1 = -- $current)
        __integrations_offer "$pair[1]=" "$pair[2]" (__integrations_value "$command:$pair[1]")
    else if string match -q -- '-*' $current
        __integrations_unused $command $rest
    else
        __integrations_offer '' "$current" (__integrations_place $command)
    end
end

complete -c integrations -e
complete -c integrations -k -f -a '(__integrations)'
"""


def script(facts: Facts) -> str:
    """fish shows the help lines beside the candidates."""
    parts = {
        "MARK": MARK,
        "ALIASES": lines(8, (f"case {alias}\n            {_alias(words)}" for alias, words in facts.aliases.items())),
        "GROUPS": lines(8, (f"case {name}\n{_printed(rows, 12)}" for name, rows in facts.second.items())),
        "VERBS": lines(8, (f"case {name}\n            set verb {facts.verbs.get(name, '')}".rstrip() for name in facts.second)),
        "OPTIONS": "\n".join(_options(*one) for one in facts.options),
        "VALUES": lines(8, map(_value, facts.values)),
        "PLACES": lines(8, map(_value, facts.places)),
        "FIRST": _rows(facts.first, 8),
        "WRAPS": " ".join(map(_quoted, facts.wraps)) or "-",
    }
    return filled(_SCRIPT, parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _rows(rows: Iterable[tuple[str, ...]], indent: int) -> str:
    return " \\\n".join(" " * indent + " ".join(_quoted(cell) for cell in row) for row in rows)


def _printed(rows: Iterable[tuple[str, str]], indent: int) -> str:
    return f"{' ' * indent}printf '%s\\t%s\\n' \\\n{_rows(rows, indent + 4)}"


def _alias(words: str) -> str:
    return f"set command {_quoted(words)}" if " " in words else f"set first {words}"


def _options(commands: tuple[str, ...], rows: tuple[Row, ...]) -> str:
    cells = [(name, row.help, "again" if row.repeatable else "") for row in rows for name in row.names]
    printed = "printf '%s\\t%s\\t%s\\n' \\\n"
    if not commands:
        return f"    {printed}{_rows(cells, 8)}"
    return f"    switch $command\n        case {' '.join(map(_quoted, commands))}\n            {printed}{_rows(cells, 16)}\n    end"


def _value(value: Value) -> str:
    return f"case {' '.join(map(_quoted, value.keys))}\n            string split ' ' -- {_quoted(' '.join((value.takes, *value.words)))}"
