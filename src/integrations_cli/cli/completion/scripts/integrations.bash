# completion of integrations; generated from its command tree by integrations_cli.cli.generate
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

_integrations_command() {   # sets command and skip, the words before its arguments; skip=0: the cursor is on a word of words
    local first=${line[1]} verb=
    case $first in
        ls) first=list ;;
        rm) first=remove ;;
        create) first=add ;;
        update) first=set ;;
        delete) first=remove ;;
        configure) first=edit ;;
        available) command='providers list' skip=2; return ;;
        websites) first=website ;;
        provider) first=providers ;;
        keys) first=key ;;
        import) command='migrate file' skip=2; return ;;
    esac
    case $first in
        website) words='add list remove rename show use' verb=list ;;
        providers) words='check list show' verb=list ;;
        migrate) words='airflow apply column dotenv env file rails rails-credentials rails-db' ;;
        audit) words='checkpoint export list verify' verb=list ;;
        usage) words='record show' verb=show ;;
        key) words='affected recovery rotate slot status' verb=status ;;
        access) words='grant list revoke' verb=list ;;
        store) words='abandon-credentials accept-restore backup restore status sweep upgrade' verb=status ;;
        completion) words='install remove show' ;;
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
    case $command in add) found+=(--no-test --on-conflict --expires --questions) ;; esac
    case $command in add|set|edit) found+=(--allow-custom-endpoint) ;; esac
    case $command in add|list|show|test|set|rotate|exec|due|edit|enable|disable|rollback|rebind|remove|get|env|'migrate airflow'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|export|'audit export'|'audit list'|history|'usage record'|'usage show'|doctor|'access grant'|'access list'|'access revoke') found+=(-w --website) ;; esac
    case $command in add|set|rotate|'migrate apply'|'migrate column'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|export|doctor) found+=(--secret-stdin +--secret-file +--secret-env) ;; esac
    case $command in add|list|show|test|due|env|'website list'|'website show'|'providers check'|'providers list'|'providers show'|'migrate airflow'|'migrate apply'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|'audit list'|'audit verify'|history|'usage show'|who-uses|doctor|'key affected'|'key slot'|'key status'|'access grant'|'access list'|'access revoke'|'store status') found+=(--format --json --fields --no-header --iso) ;; esac
    case $command in list|'providers list') found+=(--category) ;; esac
    case $command in list) found+=(--provider --status --expiring --unused-for --available --tree) ;; esac
    case $command in list|test|due|export|'audit export'|'audit list'|history|'usage show'|'access list'|'access revoke') found+=(-A --all-websites) ;; esac
    case $command in test) found+=(--all --category --max-age --jobs --timeout --fail-on +--report --explain) ;; esac
    case $command in test|due|'migrate airflow'|'migrate apply'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|doctor) found+=(--annotate) ;; esac
    case $command in set) found+=(+--unset --no-test) ;; esac
    case $command in rotate) found+=(--keep --resume --abort --rollback --finish --accept-limited --unchecked --reason --allow-account-change) ;; esac
    case $command in rotate|rollback|rebind|'website rename'|'migrate airflow'|'migrate apply'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|doctor|init|'key rotate'|'access revoke'|'store accept-restore'|'store upgrade') found+=(-y --yes) ;; esac
    case $command in exec) found+=(--category --all +--only --prefix --pristine --strict --stdin +--file --mask) ;; esac
    case $command in due) found+=(--within --older-than --unused-for) ;; esac
    case $command in enable|disable) found+=(--reason) ;; esac
    case $command in remove|'website remove'|export|'key slot'|'store abandon-credentials'|'store restore') found+=(--confirm) ;; esac
    case $command in get) found+=(--reveal --copy --clear-after --no-newline) ;; esac
    case $command in get|env) found+=(--allow-reveal) ;; esac
    case $command in env) found+=(--reveal --style --github-env) ;; esac
    case $command in 'website add') found+=(--name --use) ;; esac
    case $command in 'website use') found+=(--clear) ;; esac
    case $command in 'providers list') found+=(--search) ;; esac
    case $command in 'providers show') found+=(--open) ;; esac
    case $command in 'providers show'|'audit list'|history|help) found+=(--no-pager) ;; esac
    case $command in 'migrate airflow'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db') found+=(--on-conflict --continue-on-error --batch --allow-incomplete --unknown-fields +--only +--include --mapping --by-prefix --fan-out --create-websites --test --plan-out --show-ignored) ;; esac
    case $command in 'migrate airflow'|'migrate apply'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db') found+=(--report) ;; esac
    case $command in 'migrate airflow'|'migrate apply'|'migrate column'|'migrate dotenv'|'migrate env'|'migrate file'|'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|'key rotate'|'access revoke'|'store upgrade') found+=(-n --dry-run) ;; esac
    case $command in 'migrate column') found+=(--table +--column --id-column) ;; esac
    case $command in 'migrate column'|'migrate rails'|'migrate rails-db'|doctor) found+=(--db --dsn) ;; esac
    case $command in 'migrate column'|'migrate rails'|'migrate rails-db') found+=(--schema --website-column) ;; esac
    case $command in 'migrate file') found+=(--delimiter) ;; esac
    case $command in 'migrate rails'|'migrate rails-credentials'|'migrate rails-db'|doctor) found+=(--root) ;; esac
    case $command in 'migrate rails'|'migrate rails-credentials'|'migrate rails-db') found+=(--rails-env) ;; esac
    case $command in 'migrate rails'|'migrate rails-credentials') found+=(--under) ;; esac
    case $command in 'migrate rails') found+=(--prefer) ;; esac
    case $command in 'migrate rails'|'migrate rails-db') found+=(--table --websites-table --no-legacy-columns --allow-unencrypted-rows --try-published --try-public-keys) ;; esac
    case $command in 'migrate rails-credentials') found+=(--content) ;; esac
    case $command in export) found+=(--out --without-credentials --plaintext --accept-plaintext --as --digest) ;; esac
    case $command in 'audit export') found+=(--to --format) ;; esac
    case $command in 'audit export'|'audit list'|history|'usage show') found+=(--since) ;; esac
    case $command in 'audit list'|history) found+=(--action --who --limit) ;; esac
    case $command in 'audit verify') found+=(--state --since) ;; esac
    case $command in 'usage record') found+=(--count --error --action) ;; esac
    case $command in 'usage show') found+=(--by) ;; esac
    case $command in who-uses) found+=(--file --fingerprint) ;; esac
    case $command in doctor) found+=(--deep --network --fix --bundle +--dotenv) ;; esac
    case $command in init) found+=(--slot --key-file --recovery-file --website) ;; esac
    case $command in init|'store abandon-credentials') found+=(--no-recovery) ;; esac
    case $command in 'key recovery') found+=(--test) ;; esac
    case $command in 'key rotate') found+=(--root --reencrypt --resume --recovery-file --no-recovery) ;; esac
    case $command in 'key slot') found+=(--key-file) ;; esac
    case $command in 'key status') found+=(--verify) ;; esac
    case $command in 'store abandon-credentials') found+=(--slot --recovery-file) ;; esac
    case $command in 'store restore') found+=(--drill) ;; esac
    found+=(-q --quiet -v --verbose --no-input --color --ascii --debug --home --key-fd -h --help)
}

