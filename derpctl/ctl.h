/*
 * ctl: what the files of derpctl share.
 */
#ifndef CTL_H
#define CTL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "chan.h"
#include "json_out.h"

/* A JSON object that is printed in pieces. */
struct ctl_json {
	struct ipc_wr	 w;
	struct json_out	 o;
};

/* The options in front of the command. */
struct ctl {
	const char	*socket;	/* path of derpd's control socket */
	int		 json;		/* -j */
	int		 wait_ms;	/* for each part of derpd's answer;
					   0: as usual */
	struct ctl_json	*doc;		/* begun already, with -j; NULL none */
};

/* Say how derpctl is called, and exit with 1. */
void	ctl_usage(void) __attribute__((noreturn));

/*
 * One function a command.  `argv[0]' is the command's name.  0 good, 1 wrong
 * and said why on standard error.
 */
int	ctl_cmd_status(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_reload(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_log(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_clients(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_node(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_cert(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_map(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_map_add(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_map_remove(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_map_set(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_map_check(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_stun(const struct ctl *ctl, int argc, char **argv);
int	ctl_cmd_probe(const struct ctl *ctl, int argc, char **argv);

/*
 * cert renew, revoke (`reason' of RFC 5280 5.3.1, else 0), roll.  As above, but
 * it takes as long as the job, or five minutes.
 */
int	ctl_cert_command(const struct ctl *ctl, enum ipc_acme_job job,
	    int reason);

/* The number of the reason called `name' in RFC 5280 5.3.1, or -1. */
int	ctl_cert_reason(const char *name);

/* A part of derpd's answer.  0 go on, -1 malformed. */
typedef int (*ctl_reply_cb)(struct ipc_msg *m, void *arg);

/*
 * Connect to derpd, send `type' with the payload `w' (NULL none), and give
 * each message of the answer to `cb' (NULL: none is expected).  0 when derpd
 * says done; else 1, and why is on standard error and, with -j, on standard
 * output as {"ok":false,"error":s}, or at the end of the object that is open.
 */
int	ctl_request(const struct ctl *ctl, uint32_t type,
	    const struct ipc_wr *w, ctl_reply_cb cb, void *arg);

/* Say that a command failed, as ctl_request() does; always 1. */
int	ctl_failed(const struct ctl *ctl, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Print `len' bytes that came from elsewhere: printable ASCII and well-formed
 * UTF-8 as they are, everything that a terminal might obey as \xNN.
 */
void	ctl_put_text(FILE *fp, const char *p, size_t len);

/* Begin an object, to which json_out_*() add. */
void	ctl_json_begin(struct ctl_json *cj);

/* Print what was added since. */
void	ctl_json_flush(struct ctl_json *cj, FILE *fp);

/* End all that is open, and print the rest with a newline. */
void	ctl_json_end(struct ctl_json *cj, FILE *fp);

/* End what is open but the object itself, which gets "ok":false and `why'. */
void	ctl_json_error(struct ctl_json *cj, FILE *fp, const char *why);

/* Print {"ok":true} and a newline, with a string `name' unless that is NULL. */
void	ctl_json_ok(FILE *fp, const char *name, const char *text);

/*
 * Of an ctl_reply_cb: print the JSON of a MSG_CTL_TEXT, with -j or `print' NULL
 * as it is, else by `print', which returns 0, or -1: it is not what control.h
 * says. 0, or -1 it is none.
 */
int	ctl_text(struct ipc_msg *m, const struct ctl *ctl,
	    int (*print)(FILE *, const char *, size_t));

/*
 * Print the JSON document of `len' bytes and a newline, control characters in
 * its strings escaped.  0, or -1: it is not well-formed, nothing printed.
 */
int	ctl_put_json_doc(FILE *fp, const char *text, size_t len);

/*
 * Bytes for people into `dst' of `size' bytes, in at most 6 characters: "0",
 * "999", "1.2K", "34.5M".
 */
void	ctl_fmt_bytes(char *dst, size_t size, uint64_t n);

/* The same for seconds: "59s", "3m20s", "2h05m", "12d07h". */
void	ctl_fmt_age(char *dst, size_t size, uint64_t seconds);

/* Print derpd's status object as text.  0, or -1: not what control.h says. */
int	ctl_status_print(FILE *fp, const char *json, size_t len);

/* Print derpd's object of maps as text.  The same results. */
int	ctl_maps_print(FILE *fp, const char *json, size_t len);

/*
 * Read the file `path', "-" for standard input, of at most `max' bytes and one
 * more.  Heap and *len bytes; NULL with errno.
 */
char	*ctl_read_file(const char *path, size_t max, size_t *len);

struct ipc_client_info;

/*
 * Print the head of the table of clients, a line of it, or add a client as a
 * JSON object.
 */
void	ctl_clients_head(FILE *fp);
void	ctl_clients_row(FILE *fp, const struct ipc_client_info *c);
void	ctl_clients_json(struct json_out *o, const struct ipc_client_info *c);

/* Confine derpctl: before it connects to the control socket at `path'. */
void	ctl_confine_socket(const char *path);

/* Confine derpctl: once it is connected. */
void	ctl_confine_connected(void);

/* Confine derpctl to reading the file at `path', or "-" standard input. */
void	ctl_confine_file(const char *path);

/* Confine derpctl for a probe that may read `cafile' (NULL: system roots). */
void	ctl_confine_probe(const char *cafile);

#endif
