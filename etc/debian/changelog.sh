#!/bin/sh
# Print debian/changelog of this tree; called by build.sh.  The version is that
# of etc/version.sh.  Until the release, it has the time of the last commit or,
# without git, of CHANGES, and sorts before the release.
set -eu
cd "$(dirname "$0")/../.."

version=$(sh etc/version.sh)
time=$(git log -1 --format=%ct 2>/dev/null) || time=$(stat -c %Y CHANGES)
! grep -q "^$version (not released" CHANGES ||
    version=$version~$(date -u -d "@$time" +%Y%m%d.%H%M%S)
cat <<END
derpd ($version-1) unstable; urgency=medium

  * /usr/share/doc/derpd-common/changelog.gz says what is new.

 -- $(sed -n 's/^Maintainer: //p' etc/debian/control)  $(
    LC_ALL=C date -u -R -d "@$time")
END
