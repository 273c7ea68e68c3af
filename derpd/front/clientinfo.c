/*
 * clientinfo: the client's JSON text of a login.
 *
 * Called by frontlogin.c with a text that the keys process has decrypted.
 * Pure.
 *
 * The rules are those of the reference's JSON decoder, with three exceptions
 * that do not affect existing clients: strings must be UTF-8 without unpaired
 * surrogates (it replaces invalid text), 64 levels instead of 10000, and a
 * bound on the number of values.
 */
#include <string.h>
#include <strings.h>

#include "clientinfo.h"
#include "hex.h"
#include "json.h"

#define MAX_DEPTH	64
#define MAX_TOKENS	16384
#define MESH_DIGITS	64

/* Longest field name; a longer one is unknown. */
#define MAX_NAME	16

/*
 * Replace the two non-ASCII letters that fold to ASCII in the reference's
 * comparison of names: U+017F long s and U+212A Kelvin sign.
 */
static void
fold(char *s)
{
	char	*to = s;

	while (*s != '\0') {
		if (strncmp(s, "\xc5\xbf", 2) == 0) {
			*to++ = 's';
			s += 2;
		} else if (strncmp(s, "\xe2\x84\xaa", 3) == 0) {
			*to++ = 'k';
			s += 3;
		} else
			*to++ = *s++;
	}
	*to = '\0';
}

static int
read_version(const struct json *j, json_ref v, struct front_clientinfo *ci)
{
	return json_int(j, v, &ci->version);
}

static int
read_can_ack_pings(const struct json *j, json_ref v,
    struct front_clientinfo *ci)
{
	return json_bool(j, v, &ci->can_ack_pings);
}

static int
read_is_prober(const struct json *j, json_ref v, struct front_clientinfo *ci)
{
	return json_bool(j, v, &ci->is_prober);
}

/*
 * Only for statistics: an AppName that can't be kept does not fail the login.
 */
static int
read_app_name(const struct json *j, json_ref v, struct front_clientinfo *ci)
{
	if (json_type(j, v) != JSON_STRING)
		return -1;
	if (json_str(j, v, ci->app_name, sizeof(ci->app_name)) == -1)
		ci->app_name[0] = '\0';
	return 0;
}

/* Only the digits matter, whether escaped or not. */
static int
check_mesh_key(const struct json *j, json_ref v)
{
	uint8_t	key[MESH_DIGITS / 2];
	char	digits[MESH_DIGITS + 1];
	int	ok;

	ok = json_str(j, v, digits, sizeof(digits)) == MESH_DIGITS &&
	    base_hex_get(key, sizeof(key), digits) == 0;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(digits, sizeof(digits));
	return ok ? 0 : -1;
}

/* Handle one member of the object.  Return 0, or -1 when its value is wrong. */
static int
read_member(const struct json *j, json_ref key, json_ref *mesh_key,
    struct front_clientinfo *ci)
{
	static const struct {
		const char	*name;
		int		(*take)(const struct json *, json_ref,
		    struct front_clientinfo *);
	} t[] = {
		{ "version",		read_version },
		{ "CanAckPings",	read_can_ack_pings },
		{ "IsProber",		read_is_prober },
		{ "AppName",		read_app_name },
	};
	json_ref	v = json_value(j, key);
	char		name[3 * MAX_NAME + 1];
	size_t		i;

	if (json_str(j, key, name, sizeof(name)) == -1)
		return 0;
	fold(name);
	/* Only this field may not be null. */
	if (strcasecmp(name, "meshKey") == 0) {
		*mesh_key = v;
		return check_mesh_key(j, v);
	}
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (strcasecmp(name, t[i].name) == 0)
			return json_type(j, v) == JSON_NULL ? 0 :
			    t[i].take(j, v, ci);
	return 0;
}

/* Return 1 if the meshKey in force is the one that keys recognised. */
static int
is_mesh(const struct json *j, json_ref mesh_key, const char *text,
    uint32_t mesh_off)
{
	const char	*p;
	size_t		 len;

	if (mesh_key == -1 || mesh_off == UINT32_MAX)
		return 0;
	p = json_raw(j, mesh_key, &len);
	return len == MESH_DIGITS && (size_t)(p - text) == mesh_off;
}

int
front_clientinfo_parse(const char *text, size_t len, uint32_t mesh_off,
    struct front_clientinfo *ci)
{
	struct json		*j;
	struct json_error	 e;
	json_ref		 key, mesh_key = -1;
	int			 error;

	memset(ci, 0, sizeof(*ci));
	if ((j = json_parse(text, len, MAX_DEPTH, MAX_TOKENS, &e)) == NULL)
		return -1;
	/* The reference handles a lone null as an object without members. */
	error = json_type(j, 0) == JSON_OBJECT || json_type(j, 0) == JSON_NULL ?
	    0 : -1;
	for (key = json_first(j, 0); key != -1 && error == 0;
	    key = json_next(j, key))
		error = read_member(j, key, &mesh_key, ci);
	ci->mesh = is_mesh(j, mesh_key, text, mesh_off);
	json_free(j);
	return error;
}
