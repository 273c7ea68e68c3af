#!/bin/sh
# Build the Debian packages of this tree; called by `make deb'.  They are made
# of a copy of the sources, and written to build-deb or to the directory that is
# named.  The same commit makes the same bytes.
set -eu
cd "$(dirname "$0")/../.."
out=${1:-build-deb}

tree=$out/derpd
rm -rf "$tree"
mkdir -p "$out"
rm -f "$out"/*.deb
sh regress/copy-build.sh "$tree" --prefix=/usr >"$out/build.log"
rm -f "$tree/.go" "$tree/config.mk" "$tree/config.status"
cp -R etc/debian "$tree/debian"
sh etc/debian/changelog.sh >"$tree/debian/changelog"
if ! (cd "$tree" && dpkg-buildpackage -us -uc -b) >>"$out/build.log" 2>&1
then
	tail -n 20 "$out/build.log" >&2
	echo "deb: dpkg-buildpackage failed ($out/build.log)" >&2
	exit 1
fi
rm -rf "$tree"
ls -l "$out"/*.deb
