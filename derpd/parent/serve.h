/*
 * serve: STUN, the health of the relay, bootstrap-dns and metrics in the
 * parent.  Part of
 * parent.h, which includes it.
 *
 * stuns.c     the stund processes
 * health.c    the health process, which probes the relay
 * filewatch.c files that other programs change
 * bootstrap.c names that fronts tell the addresses of (bootstrap-dns)
 * metrics.c   the metrics of all this
 * selfcheck.c  what health found when it checked the whole relay
 * wellness.c  whether this derpd serves, and why not
 * metricsd.c  the metrics process
 * drain.c     a machine that goes: derpctl drain
 * results.h   how many results a child may send
 */
#ifndef SERVE_H
#define SERVE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bounds.h"
#include "codec.h"
#include "conf.h"
#include "faults.h"
#include "json_out.h"
#include "msg.h"
#include "stunstats.h"

struct parent;
struct parent_proc;

/* The health process's last result. */
struct parent_health {
	int		 ok;		/* STUN may answer */
	int		 known;		/* probed since the start */
	unsigned int	 failures;	/* in a row */
	char		 why[512];	/* error, "" none */
	time_t		 since;		/* of the last change of ok */
	uint64_t	 due_ms;	/* of results, see results.h */
	int		 keyed;		/* this process has told its key */
};

/* What the last whole check of the relay found. */
struct parent_selfcheck {
	struct {
		enum check_fault id;
		char		 what[512];	/* any bytes */
	}		 faults[IPC_MAXFAULTS];
	size_t		 n;
	uint64_t	 due_ms;	/* of checks, see results.h */
};

/* A name of bootstrap-dns, and what it resolved to last. */
struct parent_dnsname {
	char		 name[IPC_HOSTSIZE];
	int		 published;
	uint8_t		 addrs[IPC_DNS_MAXADDRS][IPC_ADDRLEN];
	uint32_t	 naddrs;	/* 0: never resolved */
	time_t		 since;		/* when it resolved last */
	char		 why[IPC_WHYSIZE]; /* why not since then, "": it did */
	uint64_t	 due_ms;	/* of results, see results.h */
};

/* All zero initially: no names. */
struct parent_dns {
	struct parent_dnsname *v;
	size_t		 n;
	struct event	*ev_send;	/* to the fronts */
};

/* The last reload. */
struct parent_lastreload {
	time_t		 when;		/* of its end; 0: there was none */
	int		 ok;
	char		 why[512];	/* it was refused */
};

/* A drain: no client comes any more, and those that are here are closed. */
struct parent_drain {
	int		 on;
	time_t		 since;
	uint64_t	 end_ms;	/* monotonic; derpd ends then */
	struct event	*ev;		/* looks whether it is over */
	struct {
		int		 told;	/* since its start, or the drain's */
		uint32_t	 left;	/* its clients */
	}		 workers[IPC_MAXWORKERS];
};

/* stuns.c */

/* Start one stund; see struct parent_proc. */
int	 parent_stuns_start_one(struct parent_proc *p);

/* Send all stund processes their settings, and whether to answer. */
void	 parent_stuns_configure(struct parent *d);

/* 1 when STUN is answered now, else 0. */
int	 parent_stuns_answering(const struct parent *d);

/* Watch the counters of stund from now on. */
void	 parent_stuns_begin(struct parent *d);

/* Sum the counters of all stund processes since the start. */
void	 parent_stuns_sum(const struct parent *d, struct net_stun_stats *sum);

/* A stund has ended: its counters stay. */
void	 parent_stuns_gone(const struct parent_proc *p);

/* health.c */

/* 1 when the relay is to be probed, else 0. */
int	 parent_health_wanted(const struct parent *d);

/* Start the health process; see struct parent_proc. */
int	 parent_health_start(struct parent_proc *p);

/* Send the health process its settings. */
void	 parent_health_configure(struct parent *d);

/*
 * A result of the health process at `now_ms' (monotonic).  0, or -1: more than
 * it may send.
 */
struct ipc_msg_health_result;
int	 parent_health_result(struct parent *d,
	    const struct ipc_msg_health_result *v, uint64_t now_ms);

/* Probe now, after a change. */
void	 parent_health_now(struct parent *d);

/* selfcheck.c */

