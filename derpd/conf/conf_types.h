/*
 * conf_types: the types of options.def, and shared value checks.  For this
 * folder.
 */
#ifndef CONF_TYPES_H
#define CONF_TYPES_H

#include "conf_option.h"

/* conf_types.c: integers ... */
extern const struct conf_type
	conf_type_number,	/* digits, .min to .max */
	conf_type_size,		/* the same, with K, M or G appended */
	conf_type_words,	/* the first of .words: 0, the second: 1 ... */
	conf_type_flag,		/* keywords alone: 1 */
	conf_type_off,		/* keywords alone: 0 */
/* ... strings ... */
	conf_type_path,		/* absolute, of at most .max bytes */
	conf_type_root,		/* the same, or off: "" */
	conf_type_user,		/* the name of a user */
	conf_type_algorithm,	/* of TCP congestion control */
	conf_type_text,		/* ASCII that needs no escapes in JSON */
	conf_type_redirect,	/* URL, http or https */
	conf_type_source,	/* URL of a map, https */
	conf_type_urlpath,	/* path of a URL */
	conf_type_directory,	/* URL of an ACME directory, or its name */
/* ... lists of strings ... */
	conf_type_host,		/* DNS names and IP addresses */
	conf_type_sources,
	conf_type_paths,
	conf_type_contact,	/* mail addresses */
/* ... values stored with the statement's first value, or not at all ... */
	conf_type_port, conf_type_listening, conf_type_proxies,
	conf_type_file, conf_type_allow, conf_type_cleartext,
/* ... blocks, conf_match.c opens and closes them. */
	conf_type_block, conf_type_maps;

/* conf_admit.c: sources of admission, and prefixes. */
extern const struct conf_type
	conf_type_verify_url, conf_type_verify_socket, conf_type_debug;

/* conf_mesh.c: the other nodes of the region. */
extern const struct conf_type
	conf_type_node, conf_type_address, conf_type_certname,
	conf_type_serverkey;

/* conf_statements.c: irregular statements. */
extern const struct conf_type
	conf_type_listen, conf_type_stun_listen, conf_type_metrics_listen,
	conf_type_certificate, conf_type_selfsigned, conf_type_include;

/*
 * 1 when `s' is a DNS name or an IP address; else 0, and an error about `what'
 * with advice is reported.
 */
int	 conf_is_host(const char *s, const char *what,
	    const struct conf_pos *pos);

/*
 * 1 when `path' is absolute and has at most `max' bytes; else 0, and an error
 * about `name' is reported.
 */
int	 conf_is_path(const char *path, size_t max, const char *name,
	    const struct conf_pos *pos);

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
	    const struct conf_pos *pos);

/* Parse a prefix of the statement `what'.  0, or -1: reported. */
int	 conf_prefix(struct net_prefix *p, const char *what,
	    const struct conf_item *it);

/* The same for the list of a statement.  0, or -1: reported. */
int	 conf_prefixes(struct net_prefix v[CONF_MAXLIST], const char *what,
	    const struct conf_statement *s);

/*
 * Write the address of `l' without its port, as in the configuration, to `dst';
 * "*" for the first of the two entries of a wildcard, "" for the second.
 */
void	 conf_address(const struct conf_listen *l, char *dst, size_t size);

#endif
