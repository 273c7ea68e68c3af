/*
 * conf_types: the types of options.def, and shared value checks.  For this
 * folder.
 */
#ifndef CONF_TYPES_H
#define CONF_TYPES_H

#include "conf_option.h"
#include "gramtypes.h"

_Static_assert(GRAM_MAXLIST == IPC_MAXPROXIES,
    "a list in braces is one of prefixes");

/* Types that other daemons have, too: see gramtypes.h. */
#define conf_type_number	gram_type_number
#define conf_type_size		gram_type_size
#define conf_type_words		gram_type_words
#define conf_type_flag		gram_type_flag
#define conf_type_off		gram_type_off
#define conf_type_path		gram_type_path
#define conf_type_root		gram_type_root
#define conf_type_user		gram_type_user
#define conf_type_text		gram_type_text
#define conf_type_source	gram_type_source
#define conf_type_paths		gram_type_paths
#define conf_type_sources	gram_type_sources
#define conf_type_port		gram_type_port
#define conf_type_file		gram_type_file
#define conf_type_block		gram_type_block
#define conf_type_include	gram_type_include

/* conf_types.c: strings ... */
extern const struct gram_type
	conf_type_algorithm,	/* of TCP congestion control */
	conf_type_redirect,	/* URL, http or https */
	conf_type_urlpath,	/* path of a URL */
	conf_type_directory,	/* URL of an ACME directory, or its name */
/* ... lists of strings ... */
	conf_type_host,		/* DNS names and IP addresses */
	conf_type_contact,	/* mail addresses */
/* ... values stored with the statement's first value ... */
	conf_type_listening, conf_type_proxies, conf_type_allow,
	conf_type_cleartext,
/* ... and the blocks of maps. */
	conf_type_maps;

/* conf_admit.c: sources of admission, and prefixes. */
extern const struct gram_type
	conf_type_verify_url, conf_type_verify_socket, conf_type_debug;

/* conf_mesh.c: the other nodes of the region. */
extern const struct gram_type
	conf_type_node, conf_type_address, conf_type_certname,
	conf_type_serverkey;

/* conf_statements.c: irregular statements. */
extern const struct gram_type
	conf_type_listen, conf_type_stun_listen, conf_type_metrics_listen,
	conf_type_certificate, conf_type_selfsigned, conf_type_acme;

/* The configuration that is being read. */
extern struct conf	*conf_parsed;

/*
 * 1 when `s' is a DNS name or an IP address; else 0, and an error about `what'
 * with advice is reported.
 */
int	 conf_is_host(const char *s, const char *what,
	    const struct gram_pos *pos);

/* conf_address.c */

/* 1 when `s' is a literal IP address, else 0. */
int	 conf_is_address(const char *s);

/* What a listening address is for; without one of these words: plain. */
#define CONF_LISTENING	"tls derp"
enum conf_listening { CONF_PLAIN, CONF_TLS, CONF_DERP };

/*
 * Add a listening address to a list, both families for "*", with the `nproxies'
 * prefixes at `proxies'.  Errors are reported.
 */
void	 conf_add_listen(struct conf_listens *list, const char *address,
	    int64_t port, enum conf_listening kind,
	    const struct net_prefix *proxies, size_t nproxies,
	    const struct gram_pos *pos);

/* Parse a prefix of the statement `what'.  0, or -1: reported. */
int	 conf_prefix(struct net_prefix *p, const char *what,
	    const struct gram_item *it);

/* The same for the list of a statement.  0, or -1: reported. */
int	 conf_prefixes(struct net_prefix v[GRAM_MAXLIST], const char *what,
	    const struct gram_statement *s);

/*
 * Write the address of `l' without its port, as in the configuration, to `dst';
 * "*" for the first of the two entries of a wildcard, "" for the second.
 */
void	 conf_address(const struct conf_listen *l, char *dst, size_t size);

#endif
