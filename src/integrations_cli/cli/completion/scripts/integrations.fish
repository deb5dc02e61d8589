# completion of integrations; generated from its command tree by integrations_cli.cli.generate
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

function __integrations_first
    printf '%s\t%s\n' \
        'add' 'add an integration: ask, test, save' \
        'list' 'list the integrations of a website' \
        'show' 'show one integration as a card, masked' \
        'test' 'ask the provider whether the credentials work' \
        'set' 'change settings, or fill in a missing credential' \
        'rotate' 'replace a credential: test, swap, test again' \
        'exec' 'run a command with credentials in its environment' \
        'due' 'what expires, or should be replaced soon' \
        'edit' 'answer the questions again; Enter keeps' \
        'enable' 'switch an integration on again; the configuration stays' \
        'disable' 'switch an integration off; the configuration stays' \
        'rollback' 'go back to the credential before the last rotation' \
        'rebind' 'confirm where a key is sent, after its definition changed' \
        'remove' 'destroy the credentials and remove the integration' \
        'get' 'print one setting, or reveal one credential' \
        'env' 'show what exec would set, masked' \
        'website' 'the websites you look after' \
        'providers' 'the catalogue' \
        'migrate' 'copy keys from where they lie now' \
        'export' 'write a sealed export file' \
        'audit' 'who did what' \
        'history' 'show what was done with one integration, newest first' \
        'usage' 'calls and errors' \
        'who-uses' 'find every integration with this value, in all websites' \
        'doctor' 'look the store over, and say how to mend it' \
        'init' 'create store, slot and recovery key; safe to repeat' \
        'key' 'how the store is unlocked' \
        'access' 'who may do what' \
        'store' 'where the data is' \
        'completion' 'TAB' \
        'demo' 'show the tool at work, in a throw-away home' \
        'help' 'show a page on one topic'
end

function __integrations_verbs -a group
    switch $group
        case website
            printf '%s\t%s\n' \
                'add' 'add a website' \
                'list' 'list the websites' \
                'remove' 'destroy the website\'s key and everything under it' \
                'rename' 'change the slug; nothing is re-encrypted' \
                'show' 'show one website with its counts' \
                'use' 'choose the website that commands take when none is given'
        case providers
            printf '%s\t%s\n' \
                'check' 'check a definition of a provider of your own' \
                'list' 'list the catalogue' \
                'show' 'show fields, where to get a key, and what a test sends'
        case migrate
            printf '%s\t%s\n' \
                'airflow' 'copy keys from connections of Apache Airflow' \
                'apply' 'apply a reviewed plan, unless something changed since' \
                'column' 'copy keys from columns of any table' \
                'dotenv' 'copy keys from .env files' \
                'env' 'copy keys from the environment of this process' \
                'file' 'copy keys from an export of ours or of others' \
                'rails' 'copy keys from a Rails application in one plan' \
                'rails-credentials' 'copy keys from a Rails credentials file' \
                'rails-db' 'copy keys from a Rails database: rows and old columns'
        case audit
            printf '%s\t%s\n' \
                'checkpoint' 'print one line to keep elsewhere' \
                'export' 'write the entries for another system' \
                'list' 'list who did what, newest first' \
                'verify' 'check that no audit entry was changed, inserted or cut'
        case usage
            printf '%s\t%s\n' \
                'record' 'count a use (fast, no key, no audit entry)' \
                'show' 'calls and errors over time'
        case key
            printf '%s\t%s\n' \
                'affected' 'list the credentials to change after a leak' \
                'recovery' 'make a new recovery key, or prove the one you have' \
                'rotate' 'replace the store\'s own keys' \
                'slot' 'list, add or remove a way to unlock the store' \
                'status' 'say how the store is unlocked, and whether it can be'
        case access
            printf '%s\t%s\n' \
                'grant' 'give somebody a role on a website' \
                'list' 'list who may do what' \
                'revoke' 'take a role away, and list what it let them read'
        case store
            printf '%s\t%s\n' \
                'abandon-credentials' 'start anew when every key of the store is lost' \
                'accept-restore' 'allow writing to a restored store' \
                'backup' 'write a copy of the store, 0600' \
                'restore' 'put a backup back, or try whether that would work' \
                'status' 'say where the store is, and which schema it has' \
                'sweep' 'destroy old credentials whose grace is over' \
                'upgrade' 'bring the schema of the store up to date'
        case completion
            printf '%s\t%s\n' \
                'install' 'write the completion file where your shell looks for it' \
                'remove' 'remove what completion install has written' \
                'show' 'print the completion file of a shell'
    end
