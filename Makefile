# The entry to build.mk, for GNU make and BSD makes: makes config.mk and the
# lists of the tree first.  Targets for running and testing also install missing
# packages.

# Several targets in one call, as `make -j2 tests bench-programs': one after the
# other, or they write the same files.  Each is still built in parallel.
.NOTPARALLEL:

all install tests fuzz-programs bench-programs: config.mk
	@sh etc/sources
	@$(MAKE) -f build.mk $@

run image lint bench bench-bridge bench-herd bench-map bench-mesh bench-stun \
bench-wan:
	@sh etc/install-deps $@
	@$(MAKE) config.mk
	@sh etc/sources
	@$(MAKE) -f build.mk $@

# The tests run from here, so that their count is the last line.
check:
	@sh regress/preflight.sh
	@sh etc/install-deps $@
	@$(MAKE) config.mk
	@sh etc/sources
	@$(MAKE) -f build.mk tests
	@GO="$$(sed -n 's/^GO *= *//p' config.mk)" sh regress/check.sh

# All scenarios in the virtual machine with kernel WireGuard, also those that
# take too long for check.
check-vm:
	@sh etc/install-deps check
	@$(MAKE) config.mk
	@sh etc/sources
	@$(MAKE) -f build.mk all
	@GO="$$(sed -n 's/^GO *= *//p' config.mk)" sh regress/interop/build.sh \
	    "$$PWD/regress/bridge/bridge" regress/bridge || [ $$? -eq 77 ]
	@regress/vm/run.sh -t 300 -o regress/vm/out regress/vm/scenarios/*.sh \
	    regress/vm/long/*.sh || [ $$? -eq 77 ]

# 100 upgrades in a row under load, the same with other numbers of workers, and
# every process killed or stopped at each step; SANITIZE=1 uses the build of
# check-asan.  OLD_DERPD names the tree of an older release that was built.
check-upgrade:
	@sh etc/install-deps check
	@if [ -n "$(SANITIZE)" ]; then \
	    sh regress/copy-build.sh build-asan --debug \
	    --sanitize=address,undefined && cd build-asan; fi && \
	    $(MAKE) config.mk && \
	    sh etc/sources && \
	    $(MAKE) -f build.mk e2e-programs && \
	    UPGRADE_ALL=1 TESTS=regress/upgrade \
	    GO="$$(sed -n 's/^GO *= *//p' config.mk)" sh regress/check.sh

# In a copy of the tree, which is built with sanitizers.
check-asan:
	@sh etc/install-deps check
	@sh regress/copy-build.sh build-asan --debug \
	    --sanitize=address,undefined
	@cd build-asan && $(MAKE) check

# Random clients for SECONDS; SANITIZE=1 uses the build of check-asan.
soak:
	@sh etc/install-deps check
	@if [ -n "$(SANITIZE)" ]; then \
	    sh regress/copy-build.sh build-asan --debug \
	    --sanitize=address,undefined && cd build-asan; fi && \
	    $(MAKE) config.mk && \
	    sh etc/sources && \
	    $(MAKE) -f build.mk e2e-programs && rm -rf soak.out && \
	    mkdir soak.out && cd soak.out && \
	    SOAK_SECONDS="$(SECONDS)" SOAK_SEED="$(SEED)" \
	    sh ../regress/soak/soak.sh

# Apply each fault alone and check that a test fails.  M is a pattern of names.
mutants:
	@sh etc/install-deps check
	@M="$(M)" MAKE="$(MAKE)" sh regress/mutants/mutants.sh

fuzz:
	@sh etc/install-deps check
	@sh regress/fuzz/fuzz.sh

# Debian packages, in build-deb, and a trial of them.
deb:
	@sh etc/install-deps $@
	@sh etc/debian/build.sh

check-deb: deb
	@sh etc/install-deps $@
	@sh regress/packages/deb.sh

config.mk: configure
	@if [ -f config.status ]; then sh config.status; \
	else PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" ./configure; fi

clean:
	@test -f config.mk || : >config.mk
	@sh etc/sources
	@$(MAKE) -f build.mk clean
	rm -f config.mk config.status depend.mk

.PHONY: all install tests fuzz-programs bench-programs lint check run bench
.PHONY: image bench-bridge bench-herd bench-map bench-mesh bench-stun bench-wan
.PHONY: check-asan fuzz soak mutants clean deb check-deb check-vm check-upgrade
