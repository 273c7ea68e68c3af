# The build rules, for GNU make and BSD makes.  Called by Makefile, which makes
# config.mk and, from the tree, sources.mk: the lists of files and the rules of
# programs.  A new source file or test needs no line here, nor does a new
# program of derpd, which is a folder with a main.c.

# The first target; what it needs is below.
all:

include config.mk
include sources.mk
-include depend.mk

PROGS = derpctl/derpctl derpd/derpd derpbridge/derpbridged

E2E_PROGS = regress/e2e/rawderp regress/e2e/badfront \
	regress/e2e/linkdrive regress/acme/acmedrive regress/soak/soak \
	regress/records/derpd-front regress/records/derpd-relay $(SMALL_PROGS)

# The programs of the benchmarks, for Linux only.
LOAD_OBJS = regress/bench/derpload.o regress/bench/load_conn.o \
	regress/bench/load_flood.o regress/bench/load_login.o \
	regress/bench/load_burst.o regress/bench/load_memory.o \
	regress/bench/load_logintime.o \
	regress/bench/load_modes.o regress/bench/load_packet.o \
	regress/bench/load_cpu.o regress/bench/load_util.o
MAPLOAD_OBJS = regress/bench/mapload.o regress/bench/map_tls.o \
	regress/bench/map_versions.o
BRIDGELOAD_OBJS = regress/bench/bridgeload.o regress/bench/bridge_end.o \
	regress/bench/bridge_udp.o regress/bench/bridge_uapi.o \
	regress/bench/bridge_derp.o regress/bench/bridge_stream.o \
	regress/bench/bridge_other.o
HERDLOAD_OBJS = regress/bench/herdload.o regress/bench/herd_watch.o \
	regress/bench/herd_crowd.o regress/bench/herd_client.o \
	regress/bench/herd_tls.o
BENCH_PROGS = regress/bench/derpload regress/bench/mapload \
	regress/bench/bridgeload regress/bench/stunload regress/bench/wan \
	regress/bench/bareloop regress/bench/herdload

# What tests are linked with; what all call comes last.
ARCHIVES = regress/libfake.a $(PROG_ARCHIVES) lib/libderp.a
GENERATED = lib/grammar/parse.c lib/grammar/parse.h
TEST_OBJS = $(UNIT_TESTS:=.o)
FUZZ_OBJS = $(FUZZERS:=.o) regress/fuzz/runner.o
OBJS = $(LIB_OBJS) $(PROG_OBJS) $(TEST_OBJS) $(FUZZ_OBJS) $(RAW_OBJS) \
	$(BADFRONT_OBJS) $(DRIVE_OBJS) $(SOAK_OBJS) $(FAKE_OBJS) \
	$(SMALL_PROGS:=.o) \
	regress/e2e/linkdrive.o regress/records/limits.o \
	$(LOAD_OBJS) $(MAPLOAD_OBJS) $(BRIDGELOAD_OBJS) $(HERDLOAD_OBJS) \
	regress/bench/stunload.o regress/bench/wan.o regress/bench/bareloop.o
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

lib/grammar/parse.c: lib/grammar/parse.y
	$(YACC) -d -o lib/grammar/parse.c lib/grammar/parse.y
lib/grammar/parse.h: lib/grammar/parse.c
lib/grammar/gramlex.o: lib/grammar/parse.h

