# shellcheck shell=sh
# Run one scenario in the virtual machine: called by init as enter.sh FILE.  The
# scenario is a script of sh; what lib.sh offers is there.  Its status goes to
# the file .status: 0 passed, 77 skipped, all else failed.
# shellcheck source=lib.sh
. /vm/lib.sh
trap 'echo $? >/tmp/try/.status' EXIT
# shellcheck disable=SC1090
. "$1"
