#!/bin/sh
# Run each fuzz target with libFuzzer; called by `make fuzz' in the top
# directory.  Builds a copy of the tree in build-fuzz, where found/ has the
# inputs that failed and new/ the inputs that reached new code.
#
# Environment: FUZZ_SECONDS, the seconds for each target (20); FUZZERS, the
# names of the targets (all).  Without libFuzzer the seeds are run once, with a
# note.
set -u
cd "$(dirname "$0")/../.." || exit 1
make=${MAKE:-make}
seconds=${FUZZ_SECONDS:-20}

[ -f config.mk ] || "$make" config.mk || exit 1
if ! grep -q '^LIBFUZZER = yes' config.mk; then
	echo "fuzz: no libFuzzer here (Debian packages clang and" \
	    "libclang-rt-14-dev): the seeds alone are run"
	"$make" tests && TESTS=regress/fuzz sh regress/check.sh
	exit
fi
sh regress/copy-build.sh build-fuzz --fuzz CC=clang 'CFLAGS=-O1 -g' || exit 1
cd build-fuzz || exit 1
"$make" fuzz-programs || exit 1

bad=0
for source in regress/fuzz/*_fuzz.c; do
	name=$(basename "$source" _fuzz.c)
	case " ${FUZZERS:-$name} " in
	*" $name "*) ;;
	*) continue ;;
	esac
	mkdir -p "new/$name" found
	if "regress/fuzz/${name}_fuzz" -max_total_time="$seconds" \
	    -artifact_prefix="found/$name-" -timeout=10 -rss_limit_mb=2048 \
	    -max_len=70000 "new/$name" "regress/fuzz/corpus/$name" \
	    >"$name.log" 2>&1
	then
		echo "$name: $(sed -n 's/^Done /done /p' "$name.log")"
	else
		bad=$((bad + 1))
		tail -n 40 "$name.log"
		echo "$name: FAILED, see build-fuzz/found and $name.log there"
	fi
done
[ "$bad" -eq 0 ]