end

function __integrations_options -a command   # name, help and "again" where it may be repeated
    switch $command
        case 'add'
            printf '%s\t%s\t%s\n' \
                '--no-test' 'save without asking the provider' '' \
                '--on-conflict' 'when it is set up already' '' \
                '--expires' 'when the credential ends, like 2027-01-31' '' \
                '--questions' 'list what would be asked, and stop' ''
    end
    switch $command
        case 'add' 'set' 'edit'
            printf '%s\t%s\t%s\n' \
                '--allow-custom-endpoint' 'the host is my own server, not the vendor\'s' ''
    end
    switch $command
        case 'add' 'list' 'show' 'test' 'set' 'rotate' 'exec' 'due' 'edit' 'enable' 'disable' 'rollback' 'rebind' 'remove' 'get' 'env' 'migrate airflow' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'export' 'audit export' 'audit list' 'history' 'usage record' 'usage show' 'doctor' 'access grant' 'access list' 'access revoke'
            printf '%s\t%s\t%s\n' \
                '-w' 'the website; else INTEGRATIONS_WEBSITE, else the current one' '' \
                '--website' 'the website; else INTEGRATIONS_WEBSITE, else the current one' ''
    end
    switch $command
        case 'add' 'set' 'rotate' 'migrate apply' 'migrate column' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'export' 'doctor'
            printf '%s\t%s\t%s\n' \
                '--secret-stdin' 'read this credential from standard input' '' \
                '--secret-file' 'read this credential from a file' 'again' \
                '--secret-env' 'read this credential from a variable' 'again'
    end
    switch $command
        case 'add' 'list' 'show' 'test' 'due' 'env' 'website list' 'website show' 'providers check' 'providers list' 'providers show' 'migrate airflow' 'migrate apply' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'audit list' 'audit verify' 'history' 'usage show' 'who-uses' 'doctor' 'key affected' 'key slot' 'key status' 'access grant' 'access list' 'access revoke' 'store status'
            printf '%s\t%s\t%s\n' \
                '--format' 'how results are printed' '' \
                '--json' 'the same as --format json' '' \
                '--fields' 'only these columns' '' \
                '--no-header' 'no header line' '' \
                '--iso' 'ISO times instead of relative ones' ''
    end
    switch $command
        case 'list' 'providers list'
            printf '%s\t%s\t%s\n' \
                '--category' 'only this category' ''
    end
    switch $command
        case 'list'
            printf '%s\t%s\t%s\n' \
                '--provider' 'only this provider' '' \
                '--status' 'only this status, such as error' '' \
                '--expiring' 'only what expires within this time' '' \
                '--unused-for' 'only what was not used for this time' '' \
                '--available' 'what is not set up yet, and could be added' '' \
                '--tree' 'the whole catalogue as a tree' ''
    end
    switch $command
        case 'list' 'test' 'due' 'export' 'audit export' 'audit list' 'history' 'usage show' 'access list' 'access revoke'
            printf '%s\t%s\t%s\n' \
                '-A' 'every website' '' \
                '--all-websites' 'every website' ''
    end
    switch $command
        case 'test'
            printf '%s\t%s\t%s\n' \
                '--all' 'every integration that is switched on' '' \
                '--category' 'every one of this category' '' \
                '--max-age' 'use younger answers again' '' \
                '--jobs' 'how many at once' '' \
                '--timeout' 'how long each provider may take in all' '' \
                '--fail-on' 'the outcomes that end in 20 or 21' '' \
                '--report' 'junit, json or markdown; 0600' 'again' \
                '--explain' 'say what would be sent, and send nothing' ''
    end
    switch $command
        case 'test' 'due' 'migrate airflow' 'migrate apply' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'doctor'
            printf '%s\t%s\t%s\n' \
                '--annotate' 'annotations for GitHub Actions' ''
    end
    switch $command
        case 'set'
            printf '%s\t%s\t%s\n' \
                '--unset' 'back to the default, or without it; repeatable' 'again' \
                '--no-test' 'do not ask the provider' ''
    end
    switch $command
        case 'rotate'
            printf '%s\t%s\t%s\n' \
                '--keep' 'how long the old one is kept: 24h, or 0' '' \
                '--resume' 'go on with a rotation that was stopped, or got no answer' '' \
                '--abort' 'destroy the new credential that waits' '' \
                '--rollback' 'bring back the credential of before' '' \
                '--finish' 'destroy the old credential now' '' \
                '--accept-limited' 'take a key whose scope or plan is limited' '' \
                '--unchecked' 'do not ask the provider; needs --reason' '' \
                '--reason' 'why without a test; kept in the audit log' '' \
                '--allow-account-change' 'take a key of another account' ''
    end
    switch $command
        case 'rotate' 'rollback' 'rebind' 'website rename' 'migrate airflow' 'migrate apply' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'doctor' 'init' 'key rotate' 'access revoke' 'store accept-restore' 'store upgrade'
            printf '%s\t%s\t%s\n' \
                '-y' 'do not ask' '' \
                '--yes' 'do not ask' ''
    end
    switch $command
        case 'exec'
            printf '%s\t%s\t%s\n' \
                '--category' 'every enabled one of this category' '' \
                '--all' 'every enabled one' '' \
                '--only' 'only these variables or fields' 'again' \
                '--prefix' 'put this before every name' '' \
                '--pristine' 'keep only PATH, HOME and the like of this environment' '' \
                '--strict' 'refuse if a variable is set already, or a field is missing' '' \
                '--stdin' 'feed this credential to its standard input' '' \
                '--file' 'a file with this credential, its path in NAME_FILE' 'again' \
                '--mask' 'take values out of its output' ''
    end
    switch $command
        case 'due'
            printf '%s\t%s\t%s\n' \
                '--within' 'how far ahead' '' \
                '--older-than' 'the age at which to replace a key, or never' '' \
                '--unused-for' 'also what was not used for this time' ''
    end
    switch $command
        case 'enable' 'disable'
            printf '%s\t%s\t%s\n' \
                '--reason' 'why; kept in clear in the audit log' ''
    end
    switch $command
        case 'remove' 'website remove' 'export' 'key slot' 'store abandon-credentials' 'store restore'
            printf '%s\t%s\t%s\n' \
                '--confirm' 'confirm by name, where nobody can be asked' ''
    end
    switch $command
        case 'get'
            printf '%s\t%s\t%s\n' \
                '--reveal' 'print the credential' '' \
                '--copy' 'put the credential into the clipboard' '' \
                '--clear-after' 'when the clipboard is cleared' '' \
                '--no-newline' 'print the value alone' ''
    end
    switch $command
        case 'get' 'env'
            printf '%s\t%s\t%s\n' \
                '--allow-reveal' 'reveal even in CI or under a coding assistant' ''
    end
    switch $command
        case 'env'
            printf '%s\t%s\t%s\n' \
                '--reveal' 'print the values, as --style says' '' \
                '--style' 'how revealed values are written' '' \
                '--github-env' 'hand them to the later steps of a GitHub job' ''
    end
    switch $command
        case 'website add'
            printf '%s\t%s\t%s\n' \
                '--name' 'its full name' '' \
                '--use' 'make it the current website' ''
    end
    switch $command
        case 'website use'
            printf '%s\t%s\t%s\n' \
                '--clear' 'choose none' ''
    end
    switch $command
        case 'providers list'
            printf '%s\t%s\t%s\n' \
                '--search' 'only names, titles and descriptions with this text' ''
    end
    switch $command
        case 'providers show'
            printf '%s\t%s\t%s\n' \
                '--open' 'open the page where a key is made, in a browser' ''
    end
    switch $command
        case 'providers show' 'audit list' 'history' 'help'
            printf '%s\t%s\t%s\n' \
                '--no-pager' 'print it all at once' ''
    end
    switch $command
        case 'migrate airflow' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db'
            printf '%s\t%s\t%s\n' \
                '--on-conflict' 'when the store has another value' '' \
                '--continue-on-error' 'write the good lines although others are bad' '' \
                '--batch' 'lines per transaction; else 1000, of a long file 4000' '' \
                '--allow-incomplete' 'save integrations that lack a required field' '' \
                '--unknown-fields' 'what the provider has no field for' '' \
                '--only' 'only these providers' 'again' \
                '--include' 'take this ambiguous name as well' 'again' \
                '--mapping' 'names of the source and what they are here, in TOML' '' \
                '--by-prefix' 'ACME_STRIPE_SECRET_KEY belongs to the website acme' '' \
                '--fan-out' 'copy the platform\'s keys to these websites' '' \
                '--create-websites' 'add websites that are not there yet' '' \
                '--test' 'ask the providers' '' \
                '--plan-out' 'save the plan for review, and stop' '' \
                '--show-ignored' 'list what was left alone, and why' ''
    end
    switch $command
        case 'migrate airflow' 'migrate apply' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db'
            printf '%s\t%s\t%s\n' \
                '--report' 'write a JSON report, 0600' ''
    end
    switch $command
        case 'migrate airflow' 'migrate apply' 'migrate column' 'migrate dotenv' 'migrate env' 'migrate file' 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'key rotate' 'access revoke' 'store upgrade'
            printf '%s\t%s\t%s\n' \
                '-n' 'show what would happen, and stop' '' \
                '--dry-run' 'show what would happen, and stop' ''
    end
    switch $command
        case 'migrate column'
            printf '%s\t%s\t%s\n' \
                '--table' 'the table' '' \
                '--column' 'what a column holds; COLUMN.NAME is inside JSON' 'again' \
                '--id-column' 'what tells the rows apart; else the primary key' ''
    end
    switch $command
        case 'migrate column' 'migrate rails' 'migrate rails-db' 'doctor'
            printf '%s\t%s\t%s\n' \
                '--db' 'an SQLite database; it is copied, and the copy is read' '' \
                '--dsn' 'a PostgreSQL database, without a password' ''
    end
    switch $command
        case 'migrate column' 'migrate rails' 'migrate rails-db'
            printf '%s\t%s\t%s\n' \
                '--schema' 'the schema of the tables; else the search path decides' '' \
                '--website-column' 'the column that names the website' ''
    end
    switch $command
        case 'migrate file'
            printf '%s\t%s\t%s\n' \
                '--delimiter' 'what stands between the cells of a table; else the header tells' ''
    end
    switch $command
        case 'migrate rails' 'migrate rails-credentials' 'migrate rails-db' 'doctor'
            printf '%s\t%s\t%s\n' \
                '--root' 'the Rails application; else this folder' ''
    end
    switch $command
        case 'migrate rails' 'migrate rails-credentials' 'migrate rails-db'
            printf '%s\t%s\t%s\n' \
                '--rails-env' 'its environment' ''
    end
    switch $command
        case 'migrate rails' 'migrate rails-credentials'
            printf '%s\t%s\t%s\n' \
                '--under' 'only what stands below this name' ''
    end
    switch $command
        case 'migrate rails'
            printf '%s\t%s\t%s\n' \
                '--prefer' 'where file and environment differ' ''
    end
    switch $command
        case 'migrate rails' 'migrate rails-db'
            printf '%s\t%s\t%s\n' \
                '--table' 'the integrations table, if it is not found' '' \
                '--websites-table' 'the websites table' '' \
                '--no-legacy-columns' 'leave maps_api_key and its like alone' '' \
                '--allow-unencrypted-rows' 'take JSON that was never encrypted' '' \
                '--try-published' 'try the development keys that anybody may know' '' \
                '--try-public-keys' 'try the development keys that anybody may know' ''
    end
    switch $command
        case 'migrate rails-credentials'
            printf '%s\t%s\t%s\n' \
                '--content' 'this credentials file and no other' ''
    end
    switch $command
        case 'export'
            printf '%s\t%s\t%s\n' \
                '--out' 'a new file, 0600; - is standard output' '' \
                '--without-credentials' 'settings and states only; needs no key' '' \
                '--plaintext' 'not sealed: whoever has the file has the keys' '' \
                '--accept-plaintext' 'consent where nobody can be asked' '' \
                '--as' 'the form of a plain file, or rows for Rails' '' \
                '--digest' 'rows for Rails: sha1 where its defaults are those of 7.0 or older' ''
    end
    switch $command
        case 'audit export'
            printf '%s\t%s\t%s\n' \
                '--to' 'the file, 0600; - for standard output' '' \
                '--format' 'one entry a line' ''
    end
    switch $command
        case 'audit export' 'audit list' 'history' 'usage show'
            printf '%s\t%s\t%s\n' \
                '--since' 'how far back' ''
    end
    switch $command
        case 'audit list' 'history'
            printf '%s\t%s\t%s\n' \
                '--action' 'only this, such as rotation or credential.revealed' '' \
                '--who' 'only what this person did: maria, or maria@pc7' '' \
                '--limit' 'at most this many; else 50' ''
    end
    switch $command
        case 'audit verify'
            printf '%s\t%s\t%s\n' \
                '--state' 'compare settings, states and versions with the log as well' '' \
                '--since' 'a checkpoint, a file with checkpoints, or - for stdin' ''
    end
    switch $command
        case 'usage record'
            printf '%s\t%s\t%s\n' \
                '--count' 'how many uses' '' \
                '--error' 'they failed: the class of the error' '' \
                '--action' 'what was done' ''
    end
    switch $command
        case 'usage show'
            printf '%s\t%s\t%s\n' \
                '--by' 'what one cell of the line is' ''
    end
    switch $command
        case 'who-uses'
            printf '%s\t%s\t%s\n' \
                '--file' 'read the leaked value from this file; - is standard input' '' \
                '--fingerprint' 'the place with this fingerprint; needs no key' ''
    end
    switch $command
        case 'doctor'
            printf '%s\t%s\t%s\n' \
                '--deep' 'the whole file, the log, every credential opened; needs the key' '' \
                '--network' 'whether the providers can be reached; nothing is sent' '' \
                '--fix' 'mend what is safe to mend: permissions, what is overdue to be destroyed' '' \
                '--bundle' 'write a report without names, for a bug report' '' \
                '--dotenv' 'look for legacy keys in this file too' 'again'
    end
    switch $command
        case 'init'
            printf '%s\t%s\t%s\n' \
                '--slot' 'keyring, file, env, passphrase, vault, aws-kms' '' \
                '--key-file' 'make a key in this new file, 0600, for INTEGRATIONS_KEY_FILE' '' \
                '--recovery-file' 'write the recovery key to this new file, 0600' '' \
                '--website' 'add this website as well' ''
    end
    switch $command
        case 'init' 'store abandon-credentials'
            printf '%s\t%s\t%s\n' \
                '--no-recovery' 'go without a recovery key' ''
    end
    switch $command
        case 'key recovery'
            printf '%s\t%s\t%s\n' \
                '--test' 'prove that the one you have opens the store' ''
    end
    switch $command
        case 'key rotate'
            printf '%s\t%s\t%s\n' \
                '--root' 'a new root key: every data key and slot is sealed anew' '' \
                '--reencrypt' 'new data, fingerprint and audit keys, while others work' '' \
                '--resume' 'go on with a re-encryption that was stopped' '' \
                '--recovery-file' '--root: write the new recovery key to this new file, 0600' '' \
                '--no-recovery' '--root: go without a recovery key' ''
    end
    switch $command
        case 'key slot'
            printf '%s\t%s\t%s\n' \
                '--key-file' 'add env: make the key in this new file, for INTEGRATIONS_KEY_FILE' ''
    end
    switch $command
        case 'key status'
            printf '%s\t%s\t%s\n' \
                '--verify' 'unlock with each slot that is present' ''
    end
    switch $command
        case 'store abandon-credentials'
            printf '%s\t%s\t%s\n' \
                '--slot' 'what unlocks the store from now on' '' \
                '--recovery-file' 'write the new recovery key to this new file, 0600' ''
    end
    switch $command
        case 'store restore'
            printf '%s\t%s\t%s\n' \
                '--drill' 'only try whether everything in it opens here; the store stays' ''
    end
    printf '%s\t%s\t%s\n' \
        '-q' 'results and errors only' '' \
        '--quiet' 'results and errors only' '' \
        '-v' 'say more, where there is more to say' '' \
        '--verbose' 'say more, where there is more to say' '' \
        '--no-input' 'never ask' '' \
        '--color' 'colour' '' \
        '--ascii' 'ASCII symbols only' '' \
        '--debug' 'show where an unexpected error came from, without values' '' \
        '--home' 'keep everything under this folder' '' \
        '--key-fd' 'read the store\'s key from this descriptor' '' \
        '-h' 'show this help' '' \
        '--help' 'show this help' ''
