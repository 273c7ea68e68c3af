/*
 * convertset: what the files of convert share.
 */
#ifndef CONVERTSET_H
#define CONVERTSET_H

#include <stdint.h>

#include "codec.h"
#include "convert.h"

#define CONVERT_PREFIX		"DERP_"		/* of all variables */
#define CONVERT_MAXSTRING	1023	/* bytes of a string in derpd.conf(5) */
#define CONVERT_MAXSOCKET	103	/* of the path of one, on any system */
#define CONVERT_MAXVALUE	65535	/* bytes of a value */
#define CONVERT_SHOWNSIZE	68	/* room for a value in a message */

enum convert_id {
#define SETTING(id, flag, variable)	CONVERT_##id,
#include "convert.def"
	CONVERT_NSETTINGS
};

struct convert {
	const struct convert_ops *ops;
	enum convert_from from;
	struct {
		char	*value;		/* NULL: not set */
		char	 name[48];	/* as it was given, for messages */
	} v[CONVERT_NSETTINGS];
	unsigned int	 nerrors;
	struct ipc_wr	 text;		/* of the configuration */
	char		 statedir[CONVERT_MAXSTRING + 1]; /* "": derpd's */
	char		 eab_file[CONVERT_MAXSTRING + 1];
};

/* What derper would listen on, and with what. */
struct convert_web {
	char		 host[64];	/* "*" or an address */
	unsigned int	 port;
	int		 tls;
	int		 ips;		/* certificates for addresses, too */
	int		 relay;		/* serve as a relay */
	int		 stun;
	int		 map;		/* serve the map of CONVERT_MAP */
	int		 map_only;	/* the container of the map */
	const char	*name;		/* of this machine; NULL: error */
	enum convert_id	 name_id;	/* the setting that it comes from */
	const char	*mapname;	/* another name for the map, or NULL */
	const char	*mode;		/* of certificates */
};

/* settings.c: the value of a setting, NULL when it is unset or empty. */
const char *convert_get(const struct convert *c, enum convert_id id);

/*
 * Note each variable of a boolean that is neither true nor false: it does not
 * count.
 */
void	 convert_note_booleans(struct convert *c);

/* Its name in messages, whether it is set or not. */
const char *convert_name(const struct convert *c, enum convert_id id);

/*
 * Set the setting of the variable `name' (with DERP_) or of the flag `name'
 * (without hyphens).  An unknown variable is noted with the nearest name; an
 * unknown flag is an error.
 */
void	 convert_set_variable(struct convert *c, const char *name,
	    const char *value);

/* converttext.c: say an error.  `value' is shown behind the name. */
void	 convert_error(struct convert *c, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 convert_bad(struct convert *c, enum convert_id id, const char *want);

/* The value of a setting for messages, cut off if it is long. */
void	 convert_shown(const struct convert *c, enum convert_id id,
	    char dst[CONVERT_SHOWNSIZE]);

/* Say a difference from derper, and add it to the text as a comment. */
void	 convert_note(struct convert *c, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Add a comment alone. */
void	 convert_comment(struct convert *c, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Add text as it is, or a string in quotes. */
void	 convert_put(struct convert *c, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 convert_quote(struct convert *c, const char *s);

/* Add the line BEFORE "s"AFTER. */
void	 convert_line(struct convert *c, const char *before, const char *s,
	    const char *after);

/*
 * convertvalue.c: the value of a setting as a type, or `unset'.  A value that
 * makes no sense is an error, which has been said, and counts as unset; a
 * variable of a boolean counts as unset without an error.
 */
int	 convert_bool(struct convert *c, enum convert_id id, int unset);
int64_t	 convert_number(struct convert *c, enum convert_id id, int64_t unset,
	    int64_t min, int64_t max, const char *want);

/* A duration in units of `unit' nanoseconds, rounded up; -1: negative. */
int64_t	 convert_time(struct convert *c, enum convert_id id, int64_t unset,
	    int64_t unit, int64_t max, const char *want);

/* A string that must be a path or such, of `check'; NULL: unset, or bad. */
const char *convert_path(struct convert *c, enum convert_id id, size_t max);
const char *convert_host(struct convert *c, enum convert_id id);

/* Is `s' a DNS name or an address?  An address?  A public one?  1 or 0. */
int	 convert_is_host(const char *s);
int	 convert_is_address(const char *s);
int	 convert_is_public(const char *s);

/*
 * The next item of a list with commas, blanks around it removed, in `item';
 * *list moves on, and is NULL at the end.  1, 0: the end, or -1: too long.
 */
int	 convert_item(const char **list, char *item, size_t size);

/*
 * convertweb.c: fill in *w, all zeros; then add what it says to the text, but
 * for the relay and what convertserve.c does.
 */
void	 convert_web_begin(struct convert *c, struct convert_web *w);
void	 convert_web_text(struct convert *c, const struct convert_web *w);

/* convertrelay.c: the relay block, with this file of the node key. */
void	 convert_relay_text(struct convert *c, const char *key);

/* convertserve.c */
void	 convert_serve_text(struct convert *c, const struct convert_web *w);

#endif
