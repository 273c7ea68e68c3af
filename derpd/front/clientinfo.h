/*
 * clientinfo: the client's JSON text of a login (derp(7), section 1).  Pure.
 */
#ifndef CLIENTINFO_H
#define CLIENTINFO_H

#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

/* Size of the AppName with its NUL; a longer one is ignored. */
#define CLIENTINFO_APPNAME	IPC_APPSIZE

struct front_clientinfo {
	int64_t	 version;	/* of the protocol; 0: none was given */
	int	 can_ack_pings;
	int	 is_prober;
	int	 mesh;		/* it presented the mesh key */
	char	 app_name[CLIENTINFO_APPNAME];	/* "" none; UTF-8 */
};

/*
 * Parse the `len' bytes at `text' as the reference does: names match regardless
 * of case, unknown names are skipped, the last of several is used, null changes
 * nothing.  A wrong type, a meshKey that is not 64 hexadecimal digits, and
 * bytes behind the object are errors.  `mesh_off' is the offset in the text of
 * the mesh key that the keys process recognised (and replaced with zeros), or
 * UINT32_MAX: ci->mesh is set when that is the meshKey in force.  Return 0 with
 * *ci filled in, or -1.
 */
int	front_clientinfo_parse(const char *text, size_t len, uint32_t mesh_off,
	    struct front_clientinfo *ci);

#endif
