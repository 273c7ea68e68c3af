/*
 * Fuzz target: DERP maps.  Findings are printable lines and agree with the
 * verdict, and the summary of a good map is well-formed JSON.  The first byte
 * selects whether this machine is a node of the map.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mapcheck.h"

#define PIN	"sha256-raw:0123456789abcdef0123456789abcdef" \
		"0123456789abcdef0123456789abcdef"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct fuzz_found {
	int	errors, warnings;
};

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
report_cb(int error, const char *line, void *arg)
{
	struct fuzz_found *f = arg;

	error ? f->errors++ : f->warnings++;
	must(f->errors <= 21 && f->warnings <= 21);
	must(strncmp(line, "f:", 2) == 0 && strlen(line) < 1024);
	for (; *line != '\0'; line++)
		must(*line >= ' ' && *line <= '~');
}

static void
describe(struct ipc_map_self *s, uint8_t how)
{
	memset(s, 0, sizeof(*s));
	s->relay = how & 1;
	s->port = how & 2 ? 443 : 8443;
	s->nnames = s->ncerts = 2;
	snprintf(s->names[0], sizeof(s->names[0]), "relay.example.org");
	snprintf(s->names[1], sizeof(s->names[1]), "192.0.2.1");
	snprintf(s->certs[0], sizeof(s->certs[0]), "*.example.org");
	snprintf(s->certs[1], sizeof(s->certs[1]), "192.0.2.1");
	if (how & 4)
		snprintf(s->pin, sizeof(s->pin), "%s", PIN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static struct ipc_map_self self;
	struct fuzz_found f = { 0, 0 };
	const char *text;
	struct json_error e;
	struct json *j;
	struct ipc_wr w;
	int good;

	if (len == 0)
		return (0);
	describe(&self, p[0]);
	text = (const char *)p + 1;
	len--;
	good = map_check(text, len, "f", p[0] & 8 ? NULL : &self, report_cb,
	    &f) == 0;
	must(good == (f.errors == 0));
	ipc_wr_init(&w);
	must((map_summary(text, len, &w) == 0) == good);
	must(good == (w.len > 0));
	if (good) {
		j = json_parse((const char *)w.p, w.len, 8, 1 << 20, &e);
		must(json_count(j, json_get(j, 0, "regions")) > 0);
		json_free(j);
	}
	ipc_wr_free(&w);
	return (0);
}
