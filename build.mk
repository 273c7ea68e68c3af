# What is built of what.  Called by Makefile, which makes config.mk; readable
# by GNU make and BSD makes alike.  A new source file is added to its list.

include config.mk
-include depend.mk

# lib/libderp.a: what programs share.
LIB_OBJS = lib/advice.o lib/atomicfile.o lib/bom.o lib/chan.o lib/child.o lib/clock.o lib/codec.o \
	lib/derpcert.o lib/derpclient.o lib/frame.o lib/hex.o lib/hostname.o lib/http.o \
	lib/httpbody.o lib/httpdate.o lib/https.o lib/json.o \
	lib/json_check.o lib/landlock.o lib/log.o lib/mapcheck.o \
	lib/mapdoc.o lib/mapedit.o lib/mapnode.o lib/mapown.o lib/mapplace.o \
	lib/maprepeat.o lib/mapself.o \
	lib/mapsummary.o lib/mapwalk.o lib/msg.o \
	lib/sandbox_$(SANDBOX).o lib/stream.o lib/url.o lib/stunstats.o \
	lib/udpsock.o $(IMSG_OBJ)
LIB_OBJS += lib/acmeconf.o lib/base64url.o lib/pemcert.o

# derpd/libderpd.a: derpd but its main.
DERPD_OBJS = derpd/accept.o derpd/buf.o derpd/certs.o derpd/certstatus.o \
	derpd/certwatch.o derpd/clientinfo.o \
	derpd/clientrow.o derpd/conf.o derpd/conf_macro.o \
	derpd/conf_serve.o derpd/conf_set.o derpd/conf_word.o derpd/conn.o \
	derpd/control.o derpd/dirwatch_$(DIRWATCH).o derpd/fetches.o \
	derpd/filewatch.o derpd/health.o derpd/healths.o derpd/heap.o \
	derpd/httpconn.o derpd/jsonout.o derpd/judge.o derpd/keyfiles.o \
	derpd/keyhash.o derpd/keys.o derpd/keys_box.o derpd/keys_cert.o \
	derpd/keys_file.o derpd/keys_sign.o derpd/lex.o derpd/life.o \
	derpd/link.o derpd/linkstats.o \
	derpd/listen.o derpd/load.o derpd/login.o derpd/mapask.o \
	derpd/mapstore.o \
	derpd/maps.o derpd/mapstatus.o derpd/metrics.o derpd/notify.o \
	derpd/ownaddr.o derpd/ownnode.o derpd/pack.o \
	derpd/output.o derpd/parent.o derpd/parse.o derpd/peers.o \
	derpd/pool.o derpd/procs.o derpd/queue.o derpd/rate.o \
	derpd/relay.o derpd/relayconf.o derpd/relays.o derpd/sent.o derpd/session.o \
	derpd/stats.o derpd/status.o derpd/stuns.o derpd/tlsctx.o \
	derpd/tlsfetch.o derpd/tlsio.o \
	derpd/tlskey.o derpd/watch.o derpd/web.o derpd/web_map.o \
	derpd/web_reply.o derpd/websocket.o
DERPD_OBJS += derpd/hello.o derpd/strangers.o
DERPD_OBJS += derpd/acmes.o derpd/acmes_files.o derpd/acmes_jobs.o \
	derpd/acmes_tokens.o \
	derpd/conf_acme.o derpd/keys_acme.o derpd/keys_csr.o derpd/keys_jwk.o derpd/keys_jws.o \
	derpd/tokens.o

# derpctl/libderpctl.a: derpctl but its main.
CTL_OBJS = derpctl/ask.o derpctl/cert.o derpctl/cert_do.o derpctl/clients.o \
	derpctl/confine.o derpctl/map.o derpctl/map_check.o derpctl/map_edit.o derpctl/node.o derpctl/out.o \
	derpctl/probe.o derpctl/show.o derpctl/status.o \
	derpctl/steer.o derpctl/stun.o derpctl/usage.o

# acme-helper/libacme.a: acme-helper but its main, and the plan for the parent.
ACME_OBJS = acme-helper/acme.o acme-helper/acme_account.o \
	acme-helper/acme_http.o \
	acme-helper/acme_link.o acme-helper/acme_order.o acme-helper/chain.o \
	acme-helper/explain.o acme-helper/helper.o \
	acme-helper/helper_reach.o acme-helper/order.o acme-helper/plan.o \
	acme-helper/problem.o

