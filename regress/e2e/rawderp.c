/*
 * rawderp: drives a DERP server with raw sockets, as a regular client never
 * does.  Called by the shell tests; by hand:
 *
 *	rawderp -p 8443 [-P plainport] [-n name] [-m meshkeyfile] [case ...]
 *
 * Each case runs in a process of its own and prints its results; exit 1 when
 * one failed.  It touches only the server.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "raw.h"

struct raw_options opt = {
	.host = "127.0.0.1",
	.name = "relay.test",
	.count = 300
};

static const char *running = "rawderp";

static const struct {
	const char	*name;
	void		(*run)(void);
	int		 by_name_alone;	/* run only when named */
} cases[] = {
	{ "split-head", split_head, 0 },
	{ "split-login", split_login, 0 },
	{ "split-frames", split_frames, 0 },
	{ "split-fast", split_fast, 0 },
	{ "one-byte-records", one_byte_records, 0 },
	{ "one-byte-segments", one_byte_segments, 0 },
	{ "records-at-once", records_at_once, 0 },
	{ "coalesced", coalesced, 0 },
	{ "fast-start", fast_start, 0 },
	{ "bad-frames", bad_frames, 0 },
	{ "bad-mesh-frames", bad_mesh_frames, 0 },
	{ "unknown-frames", unknown_frames, 0 },
	{ "garbage", garbage, 0 },
	{ "ping-limits", ping_limits, 0 },
	{ "gone-rules", gone_rules, 0 },
	{ "bad-logins", bad_logins, 0 },
	{ "good-logins", good_logins, 0 },
	{ "replayed-logins", replayed_logins, 0 },
	{ "http-requests", http_requests, 0 },
	{ "http-refused", http_refused, 0 },
	{ "http-keepalive", http_keepalive, 0 },
	{ "http-bodies", http_bodies, 0 },
	{ "http-plain", http_plain, 0 },
	{ "http-upgrades", http_upgrades, 0 },
	{ "tls-alpn", tls_alpn, 0 },
	{ "tls-sni", tls_sni, 0 },
	{ "tls-versions", tls_versions, 0 },
	{ "tls-key-update", tls_key_update, 0 },
	{ "tls-junk", tls_junk, 0 },
	{ "record-behind-finished", record_behind_finished, 0 },
	{ "record-refused", record_refused, 0 },
	{ "abrupt-ends", abrupt_ends, 0 },
	{ "connect-floods", connect_floods, 0 },
	{ "slow-reader", slow_reader, 0 },
	{ "slow-logins", slow_logins, 0 },
	{ "ws-close-last", ws_close_last, 0 },
	{ "varz-pipelined", varz_pipelined, 0 },
	{ "ping-flight", ping_flight, 0 },
	{ "home-gauge", home_gauge, 1 },
	{ "dup-activity", dup_activity, 0 },
	{ "self-watch", self_watch, 1 },
	{ "map-slow", map_slow, 1 },
	{ "exhaustion", exhaustion, 1 },
	{ "accept-rate", accept_rate, 1 },
	{ "max-clients", max_clients, 1 },
	{ "linger", linger, 0 },
	{ "unfinished", unfinished, 1 },
	{ "unfinished-hello", unfinished_hello, 1 },
	{ "unfinished-record", unfinished_record, 1 },
	{ "unfinished-head", unfinished_head, 1 },
	{ "unfinished-info", unfinished_info, 1 },
	{ "full-house", full_house, 1 },
	{ "hello-left", hello_left, 1 },
	{ "finish-first", finish_first, 1 },
	{ "shakes", shakes, 1 },
	{ "reset-unread", reset_unread, 1 },
	{ "stop-sending", stop_sending, 1 },
	{ "idle", idle, 1 },
	{ "flood", flood, 1 },
	{ "news-flood", news_flood, 1 },
	{ "disco-overtakes", disco_overtakes, 1 },
	{ "held-logins", held_logins, 1 },
	{ "steady-pings", steady_pings, 1 },
	{ "large-bodies", large_bodies, 1 },
	{ "large-slow", large_slow, 1 },
	{ "client-burst", client_burst, 1 },
	{ "client-rate", client_rate, 1 },
	{ "mesh-rate", mesh_rate, 1 },
	{ "admit-key", admit_key, 1 },
	{ "admit-in", admit_in, 1 },
	{ "admit-out", admit_out, 1 },
	{ "admit-stays", admit_stays, 1 },
	{ "admit-closed", admit_closed, 1 },
	{ "group-keys", group_keys, 1 },
	{ "group-none", group_none, 1 },
	{ "group-rate", group_rate, 1 },
	{ "group-rate-again", group_rate_again, 1 },
	{ "group-quota", group_quota, 1 },
	{ "group-over", group_over, 1 },
	{ "group-open", group_open, 1 },
	{ "group-connections", group_connections, 1 },
	{ "group-stay", group_stay, 1 },
	{ "listed", listed, 1 },
	{ "write-timeout", write_timeout, 1 },
	{ "unsent-limit", unsent_limit, 1 },
	{ "watch-pong", watch_pong, 1 },
	{ "proxy-headers", proxy_headers, 1 },
	{ "proxy-refused", proxy_refused, 1 },
	{ "proxy-slow", proxy_slow, 1 },
	{ "proxy-limits", proxy_limits, 1 },
	{ "proxy-forwarded", proxy_forwarded, 1 },
	{ "proxy-plain", proxy_plain, 1 },
	{ "proxy-clients", proxy_clients, 1 }
};

