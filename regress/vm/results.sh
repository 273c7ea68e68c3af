#!/bin/sh
# Let the result of a scenario be there: results.sh NAME, or `results.sh all' for
# those of the folder scenarios, called by vm_test.sh and regress/check.sh.
#
# One boot runs them all.  A result is regress/vm/out/NAME, as run.sh writes it;
# it counts until a program or script is newer, and until vm_test.sh has removed
# it.  When others are there and this one is not, a boot runs it alone: so a
# second try is one.  VM_ALONE=1 runs nothing but what was asked for.  Exits 77
# with the reason when there can be no machine.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$here/out
name=${1:?usage: results.sh NAME | all}

sh "$here/kernel.sh" || exit
mkdir -p "$out"
exec 9>"$here/out/.lock"
flock 9

# Remove the results of other programs and scripts.
if [ -e "$out/.begun" ] && [ -n "$(find "$top/derpd" "$top/derpctl" \
    "$top/derpmapd" "$top/derpbridge" "$top/regress/bridge" "$here" \
    -path "$here/cache" -prune -o -path "$out" -prune -o -type f \
    \( -perm -100 -o -name '*.sh' \) ! -name '*_test' ! -name '*_test.sh' \
    -newer "$out/.begun" -print 2>/dev/null | head -n 1)" ]; then
	rm -rf "${out:?}"/* "$out/.begun"
fi

[ ! -f "$out/$name" ] || exit 0
if [ "$name" = all ] || { [ -z "${VM_ALONE:-}" ] && [ ! -e "$out/.begun" ]; }
then
	[ ! -e "$out/.begun" ] || exit 0
	set -- "$here"/scenarios/*.sh
else
	set -- "$here/scenarios/$name.sh"
fi
[ -n "${VM_ALONE:-}" ] || : >"$out/.begun"
sh "$here/run.sh" -t "${VM_SECONDS:-180}" -o "$out" "$@" >"$out/.log" 2>&1
[ $? -ne 77 ] || { cat "$out/.log"; exit 77; }
exit 0
