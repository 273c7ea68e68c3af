# The build rules, for GNU make and BSD makes.  Called by Makefile, which makes
# config.mk, and sources.mk from the tree.  A new source file or test needs no
# line here; a new program needs its folder in etc/sources, and here its name in
# PROGS or CHILDREN, its archive and its rule.

include config.mk
include sources.mk
-include depend.mk

PROGS = derpctl/derpctl derpd/derpd
# Only derpd starts these.
CHILDREN = derpd/keys/derpd-keys derpd/relay/derpd-relay \
	derpd/health/derpd-health stund/stund derpmapd/derpmapd \
	acme-helper/acme-helper

E2E_PROGS = regress/e2e/rawderp regress/acme/acmedrive regress/soak/soak \
	$(SMALL_PROGS)

# The programs of the benchmarks, for Linux only.
LOAD_OBJS = regress/bench/derpload.o regress/bench/load_conn.o \
	regress/bench/load_modes.o regress/bench/load_packet.o \
	regress/bench/load_cpu.o regress/bench/load_util.o
MAPLOAD_OBJS = regress/bench/mapload.o regress/bench/map_tls.o \
	regress/bench/map_versions.o
BENCH_PROGS = regress/bench/derpload regress/bench/mapload \
	regress/bench/stunload regress/bench/wan

# One for each folder, in link order: lib is last.
ARCHIVES = regress/libfake.a derpctl/libderpctl.a derpmapd/libderpmapd.a \
	stund/libstund.a acme-helper/libacme.a derpd/libderpd.a \
	derpd/keys/libkeys.a derpd/relay/librelay.a derpd/health/libhealth.a \
	lib/libderp.a
GENERATED = derpd/conf/parse.c derpd/conf/parse.h
PROG_OBJS = derpctl/derpctl.o derpd/derpd.o derpd/keys/main.o \
	derpd/relay/main.o derpd/health/main.o stund/stund.o \
	derpmapd/derpmapd.o acme-helper/acme-helper.o
TEST_OBJS = $(UNIT_TESTS:=.o)
FUZZ_OBJS = $(FUZZERS:=.o) regress/fuzz/runner.o
OBJS = $(LIB_OBJS) $(PARENT_OBJS) $(KEYS_OBJS) $(RELAY_OBJS) $(HEALTH_OBJS) \
	$(CTL_OBJS) $(MAPD_OBJS) $(STUN_OBJS) $(ACME_OBJS) $(PROG_OBJS) \
	$(TEST_OBJS) $(FUZZ_OBJS) $(RAW_OBJS) $(DRIVE_OBJS) $(SOAK_OBJS) \
	$(FAKE_OBJS) $(SMALL_PROGS:=.o) $(LOAD_OBJS) \
	$(MAPLOAD_OBJS) regress/bench/stunload.o regress/bench/wan.o
SOURCES = $(OBJS:.o=.c)

all: $(PROGS) $(CHILDREN)

.SUFFIXES:
.SUFFIXES: .c .o

.c.o:
	@echo "$(CC) -c $<"
	@$(CC) $(CPPFLAGS) $(INCLUDES) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d -c -o $@ $<

$(OBJS): config.mk

lib/ipc/build.o: lib/ipc/build.c sources.mk
	@echo "$(CC) -c lib/ipc/build.c"
	@$(CC) $(CPPFLAGS) -DDERPD_BUILD='"$(BUILD)"' $(INCLUDES) $(CFLAGS) \
	    $(WARN) -c -o $@ lib/ipc/build.c

derpd/conf/parse.c: derpd/conf/parse.y
	$(YACC) -d -o derpd/conf/parse.c derpd/conf/parse.y
derpd/conf/parse.h: derpd/conf/parse.c
derpd/conf/lex.o: derpd/conf/parse.h

