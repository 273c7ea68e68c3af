/*
 * yamlout: see yamlout.h.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "ctl.h"
#include "yamlout.h"

#define STEP	2	/* columns of a level */

static void	put_object(FILE *, const struct json *, json_ref, int, int);

/* The fields of a map and of what is in it (tailcfg.DERPMap). */
static const char *const fields[] = {
	"homeparams", "regionscore", "regions", "omitdefaultregions",
	"regionid", "regioncode", "regionname", "latitude", "longitude",
	"avoid", "nomeasurenohome", "nodes", "name", "hostname", "certname",
	"ipv4", "ipv6", "stunport", "stunonly", "derpport", "insecurefortests",
	"stuntestip", "canport80"
};

/*
 * Write the name of a field in lower case, or the number of a region, to `dst'.
 * Returns 0, or -1 for another name.
 */
static int
field(const struct json *j, json_ref key, char *dst, size_t size)
{
	size_t	i;
	long	n;

	if ((n = json_str(j, key, dst, size)) <= 0)
		return -1;
	if (strspn(dst, "0123456789") == (size_t)n)
		return 0;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcasecmp(fields[i], dst) == 0) {
			strlcpy(dst, fields[i], size);
			return 0;
		}
	return -1;
}

/*
 * The character at `p', of UTF-8, if YAML refuses it or takes it as the end of
 * a line: a control character, U+2028, U+2029, U+FEFF, U+FFFE or U+FFFF; else
 * 0.  *len: its bytes.
 */
static unsigned int
special(const char *p, size_t *len)
{
	const unsigned char	*u = (const unsigned char *)p;
	unsigned int		 c = u[0];

	*len = 1;
	if (iscntrl(u[0]))
		return c;
	if (u[0] == 0xc2 && u[1] >= 0x80 && u[1] < 0xa0) {
		*len = 2;
		return u[1];
	}
	if ((u[0] & 0xf0) != 0xe0 || u[1] == '\0' || u[2] == '\0')
		return 0;
	c = (u[0] & 0xfU) << 12 | (u[1] & 0x3fU) << 6 | (u[2] & 0x3fU);
	if (c != 0x2028 && c != 0x2029 && c != 0xfeff && c < 0xfffe)
		return 0;
	*len = 3;
	return c;
}

/*
 * Print a string in quotes: with the escapes of JSON, which YAML knows as well,
 * for those characters alone that need one.
 */
static void
put_string(FILE *fp, const struct json *j, json_ref r)
{
	char		 text[4096];
	const char	*p;
	unsigned int	 c;
	size_t		 len;
	long		 n;

	n = json_str(j, r, text, sizeof(text));
	fputc('"', fp);
	for (p = text; n > 0 && *p != '\0'; p += len)
		if ((c = special(p, &len)) != 0)
			fprintf(fp, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		else if (*p == '"' || *p == '\\')
			fprintf(fp, "\\%c", *p);
		else
			fputc(*p, fp);
	fputc('"', fp);
}

/* Print the elements of an array of objects. */
static void
put_array(FILE *fp, const struct json *j, json_ref r, int indent)
{
	json_ref	e;

	for (e = json_first(j, r); e != -1; e = json_next(j, e)) {
		if (json_type(j, e) != JSON_OBJECT || json_count(j, e) == 0)
			continue;
		fprintf(fp, "%*s- ", indent, "");
		put_object(fp, j, e, indent + STEP, 1);
	}
}

/* Print what belongs to a key, from behind its colon. */
static void
put_value(FILE *fp, const struct json *j, json_ref r, int indent)
{
	const char	*raw;
	size_t		 len;

	switch (json_type(j, r)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		if (json_count(j, r) == 0)
			fputs(json_type(j, r) == JSON_ARRAY ? " []\n" :
			    " {}\n", fp);
		else if (json_type(j, r) == JSON_ARRAY) {
			fputc('\n', fp);
			put_array(fp, j, r, indent + STEP);
		} else {
			fputc('\n', fp);
			put_object(fp, j, r, indent + STEP, 0);
		}
		return;
	case JSON_STRING:
		fputc(' ', fp);
		put_string(fp, j, r);
		break;
	default:
		raw = json_raw(j, r, &len);
		fprintf(fp, " %.*s", (int)len, raw);
		break;
	}
	fputc('\n', fp);
}

/* Print the members of an object; with `begun' the first in this line. */
static void
put_object(FILE *fp, const struct json *j, json_ref r, int indent, int begun)
{
	char		name[64];
	json_ref	key;

	for (key = json_first(j, r); key != -1; key = json_next(j, key)) {
		if (field(j, key, name, sizeof(name)) == -1)
			continue;
		fprintf(fp, "%*s%s:", begun ? 0 : indent, "", name);
		put_value(fp, j, json_value(j, key), indent);
		begun = 0;
	}
}

void
ctl_yaml_map(FILE *fp, const struct json *j)
{
	put_object(fp, j, 0, 0, 0);
}
