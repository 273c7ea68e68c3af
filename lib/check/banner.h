/*
 * banner: which service it is, by its first bytes.  Used only in this folder.
 * Pure.
 */
#ifndef BANNER_H
#define BANNER_H

#include <stddef.h>
#include <stdint.h>

enum check_service {
	CHECK_SERVICE_HTTP,	/* HTTP/1 */
	CHECK_SERVICE_H2,	/* HTTP/2 */
	CHECK_SERVICE_KNOWN,	/* another one that is known */
	CHECK_SERVICE_UNKNOWN
};

/*
 * Describe the service that sent the `n' bytes at `p' (at least 1), in one line
 * of printable ASCII: `SSH: "SSH-2.0-OpenSSH_9.2"'.  Truncates.
 */
enum check_service check_banner(const uint8_t *p, size_t n, char *dst,
	    size_t size);

/*
 * Find the field `name' ("Server:") in the head of an HTTP response, and copy
 * its value to `dst', "" for none.
 */
void	 check_banner_field(const uint8_t *p, size_t n, const char *name,
	    char *dst, size_t size);

#endif