# stund/libstund.a: stund but its main.
STUN_OBJS = stund/batch.o stund/limit.o stund/mmsg.o stund/sources.o \
	stund/stun.o

# derpmapd/libderpmapd.a: derpmapd but its main.
MAPD_OBJS = derpmapd/check.o derpmapd/fetch.o derpmapd/source.o

PROGS = derpctl/derpctl derpd/derpd derpmapd/derpmapd stund/stund
PROGS += acme-helper/acme-helper

# Unit tests, beside their subjects; also named in the Kyuafile there.
UNIT_TESTS = $(IMSG_TEST) derpctl/ask_test derpctl/map_test derpctl/out_test \
	derpd/buf_test derpd/certs_test derpd/clientinfo_test derpd/clientrow_test \
	derpd/conf_error_test derpd/conf_man_test derpd/conf_serve_test \
	derpd/conf_test derpd/keys_box_test \
	derpd/keys_cert_test derpd/keys_file_test derpd/keys_sign_test \
	derpd/health_test derpd/keys_test derpd/link_test derpd/listen_test \
	derpd/mapstore_test derpd/notify_test derpd/output_test derpd/ownaddr_test derpd/ownnode_test \
	derpd/peers_active_test derpd/peers_test derpd/pool_test \
	derpd/login_test derpd/pack_test derpd/queue_test derpd/relayconf_test \
	derpd/sent_test derpd/stats_test derpd/status_test derpd/tlsctx_test \
	derpd/tlsfetch_test derpd/tlskey_test derpd/web_map_test derpd/web_test \
	derpd/websocket_test \
	derpmapd/check_test derpmapd/fetch_test derpmapd/source_test \
	lib/bom_test lib/chan_test lib/child_test lib/codec_test lib/derpclient_test \
	lib/frame_test lib/hex_test lib/http_test \
	lib/httpbody_test lib/https_test lib/json_test \
	lib/landlock_test lib/log_test lib/mapcheck_test lib/mapdoc_test lib/mapedit_test \
	lib/mapown_test lib/msg_test \
	lib/sandbox_allowed_test lib/sandbox_refused_net_test \
	lib/sandbox_refused_test lib/stunstats_test lib/udpsock_test \
	lib/url_test \
	stund/batch_test stund/limit_test stund/mmsg_test stund/sources_test \
	stund/stun_test
UNIT_TESTS += derpd/hello_test derpd/strangers_test
# These two share a directory that is a table.
FAKEDIR_TESTS = acme-helper/acme_test acme-helper/refused_test
UNIT_TESTS += acme-helper/chain_test \
	acme-helper/helper_test acme-helper/link_test acme-helper/order_test \
	acme-helper/plan_test derpd/conf_acme_test derpd/keys_acme_test \
	derpd/keys_jws_test derpd/control_test derpd/keyfiles_test \
	derpd/tokens_test lib/acmeconf_test lib/atomicfile_test \
	lib/base64url_test

# Fuzz targets; also cases of regress/fuzz/corpus_test.sh.
FUZZERS = $(IMSG_FUZZ) regress/fuzz/clientinfo_fuzz \
	regress/fuzz/conf_fuzz \
	regress/fuzz/frame_fuzz regress/fuzz/http_request_fuzz \
	regress/fuzz/http_response_fuzz regress/fuzz/https_fuzz \
	regress/fuzz/json_fuzz \
	regress/fuzz/keyfile_fuzz regress/fuzz/map_fuzz \
	regress/fuzz/mapedit_fuzz regress/fuzz/meshkey_fuzz \
	regress/fuzz/stun_fuzz regress/fuzz/web_map_fuzz \
	regress/fuzz/websocket_fuzz
FUZZERS += regress/fuzz/acme_fuzz regress/fuzz/hello_fuzz

# What the end-to-end tests run.
RAW_OBJS = regress/e2e/rawderp.o regress/e2e/raw_frame.o \
	regress/e2e/raw_hang.o regress/e2e/raw_http.o \
	regress/e2e/raw_large.o regress/e2e/raw_limit.o \
	regress/e2e/raw_load.o regress/e2e/raw_login.o \
	regress/e2e/raw_map.o regress/e2e/raw_net.o \
	regress/e2e/raw_rules.o regress/e2e/raw_sess.o \
	regress/e2e/raw_split.o regress/e2e/raw_strange.o \
	regress/e2e/raw_tls.o regress/e2e/raw_turn.o regress/e2e/raw_ws.o
