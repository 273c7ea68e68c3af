/*
 * view: what derpd-metrics knows when it answers a request: the counters, which
 * it reads itself, what the parent has said, and the last hour.  Filled in by
 * metricsd.c and viewstate.c; prom.c and page.c write it.
 *
 * The strings are UTF-8 without control characters, but for `text'; they come
 * from other processes and from outside: whoever writes them escapes them.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "codec.h"
#include "stats.h"
#include "stunstats.h"

#define METRICS_SAMPLES		360	/* an hour */
#define METRICS_SAMPLE_SECS	10	/* between two of them */

/* A process of derpd, the parent included. */
struct metrics_process {
	const char	*role;		/* "front" */
	int		 numbered;	/* several of the role; `worker': its
					   number */
	unsigned int	 worker;
	int64_t		 pid;		/* 0: it does not run */
	int		 ready;
	const char	*sandbox;	/* level in force */
	uint64_t	 restarts;
	uint64_t	 uptime;	/* seconds; 0: not ready */
};

/* A certificate; texts are "" where there is nothing to say. */
struct metrics_cert {
	const char	*name;		/* the first one; "": no name */
	const char	*names;		/* all, ", " between them */
	const char	*issuer;
	const char	*source;	/* file */
	const char	*kind;		/* "file", "self-signed", "acme",
					   "temporary" */
	const char	*not_after;	/* "2026-01-31T12:00:00Z" */
	int64_t		 expires;	/* the same, seconds since 1970 */
	int64_t		 days_left;	/* negative: expired */
	const char	*pin;
	const char	*renewal;	/* ACME: when, and the next try */
	const char	*next_try;
	const char	*error;		/* why it is not renewed */
};

/* A map. */
struct metrics_map {
	const char	*path;		/* in its URL */
	const char	*source;	/* file or URL */
	const char	*state;		/* "good", "last good", "none" */
	const char	*hash;		/* hexadecimal, "": none */
	uint64_t	 bytes;
	uint64_t	 age;		/* seconds that it is served */
	uint64_t	 checked;	/* seconds since it was read last */
	const char	*error;
	unsigned int	 warnings;
	unsigned int	 drifts;	/* servers with another map */
	unsigned int	 compared;	/* servers that it is compared with */
};

/* A link to another node of the region. */
struct metrics_link {
	const char	*name;
	const char	*state;		/* "up", or what it is doing */
	const char	*since;		/* of that state, as not_after */
	uint64_t	 keys;		/* that are connected there */
	const char	*error;
};

/* What the parent said last. */
struct metrics_state {
	const char	*version;
	const char	*config;	/* file */
	const char	*nodekey;
	uint64_t	 uptime;	/* of the parent, seconds */
	size_t		 nlistens;
	const char	**listens;	/* "[::]:443 tls" */
	size_t		 nreasons;	/* why derpd is not well */
	const char	**reasons;
	size_t		 nprocesses;
	struct metrics_process *processes;
	size_t		 ncerts;
	struct metrics_cert *certs;
	size_t		 nmaps;
	struct metrics_map *maps;
	size_t		 nlinks;	/* of the mesh */
	struct metrics_link *links;
	/* STUN */
	int		 stun;		/* served */
	int		 stun_answering;
	int		 draining;	/* no more clients are taken */
	const char	*stun_why;	/* it is silent */
	const char	**faults;	/* names of those that health found */
	size_t		 nfaults;
	/* admission */
	int		 admission;	/* only those who are admitted may use
					   the relay */
	const char	*admission_line;	/* "clients: ..." */
	const char	*admission_error;
	/* the last reload */
	int		 reloads;	/* there was one; 0: none since start */
	int		 reload_ok;
	const char	*reload_when;	/* as not_after */
	const char	*reload_why;	/* it was refused */
	/* Prometheus text of admission and the maps; it has newlines */
	const char	*text;
	char		*memory;	/* of all of these */
};

/* The counters at a point of time. */
struct metrics_sample {
	uint64_t	 at_ms;		/* monotonic; 0: none */
	uint64_t	 rx_bytes;	/* of packets, since the start */
	uint64_t	 tx_bytes;
	uint64_t	 packets;	/* received */
	uint64_t	 drops;		/* dropped */
	uint64_t	 clients;	/* keys, at that time */
	uint64_t	 connections;
};

/* The last hour. */
struct metrics_samples {
	struct metrics_sample v[METRICS_SAMPLES];
	size_t		 n;		/* filled */
	size_t		 next;		/* where the next one goes */
};

/* The counters of a process. */
struct metrics_counters {
	int		 known;		/* there is a page */
	int		 runs;		/* its process runs */
	struct conn_stats stats;	/* of a front or relay worker */
	struct net_stun_stats stun;	/* of a stund */
};

struct metrics_view {
	time_t		 now;		/* seconds since 1970 */
	uint64_t	 now_ms;	/* monotonic */
	uint64_t	 started_ms;	/* this process; the same clock */
	int		 rate_limited;	/* clients have a rate limit */
	/* by number; [n] with n below the number of them */
	unsigned int	 nfronts, nrelays, nstuns;
	struct metrics_counters fronts[IPC_MAXWORKERS];
	struct metrics_counters relays[IPC_MAXWORKERS];
	struct metrics_counters stuns[IPC_MAXWORKERS];
	struct conn_stats sum;		/* of fronts and relay workers */
	struct net_stun_stats stun;	/* of all stund processes */
	const struct metrics_state *state;	/* NULL: none has come */
	uint64_t	 state_ms;	/* when it came; monotonic */
	const struct metrics_samples *samples;
};

/*
 * The `i'th sample of the last hour, 0 the oldest; NULL: there are fewer.
 */
const struct metrics_sample *metrics_sample_at(
	    const struct metrics_samples *s, size_t i);

/*
 * Append why derpd is not well, a line each with a newline, to `w': what the
 * parent says, and that the parent is silent.  Nothing: it is well.
 */
void	 metrics_reasons(const struct metrics_view *v, struct ipc_wr *w);

/* page.c: append the page for people, HTML, to `w'. */
void	 metrics_page(const struct metrics_view *v, struct ipc_wr *w);

#endif
