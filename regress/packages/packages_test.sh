#! /usr/bin/env atf-sh
# shellcheck shell=sh
# The files of packages agree with the tree; `make check-deb' builds and tries
# the packages themselves.

TOP=$(cd "$(atf_get_srcdir)/../.." && pwd)

# installed: `make install' below root, as a package does.
installed() {
	PROGS="derpctl/derpctl derpd/derpd derpbridge/derpbridged"
	CHILDREN=$(sed -n 's/^CHILDREN = //p' "$TOP/sources.mk")
	MANUALS=$(sed -n 's/^MANUALS = //p' "$TOP/sources.mk")
	DESTDIR=$PWD/root PREFIX=/usr SYSCONFDIR=/etc \
	    ZSHDIR=/usr/share/zsh/vendor-completions \
	    sh "$TOP/etc/install.sh" "$PROGS" "$CHILDREN" "$MANUALS" \
	    >install.out 2>&1 || { cat install.out; atf_fail "install.sh"; }
}

# unpacked DIRECTORY PACKAGE...: what these packages take out of root.
unpacked() {
	to=$1
	shift
	for package; do
		while read -r f; do
			[ -f "root/$f" ] || atf_fail "$f is not installed"
			mkdir -p "$to/${f%/*}"
			cp "root/$f" "$to/$f"
		done <"$TOP/etc/debian/$package.files"
	done
}

# need COMMAND: skip without it.
need() {
	command -v "$1" >/dev/null 2>&1 || atf_skip "there is no $1"
}

atf_test_case version
version_head() {
	atf_set descr "packages have the version of the programs"
}
version_body() {
	need dpkg-parsechangelog
	version=$(sh "$TOP/etc/version.sh")
	[ "$("$TOP/derpd/derpd" -V)" = "derpd $version" ] ||
	    atf_fail "etc/version.sh prints $version, derpd another version"
	sh "$TOP/etc/debian/changelog.sh" >changelog
	got=$(dpkg-parsechangelog -l changelog -S Version 2>err)
	[ ! -s err ] || { cat err; atf_fail "the changelog has errors"; }
	case $got in
	"$version"-1|"$version"~*-1) ;;
	*) atf_fail "the version of the packages is $got, not $version" ;;
	esac
	grep -q "^$version" "$TOP/CHANGES" ||
	    atf_fail "CHANGES does not know $version"
}

atf_test_case build_depends
build_depends_head() {
	atf_set descr "Debian's packages for building are those of install-deps"
}
build_depends_body() {
	need dpkg-architecture
	# shellcheck disable=SC2016	# as it is there
	sed -n '/^packages="/,/"$/p; /libipsec-mb-dev/p' \
	    "$TOP/etc/install-deps" | sed 's/.*packages="//; s/\$packages//' |
	    tr -s ' "' '\n' | grep -v -e '^gcc$' -e '^libc6-dev$' \
	    -e '^make$' -e '^$' | sort >want
	sed -n '/^Build-Depends:/,/^Standards/p' "$TOP/etc/debian/control" |
	    sed -n 's/^ \([a-z0-9-]*\).*/\1/p' | grep -v '^dh-sequence' |
	    sort >got
	diff want got || atf_fail "the lists differ"
	! perl -MDpkg::Control::Info -e 1 2>/dev/null ||
	    perl -MDpkg::Control::Info \
	    -e 'Dpkg::Control::Info->new($ARGV[0])' "$TOP/etc/debian/control" ||
	    atf_fail "etc/debian/control does not load"
}

atf_test_case files
files_head() {
	atf_set descr "derpd-common has what derpd and stund need, and no more"
}
files_body() {
	installed
	unpacked common derpd-common
	# STUN alone starts with these, a relay does not.
	me=$(id -un)
	sed -e "s,_stund,$me," -e "s,/run/,$PWD/," -e "s,/var/db/,$PWD/," \
	    "$TOP/etc/debian/stund.conf" >stund.conf
	echo "chroot \"$PWD/empty\"" >>stund.conf
	common/usr/sbin/derpd -n -f stund.conf >out 2>&1 ||
	    { cat out; atf_fail "a program is missing for STUN alone"; }
	printf 'certificate self-signed\nrelay { key "%s" }\n' "$PWD/key" \
	    >>stund.conf
	! common/usr/sbin/derpd -n -f stund.conf >out 2>&1 ||
	    atf_fail "derpd-common has all of derpd"
}