/*
 * The faults of a whole check at `now_ms' (monotonic): each that comes or goes
 * is logged.  0, or -1: a fault that there is not, or more than health may
 * send.
 */
struct ipc_msg_health_checked;
int	 parent_selfcheck_result(struct parent *d,
	    const struct ipc_msg_health_checked *v, uint64_t now_ms);

/*
 * Write fault `i' of the last check, below d->selfcheck.n, to `text': its name,
 * title, what it is in this case, and what to do.  Any bytes may be in it.
 * Return `text'.
 */
#define PARENT_SELFCHECK_TEXT	1280
const char *parent_selfcheck_text(const struct parent *d, size_t i,
	    char text[PARENT_SELFCHECK_TEXT]);

/* Write them as the array "faults", see control.h. */
void	 parent_selfcheck_put(const struct parent *d, struct json_out *o);

/* wellness.c */

/*
 * Write the object {"reasons":[s],"ok":b} as the member `name' of `o' (NULL:
 * the document): each reason why this derpd does not serve as configured, a
 * line without control characters of at most 767 bytes, and whether there is
 * none.  `now_ms' is monotonic, `now' in seconds since 1970.
 */
void	 parent_wellness_put(const struct parent *d, uint64_t now_ms,
	    time_t now, struct json_out *o, const char *name);

/*
 * Append it to `w' for `derpctl health'; ipc_wr_ok() reports a failure.
 */
void	 parent_wellness_text(const struct parent *d, struct ipc_wr *w);

/* bootstrap.c */

/* 1 when `c' has names to resolve, else 0. */
int	 parent_dns_wanted(const struct conf *c);

/* Start the process resolve; see struct parent_proc. */
int	 parent_dns_start(struct parent_proc *p);

/*
 * Take the names from the configuration in force; a name that was there keeps
 * its addresses.  Exits without memory.
 */
void	 parent_dns_set(struct parent *d);

/* The same after a reload, and tell the process resolve and the fronts. */
void	 parent_dns_configure(struct parent *d);

/* Send a front that was started just now the names.  0, or -1. */
int	 parent_dns_send(struct parent_proc *front);

/*
 * A result of resolve at `now_ms' (monotonic).  0, or -1: malformed, or more
 * than it may send.
 */
struct ipc_msg_resolve_result;
int	 parent_dns_result(struct parent *d,
	    const struct ipc_msg_resolve_result *v, uint64_t now_ms);

/* Append "bootstrap_dns" to the JSON of the status, if there are names. */
struct json_out;
void	 parent_dns_status(const struct parent *d, struct json_out *o);

/* metrics.c */

/*
 * The metrics of the maps and admission, and of STUN if `stun', as Prometheus
 * text on the heap; NULL without memory.
 */
char	*parent_metrics_text(const struct parent *d, int stun);

/*
 * A metric has changed: send all to the fronts and to the metrics process after
 * a short delay.
 */
void	 parent_metrics_changed(struct parent *d);

/* metricsd.c */

/* Start the metrics process; see struct parent_proc. */
int	 parent_metricsd_start(struct parent_proc *p);

/*
 * What the parent tells the metrics process has changed: send all of it after a
 * short delay.
 */
void	 parent_metricsd_changed(struct parent *d);

/* Send the metrics process its settings. */
void	 parent_metricsd_configure(struct parent *d);

/* drain.c */

/*
 * Drain within `ms' milliseconds: derpd ends when it has no client any more, or
 * after that time.  A second call changes the time; 0 ends the drain.  NULL, or
 * why not.
 */
const char *parent_drain(struct parent *d, uint32_t ms);

/*
 * Tell a front or relay worker that was started just now of a drain, if there
 * is one.  0, or -1.
 */
int	 parent_drain_send(struct parent_proc *p);

/* A relay worker says how many clients are left.  0, or -1 malformed. */
struct ipc_msg;
int	 parent_drain_left(struct parent_proc *p, struct ipc_msg *m);

/* In a drain: the clients that are left, and the seconds to its end. */
uint64_t parent_drain_clients(const struct parent *d);
uint64_t parent_drain_seconds(const struct parent *d, uint64_t now_ms);

/* Append "drain" to the JSON of the status, in a drain. */
void	 parent_drain_status(const struct parent *d, struct json_out *o);

#endif
