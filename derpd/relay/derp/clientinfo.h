/*
 * clientinfo: the JSON texts of a login (derp(7), section 1): what a
 * client says of itself, and what the server answers.  Pure.
 */
#ifndef CLIENTINFO_H
#define CLIENTINFO_H

#include <stddef.h>
#include <stdint.h>

/* Room for an AppName that is kept; a longer one is forgotten. */
#define CLIENTINFO_APPNAME	64

struct derp_clientinfo {
	int64_t	 version;	/* of the protocol; 0 when not said */
	int	 can_ack_pings;
	int	 is_prober;
	int	 mesh;		/* it has shown the mesh key */
	char	 app_name[CLIENTINFO_APPNAME];	/* "" none; UTF-8 */
};

/*
 * Parse the `len' bytes at `text' as the reference does: names match without
 * regard to case, unknown ones are skipped, the last of several counts, null
 * changes nothing; a wrong type, a meshKey that is not 64 hexadecimal digits
 * and bytes behind the object are errors.  `mesh_off' is the offset of the mesh
 * key that the keys process has recognised (and blanked with zeros) in the
 * text, UINT32_MAX none: ci->mesh is set when that is the meshKey that counts.
 * 0 and *ci filled in, or -1.
 */
int	derp_clientinfo_parse(const char *text, size_t len, uint32_t mesh_off,
	    struct derp_clientinfo *ci);

/*
 * Write the ServerInfo text to `dst' of `size' bytes: the protocol version and,
 * when `rate' is not 0, the limit that a client should keep to, in bytes a
 * second and bytes at once.  0, or -1 when it does not fit (128 bytes do).
 */
int	derp_serverinfo_text(char *dst, size_t size, uint64_t rate,
	    uint64_t burst);

#endif
