# Completion of edgeadm for bash. For this shell:
#   source <(edgeadm completion bash)

# Sets the subcommands and flags of a command.
__edgeadm_command() {
  subcommands='' flags=''
  case $1 in
@commands@
  esac
}

# Sets what may follow a flag of a command, or be its argument with that number; no kind: nothing follows.
__edgeadm_values() {
  kind='' values=''
  case $1 in
@values@
  esac
}

# Values that only the program knows.
__edgeadm_ask() {
  local options=() program=${COMP_WORDS[0]/#\~\//$HOME/}
  [[ -n $inventory ]] && options+=(--inventory "${inventory/#\~\//$HOME/}")
  [[ -n $kubeconfig ]] && options+=(--kubeconfig "${kubeconfig/#\~\//$HOME/}")
  "$program" completion --values "$1" "${options[@]}" 2>/dev/null </dev/null
}

# The line up to the cursor as edgeadm will see it: bash also splits words at = : and @.
__edgeadm_line() {
  local i word rest=$COMP_LINE
  line=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      line+=("$word")
    else
      line[${#line[@]} - 1]+=$word
    fi
    rest=${rest#"$word"}
  done
}

# Offers words that begin as the current one does, without the part that bash treats as a separate word. An @ opens a word.
__edgeadm_offer() {
  local word breaks=${COMP_WORDBREAKS//[^=:@]/} before=''
  [[ -n $breaks ]] && before=${current%"${current##*[$breaks]}"} && before=${before%@}
  for word; do
    [[ $word == "$current"* ]] && COMPREPLY+=("${word#"$before"}")
  done
}

# Offers the values of a flag or an argument; $2 is the text before the value in the current word.
__edgeadm_offer_values() {
  local kind values word list='' given=${current#"$2"}
  __edgeadm_values "$1"
  case $kind in
  files) compopt -o default 2>/dev/null ;;
  folders) compopt -o dirnames 2>/dev/null ;;
  hosts | nodepools | nodes | tokens | sandbox-*) values=$(__edgeadm_ask "$kind") ;;
  list)
    list=${given%"${given##*,}"}
    compopt -o nospace 2>/dev/null
    ;;
  esac
  for word in $values; do __edgeadm_offer "$2$list$word"; done
}

__edgeadm() {
  local IFS=$' \t\n' line subcommands flags kind values
  local command='' flag='' number=1 ended='' inventory='' kubeconfig='' word current i
  COMPREPLY=()
  __edgeadm_line
  current=${line[${#line[@]} - 1]}
  __edgeadm_command ''
  for ((i = 1; i < ${#line[@]} - 1; i++)); do
    word=${line[i]}
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
    elif ((number == 1)) && [[ " $subcommands " == *" $word "* ]]; then
      command=${command:+$command }$word
      __edgeadm_command "$command"
    else
      ((number++))
    fi
  done
  if [[ -n $flag ]]; then
    __edgeadm_offer_values "$command $flag" ''
  elif [[ -z $ended && $current == -*=* ]]; then
    __edgeadm_offer_values "$command ${current%%=*}" "${current%%=*}="
  elif [[ -z $ended && $current == -* ]]; then
    __edgeadm_offer $flags
  else
    ((number == 1)) && __edgeadm_offer $subcommands
    __edgeadm_offer_values "$command $number" ''
  fi
}

complete -F __edgeadm edgeadm
