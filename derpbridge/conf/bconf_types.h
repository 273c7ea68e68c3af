/*
 * bconf_types: the types of options.def.  For this folder.
 */
#ifndef BCONF_TYPES_H
#define BCONF_TYPES_H

#include "bconf_option.h"
#include "gramtypes.h"

/* Types that other daemons have, too: see gramtypes.h. */
#define bconf_type_number	gram_type_number
#define bconf_type_words	gram_type_words
#define bconf_type_choice	gram_type_choice
#define bconf_type_flag		gram_type_flag
#define bconf_type_off		gram_type_off
#define bconf_type_path		gram_type_path
#define bconf_type_root		gram_type_root
#define bconf_type_user		gram_type_user
#define bconf_type_source	gram_type_source
#define bconf_type_include	gram_type_include

/* bconf_types.c */
extern const struct gram_type
	bconf_type_mark,	/* a choice whose number may be hexadecimal */
	bconf_type_ifname,	/* the name of an interface */
	bconf_type_address,	/* a literal IP address */
	bconf_type_network,	/* a prefix of loopback addresses */
	bconf_type_proxy;	/* URL of an HTTP proxy */

/* bconf_peer.c: peers, and the values of such a line. */
extern const struct gram_type
	bconf_type_peer, bconf_type_peer_name, bconf_type_peer_region;

/* bconf_iface.c: blocks of interfaces. */
extern const struct gram_type bconf_type_ifaces;

/* 1 when an interface may have this name, else 0. */
int	 bconf_is_ifname(const char *s);

/* Parse a prefix of loopback addresses.  0, or -1. */
int	 bconf_network(struct net_prefix *p, const char *s);

#endif
