/*
 * ctl: declarations shared by the files of derpctl.
 */
#ifndef CTL_H
#define CTL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "chan.h"
#include "command.h"
#include "json_out.h"

/* A JSON object that is printed in pieces. */
struct ctl_json {
	struct ipc_wr	 w;
	struct json_out	 o;
};

/* Options before the command. */
struct ctl {
	const char	*socket;	/* path of its control socket */
	const char	*daemon;	/* its name; NULL: derpd */
	int		 json;		/* -j */
	int		 wait_ms;	/* for each part of the answer; 0:
					   default */
	struct ctl_json	*doc;		/* open object, with -j; else NULL */
	int		 edits;		/* a file, too: not confined to the
					   socket */
};

#define CTL_SOCKET_PATH	"/var/run/derpd.sock"

/* Those of derpbridged, and of derpbridged -i (with the interface). */
#define CTL_BRIDGE_SOCKET	"/var/run/derpbridge.sock"
#define CTL_BRIDGE_SOCKET_ONE	"/var/run/derpbridge-%s.sock"
#define CTL_BRIDGE_SOCKETS	"/var/run/derpbridge-*.sock"

/* An upgrade, or a reload that is one, ends earlier (predecessor.h). */
#define CTL_UPGRADE_MS	400000

/*
 * One function per row of commands.c, which gets the words behind the command.
 * Returns 0 on success, or 1 with an error on standard error; ctl_cmd_probe() 2
 * when the relay refuses the clients; ctl_cmd_health() 1 when derpd is unwell,
 * with the reasons on standard output, and 2 with an error; ctl_cmd_check() as
 * ctlcheck_status().
 */
