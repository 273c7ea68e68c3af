/*
 * bridgeload: load generator for a bridge between WireGuard and DERP, in place
 * of the kernel's WireGuard and of the peers.  Called by bench_bridge.sh.
 *
 *	bridgeload -m keys [-p peers]
 *	bridgeload -m usage -P pid
 *	bridgeload [-b] [-m stream | verify | ping | memory | switch]
 *	    [-c clients] [-d secs] [-P pid] [-p peers] [-r pps] [-s size]
 *	    [-w window] [-u socket | -t address:port | -N namespace]
 *	    [-F namespace] host port
 *
 * -u serves a socket as that of wireguard-go for derpbridged; -t is where the
 * UDP socket of another bridge is; -N and -F are the namespaces of two ends of
 * a tunnel, in which UDP is sent from one of 10.77.0.1 and 10.77.0.2 to the
 * other.  Without them an end is a DERP client.  -b sends from the far end to
 * the near one.  Prints one line of key=value; mode keys the keys that the near
 * end and its first peer have.  For Linux.
 */
#include <sys/prctl.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "bridgeload.h"

static void
usage(void)
{
	fprintf(stderr, "usage: bridgeload -m keys [-p peers]\n"
	    "       bridgeload -m usage -P pid\n"
	    "       bridgeload [-b] [-m stream | verify | ping | memory | "
	    "switch] [-c clients]\n"
	    "                  [-d secs] [-F namespace] [-N namespace] "
	    "[-P pid] [-p peers]\n"
	    "                  [-r pps] [-s size] [-t address:port] "
	    "[-u socket] [-w window]\n"
	    "                  host port\n");
	exit(2);
}

void
bridge_key(unsigned int i, uint8_t pk[KEYLEN], uint8_t sk[KEYLEN])
{
	uint8_t seed[KEYLEN];

	crypto_generichash(seed, sizeof(seed), (const uint8_t *)&i, sizeof(i),
	    NULL, 0);
	crypto_box_seed_keypair(pk, sk, seed);
}

static void
print_key(const char *name, const uint8_t key[KEYLEN])
{
	char text[64];

	printf("%s=%s\n", name, sodium_bin2base64(text, sizeof(text), key,
	    KEYLEN, sodium_base64_VARIANT_ORIGINAL));
}

static void
print_keys(struct bridge_load *l)
{
	uint8_t pk[KEYLEN], sk[KEYLEN];
	static const char *const names[][2] = {
		{ "near_key", "near_private" },
		{ "far_key", "far_private" }
	};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		bridge_key(i, pk, sk);
		print_key(names[i][0], pk);
		print_key(names[i][1], sk);
	}
	for (i = 1; i <= l->peers; i++) {
		bridge_key(i, pk, sk);
		print_key("peer", pk);
	}
}

static void
print_usage(struct bridge_load *l)
{
	struct usage u;

	usage_of(l->pid, &u);
	printf("pss_kb=%ld\n", u.pss);
}

static const struct bridge_mode {
	const char	*name;
	void		(*run)(struct bridge_load *);
} modes[] = {
	{ "keys",	print_keys },
	{ "usage",	print_usage },
	{ "stream",	bridge_mode_stream },
	{ "verify",	bridge_mode_verify },
	{ "ping",	bridge_mode_ping },
	{ "memory",	bridge_mode_memory },
	{ "switch",	bridge_mode_switch }
};
#define NMODES	(sizeof(modes) / sizeof(modes[0]))

static unsigned int
number(const char *s, long long min, long long max)
{
	const char *why;
	long long n;

	n = strtonum(s, min, max, &why);
	if (why != NULL)
		errx(2, "%s: %s, a number from %lld to %lld is expected", s,
		    why, min, max);
	return ((unsigned int)n);
}

static const struct bridge_mode *
find_mode(const char *name)
{
	size_t i;

	for (i = 0; i < NMODES; i++)
		if (strcmp(name, modes[i].name) == 0)
			return (&modes[i]);
	usage();
	return (NULL);
}

static const struct bridge_mode *
options(struct bridge_load *l, int argc, char *argv[])
{
	const struct bridge_mode *m = &modes[0];
	int ch;

	while ((ch = getopt(argc, argv, "bc:d:F:m:N:P:p:r:s:t:u:w:")) != -1)
		switch (ch) {
		case 'b': l->back = 1; break;
		case 'c': l->clients = number(optarg, 1, 4096); break;
		case 'd': l->secs = atof(optarg); break;
		case 'F': l->far_ns = optarg; break;
		case 'm': m = find_mode(optarg); break;
		case 'N': l->near_ns = optarg; break;
		case 'P': l->pid = (pid_t)number(optarg, 1, 1 << 22); break;
		case 'p': l->peers = number(optarg, 1, 4096); break;
		case 'r': l->rate = number(optarg, 0, 10000000); break;
		case 's': l->size = (int)number(optarg, 64, 1900); break;
		case 't': l->to = optarg; break;
		case 'u': l->uapi = optarg; break;
		case 'w': l->window = number(optarg, 1, 100000); break;
		default: usage();
		}
	if (m->run != print_keys && m->run != print_usage) {
		if (argc - optind != 2)
			usage();
		l->relay.host = argv[optind];
		l->relay.port = argv[optind + 1];
	}
	if (l->clients == 0)
		l->clients = l->peers;
	return (m);
}

int
main(int argc, char *argv[])
{
	static struct bridge_load l = { .peers = 1, .size = 1420, .secs = 3,
	    .window = 512 };
	const struct bridge_mode *m = options(&l, argc, argv);

	signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_TIMERSLACK, 1);
	if (sodium_init() == -1)
		errx(1, "libsodium can't start");
	if (l.relay.host != NULL) {
		conn_setup(&l.relay);
		bridge_open(&l);
	}
	m->run(&l);
	return (0);
}
