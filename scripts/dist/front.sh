#!/bin/sh
# edgeadm @VERSION@ for linux-@ARCH@. This file is a shell script with a small archive behind it, of zstd and what that
# needs, and the two halves of the program, which that zstd unpacks. The first start unpacks them, later ones only check.
# The licences of what is packed, and where its sources are, lie beside the unpacked program: THIRD_PARTY_LICENSES.
# Between the archive and the halves are the pages of help, which are shown without the program, as is the version.

NAME=@NAME@
LOADER=@LOADER@
FILES='@FILES@'
SIZES='@SIZES@'
MEGABYTES=@MEGABYTES@
HALF=@HALF@

sums() {
  cat <<'SUMS'
@SUMS@
SUMS
}

# Answers what is known beforehand, exactly as the program would (entry/start.ts): that takes a tenth of the time, works on a
# full disk, and unpacks nothing. Returns if the program has to be asked.
answer_early() { # ARGUMENT...
  case $#${1-} in
  1version | 1--version)
    complete || return
    printf '%s\n' '@SHOWN@'
    exit
    ;;
  esac
  [ ! -t 1 ] && [ -z "${OCLIF_COLUMNS-}${COLUMNS-}${FORCE_COLOR-}${DEBUG-}" ] && find_page "$@" && complete || return
  {
    skip $((PAGES + block)) || return
    head -c "$length"
  } <"$self"
  exit
}

# Sets $block and $length to where the page is that is asked for: `help join`, `join --help`, or nothing at all.
find_page() { # ARGUMENT...
  case ${1-help} in
  help)
    [ $# = 0 ] || shift
    set -- "$@" --help
    ;;
  esac
  page=''
  while [ $# -gt 1 ]; do
    case $1 in *[!a-z-]* | '') return 1 ;; esac
    page="$page $1"
    shift
  done
  case $1 in --help | -h) ;; *) return 1 ;; esac
  case $page in
@HELP@
  *) return 1 ;;
  esac
}