end

function __integrations_value -a key   # what stands behind an option: command:--option
    switch $key
        case 'init:--website'
            string split ' ' -- 'none'
        case 'audit export:--format'
            string split ' ' -- 'words ndjson csv'
        case 'test:--report'
            string split ' ' -- 'none'
        case 'exec:--only'
            string split ' ' -- 'none'
        case 'who-uses:--file'
            string split ' ' -- 'file'
        case 'key recovery:--test'
            string split ' ' -- ''
        case 'key rotate:--root'
            string split ' ' -- ''
        case '*:--no-test' '*:--allow-custom-endpoint' '*:--questions' '*:--json' '*:--no-header' '*:--iso' '*:-q' '*:--quiet' '*:-v' '*:--verbose' '*:--no-input' '*:--ascii' '*:--debug' '*:-h' '*:--help' '*:--available' '*:--tree' '*:-A' '*:--all-websites' '*:--all' '*:--explain' '*:--resume' '*:--abort' '*:--rollback' '*:--finish' '*:--accept-limited' '*:--unchecked' '*:--allow-account-change' '*:-y' '*:--yes' '*:--pristine' '*:--strict' '*:--reveal' '*:--copy' '*:--no-newline' '*:--allow-reveal' '*:--github-env' '*:--use' '*:--clear' '*:--open' '*:--no-pager' '*:--continue-on-error' '*:--allow-incomplete' '*:--by-prefix' '*:--create-websites' '*:--show-ignored' '*:-n' '*:--dry-run' '*:--no-legacy-columns' '*:--allow-unencrypted-rows' '*:--try-published' '*:--try-public-keys' '*:--without-credentials' '*:--plaintext' '*:--accept-plaintext' '*:--state' '*:--deep' '*:--network' '*:--fix' '*:--no-recovery' '*:--reencrypt' '*:--verify' '*:--drill'
            string split ' ' -- ''
        case '*:--on-conflict'
            string split ' ' -- 'words fail skip update'
        case '*:--expires' '*:--fields' '*:--key-fd' '*:--expiring' '*:--unused-for' '*:--max-age' '*:--jobs' '*:--timeout' '*:--fail-on' '*:--keep' '*:--reason' '*:--within' '*:--older-than' '*:--confirm' '*:--clear-after' '*:--name' '*:--search' '*:--batch' '*:--fan-out' '*:--table' '*:--column' '*:--dsn' '*:--schema' '*:--website-column' '*:--id-column' '*:--rails-env' '*:--under' '*:--websites-table' '*:--since' '*:--action' '*:--who' '*:--limit' '*:--count' '*:--error' '*:--fingerprint'
            string split ' ' -- 'none'
        case '*:-w' '*:--website' '*:--secret-stdin' '*:--provider' '*:--unset' '*:--only' '*:--prefix' '*:--stdin' '*:--file'
            string split ' ' -- 'ask'
        case '*:--secret-file'
            string split ' ' -- 'ask=file'
        case '*:--secret-env'
            string split ' ' -- 'ask=variable'
        case '*:--format'
            string split ' ' -- 'words table json ndjson csv tsv'
        case '*:--color'
            string split ' ' -- 'words auto always never'
        case '*:--home' '*:--root'
            string split ' ' -- 'folder'
        case '*:--category' '*:--delimiter'
            string split ' ' -- 'words ai analytics communication crm email_marketing maps payment storage video'
        case '*:--status'
            string split ' ' -- 'words disabled unreadable error not_configured incomplete untested connected'
        case '*:--report' '*:--mapping' '*:--plan-out' '*:--db' '*:--content' '*:--out' '*:--to' '*:--bundle' '*:--dotenv' '*:--key-file' '*:--recovery-file'
            string split ' ' -- 'file'
        case '*:--annotate' '*:--mask'
            string split ' ' -- 'words auto on off'
        case '*:--style'
            string split ' ' -- 'words dotenv shell fish powershell'
        case '*:--unknown-fields'
            string split ' ' -- 'words fail drop'
        case '*:--include'
            string split ' ' -- 'variable'
        case '*:--test'
            string split ' ' -- 'words none before after'
        case '*:--prefer'
            string split ' ' -- 'words credentials env none'
        case '*:--as'
            string split ' ' -- 'words jsonl dotenv rails-db'
        case '*:--digest'
            string split ' ' -- 'words sha256 sha1'
        case '*:--by'
            string split ' ' -- 'words day week month'
        case '*:--slot'
            string split ' ' -- 'words keyring file env passphrase vault aws-kms'
    end
