/*
 * pagefixture: a view as the metrics process has it, and the page made of it.
 */
#ifndef PAGEFIXTURE_H
#define PAGEFIXTURE_H

#include <atf-c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"
#include "view.h"

#define PAGE_NOW	1800000000	/* 2027-01-15 08:00 UTC */
#define PAGE_NOW_MS	100000000

static struct metrics_view	 page_view;
static struct metrics_state	 page_state;
static struct metrics_samples	 page_hour;
static char			*page_text;
static struct metrics_process	 page_processes[6];
static struct metrics_cert	 page_certs[2];
static struct metrics_map	 page_maps[2];
static struct metrics_link	 page_links[2];
static const char		*page_listens[2], *page_reasons[3];

/* `n' samples up to now, with so many bytes and as many packets in each. */
static inline void
page_samples(size_t n, uint64_t bytes)
{
	struct metrics_sample *s;
	size_t i;

	memset(&page_hour, 0, sizeof(page_hour));
	for (i = 0; i < n; i++) {
		s = &page_hour.v[i];
		s->at_ms = PAGE_NOW_MS - (n - 1 - i) * METRICS_SAMPLE_SECS *
		    1000;
		s->rx_bytes = s->tx_bytes = s->packets = (i + 1) * bytes;
		s->clients = 1234;
	}
	page_hour.n = page_hour.next = n;
}

/* An hour with ups and downs, always the same. */
static inline void
page_busy_hour(void)
{
	struct metrics_sample *s;
	uint64_t rx = 1ULL << 40, tx = 1ULL << 40, drops = 7000, step;
	uint32_t r = 1;
	size_t i;

	for (i = 0; i < METRICS_SAMPLES; i++) {
		s = &page_hour.v[i];
		r = r * 1103515245 + 12345;
		step = (uint64_t)(60e6 + 30e6 * sin((double)i / 40) + 12e6 *
		    sin((double)i / 7) + (r >> 16) % 9000000);
		if (i > 200 && i < 230)
			step += 90000000;
		s->at_ms = PAGE_NOW_MS - (METRICS_SAMPLES - 1 - i) * 10000ULL;
		s->rx_bytes = rx += step;
		s->tx_bytes = tx += step - (i > 200 && i < 230 ? 8000000 : 0);
		s->packets = rx / 900;
		s->drops = drops += i > 200 && i < 230 ? (r >> 16) % 900 : 0;
		s->clients = (uint64_t)(1200 + 60 * sin((double)i / 55) +
		    (r >> 16) % 7);
	}
	page_hour.n = METRICS_SAMPLES;
	page_hour.next = 0;
}

static inline void
page_fill_tables(void)
{
	static const char *const roles[] = { "parent", "keys", "front",
	    "relay", "relay", "stund" };
	size_t i;

	for (i = 0; i < 6; i++)
		page_processes[i] = (struct metrics_process){ roles[i],
		    i == 3 || i == 4, i == 4, 4711 + (int)i, i != 4,
		    i == 0 ? "none" : "chroot, user, seccomp, landlock",
		    i == 4 ? 17 : 0, 273600 };
	page_certs[0] = (struct metrics_cert){ "relay.example.org",
	    "relay.example.org, derp.example.org", "R12",
	    "/var/db/derpd/acme.crt", "acme", "2027-02-15T08:00:00Z",
	    PAGE_NOW + 31 * 86400, 31, "sha256-raw:ab", "2027-01-28T03:12:00Z",
	    "", "" };
	page_certs[1] = (struct metrics_cert){ "192.0.2.7", "192.0.2.7",
	    "R12", "/etc/derpd/ip.crt", "file", "2027-01-18T08:00:00Z",
	    PAGE_NOW + 3 * 86400, 3, "sha256-raw:cd", "", "", "" };
	page_maps[0] = (struct metrics_map){ "/derpmap/default",
	    "/etc/derpd/derp-map.json", "good", "0123456789abcdef0123", 18220,
	    93784, 12, "", 1, 0, 0 };
	page_maps[1] = (struct metrics_map){ "/derpmap/office",
	    "https://maps.example.org/office", "last good", "fedcba9876543210",
	    2048, 360, 12, "GET: 503 Service Unavailable", 0, 2, 3 };
	page_links[0] = (struct metrics_link){ "derp1b.example.org", "up",
	    "2027-01-12T04:00:00Z", 311, "" };
	page_links[1] = (struct metrics_link){ "derp1c.example.org", "up",
	    "2027-01-15T07:41:10Z", 98, "" };
	page_listens[0] = "[::]:443 tls";
	page_listens[1] = "[::]:80 plain";
}

