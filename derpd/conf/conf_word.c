/*
 * conf_word: the keywords of derpd.conf(5), and what is said of a statement
 * that is not understood.  Called by lex.c.
 */
#include <string.h>

#include "conf_parse.h"
#include "parse.h"

static const struct {
	const char	*word;
	int		 token;
} words[] = {
	{ "accept",	ACCEPT },
	{ "acme",	ACME },
	{ "address",	ADDRESS },
	{ "admit",	ADMIT },
	{ "age",	AGE },
	{ "always",	ALWAYS },
	{ "blank",	BLANK },
	{ "burst",	BURST },
	{ "bytes",	BYTES },
	{ "ca",		CA },
	{ "certificate", CERTIFICATE },
	{ "chain",	CHAIN },
	{ "child",	CHILD },
	{ "chroot",	CHROOT },
	{ "client",	CLIENT },
	{ "clients",	CLIENTS },
	{ "codel",	CODEL },
	{ "compare",	COMPARE },
	{ "congestion",	CONGESTION },
	{ "contact",	CONTACT },
	{ "control",	CONTROL },
	{ "directory",	DIRECTORY },
	{ "eab",	EAB },
	{ "every",	EVERY },
	{ "file",	FILENAME },
	{ "follow",	FOLLOW },
	{ "home",	HOME },
	{ "host",	HOST },
	{ "hostname",	HOSTNAME },
	{ "include",	INCLUDE },
	{ "interval",	INTERVAL },
	{ "key",	KEY },
	{ "keys",	KEYS },
	{ "limit",	LIMIT },
	{ "listen",	LISTEN },
	{ "map",	MAP },
	{ "max",	MAXIMUM },
	{ "mesh",	MESH },
	{ "metrics",	METRICS },
	{ "off",	OFF },
	{ "on",		ON },
	{ "packets",	PACKETS },
	{ "page",	PAGE },
	{ "path",	PATH },
	{ "per",	PER },
	{ "port",	PORT },
	{ "probe",	PROBE },
	{ "profile",	PROFILE },
	{ "queue",	QUEUE },
	{ "rate",	RATE },
	{ "redirect",	REDIRECT },
	{ "relay",	RELAY },
	{ "sandbox",	SANDBOX },
	{ "self-signed", SELFSIGNED },
	{ "source",	SOURCE },
	{ "statedir",	STATEDIR },
	{ "stun",	STUN },
	{ "target",	TARGET },
	{ "timeout",	TIMEOUT },
	{ "tls",	TLS },
	{ "unfinished",	UNFINISHED },
	{ "unsent",	UNSENT },
	{ "user",	USER },
	{ "with",	WITH },
	{ "workers",	WORKERS },
	{ "write",	WRITE }
};

