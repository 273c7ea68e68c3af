/*
 * derpload: load generator and checker for any DERP server.
 *
 *	derpload -m tput    [-p pairs] [-s size] [-d secs] [-r pps] [-b batch]
 *	    [-t] host port
 *	derpload -m latency [-s size] [-d secs] [-p pairs] [-r pps] host port
 *	derpload -m idle    [-n conns] [-c packets] [-d secs] host port
 *	derpload -m streams [-p pairs] [-s size] [-d secs] host port
 *	derpload -m burst   [-n conns] [-s size] [-d secs] host port
 *	derpload -m mute    [-p pairs] [-s size] [-d secs] [-R secs] host port
 *	derpload -m flood   [-d secs] [-r handshakes] host port
 *	derpload -m login   [-d secs] host port
 *	derpload -m verify  [-p pairs] [-c packets] host port
 *
 * streams: each pair has one packet under way, there and back.  flood:
 * handshakes that end with the server's first flight.  idle: each client gets
 * `packets' first.  burst: all connections speak at once, again and again.
 * mute: the receivers read nothing; memory then, and `-R' seconds after all
 * have left.  login: one after the other.  Records are those of
 * lib/net/record.c.
 *
 * -E port receivers are at this port of the host: another node of the region
 * -F n    a flood beside (modes tput, latency): n half handshakes at a time
 * -i n    n idle clients beside
 * -K      one key for all senders
 * -L      records by libssl
 * -P pid  sum the CPU time of that process and its descendants
 * -T      plain TCP instead of TLS
 * -f      fast start
 * -t      receivers count bytes without decrypting them
 *
 * Prints one line of key=value.  load_busy is the share of the time in which
 * the load generator had work: near 1, it was the limit, not the server.  For
 * Linux: reads /proc and uses epoll.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

static const struct mode {
	const char	*name;
	int		(*run)(const struct load *);
} modes[] = {
	{ "tput",	mode_tput },
	{ "latency",	mode_latency },
	{ "idle",	mode_idle },
	{ "verify",	mode_verify },
	{ "streams",	mode_streams },
	{ "flood",	mode_flood },
	{ "burst",	mode_burst },
	{ "mute",	mode_mute },
	{ "login",	mode_login },
};
#define NMODES	(sizeof(modes) / sizeof(modes[0]))

static void
usage(void)
{
	fprintf(stderr, "usage: derpload [-fKLTt] [-m tput | latency | idle | "
	    "verify | streams | flood |\n"
	    "                burst | mute | login] [-b batch] [-c packets] "
	    "[-d secs] [-E port] [-F n]\n"
	    "                [-i idle] [-n conns] [-P pid] [-p pairs] "
	    "[-R secs] [-r pps]\n"
	    "                [-s size] host port\n");
	exit(2);
}

static long long
number(const char *s, long long min, long long max)
{
	const char	*why;
	long long	 n;

	n = strtonum(s, min, max, &why);
	if (why != NULL)
		errx(2, "%s: %s, a number from %lld to %lld is expected", s,
		    why, min, max);
	return (n);
}

static double
seconds(const char *s)
{
	char	*end;
	double	 v;

	v = strtod(s, &end);
	if (end == s || *end != '\0' || !(v >= 0 && v <= 1e9))
		errx(2, "%s: not a number from 0 to 1e9", s);
	return (v);
}

static void
option(struct load *l, const struct mode **m, int ch)
{
	size_t	i;

	switch (ch) {
	case 'b': l->batch = (int)number(optarg, 1, 100000); break;
	case 'c': l->packets = number(optarg, 0, 1000000000); break;
	case 'd': l->secs = seconds(optarg); break;
	case 'E': l->far = optarg; break;
	case 'F': l->flood = (int)number(optarg, 1, 10000); break;
	case 'f': l->faststart = 1; break;
	case 'i': l->idlers = (int)number(optarg, 0, 1000000); break;
	case 'K': l->onekey = 1; break;
	case 'L': l->libssl = 1; break;
	case 'm':
		for (i = 0; i < NMODES; i++)
			if (strcmp(optarg, modes[i].name) == 0)
				break;
		if (i == NMODES)
			usage();
		*m = &modes[i];
		break;
	case 'n': l->conns = (int)number(optarg, 1, 1000000); break;
	case 'P': l->pid = (pid_t)number(optarg, 0, 1 << 22); break;
	case 'p': l->pairs = (int)number(optarg, 0, 100000); break;
	case 'R': l->rest = seconds(optarg); break;
	case 'r': l->rate = seconds(optarg); break;
	case 's':
		l->size = (int)number(optarg, PACKET_MIN, PACKET_MAX);
		break;
	case 'T': l->plain = 1; break;
	case 't': l->count_only = 1; break;
	default: usage();
	}
}

int
main(int argc, char *argv[])
{
	struct load l = { .pairs = 1, .size = 1400, .batch = 16, .conns = 100,
	    .packets = -1, .secs = 5, .rest = 2 };
	const struct mode *m = &modes[0];
	int	 ch;

	while ((ch = getopt(argc, argv,
	    "b:c:d:E:F:fi:KLm:n:P:p:R:r:s:Tt")) != -1)
		option(&l, &m, ch);
	if (argc - optind != 2)
		usage();
	l.host = argv[optind];
	l.port = argv[optind + 1];
	if (l.packets == -1)
		l.packets = m->run == mode_verify ? 10000 : 0;
	signal(SIGPIPE, SIG_IGN);
	conn_setup(&l);
	return (m->run(&l));
}
