# Completion of edgeadm for fish. For this shell:
#   edgeadm completion fish | source

# The subcommands and flags of a command, each with its description behind a tab.
function __edgeadm_command
    switch $argv[1]
@commands@
    end
end

# What may follow a flag of a command, or be its argument of that number: its kind, and the words of it.
function __edgeadm_values
    switch $argv[1]
@values@
    end
end

# Prints the values of a flag or an argument; $argv[2] is the text before the value in the current word.
function __edgeadm_offer_values --no-scope-shadowing
    set -l before $argv[2]
    set -l given (string sub -s (math 1 + (string length -- $before)) -- $current)
    set -l values (__edgeadm_values $argv[1])
    set -l kind $values[1]
    set -e values[1]
    switch "$kind"
        case files
            set values (__fish_complete_path "$given")
        case folders
            set values (__fish_complete_directories "$given" '')
        case hosts nodepools nodes tokens 'sandbox-*'
            set values ($program completion --values $kind $options 2>/dev/null </dev/null)
        case list
            set before $before(string replace -r '[^,]*$' '' -- "$given")
    end
    for value in $values
        echo -- $before$value
    end
end

function __edgeadm
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l command ''
    set -l flag ''
    set -l number 1
    set -l ended no
    set -l options
    for word in $words
        if contains -- "$flag" --inventory --kubeconfig
            set -a options $flag (string replace -r '^~/' $HOME/ -- $word)
        end
        if test -n "$flag"
            set flag ''
        else if test $ended = no; and test "$word" = --
            set ended yes
        else if test $ended = no; and string match -qr -- '^--(inventory|kubeconfig)=' $word
            set -a options $word
        else if test $ended = no; and string match -q -- '-?*' $word
            test -n "$(__edgeadm_values "$command $word")"; and set flag $word
        else if test $number = 1; and __edgeadm_command "$command" | string match -qr -- '^'(string escape --style=regex -- $word)\t
            set command (string trim -- "$command $word")
        else
            set number (math $number + 1)
        end
    end
    if test -n "$flag"
        __edgeadm_offer_values "$command $flag" ''
    else if test $ended = no; and string match -q -- '-*=*' $current
        set flag (string replace -r '=.*' '' -- $current)
        __edgeadm_offer_values "$command $flag" "$flag="
    else if test $ended = no; and string match -q -- '-*' $current
        __edgeadm_command "$command" | string match -- '-*'
    else
        test $number = 1; and __edgeadm_command "$command" | string match -v -- '-*'
        __edgeadm_offer_values "$command $number" ''
    end
end

complete -c edgeadm -f -a '(__edgeadm)'