#define NCASES	(sizeof(cases) / sizeof(cases[0]))

void
fail(const char *fmt, ...)
{
	va_list ap;

	printf("FAIL %s: ", running);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

void
report(const char *fmt, ...)
{
	va_list ap;

	printf("  %s: ", running);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

void
ready(void)
{
	int fd;

	if (opt.ready == NULL)
		return;
	fd = open(opt.ready, O_WRONLY | O_CREAT, 0644);
	if (fd == -1)
		fail("open %s: %s", opt.ready, strerror(errno));
	close(fd);
}

/* Run case `i' in a child; return 0 if it passed, 1 if it failed. */
static int
run_case(size_t i)
{
	int64_t start = now_ms();
	int status;
	pid_t pid;

	fflush(stdout);
	running = cases[i].name;
	pid = fork();
	if (pid == -1)
		fail("fork: %s", strerror(errno));
	if (pid == 0) {
		cases[i].run();
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status))
		printf("FAIL %s: ended by signal %d\n", running,
		    WTERMSIG(status));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return (1);
	printf("pass %s (%lld ms)\n", running, (long long)(now_ms() - start));
	return (0);
}

static void
read_mesh(const char *file)
{
	FILE *f = fopen(file, "r");

	if (f == NULL || fgets(opt.mesh, sizeof(opt.mesh), f) == NULL ||
	    strlen(opt.mesh) != 64) {
		fprintf(stderr, "rawderp: %s: no mesh key in it\n", file);
		exit(2);
	}
	fclose(f);
}

static void
usage(void)
{
	fprintf(stderr, "usage: rawderp [-D] [-a address] [-c count] "
	    "[-k keyfile] [-M map] [-m meshkeyfile]\n\t[-n name] "
	    "[-P plainport] [-r readyfile] -p port [case ...]\n");
	exit(2);
}

static void
parse_options(int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "a:c:Dk:M:m:n:P:p:r:")) != -1) {
		switch (ch) {
		case 'a':
			opt.host = optarg;
			break;
		case 'c':
			opt.count = (int)strtol(optarg, NULL, 10);
			break;
		case 'D':
			opt.derper = 1;
			break;
		case 'k':
			opt.key = optarg;
			break;
		case 'M':
			opt.map = optarg;
			break;
		case 'm':
			read_mesh(optarg);
			break;
		case 'n':
			opt.name = optarg;
			break;
		case 'P':
			opt.plain = optarg;
			break;
		case 'p':
			opt.port = optarg;
			break;
		case 'r':
			opt.ready = optarg;
			break;
		default:
			usage();
		}
	}
	if (opt.port == NULL)
		usage();
}

int
main(int argc, char **argv)
{
	int failed = 0;
	size_t i;

	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1)
		fail("libsodium can't start");
	argc -= optind;
	argv += optind;
	if (argc == 0)
		for (i = 0; i < NCASES; i++)
			if (!cases[i].by_name_alone)
				failed += run_case(i);
	for (; argc > 0; argc--, argv++) {
		for (i = 0; i < NCASES; i++)
			if (strcmp(cases[i].name, *argv) == 0)
				break;
		if (i == NCASES) {
			fprintf(stderr, "rawderp: %s: no such case\n", *argv);
			return (2);
		}
		failed += run_case(i);
	}
	return (failed != 0);
}