lib/libderp.a: $(LIB_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(LIB_OBJS)
derpd/libderpd.a: $(PARENT_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(PARENT_OBJS)
derpd/keys/libkeys.a: $(KEYS_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(KEYS_OBJS)
derpd/relay/librelay.a: $(RELAY_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(RELAY_OBJS)
derpd/health/libhealth.a: $(HEALTH_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(HEALTH_OBJS)
derpctl/libderpctl.a: $(CTL_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(CTL_OBJS)
derpmapd/libderpmapd.a: $(MAPD_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(MAPD_OBJS)
stund/libstund.a: $(STUN_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(STUN_OBJS)
regress/libfake.a: $(FAKE_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(FAKE_OBJS)
acme-helper/libacme.a: $(ACME_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(ACME_OBJS)

derpd/derpd: derpd/derpd.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpd/derpd.o derpd/libderpd.a lib/libderp.a \
	    $(LIBS)
derpd/keys/derpd-keys: derpd/keys/main.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpd/keys/main.o derpd/keys/libkeys.a \
	    lib/libderp.a $(LIBS)
derpd/relay/derpd-relay: derpd/relay/main.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpd/relay/main.o derpd/relay/librelay.a \
	    lib/libderp.a $(LIBS)
derpd/health/derpd-health: derpd/health/main.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpd/health/main.o derpd/health/libhealth.a \
	    lib/libderp.a $(LIBS)
derpctl/derpctl: derpctl/derpctl.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpctl/derpctl.o derpctl/libderpctl.a lib/libderp.a $(LIBS)
derpmapd/derpmapd: derpmapd/derpmapd.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpmapd/derpmapd.o derpmapd/libderpmapd.a lib/libderp.a $(LIBS)
stund/stund: stund/stund.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ stund/stund.o stund/libstund.a lib/libderp.a $(LIBS)
acme-helper/acme-helper: acme-helper/acme-helper.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ acme-helper/acme-helper.o acme-helper/libacme.a lib/libderp.a $(LIBS)

$(UNIT_TESTS): $(TEST_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o $(ARCHIVES) $(LIBS) $(ATF_LIBS)
$(FUZZERS): $(FUZZ_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) $(FUZZ_FLAGS) -o $@ $@.o $(FUZZ_MAIN) \
	    $(ARCHIVES) $(LIBS)

regress/e2e/rawderp: $(RAW_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(RAW_OBJS) $(ARCHIVES) $(LIBS)
$(SMALL_PROGS): $(SMALL_PROGS:=.o) lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o lib/libderp.a $(LIBS)

regress/soak/soak: $(SOAK_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(SOAK_OBJS) lib/libderp.a $(LIBS)

regress/acme/acmedrive: $(DRIVE_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(DRIVE_OBJS) $(ARCHIVES) $(LIBS)

regress/bench/derpload: $(LOAD_OBJS)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(LOAD_OBJS) $(LIBS)
regress/bench/stunload: regress/bench/stunload.o regress/bench/load_cpu.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/bench/stunload.o \
	    regress/bench/load_cpu.o regress/bench/load_util.o $(LIBS)
regress/bench/mapload: $(MAPLOAD_OBJS) $(LOAD_OBJS)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(MAPLOAD_OBJS) regress/bench/load_cpu.o \
	    regress/bench/load_util.o $(LIBS)
regress/bench/wan: regress/bench/wan.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/bench/wan.o $(LIBS)

tests: all $(UNIT_TESTS) $(FUZZERS) $(E2E_PROGS)
fuzz-programs: $(FUZZERS)
e2e-programs: all $(E2E_PROGS)

# An installed configuration is not changed.
install: all
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" \
	    MANDIR="$(MANDIR)" sh etc/install.sh "$(PROGS)" "$(CHILDREN)" \
	    "$(MANUALS)"

# Static checks; see regress/lint.sh.
lint: $(GENERATED) $(ARCHIVES)
	@WARN="$(WARN)" INCLUDES="$(INCLUDES)" sh regress/lint.sh \
	    "$(SOURCES)" "$(MANUALS)" "$(SCRIPTS)"

run: all
	@sh etc/run-local

bench-programs: $(BENCH_PROGS)

bench: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench.sh

bench-wan: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_wan.sh

bench-stun: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_stun.sh

bench-map: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_map.sh

clean:
	rm -f $(PROGS) $(CHILDREN) $(UNIT_TESTS) $(FUZZERS) $(E2E_PROGS) \
	    $(BENCH_PROGS) $(ARCHIVES)
	rm -f $(GENERATED) sources.mk Kyuafile */Kyuafile */*/Kyuafile
	rm -f */*/*/Kyuafile */*.o */*/*.o */*/*/*.o
	rm -f */*.o.d */*/*.o.d */*/*/*.o.d

.PHONY: all tests fuzz-programs e2e-programs install lint run bench-programs bench
.PHONY: bench-wan bench-stun bench-map clean
