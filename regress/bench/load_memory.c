/*
 * load_memory: modes that show what the server keeps in memory: for idle
 * clients, and for clients that read nothing.  Called by derpload.c; each
 * prints one line of key=value.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load.h"

/* Packets from one to another, so that the server has had work with both. */
static void
idle_talk(struct load_conn *from, struct load_conn *to, const struct load *l)
{
	long long	 i;

	for (i = 0; i < l->packets; i++) {
		to->peer = from;
		packet_send(from, to, (size_t)l->size, 0);
		while (conn_flush(from) == 0)
			continue;
		while (to->rcvd < (uint64_t)i + 1) {
			if (conn_read(to) == -1)
				errx(1, "a connection was closed by the "
				    "server");
			packet_count(to, 0);
		}
	}
	conn_release(from);
}

int
mode_idle(const struct load *l)
{
	struct usage		 before, after;
	struct load_conn	*v;
	double			 start, secs;
	int			 i;

	if ((v = calloc((size_t)l->conns, sizeof(*v))) == NULL)
		err(1, "%d connections", l->conns);
	usage_of(l->pid, &before);
	start = now();
	for (i = 0; i < l->conns; i++) {
		conn_dial(&v[i], l, NULL);
		if (i > 0 && l->packets > 0)
			idle_talk(&v[i - 1], &v[i], l);
		conn_release(&v[i]);
	}
	secs = now() - start;
	usleep((useconds_t)(l->secs * 1e6));
	usage_of(l->pid, &after);
	printf("mode=idle conns=%d connect_s=%.3f conn_per_s=%.0f "
	    "server_cpu_ms_per_conn=%.3f server_pss_kb_before=%ld after=%ld "
	    "pss_kb_per_conn=%.2f\n", l->conns, secs, l->conns / secs,
	    (after.cpu - before.cpu) * 1e3 / l->conns, before.pss, after.pss,
	    (double)(after.pss - before.pss) / l->conns);
	return (0);
}

/* Close all connections, as a client that has died. */
static void
hang_up(struct load_conn *v, int n)
{
	int	i;

	for (i = 0; i < n; i++)
		close(v[i].fd);
}

/* Each sender writes as much as its socket takes; true if one wrote. */
static int
flood_mute(struct load_conn *v, const struct load *l)
{
	int	i, k, wrote = 0;

	for (i = 0; i < 2 * l->pairs; i += 2) {
		if (v[i].outlen == 0)
			for (k = 0; k < l->batch; k++)
				packet_send(&v[i], &v[i + 1],
				    (size_t)l->size, 0);
		switch (conn_flush(&v[i])) {
		case -1:
			err(1, "a sender's connection broke");
		case 1:
			wrote = 1;
		}
	}
	return (wrote);
}

int
mode_mute(const struct load *l)
{
	struct usage		 before, full, after;
	struct load_conn	*v;
	double			 start;
	int			 i, n = 2 * l->pairs;

	if ((v = calloc((size_t)n, sizeof(*v))) == NULL)
		err(1, "%d connections", n);
	usage_of(l->pid, &before);
	for (i = 0; i < n; i++)
		conn_dial(&v[i], l, NULL);
	start = now();
	while (now() < start + l->secs)
		if (!flood_mute(v, l))
			usleep(1000);
	usage_of(l->pid, &full);
	hang_up(v, n);
	usleep((useconds_t)(l->rest * 1e6));
	usage_of(l->pid, &after);
	printf("mode=mute pairs=%d size=%d pss_kb_before=%ld full=%ld "
	    "after=%ld grown_mb=%.1f kept_mb=%.1f\n", l->pairs, l->size,
	    before.pss, full.pss, after.pss,
	    (double)(full.pss - before.pss) / 1024,
	    (double)(after.pss - before.pss) / 1024);
	return (0);
}