int	ctl_cmd_bridge_log(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_bridge_reload(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_bridge_status(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_cert(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_cert_renew(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_cert_revoke(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_cert_roll(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_check(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_clients(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_complete(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_convert_derper(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_convert_env(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_deny(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_drain(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_drain_cancel(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_groups(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_health(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_help(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_kick(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_log(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_map(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_map_add(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_map_check(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_map_remove(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_map_set(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_map_yaml(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_mesh(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_node(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_probe(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_reload(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_restart_relay(const struct ctl *ctl,
	    const struct command_words *w);
int	ctl_cmd_status(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_stun(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_top(const struct ctl *ctl, const struct command_words *w);
int	ctl_cmd_upgrade(const struct ctl *ctl, const struct command_words *w);

/* Handle one part of derpd's answer.  Returns 0 to go on, -1 when malformed. */
typedef int (*ctl_reply_cb)(struct ipc_msg *m, void *arg);

/*
 * Connect to derpd, send `type' with the payload `w' (NULL for none), and pass
 * each message of the answer to `cb' (NULL when none is expected).  Returns 0
 * when derpd reports success, else 1.  On failure the reason goes to standard
 * error and, with -j, to standard output as {"ok":false,"error":s} or at the
 * end of the open object.
 */
int	ctl_request(const struct ctl *ctl, uint32_t type,
	    const struct ipc_wr *w, ctl_reply_cb cb, void *arg);

/*
 * The same in parts, for several requests.  ctl_open() connects and exchanges
 * builds; NULL: the reason is reported.  ctl_ask() is ctl_request() over that
 * connection.  ctl_ask_new() is for a request that a derpd of an older build
 * may not know: then it returns CTL_UNKNOWN and reports nothing, and the
 * connection is of no more use.
 */
#define CTL_UNKNOWN	2
struct ctl_server;
struct ctl_server *ctl_open(const struct ctl *ctl);
int	ctl_ask(const struct ctl *ctl, struct ctl_server *s, uint32_t type,
	    const struct ipc_wr *w, ctl_reply_cb cb, void *arg);
int	ctl_ask_new(const struct ctl *ctl, struct ctl_server *s, uint32_t type,
	    const struct ipc_wr *w, ctl_reply_cb cb, void *arg);
void	ctl_close(struct ctl_server *s);	/* NULL is allowed */

/*
 * ctl_request() without an answer, for a request that a derpd of an older build
 * may not know: the error then says that derpd can't do `cannot'.
 */
int	ctl_request_new(const struct ctl *ctl, uint32_t type,
	    const struct ipc_wr *w, const char *cannot);

/*
 * A ctl_reply_cb that prints the one line of a MSG_CTL_TEXT; `arg' is the
 * struct ctl.
 */
int	ctl_got_line(struct ipc_msg *m, void *arg);

/*
 * Connect to the socket at `path'; with `flags' SOCK_NONBLOCK without waiting
 * for a derpd that accepts nobody (EAGAIN).  Returns the descriptor, or -1 with
 * errno, for which ctl_dial_advice() says what the user can do, "" or ": ...".
 */
int	ctl_dial(const char *path, int flags);
const char *ctl_dial_advice(int e);

/*
 * Report a failed command in the same way as ctl_request().  Always returns 1.
 */
int	ctl_failed(const struct ctl *ctl, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Print `len' bytes of untrusted text: printable ASCII and well-formed UTF-8
 * unchanged, everything that a terminal might interpret as \xNN.
 */
void	ctl_put_text(FILE *fp, const char *p, size_t len);

/*
 * Print NAME="VALUE", a label of Prometheus' text format: the untrusted value
 * is escaped, and bytes that are not UTF-8 are replaced.
 */
void	ctl_put_label(FILE *fp, const char *name, const char *value);

/* Begin an object, to be filled with json_out_*(). */
void	ctl_json_begin(struct ctl_json *cj);

/* Print the JSON written since the last flush. */
void	ctl_json_flush(struct ctl_json *cj, FILE *fp);

/* Close all open brackets, print the rest and a newline. */
void	ctl_json_end(struct ctl_json *cj, FILE *fp);

/*
 * Close all brackets but the outer object, and end that with "ok":false and
 * `why'.
 */
void	ctl_json_error(struct ctl_json *cj, FILE *fp, const char *why);

/*
 * Print {"ok":true} and a newline, with a string `name' unless `name' is NULL.
 */
void	ctl_json_ok(FILE *fp, const char *name, const char *text);

/*
 * For use in a ctl_reply_cb: print the JSON of a MSG_CTL_TEXT.  It is printed
 * unchanged with -j or when `print' is NULL; otherwise `print' formats it and
 * returns 0, or -1 when the JSON does not match control.h.  Returns 0, or -1
 * for any other message.
 */
int	ctl_text(struct ipc_msg *m, const struct ctl *ctl,
	    int (*print)(FILE *, const char *, size_t));

/*
 * Print the JSON document of `len' bytes and a newline, with control characters
 * in strings escaped.  Returns 0, or -1 with nothing printed when it is
 * malformed.
 */
int	ctl_put_json_doc(FILE *fp, const char *text, size_t len);

/*
 * Format a number of bytes into `dst' of `size' bytes, in at most 6 characters:
 * "0", "999", "1.2K", "34.5M".
 */
void	ctl_fmt_bytes(char *dst, size_t size, uint64_t n);

/* Format seconds likewise: "59s", "3m20s", "2h05m", "12d07h". */
void	ctl_fmt_age(char *dst, size_t size, uint64_t seconds);

/*
 * Print derpd's status object as text.  Returns 0, or -1 when it does not match
 * control.h.
 */
int	ctl_status_print(FILE *fp, const char *json, size_t len);

/* Print derpd's map object as text.  Returns as above. */
int	ctl_maps_print(FILE *fp, const char *json, size_t len);

/*
 * Read the file `path' ("-" is standard input), at most `max' + 1 bytes.
 * Returns heap memory and *len bytes, or NULL with errno.
 */
char	*ctl_read_file(const char *path, size_t max, size_t *len);

/* Confine derpctl before it connects to the control socket at `path'. */
void	ctl_confine_socket(const char *path);

/* Confine derpctl after it has connected. */
void	ctl_confine_connected(void);

/*
 * Confine derpctl to a terminal (`tty') and to connecting to the socket at
 * `path', again and again.
 */
void	ctl_confine_top(const char *path, int tty);

/* Confine derpctl to reading the file at `path' ("-": standard input). */
void	ctl_confine_file(const char *path);

/* Confine derpctl to asking which files exist. */
void	ctl_confine_convert(void);

/*
 * Confine derpctl for checks: to read the file of CAs, to resolve, connect and
 * start jobs.  ctl_confine_file_read() before it permits further files.
 * ctl_confine_job() is for a job, which reads the CAs, resolves and connects.
 */
void	ctl_confine_check(const char *cafile);
void	ctl_confine_file_read(const char *path);
void	ctl_confine_job(void);

/*
 * What a job gives up on every system: files that it could change, processes,
 * and on Linux the rights of root but to read.  Called by ctl_confine_job().
 */
void	ctl_limit_job(void);

/* Confine derpctl for a probe that may read `cafile' (NULL: system roots). */
void	ctl_confine_probe(const char *cafile);

#endif
