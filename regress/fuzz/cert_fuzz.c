/*
 * cert_fuzz: hexadecimal digits as the certificates of a server, judged as
 * those of a name, of an address, and of a pin.
 *
 * Checked: all texts are printable ASCII.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "hex.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
printable(const char *s, size_t size)
{
	if (memchr(s, '\0', size) == NULL)
		abort();
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			abort();
}

static void
on_found(const struct check_finding *f, void *arg)
{
	(void)arg;
	printable(f->where, sizeof(f->where));
	printable(f->what, sizeof(f->what));
}

static void
on_measured(const struct check_measure *m, void *arg)
{
	(void)arg;
	printable(m->text, sizeof(m->text));
}

static void
judge(const struct check_shake *s, const char *host, const char *certname)
{
	static const struct check_sink sink = { .found = on_found,
	    .measured = on_measured };
	struct check_opts opts = { .trust = STREAM_ROOTS };
	struct check_node node = { .port = 443 };
	struct check_addr a = { .text = "192.0.2.1" };
	struct check_run r = { .node = &node, .opts = &opts, .sink = &sink };

	strlcpy(node.host, host, sizeof(node.host));
	strlcpy(node.certname, certname, sizeof(node.certname));
	check_cert(&r, &a, s);
	check_cert_misordered(&r, &a, s);
	printable(r.local, sizeof(r.local));
}

/* Take all certificates from the `n' bytes at `der'. */
static void
parse(struct check_shake *s, const uint8_t *der, size_t n)
{
	const uint8_t *p = der;
	X509 *x;

	while (s->ncerts < CHECK_CERTS && (x = d2i_X509(NULL, &p,
	    (long)(n - (size_t)(p - der)))) != NULL)
		s->certs[s->ncerts++] = x;
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check_shake s = { .ncerts = 0 };
	size_t n = size / 2;
	char *text;
	uint8_t *der;

	/* No file of CAs is read. */
	(void)setenv("SSL_CERT_FILE", "/nonexistent", 1);
	if ((text = strndup((const char *)data, size)) == NULL ||
	    (der = malloc(n + 1)) == NULL)
		abort();
	if (strlen(text) >= 2 * n && base_hex_get(der, n, text) == 0)
		parse(&s, der, n);
	free(der);
	free(text);
	if (s.ncerts > 0) {
		judge(&s, "relay.test", "");
		judge(&s, "192.0.2.1", "");
		judge(&s, "relay.test", "sha256-raw:00");
	}
	check_shake_free(&s);
	return (0);
}
