/*
 * authorities: a check of a file of certificate authorities that is read much
 * later, by a child.
 */
#ifndef AUTHORITIES_H
#define AUTHORITIES_H

/*
 * Check the file `path', which `at' names for messages, with the line of the
 * configuration.  A child of this user reads it.  0, or -1 (logged).
 */
int	 super_authorities_check(const char *path, const char *at,
	    const char *user);

#endif