lib/libderp.a: $(LIB_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(LIB_OBJS)
regress/libfake.a: $(FAKE_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(FAKE_OBJS)

# Their own objects are in sources.mk.
$(UNIT_TESTS): $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o $(ARCHIVES) $(LIBS) $(ATF_LIBS)
$(FUZZERS): regress/fuzz/runner.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) $(FUZZ_FLAGS) -o $@ $@.o $(FUZZ_MAIN) \
	    $(ARCHIVES) $(LIBS)

regress/e2e/rawderp: $(RAW_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(RAW_OBJS) $(ARCHIVES) $(LIBS)
regress/e2e/badfront: $(BADFRONT_OBJS) lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(BADFRONT_OBJS) lib/libderp.a $(LIBS)
regress/e2e/linkdrive: regress/e2e/linkdrive.o \
	derpbridge/worker/libbridgeworker.a lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o derpbridge/worker/libbridgeworker.a \
	    lib/libderp.a $(LIBS)
$(SMALL_PROGS): lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o lib/libderp.a $(LIBS)

regress/soak/soak: $(SOAK_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(SOAK_OBJS) lib/libderp.a $(LIBS)

# A front and a relay worker with other limits of records.
regress/records/derpd-front: regress/records/limits.o derpd/front/main.o \
	derpd/front/libfront.a derpd/conn/libconn.a lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -Wl,--wrap=net_record_cache_init -o $@ \
	    derpd/front/main.o regress/records/limits.o \
	    derpd/front/libfront.a derpd/conn/libconn.a lib/libderp.a $(LIBS)
regress/records/derpd-relay: regress/records/limits.o derpd/relay/main.o \
	derpd/relay/librelay.a derpd/conn/libconn.a lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -Wl,--wrap=net_record_cache_init -o $@ \
	    derpd/relay/main.o regress/records/limits.o \
	    derpd/relay/librelay.a derpd/conn/libconn.a lib/libderp.a $(LIBS)

regress/acme/acmedrive: $(DRIVE_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(DRIVE_OBJS) $(ARCHIVES) $(LIBS)

regress/bench/derpload: $(LOAD_OBJS) lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(LOAD_OBJS) lib/libderp.a $(LIBS)
regress/bench/bridgeload: $(BRIDGELOAD_OBJS) $(LOAD_OBJS) lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(BRIDGELOAD_OBJS) regress/bench/load_conn.o \
	    regress/bench/load_login.o regress/bench/load_packet.o \
	    regress/bench/load_cpu.o regress/bench/load_util.o lib/libderp.a \
	    $(LIBS)
regress/bench/herdload: $(HERDLOAD_OBJS) $(LOAD_OBJS) lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(HERDLOAD_OBJS) regress/bench/load_conn.o \
	    regress/bench/load_login.o regress/bench/load_packet.o \
	    regress/bench/load_cpu.o regress/bench/load_util.o lib/libderp.a \
	    $(LIBS)
regress/bench/stunload: regress/bench/stunload.o regress/bench/load_cpu.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/bench/stunload.o \
	    regress/bench/load_cpu.o regress/bench/load_util.o $(LIBS)
regress/bench/mapload: $(MAPLOAD_OBJS) $(LOAD_OBJS)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(MAPLOAD_OBJS) regress/bench/load_cpu.o \
	    regress/bench/load_util.o $(LIBS)
regress/bench/bareloop: regress/bench/bareloop.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/bench/bareloop.o $(LIBS)
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

# The container image, derpd-image.tar.
image: all
	@mkdir -p build-image
	@sh etc/image/root.sh build-image/root "$(PROGS)" "$(CHILDREN)"
	@sh etc/image/archive.sh build-image/root derpd-image.tar
	@ls -lh derpd-image.tar

# Static checks; see regress/lint.sh.
lint: $(GENERATED) $(ARCHIVES)
	@WARN="$(WARN)" INCLUDES="$(INCLUDES)" sh regress/lint.sh \
	    "$(SOURCES)" "$(MANUALS)" "$(SCRIPTS)"

run: all
	@sh etc/run-local

bench-programs: $(BENCH_PROGS)

bench: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench.sh

bench-herd: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_herd.sh

bench-mesh: all $(BENCH_PROGS)
	@sh regress/bench/bench_mesh.sh

bench-wan: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_wan.sh

bench-stun: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_stun.sh

bench-map: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_map.sh

bench-bridge: all $(BENCH_PROGS)
	@GO="$(GO)" sh regress/bench/bench_bridge.sh
	@sh regress/bridge/bench.sh

clean:
	rm -f $(PROGS) $(CHILDREN) $(UNIT_TESTS) $(FUZZERS) $(E2E_PROGS) \
	    $(BENCH_PROGS) $(ARCHIVES)
	rm -f $(GENERATED) sources.mk Kyuafile */Kyuafile */*/Kyuafile
	rm -f */*/*/Kyuafile */*.o */*/*.o */*/*/*.o
	rm -f */*.o.d */*/*.o.d */*/*/*.o.d

.PHONY: all tests fuzz-programs e2e-programs install lint run bench-programs bench
.PHONY: bench-herd bench-mesh bench-wan bench-stun bench-map bench-bridge
.PHONY: clean
