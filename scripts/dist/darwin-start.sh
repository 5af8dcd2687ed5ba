#!/bin/sh
# Starts edgeadm with the Node.js beside it, also through a link from a folder in PATH (readlink of old macOS has no -f).
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname -- "$self")/$link ;;
  esac
done
dir=$(CDPATH='' cd -P -- "$(dirname -- "$self")" && pwd)
unset NODE_OPTIONS
exec "$dir/node" "$dir/package/edgeadm.js" "$@"
