#!/bin/sh
# Copy the sources to DIR and configure them there with other options:
# copy-build.sh DIR [option of configure ...].  An existing build in DIR is
# reused.  The sources are the files that git lists, or all files without git.
set -eu
dir=${1:?usage: copy-build.sh DIR [option ...]}
shift
mkdir -p "$dir"
if git ls-files -co --exclude-standard >/dev/null 2>&1; then
	git ls-files -co --exclude-standard
else
	find . -type f ! -path './build-*' ! -path './run/*' ! -path './.go/*' \
	    ! -path './.git/*' ! -path './regress/records/target/*' \
	    ! -name '*.[oad]' ! -perm -u+x
	find . -type f ! -path './build-*' \( -name '*.sh' -o -name configure \
	    -o -path './etc/*' \)
fi | sort -u | while read -r f; do
	[ -f "$f" ] && echo "$f"
done | tar -cf - -T - | (cd "$dir" && tar -xpf -)
[ ! -d .go ] || ln -sfn "$PWD/.go" "$dir/.go"
cd "$dir"
if [ ! -f config.mk ] || [ -n "$(find configure -newer config.mk)" ]; then
	./configure "$@"
fi
