/*
 * survey: which region is nearest; see survey.h.  Called by surveys.c and
 * relays.c.  Touches the sockets that it is lent.
 *
 * A round measures all regions, a few at a time.  Of a region with several
 * nodes each round takes the next one, so that one that is down does not hide
 * the region.
 */
#include <sys/socket.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "closest.h"
#include "survey.h"

#define SLOTS		4	/* nodes that are measured at once */
#define NODES		3	/* of a region, in turn */
#define TEXT		2048	/* bytes of a request to a proxy, or of the
				   head of its answer */

/* A node that is measured. */
struct survey_slot {
	struct worker_survey *survey;
	int		 busy;
	size_t		 region;	/* its number in the survey */
	const struct map_places_node *node;
	uint16_t	 port;
	uint32_t	 cookie;	/* of the question; 0: none */
	struct net_place places[NET_MAXPLACES];
	size_t		 nplaces, at;
	int		 fd;		/* -1: no connection yet */
	uint64_t	 began;		/* us */
	char		 text[TEXT];	/* what the proxy has answered */
	size_t		 len;
	struct event	*io, *timer;
};

struct worker_survey {
	struct event_base *base;
	const struct worker_survey_ops *ops;
	void		*arg;
	uint32_t	 random;
	uint32_t	 cookie;	/* the last one */
	const struct map_places_region *regions[WORKER_CLOSEST_REGIONS];
	struct worker_closest closest;
	uint64_t	 region;	/* as was told last */
	struct dial_proxy proxy;
	struct map_places_node way;	/* the proxy as a node */
	unsigned int	 round;
	size_t		 next;		/* region to be measured */
	size_t		 open;		/* slots that are busy */
	int		 running;	/* a round is under way */
	int		 answered;	/* ... and a node was reached */
	struct event	*timer;		/* the next round */
	struct survey_slot	 slots[SLOTS];
};

static void	advance(struct worker_survey *);
static void	try_place(struct survey_slot *);

static void
set_timer(struct event *e, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000),
	    (suseconds_t)(ms % 1000 * 1000) };

	(void)evtimer_add(e, &tv);
}

/* Close what the slot has open. */
static void
hang_up(struct survey_slot *t)
{
	if (t->io != NULL)
		event_free(t->io);
	t->io = NULL;
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
	t->cookie = 0;
}

static void
empty_slot(struct survey_slot *t)
{
	if (!t->busy)
		return;
	hang_up(t);
	(void)event_del(t->timer);
	t->busy = 0;
	t->survey->open--;
}

static void
finish_slot(struct survey_slot *t)
{
	empty_slot(t);
	advance(t->survey);
}

/* This place has failed: the next one. */
static void
fail_place(struct survey_slot *t)
{
	hang_up(t);
	t->at++;
	try_place(t);
}

/* The node was reached now. */
static void
measured(struct survey_slot *t)
{
	uint64_t us = base_clock_us() - t->began;

	t->survey->answered = 1;
	worker_closest_answer(&t->survey->closest, t->region,
	    us < UINT32_MAX ? (uint32_t)us : UINT32_MAX - 1);
	finish_slot(t);
}

/* Wait for events of the slot's connection. */
static void
wait_for(struct survey_slot *t, short events, event_callback_fn cb)
{
	if (t->io != NULL)
		event_free(t->io);
	t->io = event_new(t->survey->base, t->fd, events, cb, t);
	if (t->io == NULL || event_add(t->io, NULL) == -1)
		finish_slot(t);
}

static void
on_answer(evutil_socket_t fd, short events, void *arg)
{
	struct survey_slot *t = arg;
	char why[IPC_WHYSIZE];
	ssize_t n;

	(void)events;
	n = read(fd, t->text + t->len, sizeof(t->text) - t->len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail_place(t);
		return;
	}
	t->len += (size_t)n;
	switch (dial_proxy_response(t->text, t->len, why, sizeof(why))) {
	case 1:
		measured(t);
		break;
	case 0:
		if (t->len < sizeof(t->text))
			break;
		/* FALLTHROUGH */
	default:
		/* No other address of the proxy knows better. */
		finish_slot(t);
	}
}

