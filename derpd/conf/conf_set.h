/*
 * conf_set: what parse.y does with a statement: check its values, put them
 * into the configuration.  Strings are copied; `pos' is where the statement
 * begins.  Errors go to conf_error().
 */
#ifndef CONF_SET_H
#define CONF_SET_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

enum set_what {
	SET_CONTROL, SET_CHROOT, SET_STATEDIR, SET_RELAY_KEY, SET_MESH_KEY,
	SET_SANDBOX, SET_CHILD_TIMEOUT, SET_WORKERS, SET_QUEUE_BYTES,
	SET_QUEUE_PACKETS, SET_CODEL_TARGET, SET_CODEL_INTERVAL, SET_UNSENT,
	SET_WRITE_TIMEOUT,
	SET_ACCEPT_RATE, SET_ACCEPT_BURST, SET_CLIENT_RATE, SET_CLIENT_BURST,
	SET_MAX_CLIENTS, SET_MAX_UNFINISHED, SET_MAX_PER_SOURCE, SET_HOME,
	SET_USER, SET_KEYS_USER, SET_CONGESTION,
	SET_RELAY, SET_STUN, SET_STUN_WORKERS, SET_STUN_ALWAYS,
	SET_STUN_PROBE, SET_STUN_SOURCE, SET_ACME, SET_ACME_DIRECTORY,
	SET_ACME_PROFILE, SET_ACME_CHAIN, SET_ACME_EAB, SET_ACME_CA, SET_MAX
};

/* Begin a configuration: nothing is set twice yet. */
void	 set_begin(void);

/* A copy of `s'; exits without memory. */
char	*set_dup(const char *s);

/* NAME = "VALUE". */
void	 set_macro(const char *name, const char *value,
	    const struct conf_pos *pos);

/* Bytes of "64K", "1M", "2G"; -1 and an error when malformed. */
int64_t	 set_size(const char *text, const struct conf_pos *pos);

/* 1 the first time that `what' is set; else 0, and an error names it. */
int	 set_once(enum set_what what, const char *name,
	    const struct conf_pos *pos);

/*
 * 1 when `s' is a DNS name or an IP address; else 0, and an error calls it
 * `what' and says how to write it.
 */
int	 set_is_host(const char *s, const char *what,
	    const struct conf_pos *pos);

/*
 * 1 when `path' is absolute and has at most `max' bytes; else 0, and an error
 * calls it `name'.
 */
int	 set_is_path(const char *path, size_t max, const char *name,
	    const struct conf_pos *pos);

/* 1 when `s' is a URL of visible ASCII that begins with `scheme', else 0. */
int	 set_is_url(const char *s, const char *scheme);

/*
 * Add one listening address to a list, both families for "*".  Errors are
 * reported.
 */
void	 set_add_listen(struct conf_listens *list, const char *address,
	    int64_t port, int tls, const struct conf_pos *pos);

/* A host name (or address) of this machine. */
void	 set_hostname(const char *name, const struct conf_pos *pos);

/* listen on `address' ("*" any) port `port', with or without TLS. */
void	 set_listen(const char *address, int64_t port, int tls,
	    const struct conf_pos *pos);

/* A pair of files; both NULL: self-signed. */
void	 set_certificate(const char *cert, const char *key,
	    const struct conf_pos *pos);

/* An absolute path. */
void	 set_path(enum set_what what, const char *path,
	    const struct conf_pos *pos);

/* A number within the range of its setting; -1: of a size, reported. */
void	 set_number(enum set_what what, int64_t v, const struct conf_pos *pos);

/* The user of the children, or of keys. */
void	 set_user(int keys, const char *name, const struct conf_pos *pos);

/* The page at /; `url' with HOME_REDIRECT. */
void	 set_home(enum relay_home home, const char *url,
	    const struct conf_pos *pos);

/* codel target `target' interval `interval', both in ms. */
void	 set_codel(int64_t target, int64_t interval,
	    const struct conf_pos *pos);

/* codel off. */
void	 set_codel_off(const struct conf_pos *pos);

/* Congestion control of client connections. */
void	 set_congestion(const char *name, const struct conf_pos *pos);

/* There is a relay section. */
void	 set_relay(const struct conf_pos *pos);

/* conf_serve.c */

/* There is a stun section; the functions below are for what stands in it. */
void	 set_stun(const struct conf_pos *pos);
void	 set_stun_listen(const char *address, int64_t port,
	    const struct conf_pos *pos);
void	 set_stun_workers(int64_t n, const struct conf_pos *pos);
void	 set_stun_always(const struct conf_pos *pos);
void	 set_stun_probe(int64_t seconds, const struct conf_pos *pos);
void	 set_stun_source(int64_t rate, int64_t burst,
	    const struct conf_pos *pos);

/* Begin a map; `file' NULL: its block says where it comes from. */
void	 set_map(const char *file, const struct conf_pos *pos);

/* What stands in the block of the last map. */
void	 set_map_file(const char *file, const struct conf_pos *pos);
void	 set_map_follow(const char *url, const struct conf_pos *pos);
void	 set_map_every(int64_t seconds, const struct conf_pos *pos);
void	 set_map_path(const char *path, const struct conf_pos *pos);
void	 set_map_host(const char *host, const struct conf_pos *pos);
void	 set_map_compare(const char *url, const struct conf_pos *pos);
void	 set_map_cafile(const char *file, const struct conf_pos *pos);
void	 set_map_age(int64_t seconds, const struct conf_pos *pos);

/* All is read: defaults of stun and the maps, and what they need. */
void	 set_serve_done(void);

/* conf_acme.c */

/* There is an acme section; the functions below are for what stands in it. */
void	 set_acme(const struct conf_pos *pos);
void	 set_acme_directory(const char *url, const struct conf_pos *pos);
void	 set_acme_contact(const char *contact, const struct conf_pos *pos);
void	 set_acme_profile(const char *name, const struct conf_pos *pos);
void	 set_acme_chain(const char *name, const struct conf_pos *pos);
void	 set_acme_eab(const char *kid, const char *file,
	    const struct conf_pos *pos);
void	 set_acme_cafile(const char *file, const struct conf_pos *pos);

/* All is read: what ACME needs of the rest. */
void	 set_acme_done(void);

#endif
