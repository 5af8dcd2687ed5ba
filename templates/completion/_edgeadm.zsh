#compdef edgeadm
# Completion of edgeadm for zsh. For this shell, after compinit:
#   source <(edgeadm completion zsh)

# Sets the subcommands and flags of a command, as NAME:DESCRIPTION.
__edgeadm_command() {
  subcommands=() flags=()
  case $1 in
@commands@
  esac
}

# Sets what may follow a flag of a command, or be its argument with that number; no kind: nothing follows.
__edgeadm_values() {
  kind='' values=()
  case $1 in
@values@
  esac
}

# Values that only the program knows.
__edgeadm_ask() {
  local -a options
  [[ -n $inventory ]] && options+=(--inventory "${inventory/#\~\//$HOME/}")
  [[ -n $kubeconfig ]] && options+=(--kubeconfig "${kubeconfig/#\~\//$HOME/}")
  "${${(Q)words[1]}/#\~\//$HOME/}" completion --values "$1" "${options[@]}" 2>/dev/null </dev/null
}

__edgeadm_offer_values() {
  local kind
  local -a values
  __edgeadm_values "$1"
  case $kind in
  files) _files ;;
  folders) _files -/ ;;
  hosts | nodepools | nodes | tokens | sandbox-*)
    values=("${(@f)$(__edgeadm_ask $kind)}")
    compadd -- $values
    ;;
  list)
    compset -P '*,'
    compadd -S '' -- $values
    ;;
  words) compadd -- $values ;;
  esac
}

_edgeadm() {
  local command='' flag='' number=1 ended='' inventory='' kubeconfig='' word kind
  local -a subcommands flags values
  __edgeadm_command ''
  for word in "${(@Q)words[2,CURRENT-1]}"; do
    [[ $flag == --inventory ]] && inventory=$word
    [[ $flag == --kubeconfig ]] && kubeconfig=$word
    if [[ -n $flag ]]; then
      flag=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=yes
    elif [[ -z $ended && $word == --inventory=* ]]; then
      inventory=${word#*=}
    elif [[ -z $ended && $word == --kubeconfig=* ]]; then
      kubeconfig=${word#*=}
    elif [[ -z $ended && $word == -?* ]]; then
      __edgeadm_values "$command $word"
      [[ -n $kind ]] && flag=$word
    elif [[ $number == 1 && -n ${(M)subcommands:#${word}:*} ]]; then
      command=${command:+$command }$word
      __edgeadm_command "$command"
    else
      ((number++))
    fi
  done
  word=$words[CURRENT]
  if [[ -n $flag ]]; then
    __edgeadm_offer_values "$command $flag"
  elif [[ -z $ended && $word == -*=* ]]; then
    compset -P 1 '*='
    __edgeadm_offer_values "$command ${word%%=*}"
  elif [[ -z $ended && $word == -* ]]; then
    _describe -o flag flags
  else
    ((number == 1 && ${#subcommands})) && _describe command subcommands
    __edgeadm_offer_values "$command $number"
  fi
}

if [[ $funcstack[1] == _edgeadm ]]; then
  _edgeadm "$@"
else
  compdef _edgeadm edgeadm
fi
