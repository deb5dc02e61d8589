"""The script for bash, 3.2 and later."""

from integrations_cli.cli.completion.shells import MARK
from integrations_cli.cli.completion.shells.data import Facts, Row, Value
from integrations_cli.cli.completion.shells.pieces import filled, lines, stands_for, word

_SCRIPT = r"""# @MARK@
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

_integrations_command() {   # sets command and skip, the words before its arguments; skip=0: the cursor is on a word of words
    local first=${line[1]} verb=
    case $first in
@ALIASES@
    esac
    case $first in
@GROUPS@
        *) command=$first skip=2; return ;;
    esac
    if [[ ${line[2]} == -* && $verb ]]; then
        command="$first $verb" skip=2   # a group alone runs its reading verb
    elif ((${#line[@]} == 3)); then
        skip=0
    else
        command="$first ${line[2]}" skip=3
    fi
}

_integrations_options() {   # adds the options of $command to found
@OPTIONS@
}

_integrations_value() {   # sets takes and words for the option $1
    takes= words=
    case $command:$1 in
@VALUES@
    esac
}

_integrations_place() {   # sets takes and words for the arguments of $command
    takes= words=
    case $command in
@PLACES@
    esac
}

_integrations_line() {   # fills line with the words up to the cursor, joined again where bash cut them at = and :
    local rest=${COMP_LINE:0:COMP_POINT} bare piece at
    line=()
    for ((at = 0; at <= COMP_CWORD; at++)); do
        bare=${rest#"${rest%%[![:space:]]*}"}
        piece=${COMP_WORDS[at]}
        ((at == COMP_CWORD)) && piece=$bare
        if ((at)) && [[ $bare == "$rest" ]]; then
            line[${#line[@]}-1]+=$piece
        else
            line+=("$piece")
        fi
        rest=${bare#"$piece"}
    done
}

_integrations_ask() {   # what the program knows; it needs no key, keeps 150 ms, and is silent when it cannot tell
    local value sent=()
    for value in "${line[@]:1}"; do
        [[ $value == [!-]*=* ]] && value=${value%%=*}=   # what is typed behind NAME= is not handed on
        sent+=("$value")
    done
    while IFS=$'\t' read -r value _; do
        [[ $value == "$current"* ]] && found+=("$value")
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete bash "${sent[@]}" </dev/null 2>/dev/null)
}

_integrations_list() {   # adds, behind the head, what compgen finds for the part after it
    local value
    while IFS= read -r value; do
        found+=("$head$value")
    done < <(compgen "$@" -- "${current#"$head"}")
}

_integrations_offer() {   # takes and words say what stands behind the head
    local part=${current#"$head"}
    case $takes in
        ask=*)
            if [[ $part == *=* ]]; then
                head=$head${part%%=*}=
                takes=${takes#*=}
                _integrations_offer
            else
                _integrations_ask
            fi ;;
        ask) _integrations_ask ;;
        words) _integrations_list -W "$words" ;;
        variable) _integrations_list -A export ;;
        file) _integrations_files -f ;;
        folder) _integrations_files -d ;;
    esac
}

_integrations_files() {
    type compopt &>/dev/null && compopt -o filenames
    _integrations_list "$1"
}

_integrations() {
    local line command skip takes words head= current valued= after= at cut=
    local found=()
    COMPREPLY=()
    _integrations_line
    current=${line[${#line[@]}-1]}
    if ((${#line[@]} == 2)); then
        if [[ $current == -* ]]; then
            _integrations_list -W "--help --version -h -V"
        else
            _integrations_list -W "@FIRST@"
        fi
    else
        _integrations_command
        if ((skip == 0)); then
            _integrations_list -W "$words"
        else
            for ((at = skip; at < ${#line[@]} - 1; at++)); do
                if [[ $valued ]]; then valued=; continue; fi
                case ${line[at]} in
                    --) after=$at; break ;;
                    -*=*) ;;
                    -*) _integrations_value "${line[at]}"; [[ $takes ]] && valued=${line[at]} ;;
                esac
            done
            if [[ $after ]]; then
                case $command in
                    @WRAPS@) _integrations_wrapped; return ;;
                esac
                _integrations_place; _integrations_offer
            elif [[ $valued ]]; then
                _integrations_value "$valued"; _integrations_offer
            elif [[ $current == --*=* ]]; then
                head=${current%%=*}=
                _integrations_value "${current%%=*}"; _integrations_offer
            elif [[ $current == -* ]]; then
                _integrations_options
                _integrations_unused
            else
                _integrations_place; _integrations_offer
            fi
        fi
    fi
    # bash replaces only what stands behind the last = of the word
    [[ $COMP_WORDBREAKS == *=* ]] && cut=${current%"${current##*=}"}
    ((${#found[@]})) && COMPREPLY=("${found[@]#"$cut"}")
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then
        type compopt &>/dev/null && compopt -o nospace
    fi
}

_integrations_unused() {   # keeps of found what begins as typed and is not on the line already
    local all=("${found[@]}") name given
    found=()
    for name in "${all[@]}"; do
        [[ ${name#+} == "$current"* ]] || continue
        for given in "${line[@]:skip:${#line[@]}-skip-1}"; do
            [[ $given == "$name" || $given == "$name="* ]] && continue 2
        done
        found+=("${name#+}")   # + marks what may be repeated
    done
}

_integrations_wrapped() {   # behind --: a command of its own
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset $((COMP_CWORD - ${#line[@]} + after + 2))
    elif declare -F _command_offset >/dev/null; then
        _command_offset $((COMP_CWORD - ${#line[@]} + after + 2))
    elif ((after == ${#line[@]} - 2)); then
        COMPREPLY=($(compgen -c -- "$current"))
    else
        type compopt &>/dev/null && compopt -o default
    fi
}

complete -F _integrations integrations
"""


def script(facts: Facts) -> str:
    """bash shows no descriptions: a candidate is what is inserted."""
    parts = {
        "MARK": MARK,
        "ALIASES": lines(8, (f"{alias}) {stands_for(words)} ;;" for alias, words in facts.aliases.items())),
        "GROUPS": lines(8, (_group(name, facts) for name in facts.second)),
        "OPTIONS": lines(4, (_options(*one) for one in facts.options)),
        "VALUES": lines(8, map(_value, facts.values)),
        "PLACES": lines(8, map(_value, facts.places)),
        "FIRST": " ".join(name for name, _ in facts.first),
        "WRAPS": "|".join(map(word, facts.wraps)) or "'-'",
    }
    return filled(_SCRIPT, parts)


def _group(name: str, facts: Facts) -> str:
    verbs = " ".join(verb for verb, _ in facts.second[name])
    reading = f" verb={facts.verbs[name]}" if name in facts.verbs else ""
    return f"{name}) words='{verbs}'{reading} ;;"


def _options(commands: tuple[str, ...], rows: tuple[Row, ...]) -> str:
    names = [("+" if row.repeatable else "") + name for row in rows for name in row.names]
    added = f"found+=({' '.join(names)})"
    return f"case $command in {'|'.join(map(word, commands))}) {added} ;; esac" if commands else added


def _value(value: Value) -> str:
    keys = "|".join(map(word, value.keys))
    words = f" words='{' '.join(value.words)}'" if value.words else ""
    return f"{keys}) takes={value.takes}{words} ;;"