E2E_PROGS = regress/e2e/rawderp regress/e2e/memscan regress/e2e/stunask
E2E_PROGS += regress/e2e/endsock
E2E_PROGS += regress/e2e/without
E2E_PROGS += regress/acme/acmedrive regress/acme/badhelper
SOAK_OBJS = regress/soak/soak.o regress/soak/soak_act.o \
	regress/soak/soak_chaos.o regress/soak/soak_derp.o \
	regress/soak/soak_end.o regress/soak/soak_junk.o \
	regress/soak/soak_packet.o regress/soak/soak_rnd.o \
	regress/soak/soak_web.o regress/soak/soak_wire.o \
	regress/soak/soak_ws.o
E2E_PROGS += regress/soak/soak
DRIVE_OBJS = regress/acme/acmedrive.o regress/acme/drive_direct.o \
	regress/acme/drive_procs.o

MANS5 = man/derp-map.5 man/derpd.conf.5
MANS7 = man/derp.7
MANS8 = man/derpd.8 man/derpctl.8 man/derpmapd.8 man/stund.8
MANS8 += man/acme-helper.8

# What the benchmarks run; Linux alone.
LOAD_OBJS = regress/bench/derpload.o regress/bench/load_conn.o \
	regress/bench/load_modes.o regress/bench/load_packet.o \
	regress/bench/load_cpu.o regress/bench/load_util.o
MAPLOAD_OBJS = regress/bench/mapload.o regress/bench/map_tls.o \
	regress/bench/map_versions.o
BENCH_PROGS = regress/bench/derpload regress/bench/mapload \
	regress/bench/stunload regress/bench/wan

SCRIPTS = configure .ci/run etc/install-deps etc/install.sh etc/run-local \
	etc/derpd.rc regress/check.sh regress/copy-build.sh regress/lint.sh \
	regress/e2e/cert_test.sh regress/e2e/client_test.sh \
	regress/e2e/common.sh regress/e2e/ctl_test.sh \
	regress/e2e/daemon_test.sh \
	regress/e2e/failure_test.sh regress/e2e/follow_test.sh \
	regress/e2e/health_test.sh regress/e2e/life_test.sh \
	regress/e2e/load_test.sh regress/e2e/map_check_test.sh \
	regress/e2e/map_edit_test.sh regress/e2e/map_test.sh \
	regress/e2e/memory_test.sh \
	regress/e2e/netcheck_test.sh regress/e2e/probe_test.sh \
	regress/e2e/raw_test.sh regress/e2e/tailnet_test.sh \
	regress/e2e/start_test.sh regress/e2e/stun_test.sh \
	regress/fuzz/corpus_test.sh \
	regress/fuzz/fuzz.sh regress/interop/build.sh \
	regress/mutants/mutants.sh
SCRIPTS += regress/e2e/strangers_test.sh
SCRIPTS += regress/e2e/large_map_test.sh regress/e2e/limits_test.sh
SCRIPTS += regress/acme/build.sh regress/acme/issue_test.sh \
	regress/acme/pebble.sh regress/acme/derpd_test.sh \
	regress/acme/procs_test.sh regress/acme/hostile_test.sh \
	regress/soak/soak.sh regress/soak/soak_test.sh

ARCHIVES = derpctl/libderpctl.a derpd/libderpd.a derpmapd/libderpmapd.a \
	stund/libstund.a \
	acme-helper/libacme.a lib/libderp.a
GENERATED = derpd/parse.c derpd/parse.h
PROG_OBJS = $(PROGS:=.o)
TEST_OBJS = $(UNIT_TESTS:=.o) $(FAKEDIR_TESTS:=.o) acme-helper/fakedir.o
FUZZ_OBJS = $(FUZZERS:=.o) regress/fuzz/runner.o
OBJS = $(LIB_OBJS) $(DERPD_OBJS) $(CTL_OBJS) $(MAPD_OBJS) $(STUN_OBJS) \
	$(PROG_OBJS) $(TEST_OBJS) \
	$(FUZZ_OBJS) $(RAW_OBJS) regress/e2e/memscan.o \
	regress/e2e/stunask.o regress/e2e/without.o regress/e2e/endsock.o \
	$(LOAD_OBJS) $(MAPLOAD_OBJS) \
	regress/bench/stunload.o regress/bench/wan.o
