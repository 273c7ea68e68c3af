/*
 * raw_list: clients of all kinds for /debug/clients/, always the same ones, so
 * that the lists of two servers can be compared.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

static volatile sig_atomic_t told;

static void
tell(int sig)
{
	(void)sig;
	told = 1;
}

/* Send `n' packets of `len' bytes from one session to another. */
static void
packets(struct sess *from, struct sess *to, int n, size_t len)
{
	static const uint8_t p[1000];

	while (n-- > 0) {
		sess_packet(from, to->pub, p, len);
		want_packet(to, from->pub, p, len);
	}
}

/*
 * Clients with names of applications, two connections of one key, a prober, a
 * mesh peer, and some packets between them; they stay until SIGTERM.
 */
void
listed(void)
{
	static const uint8_t home = 1;
	struct sigaction sa = { .sa_handler = tell };
	struct sess *a, *b, *c, *d, *e;
	char mesh[256];

	sigaction(SIGTERM, &sa, NULL);
	snprintf(mesh, sizeof(mesh), "{\"version\":2,\"meshKey\":\"%s\"}",
	    opt.mesh);
	a = sess_login_fixed_as(1, "{\"version\":2,\"AppName\":\"alpha\"}");
	b = sess_login_fixed_as(2, "{\"version\":7,\"IsProber\":true,"
	    "\"AppName\":\"<b> & \\\"x\\\"\"}");
	c = sess_login_fixed_as(3, "{\"version\":2}");
	d = sess_login_fixed_as(3, "{\"version\":2,\"AppName\":\"alpha\"}");
	e = sess_login_fixed_as(4, mesh);
	sess_send(a, FRAME_NOTE_PREFERRED, &home, 1);
	packets(a, b, 3, 100);
	packets(b, a, 1, 50);
	packets(d, a, 2, 700);
	packets(e, a, 1, 1);
	want_alive(a);
	want_alive(b);
	want_alive(c);
	want_alive(d);
	ready();
	while (!told)
		usleep(20000);
	report("five clients stayed");
}
