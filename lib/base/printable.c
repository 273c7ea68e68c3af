/*
 * printable: see printable.h.  Called where a reason may quote a peer.
 */
#include "printable.h"

void
base_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			*s = '?';
}
