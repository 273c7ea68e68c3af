/*
 * hostname: is a text a name or an address of a host.  Pure.
 */
#ifndef HOSTNAME_H
#define HOSTNAME_H

/*
 * A DNS name: labels of letters, digits, inner hyphens (RFC 1123, 2.1), and
 * underscores, which some use; 253 characters at most.  The last label is not
 * all digits: a mistyped address is no name.  1, or 0.
 */
int	net_hostname_is_name(const char *s);

/* An address of IPv4 or of IPv6, without brackets or scope.  1, or 0. */
int	net_hostname_is_ipv4(const char *s);
int	net_hostname_is_ipv6(const char *s);

#endif
