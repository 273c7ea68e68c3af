/*
 * dialtrust: see dialtrust.h.  Called by dial.c and by the owners of nodes.
 */
#include <stdio.h>
#include <string.h>

#include "derpcert.h"
#include "dialtrust.h"

/* With CertName libtls checks a part, dial_trust_check() the rest. */
static int
use_certname(struct dial_trust *t)
{
	if (t->insecure) {
		tls_config_insecure_noverifycert(t->tls);
		tls_config_insecure_noverifyname(t->tls);
	} else if (strncmp(t->certname, DERPCERT_PIN_PREFIX,
	    sizeof(DERPCERT_PIN_PREFIX) - 1) == 0) {
		if (!net_derpcert_is_pin(t->certname)) {
			(void)snprintf(t->why, sizeof(t->why), "certname "
			    "\"%.80s\": not " DERPCERT_PIN_PREFIX " and 64 "
			    "hexadecimal digits", t->certname);
			return (-1);
		}
		tls_config_insecure_noverifycert(t->tls);
	} else if (t->certname[0] != '\0')
		tls_config_insecure_noverifyname(t->tls);
	return (0);
}

void
dial_trust_begin(struct dial_trust *t)
{
	if ((t->tls = tls_config_new()) == NULL)
		(void)snprintf(t->why, sizeof(t->why),
		    "out of memory for TLS");
	else if (tls_config_set_alpn(t->tls, "http/1.1") == -1)
		(void)snprintf(t->why, sizeof(t->why), "TLS set-up: %s",
		    tls_config_error(t->tls));
	else if (use_certname(t) == -1)
		return;
	else if (t->held == NULL)
		(void)net_cas_use(&t->cas, t->tls, t->host, t->why,
		    sizeof(t->why));
	else if (tls_config_set_ca_mem(t->tls, t->held->p, t->held->len) == -1)
		(void)snprintf(t->why, sizeof(t->why), "CA certificates: %s",
		    tls_config_error(t->tls));
}

const char *
dial_trust_check(struct dial_trust *t, struct tls *tls)
{
	const uint8_t *pem;
	size_t len;

	if (t->certname[0] == '\0' || t->insecure)
		return (NULL);
	if (!net_derpcert_is_pin(t->certname))
		return (tls_peer_cert_contains_name(tls, t->certname) == 1 ?
		    NULL : "the certificate does not cover that name");
	if ((pem = tls_peer_cert_chain_pem(tls, &len)) == NULL)
		return ("the server sent no certificate");
	return (net_derpcert_check_pin(pem, len, t->certname));
}

void
dial_trust_end(struct dial_trust *t)
{
	tls_config_free(t->tls);
	net_cas_free(&t->cas);
	t->tls = NULL;
	t->why[0] = '\0';
}

void
dial_trust_free(struct dial_trust *t)
{
	dial_trust_end(t);
	memset(t, 0, sizeof(*t));
}