atf_test_case bridge
bridge_head() {
	atf_set descr "derpbridge has what the bridge needs, and all of it"
}
bridge_body() {
	installed
	(cd root && find . -name '*derpbridge*' ! -type d -o \
	    -path '*/derpbridge/*') | sed 's,^\./,,' | sort >all
	sort "$TOP/etc/debian/derpbridge.files" >files
	diff all files || atf_fail "files of the bridge are in another package"
	unpacked both derpd-common derpbridge
	me=$(id -un)
	cp "$TOP/etc/derp-map.json" map.json
	cat >derpbridge.conf <<-END
	map file "$PWD/map.json"
	control "$PWD/bridge.sock"
	statedir "$PWD/state"
	user "$me"
	keys user "$me"
	chroot "$PWD/empty"
	interface "wgtest0" { }
	END
	both/usr/sbin/derpbridged -n -f derpbridge.conf >out 2>&1 ||
	    { cat out; atf_fail "a program of the bridge is missing"; }
}

atf_test_case units
units_head() {
	atf_set descr "the units of packages wait for their configuration"
}
units_body() {
	[ "$(uname -s)" = Linux ] || atf_skip "systemd is for Linux"
	installed
	unit=root/usr/lib/systemd/system/derpd.service
	grep -qx 'ConditionPathExists=/etc/derpd.conf' $unit ||
	    atf_fail "derpd.service does not wait for /etc/derpd.conf"
	sed -f "$TOP/etc/debian/stund.sed" $unit >stund.service
	! grep -e 'derpd\.conf$' -e @ -e /var/db/derpd -e ConditionPath \
	    stund.service | grep -v '^Documentation=' |
	    grep -v -e '^SystemCall' || atf_fail "words of derpd.service"
	grep -q '^ExecStart=/usr/sbin/derpd -d -f /etc/stund.conf$' \
	    stund.service || atf_fail "stund.service starts something else"
	grep -q '^ReadWritePaths=-/var/db/stund' stund.service ||
	    atf_fail "stund.service writes elsewhere"
	# All but these lines is the same.
	bridge=root/usr/lib/systemd/system/derpbridged
	! grep "@[A-Z]*@" $bridge.service || atf_fail "a path is not filled in"
	diff $bridge.service $bridge@.service | grep '^[<>]' |
	    grep -v -e '^[<>] #' -e '^[<>] Exec' -e '^[<>] Description=' \
	    -e '^[<>] After=' && atf_fail "the units of the bridge differ"
	diff $unit stund.service | grep '^>' | grep -v -e ' # stund under' \
	    -e ' Description=' -e ' Documentation=' -e ' Exec' \
	    -e ' ReadWritePaths=' && atf_fail "other lines differ"
	bridge_units
}

# bridge_units: those of the bridge differ in the interface alone, and both make
# endpoints direct again.
bridge_units() {
	unit=root/usr/lib/systemd/system/derpbridged
	for f in $unit.service $unit@.service; do
		for line in ConditionPathExists=/etc/derpbridge.conf \
		    'ExecStart=/usr/sbin/derpbridged -d' \
		    'ExecStopPost=/usr/sbin/derpbridged -R' \
		    'ExecReload=/usr/sbin/derpctl -s /var/run/derpbridge'; do
			grep -q "^$line" "$f" || atf_fail "$f: no $line"
		done
	done
	sed -e '/^#/d' -e 's/ -i %i$//; s/-%i\././; s/ wg-quick@%i\.service//' \
	    $unit@.service >one
	sed '/^#/d' $unit.service >all
	diff one all | grep '^[<>]' | grep -v ' Description=' &&
	    atf_fail "the units of the bridge differ"
	:
}

atf_test_case scripts
scripts_head() {
	atf_set descr "scripts of packages, and the recipes for RPM and Alpine"
}
scripts_body() {
	for f in "$TOP"/etc/debian/*.post* "$TOP"/etc/debian/*.prerm \
	    "$TOP"/etc/alpine/*; do
		sh -n "$f" || atf_fail "$f does not load"
	done
	need rpmspec
	cd "$TOP" || exit 1
	rpmspec -q --define "_builddir $TOP" --qf '%{name} %{version}\n' \
	    etc/rpm/derpd.spec >"$HOME/rpm.out" ||
	    atf_fail "etc/rpm/derpd.spec does not load"
	for p in derpbridge derpd derpd-common stund; do
		grep -qx "$p $(sh etc/version.sh)" "$HOME/rpm.out" ||
		    atf_fail "etc/rpm/derpd.spec has no package $p"
	done
}

atf_init_test_cases() {
	atf_add_test_case version
	atf_add_test_case build_depends
	atf_add_test_case files
	atf_add_test_case bridge
	atf_add_test_case units
	atf_add_test_case scripts
}
