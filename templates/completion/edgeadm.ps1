# Completion of edgeadm for PowerShell. For this session:
#   edgeadm completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'edgeadm', 'edgeadm.exe' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The subcommands and flags of a command, each with its description.
    $commands = @{
@commands@
    }
    # What may follow a flag of a command, or be its argument of that number: its kind, and the words of it.
    $values = @{
@values@
    }

    function Offer($text, $description) {
        if ($text.StartsWith($wordToComplete, [StringComparison]::Ordinal)) {
            [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $description)
        }
    }

    # $before is the text before the value in the current word.
    function OfferValues($key, $before) {
        if (-not $values.ContainsKey($key)) { return }
        $kind, $words = $values[$key]
        if ($kind -in 'hosts', 'nodepools', 'nodes', 'tokens', 'sandbox-nodes', 'sandbox-actions') {
            $words = & $program completion --values $kind @options 2>$null
        }
        if ($kind -eq 'list') {
            $before += $wordToComplete.Substring($before.Length) -replace '[^,]*$', ''
        }
        foreach ($word in $words) { Offer "$before$word" $word }
    }

    $line = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or
            ($_.Extent.EndOffset -eq $cursorPosition -and -not $wordToComplete) } | ForEach-Object { "$_" })
    $program = $line[0]
    $command = ''
    $flag = ''
    $number = 1
    $ended = $false
    $options = @()
    foreach ($word in $line | Select-Object -Skip 1) {
        if ($flag -in '--inventory', '--kubeconfig') { $options += $flag, $word }
        if ($flag) {
            $flag = ''
        } elseif (-not $ended -and $word -eq '--') {
            $ended = $true
        } elseif (-not $ended -and $word -match '^--(inventory|kubeconfig)=') {
            $options += $word
        } elseif (-not $ended -and $word -like '-?*') {
            if ($values.ContainsKey("$command $word")) { $flag = $word }
        } elseif ($number -eq 1 -and ($commands[$command] | Where-Object { $_[0] -eq $word })) {
            $command = "$command $word".Trim()
        } else {
            $number++
        }
    }
    if ($flag) {
        OfferValues "$command $flag" ''
    } elseif (-not $ended -and $wordToComplete -match '^(-[^=]*)=') {
        OfferValues "$command $($Matches[1])" "$($Matches[1])="
    } elseif (-not $ended -and $wordToComplete -like '-*') {
        $commands[$command] | Where-Object { $_[0] -like '-*' } | ForEach-Object { Offer $_[0] $_[1] }
    } else {
        if ($number -eq 1) {
            $commands[$command] | Where-Object { $_[0] -notlike '-*' } | ForEach-Object { Offer $_[0] $_[1] }
        }
        OfferValues "$command $number" ''
    }
}
