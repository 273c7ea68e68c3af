/*
 * raw_admit: cases about one client that is admitted or not: that of the number
 * -c, whose keys are the same in each run.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

static volatile sig_atomic_t told;

static void
on_term(int sig)
{
	(void)sig;
	told = 1;
}

static unsigned int
number(void)
{
	if (opt.count < 1 || opt.count > 255)
		fail("needs the number of a client, -c 1 to 255");
	return ((unsigned int)opt.count);
}

/* Print its node key. */
void
admit_key(void)
{
	uint8_t pub[32], sec[32];
	size_t i;

	fixed_keys(number(), pub, sec);
	printf("nodekey:");
	for (i = 0; i < sizeof(pub); i++)
		printf("%02x", pub[i]);
	printf("\n");
}

void
admit_in(void)
{
	struct sess *s = sess_login_fixed(number());

	want_alive(s);
	sess_close(s, 0);
}

void
admit_out(void)
{
	want_login_refused(number(), "not admitted: ");
}

/* A session that goes on until SIGTERM. */
void
admit_stays(void)
{
	struct sigaction sa = { .sa_handler = on_term };
	struct sess *s;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	s = sess_login_fixed(number());
	ready();
	while (!told) {
		want_alive(s);
		(void)poll(NULL, 0, 50);
	}
	sess_close(s, 0);
}

/* One that the server closes, because the client is not admitted any more. */
void
admit_closed(void)
{
	struct sess *s = sess_login_fixed(number());

	ready();
	want_end_why(s, "not admitted: ");
}
