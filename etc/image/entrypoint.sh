#!/bin/sh
# Entry point of the container image.  Arguments that begin with "-" are those
# of derpd, other words are a command, such as "derpctl status".
#
# derpd takes /etc/derpd.conf if it is mounted; without it, derpd makes its
# configuration of the DERP_* variables (derpd -E).
set -eu
conf=/etc/derpd.conf

case ${1:-} in
''|-*) ;;
*) exec "$@" ;;
esac
if [ -d "$conf" ]; then
	echo "$conf is a directory: Docker makes one when the file to mount" \
	    "is not there on the host" >&2
	exit 1
fi
[ -e "$conf" ] || [ -L "$conf" ] || exec derpd -d -E "$@"
ignored=$(env | sed -n 's/^\(DERP_[A-Z_]*\)=.*/\1/p' | tr '\n' ' ')
[ -z "$ignored" ] ||
    echo "$conf is there, these variables have no effect: $ignored" >&2
exec derpd -d -f "$conf" "$@"
