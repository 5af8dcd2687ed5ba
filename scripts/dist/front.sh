#!/bin/sh
# edgeadm @VERSION@ for linux-@ARCH@. This file is a shell script with an archive behind it: the program, and the
# loader and C libraries that it runs with. The first start unpacks it, later ones only check it.
# The licences of what is packed, and where its sources are, lie beside the unpacked program: THIRD_PARTY_LICENSES.

NAME=@NAME@
LOADER=@LOADER@
FILES='@FILES@'
SIZES='@SIZES@'
MEGABYTES=@MEGABYTES@

sums() {
  cat <<'SUMS'
@SUMS@
SUMS
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
  [ -x "$1/$LOADER" ] && guarded "$1" "$FILES"
}

run() { # FOLDER ARGUMENT...
  unpacked=$1
  shift
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

# The functions below print why they failed.
can_execute() { # FOLDER
  printf '#!/bin/sh\n' >"$1/probe" && chmod 755 "$1/probe" && "$1/probe" && rm "$1/probe"
}

DAMAGED='this file is damaged'

fill() { # FOLDER
  (can_execute "$1" 2>&1) || return 1
  tail -n +"$ARCHIVE" "$self" | gzip -dc 2>&- | (cd "$1" && tar -xf - 2>&1) || {
    tail -n +"$ARCHIVE" "$self" | gzip -t 2>&- || echo "$DAMAGED"
    return 1
  }
  answer=$(cd "$1" && sums | sha256sum -c - 2>&1) || {
    echo "the unpacked files have wrong checksums: $DAMAGED"
    return 1
  }
  # Later starts compare only sizes, and those survive a power cut that the content does not.
  # shellcheck disable=SC2086 # to split words
  answer=$(cd "$1" && sync $FILES 2>&1) || sync
  (run "$1" --version 2>&1) >"$1/.version" || {
    tail -n 1 "$1/.version"
    return 1
  }
  rm "$1/.version"
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
    usable "$1/$NAME" && return 0
    echo 'it was changed during unpacking'
  fi
  rm -rf "$part"
  return 1
}

# The last of some lines that says something: GNU tar ends with a line that does not.
reason_in() { # TEXT
  printf '%s\n' "$1" | {
    while IFS= read -r line; do
      case $line in *'due to previous errors') ;; *) said=$line ;; esac
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
  bytes=$(stat -L -c %s -- "$self" 2>&1)
  [ "$bytes" = "$BYTES" ] || fail "$self is incomplete: expected $BYTES bytes, found $bytes; download it again"
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
BYTES=@BYTES@
main "$@"
exit
