/*
 * bconf_types: the types of options.def that derpbridged alone has; see
 * bconf_types.h.  Called by gramstore.c, bconf.c and bconf_check.c.
 */
#include <stdlib.h>
#include <string.h>

#include "bconf_types.h"
#include "dialproxy.h"
#include "hostname.h"

/* A mark as wg(8) shows it, 0xca6c, is a string for the grammar. */
static int
mark(const struct gram_option *o, const struct gram_item *it, int64_t *v)
{
	const char *hex = it->text + 2;
	struct gram_item number = *it;

	if (strncmp(it->text, "0x", 2) == 0 && *hex != '\0' &&
	    strlen(hex) <= 8 &&
	    hex[strspn(hex, "0123456789abcdefABCDEF")] == '\0')
		number.number = (int64_t)strtoul(hex, NULL, 16);
	else if (it->kind == GRAM_STRING) {
		gram_error(&it->pos, "%s \"%s\": expected device, none or a "
		    "number, such as 51820 or 0xca6c", gram_name(o), it->text);
		return (-1);
	}
	return (gram_type_choice.number(o, &number, v));
}

static int64_t
mark_word(const struct gram_option *o, int64_t v, const char *s)
{
	return (gram_type_choice.word(o, v, s));
}

int
bconf_is_ifname(const char *s)
{
	const char *p;

	if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return (0);
	for (p = s; *p > ' ' && *p <= '~' && *p != '/' && *p != ':'; p++)
		;
	return (p != s && *p == '\0' && p - s < IPC_IFNAMESIZE);
}

static const char *
ifname(const struct gram_option *o, const struct gram_item *it)
{
	(void)o;
	if (bconf_is_ifname(it->text))
		return (it->text);
	gram_error(&it->pos, "interface \"%s\": expected the name of an "
	    "interface: 1 to %d visible characters of ASCII without / and :",
	    it->text, IPC_IFNAMESIZE - 1);
	return (NULL);
}

static const char *
address(const struct gram_option *o, const struct gram_item *it)
{
	if (net_hostname_is_ipv4(it->text) || net_hostname_is_ipv6(it->text))
		return (it->text);
	gram_error(&it->pos, "%s %s: expected an IP address", gram_name(o),
	    it->text);
	return (NULL);
}

/* The kernel sends from 127.0.0.1, which therefore can't be a peer's. */
int
bconf_network(struct net_prefix *p, const char *s)
{
	static const uint8_t mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	    0xff, 127 };
	static const uint8_t kernel[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	    0xff, 127, 0, 0, 1 };

	if (net_prefix_parse(p, s) != 0 || p->bits < 96 + 9 ||
	    p->bits > 96 + 30 || memcmp(p->addr, mapped, sizeof(mapped)) != 0)
		return (-1);
	return (net_prefix_has(p, kernel) ? -1 : 0);
}

static const char *
network(const struct gram_option *o, const struct gram_item *it)
{
	struct net_prefix p;

	if (bconf_network(&p, it->text) == 0)
		return (it->text);
	gram_error(&it->pos, "%s %s: expected a prefix of 127.0.0.0/8 with 9 "
	    "to 30 bits and without 127.0.0.1, such as %s", gram_name(o),
	    it->text, o->def);
	return (NULL);
}

static const char *
proxy(const struct gram_option *o, const struct gram_item *it)
{
	struct dial_proxy p;
	int valid;

	valid = *it->text != '\0' && strlen(it->text) < IPC_URLSIZE &&
	    dial_proxy_set(&p, it->text) == 0;
	explicit_bzero(&p, sizeof(p));
	if (valid)
		return (it->text);
	gram_error(&it->pos, "%s \"%s\": expected the URL of an HTTP proxy, "
	    "such as http://192.0.2.1:3128", gram_name(o), it->text);
	return (NULL);
}

const struct gram_type bconf_type_mark = {
	.accepts = GRAM_WORD | GRAM_NUMBER | GRAM_STRING, .store = GRAM_INT,
	.number = mark, .word = mark_word
};

#define STRING(name, placeholder)					\
const struct gram_type bconf_type_##name = {				\
	.arg = placeholder, .accepts = GRAM_STRING, .store = GRAM_STR,	\
	.text = name							\
}

STRING(ifname, "\"NAME\"");
STRING(address, "ADDRESS");
STRING(network, "PREFIX");
STRING(proxy, "\"URL\"");
