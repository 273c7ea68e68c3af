/*
 * clientname: names of clients and groups.  Pure.
 */
#ifndef CLIENTNAME_H
#define CLIENTNAME_H

#include <stddef.h>

#define CLIENTS_NAMESIZE	65	/* bytes of a name, with its NUL */

/*
 * Returns 1 when the `len' bytes at `p' are a name: 1 to 64 bytes of UTF-8
 * without characters that a terminal would interpret (json_is_control()), else
 * 0.
 */
int	 clients_name_valid(const char *p, size_t len);

/*
 * Make a name of untrusted text: copy what is valid of the `len' bytes at `p'
 * to `dst', NUL-terminated, without blanks at both ends.  A tab becomes a
 * blank; malformed UTF-8 and other characters that a terminal would interpret
 * are left out; what does not fit is cut off between two characters.  Returns
 * the bytes of the name, 0 when nothing is left.
 */
size_t	 clients_name_clean(char dst[CLIENTS_NAMESIZE], const char *p,
	    size_t len);

#endif
