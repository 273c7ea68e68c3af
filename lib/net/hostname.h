/*
 * hostname: validate host names and addresses.  Pure.
 */
#ifndef HOSTNAME_H
#define HOSTNAME_H

/*
 * Is it a DNS name: labels of letters, digits and inner hyphens (RFC 1123,
 * 2.1), and underscores, which some hosts use; at most 253 characters?  The
 * last label must not be all digits, so that a mistyped address is not
 * accepted.  Returns 1 or 0.
 */
int	net_hostname_is_name(const char *s);

/* Is it an IPv4 or IPv6 address, without brackets or scope?  Returns 1 or 0. */
int	net_hostname_is_ipv4(const char *s);
int	net_hostname_is_ipv6(const char *s);

#endif
