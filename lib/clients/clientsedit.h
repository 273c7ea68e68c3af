/*
 * clientsedit: change one key in the text of a clients file and keep every
 * other byte unchanged.  For derpctl.  Pure.
 */
#ifndef CLIENTSEDIT_H
#define CLIENTSEDIT_H

#include <stddef.h>
#include <stdint.h>

#include "clientsline.h"
#include "codec.h"

/* What is to become of a key. */
struct clients_change {
	enum clients_kind kind;		/* CLIENTS_ALLOW, CLIENTS_DENY, or
					   CLIENTS_BLANK: it is removed */
	uint8_t		 key[CLIENTS_KEYLEN];
	const char	*name;		/* NULL: as it is; "": none */
	const char	*group;		/* the same; not used by CLIENTS_DENY,
					   which has none */
};

/*
 * Change the text of `len' bytes.  A key that is listed or denied keeps its
 * line, with indentation and comment; a new one gets a line at the end.  `path'
 * is for messages.  Returns 1 with the new text appended to `out' as raw bytes;
 * 0 when all is so already; or -1 with a line in `why' of `whysize' bytes, when
 * the text or the result is not a valid file (clients_file_parse()).
 */
int	 clients_edit(const char *path, const char *text, size_t len,
	    const struct clients_change *c, struct ipc_wr *out, char *why,
	    size_t whysize);

#endif
