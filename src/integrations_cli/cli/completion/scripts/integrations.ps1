# completion of integrations; generated from its command tree by integrations_cli.cli.generate
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

Register-ArgumentCompleter -Native -CommandName integrations -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $first = [ordered]@{
        'add' = 'add an integration: ask, test, save'
        'list' = 'list the integrations of a website'
        'show' = 'show one integration as a card, masked'
        'test' = 'ask the provider whether the credentials work'
        'set' = 'change settings, or fill in a missing credential'
        'rotate' = 'replace a credential: test, swap, test again'
        'exec' = 'run a command with credentials in its environment'
        'due' = 'what expires, or should be replaced soon'
        'edit' = 'answer the questions again; Enter keeps'
        'enable' = 'switch an integration on again; the configuration stays'
        'disable' = 'switch an integration off; the configuration stays'
        'rollback' = 'go back to the credential before the last rotation'
        'rebind' = 'confirm where a key is sent, after its definition changed'
        'remove' = 'destroy the credentials and remove the integration'
        'get' = 'print one setting, or reveal one credential'
        'env' = 'show what exec would set, masked'
        'website' = 'the websites you look after'
        'providers' = 'the catalogue'
        'migrate' = 'copy keys from where they lie now'
        'export' = 'write a sealed export file'
        'audit' = 'who did what'
        'history' = 'show what was done with one integration, newest first'
        'usage' = 'calls and errors'
        'who-uses' = 'find every integration with this value, in all websites'
        'doctor' = 'look the store over, and say how to mend it'
        'init' = 'create store, slot and recovery key; safe to repeat'
        'key' = 'how the store is unlocked'
        'access' = 'who may do what'
        'store' = 'where the data is'
        'completion' = 'TAB'
        'demo' = 'show the tool at work, in a throw-away home'
        'help' = 'show a page on one topic'
    }
    $verbs = @{
        'website' = [ordered]@{ 'add' = 'add a website'; 'list' = 'list the websites'; 'remove' = 'destroy the website''s key and everything under it'; 'rename' = 'change the slug; nothing is re-encrypted'; 'show' = 'show one website with its counts'; 'use' = 'choose the website that commands take when none is given' }
        'providers' = [ordered]@{ 'check' = 'check a definition of a provider of your own'; 'list' = 'list the catalogue'; 'show' = 'show fields, where to get a key, and what a test sends' }
        'migrate' = [ordered]@{ 'airflow' = 'copy keys from connections of Apache Airflow'; 'apply' = 'apply a reviewed plan, unless something changed since'; 'column' = 'copy keys from columns of any table'; 'dotenv' = 'copy keys from .env files'; 'env' = 'copy keys from the environment of this process'; 'file' = 'copy keys from an export of ours or of others'; 'rails' = 'copy keys from a Rails application in one plan'; 'rails-credentials' = 'copy keys from a Rails credentials file'; 'rails-db' = 'copy keys from a Rails database: rows and old columns' }
        'audit' = [ordered]@{ 'checkpoint' = 'print one line to keep elsewhere'; 'export' = 'write the entries for another system'; 'list' = 'list who did what, newest first'; 'verify' = 'check that no audit entry was changed, inserted or cut' }
        'usage' = [ordered]@{ 'record' = 'count a use (fast, no key, no audit entry)'; 'show' = 'calls and errors over time' }
        'key' = [ordered]@{ 'affected' = 'list the credentials to change after a leak'; 'recovery' = 'make a new recovery key, or prove the one you have'; 'rotate' = 'replace the store''s own keys'; 'slot' = 'list, add or remove a way to unlock the store'; 'status' = 'say how the store is unlocked, and whether it can be' }
        'access' = [ordered]@{ 'grant' = 'give somebody a role on a website'; 'list' = 'list who may do what'; 'revoke' = 'take a role away, and list what it let them read' }
        'store' = [ordered]@{ 'abandon-credentials' = 'start anew when every key of the store is lost'; 'accept-restore' = 'allow writing to a restored store'; 'backup' = 'write a copy of the store, 0600'; 'restore' = 'put a backup back, or try whether that would work'; 'status' = 'say where the store is, and which schema it has'; 'sweep' = 'destroy old credentials whose grace is over'; 'upgrade' = 'bring the schema of the store up to date' }
        'completion' = [ordered]@{ 'install' = 'write the completion file where your shell looks for it'; 'remove' = 'remove what completion install has written'; 'show' = 'print the completion file of a shell' }
    }
    $reading = @{ 'website' = 'list'; 'providers' = 'list'; 'audit' = 'list'; 'usage' = 'show'; 'key' = 'status'; 'access' = 'list'; 'store' = 'status' }
    $aliases = @{ 'ls' = 'list'; 'rm' = 'remove'; 'create' = 'add'; 'update' = 'set'; 'delete' = 'remove'; 'configure' = 'edit'; 'available' = 'providers list'; 'websites' = 'website'; 'provider' = 'providers'; 'keys' = 'key'; 'import' = 'migrate file' }
    $options = @(
        @{ For = @('add'); Rows = @(
            @('--no-test', 'save without asking the provider', $false),
            @('--on-conflict', 'when it is set up already', $false),
            @('--expires', 'when the credential ends, like 2027-01-31', $false),
            @('--questions', 'list what would be asked, and stop', $false)
        ) }
        @{ For = @('add', 'set', 'edit'); Rows = @(
            @('--allow-custom-endpoint', 'the host is my own server, not the vendor''s', $false)
        ) }
        @{ For = @('add', 'list', 'show', 'test', 'set', 'rotate', 'exec', 'due', 'edit', 'enable', 'disable', 'rollback', 'rebind', 'remove', 'get', 'env', 'migrate airflow', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'export', 'audit export', 'audit list', 'history', 'usage record', 'usage show', 'doctor', 'access grant', 'access list', 'access revoke'); Rows = @(
            @('-w', 'the website; else INTEGRATIONS_WEBSITE, else the current one', $false),
            @('--website', 'the website; else INTEGRATIONS_WEBSITE, else the current one', $false)
        ) }
        @{ For = @('add', 'set', 'rotate', 'migrate apply', 'migrate column', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'export', 'doctor'); Rows = @(
            @('--secret-stdin', 'read this credential from standard input', $false),
            @('--secret-file', 'read this credential from a file', $true),
            @('--secret-env', 'read this credential from a variable', $true)
        ) }
        @{ For = @('add', 'list', 'show', 'test', 'due', 'env', 'website list', 'website show', 'providers check', 'providers list', 'providers show', 'migrate airflow', 'migrate apply', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'audit list', 'audit verify', 'history', 'usage show', 'who-uses', 'doctor', 'key affected', 'key slot', 'key status', 'access grant', 'access list', 'access revoke', 'store status'); Rows = @(
            @('--format', 'how results are printed', $false),
            @('--json', 'the same as --format json', $false),
            @('--fields', 'only these columns', $false),
            @('--no-header', 'no header line', $false),
            @('--iso', 'ISO times instead of relative ones', $false)
        ) }
        @{ For = @('list', 'providers list'); Rows = @(
            @('--category', 'only this category', $false)
        ) }
        @{ For = @('list'); Rows = @(
            @('--provider', 'only this provider', $false),
            @('--status', 'only this status, such as error', $false),
            @('--expiring', 'only what expires within this time', $false),
            @('--unused-for', 'only what was not used for this time', $false),
            @('--available', 'what is not set up yet, and could be added', $false),
            @('--tree', 'the whole catalogue as a tree', $false)
        ) }
        @{ For = @('list', 'test', 'due', 'export', 'audit export', 'audit list', 'history', 'usage show', 'access list', 'access revoke'); Rows = @(
            @('-A', 'every website', $false),
            @('--all-websites', 'every website', $false)
        ) }
        @{ For = @('test'); Rows = @(
            @('--all', 'every integration that is switched on', $false),
            @('--category', 'every one of this category', $false),
            @('--max-age', 'use younger answers again', $false),
            @('--jobs', 'how many at once', $false),
            @('--timeout', 'how long each provider may take in all', $false),
            @('--fail-on', 'the outcomes that end in 20 or 21', $false),
            @('--report', 'junit, json or markdown; 0600', $true),
            @('--explain', 'say what would be sent, and send nothing', $false)
        ) }
        @{ For = @('test', 'due', 'migrate airflow', 'migrate apply', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'doctor'); Rows = @(
            @('--annotate', 'annotations for GitHub Actions', $false)
        ) }
        @{ For = @('set'); Rows = @(
            @('--unset', 'back to the default, or without it; repeatable', $true),
            @('--no-test', 'do not ask the provider', $false)
        ) }
        @{ For = @('rotate'); Rows = @(
            @('--keep', 'how long the old one is kept: 24h, or 0', $false),
            @('--resume', 'go on with a rotation that was stopped, or got no answer', $false),
            @('--abort', 'destroy the new credential that waits', $false),
            @('--rollback', 'bring back the credential of before', $false),
            @('--finish', 'destroy the old credential now', $false),
            @('--accept-limited', 'take a key whose scope or plan is limited', $false),
            @('--unchecked', 'do not ask the provider; needs --reason', $false),
            @('--reason', 'why without a test; kept in the audit log', $false),
            @('--allow-account-change', 'take a key of another account', $false)
        ) }
        @{ For = @('rotate', 'rollback', 'rebind', 'website rename', 'migrate airflow', 'migrate apply', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'doctor', 'init', 'key rotate', 'access revoke', 'store accept-restore', 'store upgrade'); Rows = @(
            @('-y', 'do not ask', $false),
            @('--yes', 'do not ask', $false)
        ) }
        @{ For = @('exec'); Rows = @(
            @('--category', 'every enabled one of this category', $false),
            @('--all', 'every enabled one', $false),
            @('--only', 'only these variables or fields', $true),
            @('--prefix', 'put this before every name', $false),
            @('--pristine', 'keep only PATH, HOME and the like of this environment', $false),
            @('--strict', 'refuse if a variable is set already, or a field is missing', $false),
            @('--stdin', 'feed this credential to its standard input', $false),
            @('--file', 'a file with this credential, its path in NAME_FILE', $true),
            @('--mask', 'take values out of its output', $false)
        ) }
        @{ For = @('due'); Rows = @(
            @('--within', 'how far ahead', $false),
            @('--older-than', 'the age at which to replace a key, or never', $false),
            @('--unused-for', 'also what was not used for this time', $false)
        ) }
        @{ For = @('enable', 'disable'); Rows = @(
            @('--reason', 'why; kept in clear in the audit log', $false)
        ) }
        @{ For = @('remove', 'website remove', 'export', 'key slot', 'store abandon-credentials', 'store restore'); Rows = @(
            @('--confirm', 'confirm by name, where nobody can be asked', $false)
        ) }
        @{ For = @('get'); Rows = @(
            @('--reveal', 'print the credential', $false),
            @('--copy', 'put the credential into the clipboard', $false),
            @('--clear-after', 'when the clipboard is cleared', $false),
            @('--no-newline', 'print the value alone', $false)
        ) }
        @{ For = @('get', 'env'); Rows = @(
            @('--allow-reveal', 'reveal even in CI or under a coding assistant', $false)
        ) }
        @{ For = @('env'); Rows = @(
            @('--reveal', 'print the values, as --style says', $false),
            @('--style', 'how revealed values are written', $false),
            @('--github-env', 'hand them to the later steps of a GitHub job', $false)
        ) }
        @{ For = @('website add'); Rows = @(
            @('--name', 'its full name', $false),
            @('--use', 'make it the current website', $false)
        ) }
        @{ For = @('website use'); Rows = @(
            @('--clear', 'choose none', $false)
        ) }
        @{ For = @('providers list'); Rows = @(
            @('--search', 'only names, titles and descriptions with this text', $false)
        ) }
        @{ For = @('providers show'); Rows = @(
            @('--open', 'open the page where a key is made, in a browser', $false)
        ) }
        @{ For = @('providers show', 'audit list', 'history', 'help'); Rows = @(
            @('--no-pager', 'print it all at once', $false)
        ) }
        @{ For = @('migrate airflow', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db'); Rows = @(
            @('--on-conflict', 'when the store has another value', $false),
            @('--continue-on-error', 'write the good lines although others are bad', $false),
            @('--batch', 'lines per transaction; else 1000, of a long file 4000', $false),
            @('--allow-incomplete', 'save integrations that lack a required field', $false),
            @('--unknown-fields', 'what the provider has no field for', $false),
            @('--only', 'only these providers', $true),
            @('--include', 'take this ambiguous name as well', $true),
            @('--mapping', 'names of the source and what they are here, in TOML', $false),
            @('--by-prefix', 'ACME_STRIPE_SECRET_KEY belongs to the website acme', $false),
            @('--fan-out', 'copy the platform''s keys to these websites', $false),
            @('--create-websites', 'add websites that are not there yet', $false),
            @('--test', 'ask the providers', $false),
            @('--plan-out', 'save the plan for review, and stop', $false),
            @('--show-ignored', 'list what was left alone, and why', $false)
        ) }
        @{ For = @('migrate airflow', 'migrate apply', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db'); Rows = @(
            @('--report', 'write a JSON report, 0600', $false)
        ) }
        @{ For = @('migrate airflow', 'migrate apply', 'migrate column', 'migrate dotenv', 'migrate env', 'migrate file', 'migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'key rotate', 'access revoke', 'store upgrade'); Rows = @(
            @('-n', 'show what would happen, and stop', $false),
            @('--dry-run', 'show what would happen, and stop', $false)
        ) }
        @{ For = @('migrate column'); Rows = @(
            @('--table', 'the table', $false),
            @('--column', 'what a column holds; COLUMN.NAME is inside JSON', $true),
            @('--id-column', 'what tells the rows apart; else the primary key', $false)
        ) }
        @{ For = @('migrate column', 'migrate rails', 'migrate rails-db', 'doctor'); Rows = @(
            @('--db', 'an SQLite database; it is copied, and the copy is read', $false),
            @('--dsn', 'a PostgreSQL database, without a password', $false)
        ) }
        @{ For = @('migrate column', 'migrate rails', 'migrate rails-db'); Rows = @(
            @('--schema', 'the schema of the tables; else the search path decides', $false),
            @('--website-column', 'the column that names the website', $false)
        ) }
        @{ For = @('migrate file'); Rows = @(
            @('--delimiter', 'what stands between the cells of a table; else the header tells', $false)
        ) }
        @{ For = @('migrate rails', 'migrate rails-credentials', 'migrate rails-db', 'doctor'); Rows = @(
            @('--root', 'the Rails application; else this folder', $false)
        ) }
        @{ For = @('migrate rails', 'migrate rails-credentials', 'migrate rails-db'); Rows = @(
            @('--rails-env', 'its environment', $false)
        ) }
        @{ For = @('migrate rails', 'migrate rails-credentials'); Rows = @(
            @('--under', 'only what stands below this name', $false)
        ) }
        @{ For = @('migrate rails'); Rows = @(
            @('--prefer', 'where file and environment differ', $false)
        ) }
        @{ For = @('migrate rails', 'migrate rails-db'); Rows = @(
            @('--table', 'the integrations table, if it is not found', $false),
            @('--websites-table', 'the websites table', $false),
            @('--no-legacy-columns', 'leave maps_api_key and its like alone', $false),
            @('--allow-unencrypted-rows', 'take JSON that was never encrypted', $false),
            @('--try-published', 'try the development keys that anybody may know', $false),
            @('--try-public-keys', 'try the development keys that anybody may know', $false)
        ) }
        @{ For = @('migrate rails-credentials'); Rows = @(
            @('--content', 'this credentials file and no other', $false)
        ) }
        @{ For = @('export'); Rows = @(
            @('--out', 'a new file, 0600; - is standard output', $false),
            @('--without-credentials', 'settings and states only; needs no key', $false),
            @('--plaintext', 'not sealed: whoever has the file has the keys', $false),
            @('--accept-plaintext', 'consent where nobody can be asked', $false),
            @('--as', 'the form of a plain file, or rows for Rails', $false),
            @('--digest', 'rows for Rails: sha1 where its defaults are those of 7.0 or older', $false)
        ) }
        @{ For = @('audit export'); Rows = @(
            @('--to', 'the file, 0600; - for standard output', $false),
            @('--format', 'one entry a line', $false)
        ) }
        @{ For = @('audit export', 'audit list', 'history', 'usage show'); Rows = @(
            @('--since', 'how far back', $false)
        ) }
        @{ For = @('audit list', 'history'); Rows = @(
            @('--action', 'only this, such as rotation or credential.revealed', $false),
            @('--who', 'only what this person did: maria, or maria@pc7', $false),
            @('--limit', 'at most this many; else 50', $false)
        ) }
        @{ For = @('audit verify'); Rows = @(
            @('--state', 'compare settings, states and versions with the log as well', $false),
            @('--since', 'a checkpoint, a file with checkpoints, or - for stdin', $false)
        ) }
        @{ For = @('usage record'); Rows = @(
            @('--count', 'how many uses', $false),
            @('--error', 'they failed: the class of the error', $false),
            @('--action', 'what was done', $false)
        ) }
        @{ For = @('usage show'); Rows = @(
            @('--by', 'what one cell of the line is', $false)
        ) }
        @{ For = @('who-uses'); Rows = @(
            @('--file', 'read the leaked value from this file; - is standard input', $false),
            @('--fingerprint', 'the place with this fingerprint; needs no key', $false)
        ) }
        @{ For = @('doctor'); Rows = @(
            @('--deep', 'the whole file, the log, every credential opened; needs the key', $false),
            @('--network', 'whether the providers can be reached; nothing is sent', $false),
            @('--fix', 'mend what is safe to mend: permissions, what is overdue to be destroyed', $false),
            @('--bundle', 'write a report without names, for a bug report', $false),
            @('--dotenv', 'look for legacy keys in this file too', $true)
        ) }
        @{ For = @('init'); Rows = @(
            @('--slot', 'keyring, file, env, passphrase, vault, aws-kms', $false),
            @('--key-file', 'make a key in this new file, 0600, for INTEGRATIONS_KEY_FILE', $false),
            @('--recovery-file', 'write the recovery key to this new file, 0600', $false),
            @('--website', 'add this website as well', $false)
        ) }
        @{ For = @('init', 'store abandon-credentials'); Rows = @(
            @('--no-recovery', 'go without a recovery key', $false)
        ) }
        @{ For = @('key recovery'); Rows = @(
            @('--test', 'prove that the one you have opens the store', $false)
        ) }
        @{ For = @('key rotate'); Rows = @(
            @('--root', 'a new root key: every data key and slot is sealed anew', $false),
            @('--reencrypt', 'new data, fingerprint and audit keys, while others work', $false),
            @('--resume', 'go on with a re-encryption that was stopped', $false),
            @('--recovery-file', '--root: write the new recovery key to this new file, 0600', $false),
            @('--no-recovery', '--root: go without a recovery key', $false)
        ) }
        @{ For = @('key slot'); Rows = @(
            @('--key-file', 'add env: make the key in this new file, for INTEGRATIONS_KEY_FILE', $false)
        ) }
        @{ For = @('key status'); Rows = @(
            @('--verify', 'unlock with each slot that is present', $false)
        ) }
        @{ For = @('store abandon-credentials'); Rows = @(
            @('--slot', 'what unlocks the store from now on', $false),
            @('--recovery-file', 'write the new recovery key to this new file, 0600', $false)
        ) }
        @{ For = @('store restore'); Rows = @(
            @('--drill', 'only try whether everything in it opens here; the store stays', $false)
        ) }
        @{ For = @(); Rows = @(
            @('-q', 'results and errors only', $false),
            @('--quiet', 'results and errors only', $false),
            @('-v', 'say more, where there is more to say', $false),
            @('--verbose', 'say more, where there is more to say', $false),
            @('--no-input', 'never ask', $false),
            @('--color', 'colour', $false),
            @('--ascii', 'ASCII symbols only', $false),
            @('--debug', 'show where an unexpected error came from, without values', $false),
            @('--home', 'keep everything under this folder', $false),
            @('--key-fd', 'read the store''s key from this descriptor', $false),
            @('-h', 'show this help', $false),
            @('--help', 'show this help', $false)
        ) }
    )
    $values = @(
        @{ Keys = @('init:--website'); Takes = 'none'; Words = @() }
        @{ Keys = @('audit export:--format'); Takes = 'words'; Words = @('ndjson', 'csv') }
        @{ Keys = @('test:--report'); Takes = 'none'; Words = @() }
        @{ Keys = @('exec:--only'); Takes = 'none'; Words = @() }
        @{ Keys = @('who-uses:--file'); Takes = 'file'; Words = @() }
        @{ Keys = @('key recovery:--test'); Takes = ''; Words = @() }
        @{ Keys = @('key rotate:--root'); Takes = ''; Words = @() }
        @{ Keys = @('*:--no-test', '*:--allow-custom-endpoint', '*:--questions', '*:--json', '*:--no-header', '*:--iso', '*:-q', '*:--quiet', '*:-v', '*:--verbose', '*:--no-input', '*:--ascii', '*:--debug', '*:-h', '*:--help', '*:--available', '*:--tree', '*:-A', '*:--all-websites', '*:--all', '*:--explain', '*:--resume', '*:--abort', '*:--rollback', '*:--finish', '*:--accept-limited', '*:--unchecked', '*:--allow-account-change', '*:-y', '*:--yes', '*:--pristine', '*:--strict', '*:--reveal', '*:--copy', '*:--no-newline', '*:--allow-reveal', '*:--github-env', '*:--use', '*:--clear', '*:--open', '*:--no-pager', '*:--continue-on-error', '*:--allow-incomplete', '*:--by-prefix', '*:--create-websites', '*:--show-ignored', '*:-n', '*:--dry-run', '*:--no-legacy-columns', '*:--allow-unencrypted-rows', '*:--try-published', '*:--try-public-keys', '*:--without-credentials', '*:--plaintext', '*:--accept-plaintext', '*:--state', '*:--deep', '*:--network', '*:--fix', '*:--no-recovery', '*:--reencrypt', '*:--verify', '*:--drill'); Takes = ''; Words = @() }
        @{ Keys = @('*:--on-conflict'); Takes = 'words'; Words = @('fail', 'skip', 'update') }
        @{ Keys = @('*:--expires', '*:--fields', '*:--key-fd', '*:--expiring', '*:--unused-for', '*:--max-age', '*:--jobs', '*:--timeout', '*:--fail-on', '*:--keep', '*:--reason', '*:--within', '*:--older-than', '*:--confirm', '*:--clear-after', '*:--name', '*:--search', '*:--batch', '*:--fan-out', '*:--table', '*:--column', '*:--dsn', '*:--schema', '*:--website-column', '*:--id-column', '*:--rails-env', '*:--under', '*:--websites-table', '*:--since', '*:--action', '*:--who', '*:--limit', '*:--count', '*:--error', '*:--fingerprint'); Takes = 'none'; Words = @() }
        @{ Keys = @('*:-w', '*:--website', '*:--secret-stdin', '*:--provider', '*:--unset', '*:--only', '*:--prefix', '*:--stdin', '*:--file'); Takes = 'ask'; Words = @() }
        @{ Keys = @('*:--secret-file'); Takes = 'ask=file'; Words = @() }
        @{ Keys = @('*:--secret-env'); Takes = 'ask=variable'; Words = @() }
        @{ Keys = @('*:--format'); Takes = 'words'; Words = @('table', 'json', 'ndjson', 'csv', 'tsv') }
        @{ Keys = @('*:--color'); Takes = 'words'; Words = @('auto', 'always', 'never') }
        @{ Keys = @('*:--home', '*:--root'); Takes = 'folder'; Words = @() }
        @{ Keys = @('*:--category', '*:--delimiter'); Takes = 'words'; Words = @('ai', 'analytics', 'communication', 'crm', 'email_marketing', 'maps', 'payment', 'storage', 'video') }
        @{ Keys = @('*:--status'); Takes = 'words'; Words = @('disabled', 'unreadable', 'error', 'not_configured', 'incomplete', 'untested', 'connected') }
        @{ Keys = @('*:--report', '*:--mapping', '*:--plan-out', '*:--db', '*:--content', '*:--out', '*:--to', '*:--bundle', '*:--dotenv', '*:--key-file', '*:--recovery-file'); Takes = 'file'; Words = @() }
        @{ Keys = @('*:--annotate', '*:--mask'); Takes = 'words'; Words = @('auto', 'on', 'off') }
        @{ Keys = @('*:--style'); Takes = 'words'; Words = @('dotenv', 'shell', 'fish', 'powershell') }
        @{ Keys = @('*:--unknown-fields'); Takes = 'words'; Words = @('fail', 'drop') }
        @{ Keys = @('*:--include'); Takes = 'variable'; Words = @() }
        @{ Keys = @('*:--test'); Takes = 'words'; Words = @('none', 'before', 'after') }
        @{ Keys = @('*:--prefer'); Takes = 'words'; Words = @('credentials', 'env', 'none') }
        @{ Keys = @('*:--as'); Takes = 'words'; Words = @('jsonl', 'dotenv', 'rails-db') }
        @{ Keys = @('*:--digest'); Takes = 'words'; Words = @('sha256', 'sha1') }
        @{ Keys = @('*:--by'); Takes = 'words'; Words = @('day', 'week', 'month') }
        @{ Keys = @('*:--slot'); Takes = 'words'; Words = @('keyring', 'file', 'env', 'passphrase', 'vault', 'aws-kms') }
    )
    $places = @(
        @{ Keys = @('access grant', 'access revoke', 'add', 'disable', 'edit', 'enable', 'env', 'exec', 'export', 'get', 'history', 'key slot', 'providers show', 'rebind', 'remove', 'rollback', 'rotate', 'set', 'show', 'test', 'usage record', 'usage show', 'website remove', 'website rename', 'website show', 'website use'); Takes = 'ask'; Words = @() }
        @{ Keys = @('migrate airflow', 'migrate dotenv', 'migrate file', 'providers check', 'store backup', 'store restore'); Takes = 'file'; Words = @() }
        @{ Keys = @('completion install', 'completion remove', 'completion show'); Takes = 'words'; Words = @('bash', 'zsh', 'fish', 'powershell') }
        @{ Keys = @('help'); Takes = 'words'; Words = @('exit-codes', 'environment', 'formats', 'leaks', 'security', 'words') }
    )

    function Show($text, $help) {
        if ($text -like ([WildcardPattern]::Escape($current) + '*')) {
            if (-not $help) { $help = $text }
            [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $help)
        }
    }
    function ShowAll($rows) { foreach ($name in $rows.Keys) { Show $name $rows[$name] } }
    function Find($rows, $keys) { foreach ($row in $rows) { foreach ($key in $keys) { if ($row.Keys -ccontains $key) { return $row } } } }
    function Ask {
        # what is typed behind NAME= is not handed on; Windows PowerShell loses an empty argument: the last word is sent behind a dot
        $sent = @(@($line | Select-Object -Skip 1) + $current | ForEach-Object { $_ -replace '^([^-=][^=]*=).*', '$1' })
        $sent[-1] = '.' + $sent[-1]
        & $line[0] __complete powershell @sent 2>$null | ForEach-Object { $cells = $_ -split "`t", 2; Show $cells[0] $cells[1] }
    }
    function Offer($head, $takes, $words) {
        $part = $current.Substring($head.Length)
        if ($takes -like 'ask=*') {
            if (-not $part.Contains('=')) { return Ask }
            return Offer ($head + $part.Substring(0, $part.IndexOf('=') + 1)) $takes.Substring(4) @()
        }
        switch ($takes) {
            'ask' { Ask }
            'words' { foreach ($word in $words) { Show ($head + $word) } }
            'variable' { foreach ($one in (Get-ChildItem Env:)) { Show ($head + $one.Name) } }
            { $_ -in 'file', 'folder' } {
                foreach ($one in [System.Management.Automation.CompletionCompleters]::CompleteFilename($part)) {
                    $text = $head + $one.CompletionText
                    [System.Management.Automation.CompletionResult]::new($text, $one.ListItemText, $one.ResultType, $one.ToolTip)
                }
            }
        }
    }

    $current = $wordToComplete
    $line = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    if ($current -eq '' -and $commandAst.CommandElements[-1].Extent.EndOffset -eq $cursorPosition) {
        $current = $commandAst.CommandElements[-1].Extent.Text
    }
    if ($line.Count -le 1) {
        if ($current.StartsWith('-')) { foreach ($one in '--help', '--version', '-h', '-V') { Show $one } } else { ShowAll $first }
        return
    }

    $name = $line[1]
    if ($aliases.ContainsKey($name)) { $name = $aliases[$name] }
    $skip = 2
    if ($verbs.ContainsKey($name)) {
        $second = if ($line.Count -gt 2) { $line[2] } else { $current }
        if ($second.StartsWith('-') -and $reading.ContainsKey($name)) { $name = $name + ' ' + $reading[$name] }
        elseif ($line.Count -eq 2) { ShowAll $verbs[$name]; return }
        else { $name = $name + ' ' + $second; $skip = 3 }
    }

    $valued = $null; $after = $false
    for ($at = $skip; $at -lt $line.Count; $at++) {
        $word = $line[$at]
        if ($valued) { $valued = $null }
        elseif ($word -eq '--') { $after = $true; break }
        elseif ($word.StartsWith('-') -and -not $word.Contains('=') -and (Find $values @("${name}:$word", "*:$word"))) { $valued = $word }
    }
    if ($valued) {
        $found = Find $values @("${name}:$valued", "*:$valued")
        Offer '' $found.Takes $found.Words
    } elseif (-not $after -and $current -like '--*=*') {
        $option = $current.Substring(0, $current.IndexOf('='))
        $found = Find $values @("${name}:$option", "*:$option")
        if ($found) { Offer ($option + '=') $found.Takes $found.Words }
    } elseif (-not $after -and $current.StartsWith('-')) {
        foreach ($group in $options) {
            if ($group.For.Count -eq 0 -or $group.For -ccontains $name) {
                foreach ($row in $group.Rows) { if ($row[2] -or $line -cnotcontains $row[0]) { Show $row[0] $row[1] } }
            }
        }
    } elseif (-not ($after -and @('exec') -ccontains $name)) {
        $found = Find $places @($name)
        if ($found) { Offer '' $found.Takes $found.Words }
    }
}
