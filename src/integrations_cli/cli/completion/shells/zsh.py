"""The script for zsh: a function for `fpath`, right from the first TAB on."""

from integrations_cli.cli.completion.shells import MARK
from integrations_cli.cli.completion.shells.data import Facts, Row, Value
from integrations_cli.cli.completion.shells.pieces import filled, lines, stands_for, word

_SCRIPT = r"""#compdef integrations
# @MARK@
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

_integrations_command() {   # sets command and skip, the words before its arguments; skip=0: the cursor is on a word of rows
    local first=$line[2] verb=
    case $first in
@ALIASES@
    esac
    case $first in
@GROUPS@
        (*) command=$first skip=2; return ;;
    esac
    if [[ $line[3] == -* && -n $verb ]]; then
        command="$first $verb" skip=2   # a group alone runs its reading verb
    elif (( $#line == 3 )); then
        skip=0
    else
        command="$first $line[3]" skip=3
    fi
}

_integrations_options() {   # adds the options of $command to rows; + marks what may be repeated
@OPTIONS@
}

_integrations_value() {   # sets takes and choices for the option $1
    takes= choices=()
    case $command:$1 in
@VALUES@
    esac
}

_integrations_place() {   # sets takes and choices for the arguments of $command
    takes= choices=()
    case $command in
@PLACES@
    esac
}

_integrations_ask() {   # what the program knows; it needs no key, keeps 150 ms, and is silent when it cannot tell
    local answer
    local -a answers open closed sent
    for answer in "${(@)line[2,-1]}"; do
        [[ $answer == [^-]*=* ]] && answer=${answer%%=*}=   # what is typed behind NAME= is not handed on
        sent+=("$answer")
    done
    answers=("${(@f)$("${line[1]/#\~/$HOME}" __complete zsh "${(@)sent}" </dev/null 2>/dev/null)}")
    for answer in $answers; do
        if [[ ${answer%%$'\t'*} == *= ]]; then open+=("${answer/$'\t'/:}"); else closed+=("${answer/$'\t'/:}"); fi
    done
    (( $#closed )) && _describe -t values value closed
    (( $#open )) && _describe -t values value open -S ''
}

_integrations_offer() {   # takes and choices say what stands behind the first $1 characters
    local part=${current[$1+1,-1]}
    case $takes in
        (ask=*)
            if [[ $part == *=* ]]; then
                takes=${takes#*=}
                _integrations_offer $(( $#current - ${#part#*=} ))
            else
                _integrations_ask
            fi ;;
        (ask) _integrations_ask ;;
        (words) compset -p $1; compadd -- $choices ;;
        (variable) compset -p $1; compadd -- ${(k)parameters[(R)*export*]} ;;
        (file) compset -p $1; _files ;;
        (folder) compset -p $1; _files -/ ;;
    esac
}

_integrations_unused() {   # keeps of rows what is not on the line already
    local row name
    local -a kept
    for row in $rows; do
        name=${${row#+}%%:*}
        if [[ $row == +* ]] || (( ! ${line[(I)$name(|=*)]} )); then kept+=("${row#+}"); fi
    done
    rows=("${(@)kept}")
}

_integrations() {
    local command current takes valued= after=
    local -i skip at
    local -a line rows choices
    current=${(Q)PREFIX}
    line=("${(@Q)words[1,CURRENT-1]}" "$current")
    if (( CURRENT == 2 )); then
        if [[ $current == -* ]]; then
            rows=('--help:show this help' '-h:show this help' '--version:print the version' '-V:print the version')
        else
            rows=(
@FIRST@
            )
        fi
        _describe -t commands command rows
        return
    fi
    _integrations_command
    if (( skip == 0 )); then
        _describe -t commands command rows
        return
    fi
    for (( at = skip + 1; at < CURRENT; at++ )); do
        if [[ -n $valued ]]; then valued=; continue; fi
        case $line[at] in
            (--) after=$at; break ;;
            (-*=*) ;;
            (-*) _integrations_value $line[at]; [[ -n $takes ]] && valued=$line[at] ;;
        esac
    done
    if [[ -n $after ]]; then
        case $command in
            (@WRAPS@) words=("${(@)words[after+1,-1]}"); (( CURRENT -= after )); _normal; return ;;
        esac
        _integrations_place; _integrations_offer 0
    elif [[ -n $valued ]]; then
        _integrations_value $valued; _integrations_offer 0
    elif [[ $current == --*=* ]]; then
        _integrations_value ${current%%=*}; _integrations_offer $(( ${#${current%%=*}} + 1 ))
    elif [[ $current == -* ]]; then
        _integrations_options
        _integrations_unused
        _describe -o -t options option rows
    else
        _integrations_place; _integrations_offer 0
    fi
}

if [[ $funcstack[1] == _integrations ]]; then
    _integrations "$@"
else
    compdef _integrations integrations
fi
"""


def script(facts: Facts) -> str:
    """zsh shows the help lines beside the candidates."""
    parts = {
        "MARK": MARK,
        "ALIASES": lines(8, (f"({alias}) {stands_for(words)} ;;" for alias, words in facts.aliases.items())),
        "GROUPS": lines(8, (_group(name, facts) for name in facts.second)),
        "OPTIONS": lines(4, (line for one in facts.options for line in _options(*one))),
        "VALUES": lines(8, map(_value, facts.values)),
        "PLACES": lines(8, map(_value, facts.places)),
        "FIRST": lines(16, (_row(name, text) for name, text in facts.first)),
        "WRAPS": "|".join(map(word, facts.wraps)) or "'-'",
    }
    return filled(_SCRIPT, parts)


def _row(name: str, text: str) -> str:
    quoted = f"{name}:{text}".replace("'", "'\\''")
    return f"'{quoted}'"


def _group(name: str, facts: Facts) -> str:
    rows = " ".join(_row(verb, text) for verb, text in facts.second[name])
    reading = f" verb={facts.verbs[name]}" if name in facts.verbs else ""
    return f"({name}) rows=({rows}){reading} ;;"


def _options(commands: tuple[str, ...], rows: tuple[Row, ...]) -> list[str]:
    listed = [_row(("+" if row.repeatable else "") + name, row.help) for row in rows for name in row.names]
    if not commands:
        return ["rows+=(", *("    " + one for one in listed), ")"]
    return [f"case $command in ({'|'.join(map(word, commands))}) rows+=(", *("    " + one for one in listed), ") ;; esac"]


def _value(value: Value) -> str:
    keys = "|".join(map(word, value.keys))
    words = f" choices=({' '.join(value.words)})" if value.words else ""
    return f"({keys}) takes={value.takes}{words} ;;"