static const struct {
	enum conf_block	 block;
	int		 token;
	const char	*usage;
} usages[] = {
	{ BLOCK_NONE, ACME, "acme { contact \"ADDRESS\" directory "
	    "letsencrypt }" },
	{ BLOCK_NONE, CERTIFICATE, "certificate \"FILE\" key \"FILE\", or: "
	    "certificate self-signed" },
	{ BLOCK_NONE, CHILD, "child timeout SECONDS" },
	{ BLOCK_NONE, CHROOT, "chroot \"DIRECTORY\"" },
	{ BLOCK_NONE, CONTROL, "control \"SOCKET\"" },
	{ BLOCK_NONE, HOSTNAME, "hostname \"NAME\"" },
	{ BLOCK_NONE, INCLUDE, "include \"FILE\"" },
	{ BLOCK_NONE, KEYS, "keys user \"NAME\"" },
	{ BLOCK_NONE, LISTEN, "listen on ADDRESS port NUMBER [tls]" },
	{ BLOCK_NONE, MAP, "map \"FILE\", or: map { follow \"URL\" every "
	    "SECONDS }" },
	{ BLOCK_NONE, MESH, "mesh { key file \"FILE\" }" },
	{ BLOCK_NONE, RELAY, "relay { ... }" },
	{ BLOCK_NONE, SANDBOX, "sandbox on, or: sandbox off" },
	{ BLOCK_NONE, STATEDIR, "statedir \"DIRECTORY\"" },
	{ BLOCK_NONE, STUN, "stun { ... }" },
	{ BLOCK_NONE, USER, "user \"NAME\"" },
	{ BLOCK_RELAY, ACCEPT, "accept rate NUMBER burst NUMBER" },
	{ BLOCK_RELAY, CLIENT, "client rate SIZE burst SIZE" },
	{ BLOCK_RELAY, CODEL, "codel target MS interval MS, or: codel off" },
	{ BLOCK_RELAY, CONGESTION, "congestion control \"NAME\"" },
	{ BLOCK_RELAY, HOME, "home page, home blank, or: home redirect "
	    "\"URL\"" },
	{ BLOCK_RELAY, KEY, "key \"FILE\"" },
	{ BLOCK_RELAY, MAXIMUM, "max clients NUMBER, or: max unfinished "
	    "NUMBER [per source NUMBER]" },
	{ BLOCK_RELAY, QUEUE, "queue bytes SIZE packets NUMBER, or "
	    "one of the two" },
	{ BLOCK_RELAY, UNSENT, "unsent limit SIZE" },
	{ BLOCK_RELAY, WORKERS, "workers NUMBER" },
	{ BLOCK_RELAY, WRITE, "write timeout MS" },
	{ BLOCK_MESH, KEY, "key file \"FILE\"" },
	{ BLOCK_MESH, WITH, "with \"HOST\" [address ADDRESS]" },
	{ BLOCK_STUN, ALWAYS, "always" },
	{ BLOCK_STUN, LISTEN, "listen on ADDRESS port NUMBER" },
	{ BLOCK_STUN, PROBE, "probe every SECONDS" },
	{ BLOCK_STUN, SOURCE, "source rate NUMBER burst NUMBER" },
	{ BLOCK_STUN, WORKERS, "workers NUMBER" },
	{ BLOCK_MAP, CA, "ca file \"FILE\"" },
	{ BLOCK_MAP, COMPARE, "compare \"URL\"" },
	{ BLOCK_MAP, FILENAME, "file \"FILE\"" },
	{ BLOCK_MAP, FOLLOW, "follow \"URL\" [every SECONDS]" },
	{ BLOCK_MAP, HOST, "host \"NAME\"" },
	{ BLOCK_MAP, MAXIMUM, "max age SECONDS" },
	{ BLOCK_MAP, PATH, "path \"/PATH\"" },
	{ BLOCK_ACME, CA, "ca file \"FILE\"" },
	{ BLOCK_ACME, CHAIN, "chain \"NAME\"" },
	{ BLOCK_ACME, CONTACT, "contact \"ADDRESS\"" },
	{ BLOCK_ACME, DIRECTORY, "directory letsencrypt, directory "
	    "letsencrypt-staging, or: directory \"URL\"" },
	{ BLOCK_ACME, EAB, "eab \"KEY-ID\" key file \"FILE\"" },
	{ BLOCK_ACME, PROFILE, "profile \"NAME\"" }
};

int
word_find(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i].word) == 0)
			return (words[i].token);
	return (-1);
}

const char *
word_usage(enum conf_block block, int token)
{
	size_t i;

	for (i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if (usages[i].block == block && usages[i].token == token)
			return (usages[i].usage);
	return (NULL);
}

enum conf_block
word_block(int token)
{
	switch (token) {
	case RELAY:
		return (BLOCK_RELAY);
	case MESH:
		return (BLOCK_MESH);
	case STUN:
		return (BLOCK_STUN);
	case MAP:
		return (BLOCK_MAP);
	case ACME:
		return (BLOCK_ACME);
	}
	return (BLOCK_NONE);
}

const char *
word_name(int token)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].token == token)
			return (words[i].word);
	return ("?");
}

const char *
word_statements(enum conf_block block)
{
	switch (block) {
	case BLOCK_RELAY:
		return ("key, workers, home, queue, codel, unsent limit, "
		    "write timeout, congestion control, accept rate, client "
		    "rate, max clients, max unfinished or }");
	case BLOCK_MESH:
		return ("key file or }");
	case BLOCK_STUN:
		return ("listen, workers, always, probe every, source rate "
		    "or }");
	case BLOCK_MAP:
		return ("file, follow, path, host, compare, ca file, max age "
		    "or }");
	case BLOCK_ACME:
		return ("contact, directory, profile, eab, chain, ca file or "
		    "}");
	case BLOCK_NONE:
		break;
	}
	return ("hostname, listen, certificate, acme, relay, stun, map, mesh, "
	    "control, user, keys user, chroot, statedir, sandbox, child, "
	    "include or NAME = \"VALUE\"");
}
