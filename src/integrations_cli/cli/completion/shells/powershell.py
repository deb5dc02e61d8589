"""The script for PowerShell, 5.1 and later."""

from collections.abc import Iterable

from integrations_cli.cli.completion.shells import MARK
from integrations_cli.cli.completion.shells.data import Facts, Row, Value
from integrations_cli.cli.completion.shells.pieces import filled, lines

_SCRIPT = r"""# @MARK@
#
# Commands, options and closed values are answered here; the program is started for websites, providers and fields alone.

Register-ArgumentCompleter -Native -CommandName integrations -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $first = [ordered]@{
@FIRST@
    }
    $verbs = @{
@GROUPS@
    }
    $reading = @{ @READING@ }
    $aliases = @{ @ALIASES@ }
    $options = @(
@OPTIONS@
    )
    $values = @(
@VALUES@
    )
    $places = @(
@PLACES@
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
    } elseif (-not ($after -and @(@WRAPS@) -ccontains $name)) {
        $found = Find $places @($name)
        if ($found) { Offer '' $found.Takes $found.Words }
    }
}
"""


def script(facts: Facts) -> str:
    """PowerShell shows the help lines as tooltips."""
    parts = {
        "MARK": MARK,
        "FIRST": lines(8, (f"{_quoted(name)} = {_quoted(text)}" for name, text in facts.first)),
        "GROUPS": lines(8, (f"{_quoted(name)} = [ordered]@{{ {_pairs(rows)} }}" for name, rows in facts.second.items())),
        "READING": _pairs(facts.verbs.items()),
        "ALIASES": _pairs(facts.aliases.items()),
        "OPTIONS": lines(8, (line for one in facts.options for line in _options(*one))),
        "VALUES": lines(8, map(_value, facts.values)),
        "PLACES": lines(8, map(_value, facts.places)),
        "WRAPS": _listed(facts.wraps),
    }
    return filled(_SCRIPT, parts)


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(_quoted, words))


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{_quoted(name)} = {_quoted(text)}" for name, text in rows)


def _options(commands: tuple[str, ...], rows: tuple[Row, ...]) -> list[str]:
    cells = [f"    @({_quoted(name)}, {_quoted(row.help)}, ${str(row.repeatable).lower()})" for row in rows for name in row.names]
    listed = [f"{cell}," for cell in cells[:-1]] + cells[-1:]
    return [f"@{{ For = @({_listed(commands)}); Rows = @(", *listed, ") }"]


def _value(value: Value) -> str:
    return f"@{{ Keys = @({_listed(value.keys)}); Takes = '{value.takes}'; Words = @({_listed(value.words)}) }}"
