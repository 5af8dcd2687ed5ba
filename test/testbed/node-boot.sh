#!/bin/bash
# Boots a node; node.ts calls it as: node-boot.sh NAME ROOT NETNS CGROUP [FROM TO]...
# It joins the node's cgroups, enters new namespaces, mounts what a machine has (and FROM on TO, read-only)
# and becomes systemd there. It is shell because it ends by becoming process 1.
set -e
if [ "$1" != --inside ]; then
  for hierarchy in /sys/fs/cgroup/*/; do echo $$ >"$hierarchy$4/cgroup.procs"; done
  exec nsenter --net="/run/netns/$3" unshare -C -m -p -u -i -f --kill-child "$0" --inside "$@"
fi
name=$2 root=$3
shift 5
cgroups=$(awk '$(NF-2) ~ /^cgroup2?$/ { print $5, $(NF-2), $NF }' /proc/self/mountinfo | sort -u)

mount --make-rprivate /
mount --rbind "$root" "$root"
cd "$root"
while [ $# -gt 0 ]; do
  mount --bind "$1" ".$2"
  mount -o remount,bind,ro ".$2"
  shift 2
done

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup -o mode=755
while read -r path type options; do
  mkdir ".$path"
  # of the options only the controllers (or the name) say which hierarchy it is
  if [ "$type" = cgroup ]; then mount -t cgroup cgroup ".$path" -o "${options#rw,}"; else mount -t cgroup2 cgroup ".$path"; fi
done <<<"$cgroups"

mount -t tmpfs tmpfs dev -o mode=755
for device in null zero full random urandom tty kmsg; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666,mode=620
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
touch dev/console

mount -t tmpfs tmpfs run -o mode=755
mount -t tmpfs tmpfs tmp -o mode=1777
hostname "$name"
pivot_root . mnt
umount -l /mnt
# as systemd makes it on a real machine; it leaves that alone in what it takes for a container
mount --make-rshared /
exec env -i container=edgelab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /sbin/init