end

function __integrations_place -a command   # what the arguments of a command are
    switch $command
        case 'access grant' 'access revoke' 'add' 'disable' 'edit' 'enable' 'env' 'exec' 'export' 'get' 'history' 'key slot' 'providers show' 'rebind' 'remove' 'rollback' 'rotate' 'set' 'show' 'test' 'usage record' 'usage show' 'website remove' 'website rename' 'website show' 'website use'
            string split ' ' -- 'ask'
        case 'migrate airflow' 'migrate dotenv' 'migrate file' 'providers check' 'store backup' 'store restore'
            string split ' ' -- 'file'
        case 'completion install' 'completion remove' 'completion show'
            string split ' ' -- 'words bash zsh fish powershell'
        case 'help'
            string split ' ' -- 'words exit-codes environment formats leaks security words'
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
        case ls
            set first list
        case rm
            set first remove
        case create
            set first add
        case update
            set first set
        case delete
            set first remove
        case configure
            set first edit
        case available
            set command 'providers list'
        case websites
            set first website
        case provider
            set first providers
        case keys
            set first key
        case import
            set command 'migrate file'
    end
    switch $first
        case website
            set verb list
        case providers
            set verb list
        case migrate
            set verb
        case audit
            set verb list
        case usage
            set verb show
        case key
            set verb status
        case access
            set verb list
        case store
            set verb status
        case completion
            set verb
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
                case 'exec'
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