_integrations_value() {   # sets takes and words for the option $1
    takes= words=
    case $command:$1 in
        init:--website) takes=none ;;
        'audit export:--format') takes=words words='ndjson csv' ;;
        test:--report) takes=none ;;
        exec:--only) takes=none ;;
        who-uses:--file) takes=file ;;
        'key recovery:--test') takes= ;;
        'key rotate:--root') takes= ;;
        *:--no-test|*:--allow-custom-endpoint|*:--questions|*:--json|*:--no-header|*:--iso|*:-q|*:--quiet|*:-v|*:--verbose|*:--no-input|*:--ascii|*:--debug|*:-h|*:--help|*:--available|*:--tree|*:-A|*:--all-websites|*:--all|*:--explain|*:--resume|*:--abort|*:--rollback|*:--finish|*:--accept-limited|*:--unchecked|*:--allow-account-change|*:-y|*:--yes|*:--pristine|*:--strict|*:--reveal|*:--copy|*:--no-newline|*:--allow-reveal|*:--github-env|*:--use|*:--clear|*:--open|*:--no-pager|*:--continue-on-error|*:--allow-incomplete|*:--by-prefix|*:--create-websites|*:--show-ignored|*:-n|*:--dry-run|*:--no-legacy-columns|*:--allow-unencrypted-rows|*:--try-published|*:--try-public-keys|*:--without-credentials|*:--plaintext|*:--accept-plaintext|*:--state|*:--deep|*:--network|*:--fix|*:--no-recovery|*:--reencrypt|*:--verify|*:--drill) takes= ;;
        *:--on-conflict) takes=words words='fail skip update' ;;
        *:--expires|*:--fields|*:--key-fd|*:--expiring|*:--unused-for|*:--max-age|*:--jobs|*:--timeout|*:--fail-on|*:--keep|*:--reason|*:--within|*:--older-than|*:--confirm|*:--clear-after|*:--name|*:--search|*:--batch|*:--fan-out|*:--table|*:--column|*:--dsn|*:--schema|*:--website-column|*:--id-column|*:--rails-env|*:--under|*:--websites-table|*:--since|*:--action|*:--who|*:--limit|*:--count|*:--error|*:--fingerprint) takes=none ;;
        *:-w|*:--website|*:--secret-stdin|*:--provider|*:--unset|*:--only|*:--prefix|*:--stdin|*:--file) takes=ask ;;
        *:--secret-file) takes=ask=file ;;
        *:--secret-env) takes=ask=variable ;;
        *:--format) takes=words words='table json ndjson csv tsv' ;;
        *:--color) takes=words words='auto always never' ;;
        *:--home|*:--root) takes=folder ;;
        *:--category|*:--delimiter) takes=words words='ai analytics communication crm email_marketing maps payment storage video' ;;
        *:--status) takes=words words='disabled unreadable error not_configured incomplete untested connected' ;;
        *:--report|*:--mapping|*:--plan-out|*:--db|*:--content|*:--out|*:--to|*:--bundle|*:--dotenv|*:--key-file|*:--recovery-file) takes=file ;;
        *:--annotate|*:--mask) takes=words words='auto on off' ;;
        *:--style) takes=words words='dotenv shell fish powershell' ;;
        *:--unknown-fields) takes=words words='fail drop' ;;
        *:--include) takes=variable ;;
        *:--test) takes=words words='none before after' ;;
        *:--prefer) takes=words words='credentials env none' ;;
        *:--as) takes=words words='jsonl dotenv rails-db' ;;
        *:--digest) takes=words words='sha256 sha1' ;;
        *:--by) takes=words words='day week month' ;;
        *:--slot) takes=words words='keyring file env passphrase vault aws-kms' ;;
    esac
}

_integrations_place() {   # sets takes and words for the arguments of $command
    takes= words=
    case $command in
        'access grant'|'access revoke'|add|disable|edit|enable|env|exec|export|get|history|'key slot'|'providers show'|rebind|remove|rollback|rotate|set|show|test|'usage record'|'usage show'|'website remove'|'website rename'|'website show'|'website use') takes=ask ;;
        'migrate airflow'|'migrate dotenv'|'migrate file'|'providers check'|'store backup'|'store restore') takes=file ;;
        'completion install'|'completion remove'|'completion show') takes=words words='bash zsh fish powershell' ;;
        help) takes=words words='exit-codes environment formats leaks security words' ;;
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
            _integrations_list -W "add list show test set rotate exec due edit enable disable rollback rebind remove get env website providers migrate export audit history usage who-uses doctor init key access store completion demo help"
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
                    exec) _integrations_wrapped; return ;;
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