# Mode, owner, group and size of FOLDER and every folder above it, then of the files in it.
facts() { # FOLDER FILES
  folder=$1 files=$2 rest=${1#/} path=''
  set -- /
  while [ -n "$rest" ]; do
    path=$path/${rest%%/*}
    set -- "$@" "$path"
    case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
  done
  for file in $files; do set -- "$@" "$folder/$file"; done
  # No /dev/null here: a machine in trouble may have none.
  stat -c '%A %u %g %s' -- "$@" 2>&1
}

# True if only root and this user can have written: no folder on the path is a link, another user's, or open to
# others. A shared one with the sticky bit is allowed: what is in it is checked on its own.
guarded() { # FOLDER FILES
  sizes=$SIZES count=0
  for file in $2; do count=$((count + 1)); done
  # shellcheck disable=SC2046 # to split words
  set -- $(facts "$1" "$2")
  while [ $# -ge 4 ]; do
    case $2 in 0 | "$user") ;; *) return 1 ;; esac
    last=$1
    case $1 in
    d????????[tT]) [ "$2" = 0 ] || return 1 ;;
    ????????w?) return 1 ;;
    ?????w????) [ "$3" = 0 ] || return 1 ;;
    esac
    case $1 in
    d?????????) ;;
    -?????????)
      [ "$4" = "${sizes%% *}" ] || return 1
      sizes=${sizes#* } count=$((count - 1))
      ;;
    *) return 1 ;;
    esac
    shift 4
  done
  case $last in *[tT]) return 1 ;; esac
  [ $# = 0 ] && [ "$count" = 0 ]
}

usable() { # FOLDER
  [ -x "$1/$LOADER" ] && guarded "$1" "$FILES" && durable "$1"
}

# A power cut can take the content of a file and leave its size. What is not on the disk yet counts until the next boot.
durable() { # FOLDER
  [ -e "$1/.synced" ] || { [ -r "$1/.boot" ] && read -r boot <"$1/.boot" && [ "$boot" = "$(boot_id)" ]; }
}

boot_id() {
  read -r id 2>&- </proc/sys/kernel/random/boot_id && echo "$id"
}

# Slow disks take seconds, which the program need not wait for.
synchronize() { # FOLDER
  # shellcheck disable=SC2086 # to split words
  (cd "$1" && { sync $FILES || sync; } && : >.synced)
}

run() { # FOLDER ARGUMENT...
  unpacked=$1
  shift
  # glibc gives what was freed back to the machine: 3 of the 96 MiB of a join.
  export MALLOC_TRIM_THRESHOLD_=65536
  exec "$unpacked/$LOADER" --inhibit-cache --library-path "$unpacked" "$unpacked/edgeadm" "$@"
}

# What another version left, and what a killed start left; where these are root's, an ordinary user leaves them.
tidy() { # BASE
  for other in "$1"/*; do
    case $other in
    "$1/$NAME" | "$1/*") continue ;;
    *.part-*) answer=$(kill -0 "${other##*-}" 2>&1) && continue ;;
    esac
    answer=$(rm -rf "$other" 2>&1)
  done
}

DAMAGED='this file is damaged'

archive() {
  head -c "$HEAD" "$self" | tail -n +"$ARCHIVE"
}

# The functions below print why they failed.
fill() { # FOLDER
  for program in gzip tar dd; do
    answer=$(command -v "$program") || { echo "$program is not installed" && return 1; }
  done
  (archive | gzip -dc 2>&1 >"$1/archive") || {
    # It is damaged, or it could not be written.
    (archive | gzip -t >&- 2>&-) || echo "$DAMAGED"
    return 1
  }
  (cd "$1" && tar -xf archive 2>&1 && zstd . -dc <others 2>&1 >archive && tar -xf archive 2>&1) || return 1
  rm "$1/archive" "$1/others"
  if [ -r /dev/null ]; then
    # Both at once: a machine with two cores needs half the time. A shell gives what is in the background /dev/null to read.
    unpack_second "$1" &
    unpack_first "$1"
    status=$?
    wait $! || status=$?
  else
    unpack_first "$1" && unpack_second "$1"
    status=$?
  fi
  [ $status = 0 ] || {
    # It cannot be executed here, or it could not write.
    [ $status -ge 126 ] || (first_half | zstd "$1" -t && second_half zstd "$1" -t) >&- 2>&- || echo "$DAMAGED"
    return 1
  }
  chmod 755 "$1/edgeadm"
  boot_id >"$1/.boot" || synchronize "$1"
}

unpack_first() { # FOLDER
  first_half | zstd "$1" -dc 2>&1 1<>"$1/edgeadm"
}

unpack_second() { # FOLDER
  {
    answer=$(dd bs=1048576 seek="$HALF" count=0 conv=notrunc 2>&1 >&3) || { echo "$answer" && return 126; }
    second_half zstd "$1" -dc 2>&1 >&3
  } 3<>"$1/edgeadm"
}

first_half() {
  {
    skip "$FIRST" && head -c "$LENGTH"
  } <"$self"
}

# It ends with the file, so that no pipe is needed to end it.
second_half() { # COMMAND
  {
    skip "$SECOND" && "$@"
  } <"$self"
}

# Moves on in what is read.
skip() { # BLOCKS
  answer=$(dd bs=@BLOCK@ skip="$1" count=0 2>&1)
}

# It checks what it unpacks.
zstd() { # FOLDER OPTION
  "$1/$LOADER" --inhibit-cache --library-path "$1" "$1/zstd" -q "$2"
}

unpack() { # BASE
  umask 022
  # What is mounted there on other machines is not made up here.
  case $1 in /run/* | /dev/*) mkdir "$1" 2>&1 || [ -d "$1" ] || return 1 ;; *) mkdir -p "$1" 2>&1 || return 1 ;; esac
  guarded "$1" '' || {
    echo 'it, or a folder above it, belongs to another user or is writable by others'
    return 1
  }
  tidy "$1"
  part=$1/$NAME.part-$$
  mkdir "$part" 2>&1 || return 1
  if fill "$part"; then
    usable "$1/$NAME" || rm -rf "${1:?}/$NAME"
    # Where another start was quicker, this moves the copy into that one's folder.
    mv "$part" "$1/$NAME" 2>&1 && rm -rf "$1/$NAME/${part##*/}"
    if usable "$1/$NAME"; then
      # In a subshell: dash keeps a copy of what a function's output is sent to, and the caller would wait for its end.
      # Later, since a disk that is busy with it would hold up the program's own files.
      if [ -r /dev/null ]; then
        (trap '' HUP && cd / && sleep 5 && synchronize "$1/$NAME") <&- >&- 2>&- &
      fi
      return 0
    fi
    echo 'it was changed during unpacking'
  fi
  rm -rf "$part"
  return 1
}

# Sets $bytes, for the message.
complete() {
  bytes=$(stat -L -c %s -- "$self" 2>&1)
  [ "$bytes" = "$BYTES" ]
}

# The last of some lines that says something: GNU tar ends with a line that does not, and two zstd with a torn one.
reason_in() { # TEXT
  printf '%s\n' "$1" | {
    while IFS= read -r line; do
      case $line in *'due to previous errors') ;; *[[:alpha:]]*) said=$line ;; esac
    done
    printf '%s\n' "$said"
  }
}

# Sets $home to the folder with the unpacked program.
find_home() { # BASE...
  for base; do
    home=$base/$NAME
    usable "$home" && return 0
  done
  complete || fail "$self is incomplete: expected $BYTES bytes, found $bytes; download it again"
  [ ! -t 2 ] || printf 'edgeadm: unpacking the program (%s MB) ...\n' "$MEGABYTES" >&2
  why=''
  for base; do
    home=$base/$NAME
    if reason=$(unpack "$base"); then return 0; fi
    case $reason in *"$DAMAGED") fail "$self is damaged: download it again" ;; esac
    why="$why
  $base: $(reason_in "$reason")"
  done
  fail "no folder of this machine can hold the program ($MEGABYTES MB) and run it:$why
Free space in one of them, or choose another one where programs may run: TMPDIR=/folder $0 ..."
}

fail() {
  printf 'edgeadm: %s\n' "$1" >&2
  exit 1
}

main() {
  case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac
  callers_path=${PATH:-}
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  answer_early "$@"
  if [ -O / ]; then user=0; else user=$(id -u); fi
  if [ "$user" = 0 ]; then
    find_home /var/cache/edgeadm /run/edgeadm /dev/shm/edgeadm-0 "${TMPDIR:-/tmp}/edgeadm-0"
  else
    find_home /var/cache/edgeadm "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/edgeadm" \
      "/dev/shm/edgeadm-$user" "${TMPDIR:-/tmp}/edgeadm-$user"
  fi
  PATH=${callers_path:-$PATH}
  EDGEADM_FILE=$self
  export PATH EDGEADM_FILE
  run "$home" "$@"
}

ARCHIVE=@ARCHIVE@
HEAD=@HEAD@
PAGES=@PAGES@
FIRST=@FIRST@
LENGTH=@LENGTH@
SECOND=@SECOND@
BYTES=@BYTES@
main "$@"
exit