/* A relay of which all is well. */
static inline void
page_fill(void)
{
	page_fill_tables();
	page_state = (struct metrics_state){ .version = "1.0", .config =
	    "/etc/derpd/derpd.conf", .nodekey = "nodekey:"
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	    .uptime = 273600, .nlistens = 2, .listens = page_listens,
	    .reasons = page_reasons, .nprocesses = 6, .processes =
	    page_processes, .ncerts = 2, .certs = page_certs, .nmaps = 2,
	    .maps = page_maps, .nlinks = 2, .links = page_links, .stun = 1,
	    .stun_answering = 1, .stun_why = "", .admission_line =
	    "everybody may relay", .admission_error = "", .reloads = 1,
	    .reload_ok = 1, .reload_when = "2027-01-14T16:20:00Z",
	    .reload_why = "", .text = "" };
	page_busy_hour();
	memset(&page_view, 0, sizeof(page_view));
	page_view.now = PAGE_NOW;
	page_view.now_ms = PAGE_NOW_MS;
	page_view.started_ms = PAGE_NOW_MS - 5000;
	page_view.state = &page_state;
	page_view.state_ms = PAGE_NOW_MS - 1000;
	page_view.samples = &page_hour;
	page_view.sum.clients = 1234;
	page_view.sum.connections = 1301;
	page_view.sum.bytes_received = page_hour.v[METRICS_SAMPLES -
	    1].rx_bytes;
	page_view.sum.bytes_sent = page_hour.v[METRICS_SAMPLES - 1].tx_bytes;
	page_view.sum.queue_us = 240;
}

/* And then the rest. */
static inline void
page_trouble(void)
{
	page_reasons[0] = "relay 1 has not been ready for 12 s (restarts: 17); "
	    "the log says why";
	page_reasons[1] = "the probe of the relay fails, and STUN is silent: "
	    "GET /derp/probe of relay.example.org: no answer within 5 s";
	page_reasons[2] = "the certificate of relay.example.org expired on "
	    "2027-01-14 08:00 UTC: renew it";
	page_state.nreasons = 3;
	page_state.stun_answering = 0;
	page_state.stun_why = "GET /derp/probe of relay.example.org: no answer "
	    "within 5 s";
	page_state.reload_ok = 0;
	page_state.reload_why = "/etc/derpd/derpd.conf:14: unknown option";
	page_state.admission_error = "/etc/derpd/clients:3:1: not a key";
	page_certs[0].days_left = -1;
	page_certs[0].error = "urn:ietf:params:acme:error:rateLimited: too "
	    "many certificates already issued";
	page_certs[0].next_try = "2027-01-15T09:30:00Z";
	page_links[0].state = "dialing";
	page_links[1].state = "down";
	page_links[1].error = "connection refused";
	page_maps[0].state = "none";
	page_maps[0].hash = "";
	page_maps[0].error = "derp-map.json:12:9: a string was expected";
}

/* Replace every string by `s'. */
static inline void
page_poison(const char *s)
{
	struct metrics_state *t = &page_state;
	size_t i;

	t->version = t->config = t->nodekey = t->stun_why = s;
	t->admission_line = t->admission_error = s;
	t->reload_when = t->reload_why = s;
	page_listens[0] = page_listens[1] = s;
	for (i = 0; i < 3; i++)
		page_reasons[i] = s == NULL ? "" : s;
	for (i = 0; i < 6; i++)
		page_processes[i].role = page_processes[i].sandbox = s;
	for (i = 0; i < 2; i++) {
		page_certs[i].name = page_certs[i].names = s;
		page_certs[i].issuer = page_certs[i].kind = s;
		page_certs[i].pin = s;
		page_certs[i].not_after = page_certs[i].renewal = s;
		page_certs[i].next_try = page_certs[i].error = s;
		page_maps[i].path = page_maps[i].source = s;
		page_maps[i].state = page_maps[i].error = s;
		page_maps[i].hash = s == NULL ? "" : s;
		page_links[i].name = page_links[i].state = s;
		page_links[i].since = page_links[i].error = s;
	}
}

/* Make the page: page_text. */
static inline void
page_make(void)
{
	struct ipc_wr w;

	ipc_wr_init(&w);
	metrics_page(&page_view, &w);
	ipc_wr_u8(&w, 0);
	ATF_REQUIRE(ipc_wr_ok(&w));
	free(page_text);
	ATF_REQUIRE((page_text = strdup((const char *)w.p)) != NULL);
	ipc_wr_free(&w);
}

#endif