/* The proxy is there: the time of its own answer is what differs. */
static void
ask_proxy(struct survey_slot *t)
{
	char port[8];
	int n;

	snprintf(port, sizeof(port), "%u", t->node->port);
	n = dial_proxy_request(&t->survey->proxy, map_places_host(t->node),
	    port, t->text, sizeof(t->text));
	t->len = 0;
	t->began = base_clock_us();
	/* A new connection takes it as a whole. */
	if (n == -1 || write(t->fd, t->text, (size_t)n) != n)
		fail_place(t);
	else
		wait_for(t, EV_READ | EV_PERSIST, on_answer);
}

static void
on_connected(evutil_socket_t fd, short events, void *arg)
{
	struct survey_slot *t = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 ||
	    error != 0)
		fail_place(t);
	else if (t->survey->proxy.host[0] != '\0')
		ask_proxy(t);
	else
		measured(t);
}

static void
on_late(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	finish_slot(arg);
}

static uint32_t
new_cookie(struct survey_slot *t)
{
	if (++t->survey->cookie == 0)
		t->survey->cookie = 1;
	t->cookie = t->survey->cookie;
	return (t->cookie);
}

/* Ask for a socket for the place that is tried. */
static void
try_place(struct survey_slot *t)
{
	struct worker_survey *s = t->survey;

	if (t->at >= t->nplaces) {
		finish_slot(t);
		return;
	}
	s->ops->lend(s, new_cookie(t), t->places[t->at].ss.ss_family, s->arg);
}

/* Connect the socket, which is the slot's from now on. */
static void
connect_slot(struct survey_slot *t, int fd)
{
	struct net_place *v = &t->places[t->at];

	t->fd = fd;
	t->cookie = 0;
	net_place_port(v, t->port);
	t->began = base_clock_us();
	if (connect(fd, (struct sockaddr *)&v->ss, v->len) == -1 &&
	    errno != EINPROGRESS) {
		fail_place(t);
		return;
	}
	wait_for(t, EV_WRITE, on_connected);
}

static struct survey_slot *
find_slot(struct worker_survey *s, uint32_t cookie)
{
	struct survey_slot *t;

	for (t = s->slots; t < s->slots + SLOTS; t++)
		if (t->busy && t->cookie == cookie && cookie != 0)
			return (t);
	return (NULL);
}

void
worker_survey_addrs(struct worker_survey *s, uint32_t cookie,
    const struct net_place *v, size_t n)
{
	struct survey_slot *t = find_slot(s, cookie);

	if (t == NULL || t->nplaces != 0)
		return;
	t->nplaces = n < NET_MAXPLACES ? n : NET_MAXPLACES;
	if (t->nplaces > 0)
		memcpy(t->places, v, t->nplaces * sizeof(*v));
	try_place(t);
}

void
worker_survey_socket(struct worker_survey *s, uint32_t cookie, int fd)
{
	struct survey_slot *t = find_slot(s, cookie);

	if (t == NULL || t->nplaces == 0) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (fd == -1)
		fail_place(t);
	else
		connect_slot(t, fd);
}

/* Measure region number `i'. */
static void
begin_slot(struct worker_survey *s, struct survey_slot *t, size_t i)
{
	const struct map_places_region *r = s->regions[i];
	const struct map_places_node *n =
	    &r->nodes[s->round % (r->n < NODES ? r->n : NODES)];

	t->busy = 1;
	s->open++;
	t->region = i;
	t->node = n;
	if (s->proxy.host[0] != '\0')
		n = &s->way;
	t->port = n->port;
	t->nplaces = t->at = 0;
	set_timer(t->timer, WORKER_SURVEY_WAIT_MS);
	s->ops->find(s, new_cookie(t), n, s->arg);
}

