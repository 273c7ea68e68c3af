/*
 * ifacefixture: an interface over the fake kernel, and a log of what it
 * reports, for its tests.
 */
#ifndef IFACEFIXTURE_H
#define IFACEFIXTURE_H

#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "fakekernel.h"
#include "iface.h"

#define PORT	41641

static struct wg_fake	 kernel;
static struct wg_memory	 memory;
static struct wg_iface	 iface;
static uint8_t		 buf[WG_BACKEND_BUF];
static uint64_t		 now = 1000000;
static char		 events[8192];	/* since the last one was looked at */
static unsigned int	 polls;

static void
note(const char *what, const struct wg_peer *p)
{
	const uint32_t a = p->memo->local;
	char line[128];

	snprintf(line, sizeof(line), "%s %u=%u@%u.%u.%u.%u ", what, p->id,
	    p->now.key[0], a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	strlcat(events, line, sizeof(events));
}

static void
on_iface(void *arg, struct wg_iface *f)
{
	ATF_CHECK(arg == &now);
	strlcat(events, f->up ? "up " : "down ", sizeof(events));
	ATF_CHECK_EQ(f->up, f->why[0] == '\0');
}

static void
on_peer(void *arg, struct wg_iface *f, const struct wg_peer *p)
{
	(void)arg;
	(void)f;
	note("peer", p);
}

static void
on_gone(void *arg, struct wg_iface *f, const struct wg_peer *p)
{
	(void)arg;
	(void)f;
	note("gone", p);
}

static void
on_polled(void *arg, struct wg_iface *f)
{
	(void)arg;
	(void)f;
	polls++;
}

static void
on_save(void *arg)
{
	static char text[65536];
	size_t left_out;

	(void)arg;
	/* The endpoint is not overwritten yet. */
	strlcat(events, "save ", sizeof(events));
	(void)wg_memory_text(&memory, text, sizeof(text), 1, &left_out);
}

static const struct wg_iface_ops ops = {
	on_iface, on_peer, on_gone, on_polled, on_save
};

static const struct ipc_wg_iface conf = {
	.name = "wg0", .local = { 127, 128, 0, 0 }, .bits = 9, .port = PORT
};

/* What has happened since the last call. */
static const char *
happened(void)
{
	static char last[sizeof(events)];

	strlcpy(last, events, sizeof(last));
	events[0] = '\0';
	return (last);
}

static void
poll_it(void)
{
	now += WG_POLL_MS;
	wg_iface_poll(&iface, now);
}

static void
begin(void)
{
	const int fd = wg_fake_start(&kernel, 0);

	wg_iface_init(&iface, &conf, &memory, buf, &ops, &now);
	wg_backend_open(&iface.backend, fd);
}

static void
end(void)
{
	wg_iface_free(&iface);
	wg_memory_free(&memory);
	wg_fake_stop(&kernel);
}

/* The peer whose key is all `n'. */
static struct wg_peer *
peer(unsigned int n)
{
	struct wg_peer *p;

	for (p = iface.peers; p != NULL; p = p->by_key.next)
		if (p->now.key[0] == n)
			return (p);
	atf_tc_fail("there is no peer %u", n);
}

/* The loopback address of that peer and a port, as text. */
static const char *
relay(unsigned int n)
{
	static char text[WG_ENDPOINT_TEXT];
	struct wg_endpoint e;

	wg_endpoint_ipv4(&e, peer(n)->memo->local, PORT);
	wg_endpoint_text(&e, text);
	return (text);
}

#endif
