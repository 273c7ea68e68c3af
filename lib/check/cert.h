/*
 * cert: whether clients of a node accept its certificate.  Used only in this
 * folder.
 *
 * The rules are those of Tailscale's client (tlsdial.go, derphttp_client.go):
 * it sends HostName as the server name and expects CertName, or else HostName,
 * in subjectAltName; it does not check the name of a server that it knows by
 * address alone; a pin stands for all but name and dates.
 */
#ifndef CERT_H
#define CERT_H

#include <time.h>

#include "handshake.h"

#define CHECK_DN	96	/* bytes of the name of a subject or issuer */
#define CHECK_DATE	32

/* The certificates of a node, and what is expected of them. */
struct check_certs {
	X509		*x[CHECK_CERTS]; /* borrowed; no meta certificates */
	size_t		 n;
	time_t		 now;
	const char	*name;	/* NULL: any */
	const char	*pin;	/* NULL: by CAs */
	const char	*cafile; /* NULL: those of the system */
	int		 valid;	/* certtime.c: the first is valid now */
	int		 named;	/* certname.c: it has the name */
};

/* Judge the certificates of a handshake (cert.c). */
void	 check_cert(struct check_run *r, struct check_addr *a,
	    const struct check_shake *s);

/* Report that the first certificate is not the server's own (certorder.c). */
void	 check_cert_misordered(struct check_run *r, const struct check_addr *a,
	    const struct check_shake *s);

/* The parts; each reports what it finds. */
void	 check_cert_time(struct check_run *r, const struct check_addr *a,
	    struct check_certs *c);
void	 check_cert_name(struct check_run *r, const struct check_addr *a,
	    struct check_certs *c);
void	 check_cert_pin(struct check_run *r, const struct check_addr *a,
	    const struct check_certs *c);
int	 check_cert_chain(struct check_run *r, const struct check_addr *a,
	    const struct check_certs *c);	/* 1: clients can verify it */
void	 check_cert_order(struct check_run *r, const struct check_addr *a,
	    const struct check_certs *c);
void	 check_cert_weak(struct check_run *r, const struct check_addr *a,
	    const struct check_certs *c);

/*
 * Texts of certificates, in printable ASCII (certtext.c).  Each returns `dst'
 * and truncates.
 */
const char *check_cert_dn(X509_NAME *name, char dst[CHECK_DN]);
const char *check_cert_names(X509 *x, char *dst, size_t size);
const char *check_cert_key(X509 *x, char *dst, size_t size);
const char *check_cert_date(time_t t, char dst[CHECK_DATE]);

/* "sha256-raw:" and the hash; "" when out of memory. */
#define CHECK_PIN	76
const char *check_cert_pin_of(X509 *x, char dst[CHECK_PIN]);

/* Seconds since 1970 (certtext.c); 0 when unreadable. */
time_t	 check_cert_seconds(const ASN1_TIME *t);

/* By names, key identifiers and extensions (certorder.c); 1 or 0. */
int	 check_cert_issued(X509 *issuer, X509 *x);
int	 check_cert_is_ca(X509 *x);

#endif