OBJS += $(ACME_OBJS) $(DRIVE_OBJS) $(SOAK_OBJS) \
	regress/acme/badhelper.o
SOURCES = $(OBJS:.o=.c)

all: $(PROGS)

.SUFFIXES:
.SUFFIXES: .c .o

.c.o:
	@echo "$(CC) -c $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -MF $@.d -c -o $@ $<

$(OBJS): config.mk

derpd/parse.c: derpd/parse.y
	$(YACC) -d -o derpd/parse.c derpd/parse.y
derpd/parse.h: derpd/parse.c
derpd/lex.o derpd/conf_word.o: derpd/parse.h

lib/libderp.a: $(LIB_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(LIB_OBJS)
derpd/libderpd.a: $(DERPD_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(DERPD_OBJS)
acme-helper/libacme.a: $(ACME_OBJS)
	@rm -f $@
	@echo "$(AR) $@"
	@$(AR) rcs $@ $(ACME_OBJS)
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

derpd/derpd: derpd/derpd.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpd/derpd.o derpd/libderpd.a \
	    acme-helper/libacme.a lib/libderp.a $(LIBS)
derpctl/derpctl: derpctl/derpctl.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpctl/derpctl.o \
	    derpctl/libderpctl.a derpd/libderpd.a lib/libderp.a $(LIBS)
derpmapd/derpmapd: derpmapd/derpmapd.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ derpmapd/derpmapd.o \
	    derpmapd/libderpmapd.a lib/libderp.a $(LIBS)

stund/stund: stund/stund.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ stund/stund.o stund/libstund.a \
	    lib/libderp.a $(LIBS)

acme-helper/acme-helper: acme-helper/acme-helper.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ acme-helper/acme-helper.o \
	    acme-helper/libacme.a lib/libderp.a $(LIBS)

$(UNIT_TESTS): $(TEST_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o $(ARCHIVES) $(LIBS) $(ATF_LIBS)
$(FAKEDIR_TESTS): $(TEST_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $@.o acme-helper/fakedir.o $(ARCHIVES) \
	    $(LIBS) $(ATF_LIBS)
$(FUZZERS): $(FUZZ_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) $(FUZZ_FLAGS) -o $@ $@.o $(FUZZ_MAIN) \
	    $(ARCHIVES) $(LIBS)

regress/e2e/rawderp: $(RAW_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(RAW_OBJS) $(ARCHIVES) $(LIBS)
regress/e2e/memscan: regress/e2e/memscan.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/e2e/memscan.o
regress/e2e/without: regress/e2e/without.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/e2e/without.o
regress/e2e/endsock: regress/e2e/endsock.o
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/e2e/endsock.o
regress/e2e/stunask: regress/e2e/stunask.o $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/e2e/stunask.o lib/libderp.a $(LIBS)

regress/soak/soak: $(SOAK_OBJS) $(ARCHIVES)
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ $(SOAK_OBJS) lib/libderp.a $(LIBS)

regress/acme/badhelper: regress/acme/badhelper.o lib/libderp.a
	@echo "$(CC) -o $@"
	@$(CC) $(LDFLAGS) -o $@ regress/acme/badhelper.o lib/libderp.a $(LIBS)
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

tests: $(PROGS) $(UNIT_TESTS) $(FAKEDIR_TESTS) $(FUZZERS) $(E2E_PROGS)
fuzz-programs: $(FUZZERS)
e2e-programs: $(PROGS) $(E2E_PROGS)

# An installed configuration is left alone; the sample lies beside it.
install: all
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" \
	    MANDIR="$(MANDIR)" sh etc/install.sh "$(PROGS)" \
	    "$(MANS5) $(MANS7) $(MANS8)"

# Warnings of both compilers, manuals, scripts.
lint: $(GENERATED)
	@WARN="$(WARN)" sh regress/lint.sh \
	    "$(SOURCES)" "$(MANS5) $(MANS7) $(MANS8)" "$(SCRIPTS)"

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
	rm -f $(PROGS) $(UNIT_TESTS) $(FAKEDIR_TESTS) $(FUZZERS) $(E2E_PROGS) \
	    $(BENCH_PROGS) $(ARCHIVES)
	rm -f $(GENERATED) */*.o */*/*.o */*.o.d */*/*.o.d

.PHONY: all tests fuzz-programs e2e-programs install lint run bench-programs bench
.PHONY: bench-wan bench-stun bench-map clean