static void
end_round(struct worker_survey *s)
{
	uint64_t region = worker_closest_choose(&s->closest);

	s->running = 0;
	s->random = s->random * 1664525 + 1013904223;
	/* Without a network yet, as at boot, nothing is known. */
	set_timer(s->timer, !s->answered ? WORKER_SURVEY_AGAIN_MS :
	    WORKER_SURVEY_EVERY_MS +
	    (s->random >> 8) % (WORKER_SURVEY_EVERY_MS / 10));
	if (region == 0 || region == s->region)
		return;
	s->region = region;
	s->ops->chosen(s, region, s->arg);
}

/* Fill the slots; the round ends when all are empty. */
static void
advance(struct worker_survey *s)
{
	struct survey_slot *t;

	for (t = s->slots; s->running && t < s->slots + SLOTS; t++)
		if (!t->busy && s->next < s->closest.n)
			begin_slot(s, t, s->next++);
	if (s->running && s->open == 0 && s->next >= s->closest.n)
		end_round(s);
}

static void
stop_round(struct worker_survey *s)
{
	struct survey_slot *t;

	s->running = 0;
	for (t = s->slots; t < s->slots + SLOTS; t++)
		empty_slot(t);
	(void)event_del(s->timer);
}

static void
begin_round(struct worker_survey *s)
{
	stop_round(s);
	if (s->closest.n == 0)
		return;
	s->round++;
	s->next = 0;
	s->running = 1;
	s->answered = 0;
	worker_closest_round(&s->closest);
	advance(s);
}

static void
on_round(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	begin_round(arg);
}

static int
make_events(struct worker_survey *s)
{
	struct survey_slot *t;

	if ((s->timer = evtimer_new(s->base, on_round, s)) == NULL)
		return (-1);
	for (t = s->slots; t < s->slots + SLOTS; t++) {
		t->survey = s;
		t->fd = -1;
		if ((t->timer = evtimer_new(s->base, on_late, t)) == NULL)
			return (-1);
	}
	return (0);
}

struct worker_survey *
worker_survey_new(struct event_base *base, const struct worker_survey_ops *ops,
    void *arg, uint32_t random)
{
	struct worker_survey *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (NULL);
	s->base = base;
	s->ops = ops;
	s->arg = arg;
	s->random = random;
	if (make_events(s) == -1) {
		worker_survey_free(s);
		return (NULL);
	}
	return (s);
}

void
worker_survey_free(struct worker_survey *s)
{
	struct survey_slot *t;

	if (s == NULL)
		return;
	for (t = s->slots; t < s->slots + SLOTS; t++) {
		empty_slot(t);
		if (t->timer != NULL)
			event_free(t->timer);
	}
	if (s->timer != NULL)
		event_free(s->timer);
	free(s);
}

/* Collect the regions that may be chosen: all, if all are to be avoided. */
static size_t
collect(struct worker_survey *s, const struct map_places *m, int avoided,
    uint64_t ids[WORKER_CLOSEST_REGIONS])
{
	size_t i, n = 0;

	for (i = 0; m != NULL && i < m->nregions &&
	    n < WORKER_CLOSEST_REGIONS; i++) {
		if (m->regions[i].avoid && !avoided)
			continue;
		s->regions[n] = &m->regions[i];
		ids[n++] = m->regions[i].id;
	}
	return (n);
}

/* Use the proxy, as a node that is reached for all others. */
static void
set_proxy(struct worker_survey *s, const struct dial_proxy *proxy)
{
	s->proxy = *proxy;
	memset(&s->way, 0, sizeof(s->way));
	strlcpy(s->way.host, proxy->host, sizeof(s->way.host));
	s->way.port = (uint16_t)strtonum(proxy->port, 0, 65535, NULL);
}

void
worker_survey_map(struct worker_survey *s, const struct map_places *m,
    const struct dial_proxy *proxy)
{
	uint64_t ids[WORKER_CLOSEST_REGIONS];
	size_t n;

	stop_round(s);
	set_proxy(s, proxy);
	if ((n = collect(s, m, 0, ids)) == 0)
		n = collect(s, m, 1, ids);
	worker_closest_regions(&s->closest, ids, n);
	begin_round(s);
}

void
worker_survey_hurry(struct worker_survey *s)
{
	begin_round(s);
}
