/*
 * convert: derpd.conf(5) made of the settings of derper: of the environment
 * variables that its images read, or of its flags.
 *
 * derpd -E and derpctl convert use it.  It opens no file: it asks its caller
 * which files exist.  A value never becomes more than one string of one
 * statement: strings are quoted, and control characters refused.
 *
 * settings.c    the values, with their names
 * envfile.c     a file of variables
 * convertvalue.c the types of values
 * convertweb.c  the text: host names, ports, certificates, maps
 * convertrelay.c the text: the relay
 * convertserve.c the text: STUN, admission, other nodes, bootstrap-dns
 * converttext.c strings and comments
 */
#ifndef CONVERT_H
#define CONVERT_H

#include <stddef.h>

#define CONVERT_MAXFILE		(1024 * 1024)	/* bytes of a file */
#define CONVERT_KEY		"/var/lib/derper/derper.key"
#define CONVERT_MAP		"/etc/derpd/derp-map.json"

enum convert_from { CONVERT_ENV, CONVERT_FLAGS };

/* An error, after which there is no text, or a difference from derper. */
enum convert_kind { CONVERT_ERROR, CONVERT_NOTE };

struct convert_ops {
	/* A line of text, which names the setting; notes are in the text of
	   convert_text(), too. */
	void		 (*say)(void *arg, enum convert_kind kind,
			    const char *line);
	int		 (*exists)(void *arg, const char *path); /* 1 or 0 */
	void		*arg;
	const char	*home;	/* home directory, where derper looks for
				   files; NULL: none */
	int		 own_control; /* 1: the control socket is in the state
				   directory; 0: where derpd has it */
};

struct convert;

/*
 * Settings without a value, of variables or of flags.  `ops' must outlive them.
 * convert_free() zeroes the values.
 */
struct convert *convert_new(const struct convert_ops *ops,
	    enum convert_from from);
void	 convert_free(struct convert *c);	/* NULL is fine */

/* Take the DERP_ variables of `env', "NAME=VALUE" each, NULL at its end. */
void	 convert_env(struct convert *c, char *const *env);

/*
 * Take those of a file: the `len' bytes at `text', lines of NAME=VALUE.  Lines
 * may begin with "export"; values may be in quotes; # begins a comment.  `name'
 * is for errors.
 */
void	 convert_env_file(struct convert *c, const char *name,
	    const char *text, size_t len);

/* Take `n' flags as Go's package flag reads them: -x=V, -x V, --x. */
void	 convert_flags(struct convert *c, int n, char *const *flags);

/* 1 when derper would print its version and exit, else 0. */
int	 convert_wants_version(struct convert *c);

/*
 * The MAC key of the external account (base64) and the file in which the text
 * expects it; NULL: there is none.  Valid until convert_free(), and *path after
 * convert_text() only.
 */
const char *convert_eab_key(const struct convert *c, const char **path);

/*
 * The configuration as text, on the heap; NULL after an error, which has been
 * said.  It holds no secret.  To be called once.
 */
char	*convert_text(struct convert *c);

#endif
