/*
 * topstatus: what `derpctl top' shows of derpd's status object (control.h); see
 * topview.h.
 */
#include <stdio.h>
#include <string.h>

#include "admitshow.h"
#include "json.h"
#include "topview.h"

#define DEPTH	8
#define TOKENS	65536

/* How many processes do not run. */
static unsigned int
not_running(const struct json *j)
{
	char		sandbox[32];
	json_ref	r, list = json_get(j, 0, "processes");
	unsigned int	n = 0;

	for (r = json_first(j, list); r != -1; r = json_next(j, r))
		n += json_str(j, json_get(j, r, "sandbox"), sandbox,
		    sizeof(sandbox)) != -1 &&
		    strcmp(sandbox, "not running") == 0;
	return n;
}

/*
 * The health of the relay is what STUN says, unless that always answers:
 * nothing probes the relay then.  What is wrong with admission comes behind it.
 */
static void
read_health(struct ctl_top_status *s, const struct json *j)
{
	json_ref	stun = json_get(j, 0, "stun");
	unsigned int	down = not_running(j);
	char		why[512] = "", trouble[64];
	int		always = 1, answers = 1;

	(void)json_bool(j, json_get(j, stun, "always"), &always);
	(void)json_bool(j, json_get(j, stun, "answering"), &answers);
	(void)json_str(j, json_get(j, stun, "why"), why, sizeof(why));
	if (stun != -1 && !always && !answers)
		snprintf(s->health, sizeof(s->health), "unhealthy: %s", why);
	else if (down > 0)
		snprintf(s->health, sizeof(s->health), "%u process%s not "
		    "running", down, down == 1 ? "" : "es");
	else if (stun != -1 && !always)
		strlcpy(s->health, "healthy", sizeof(s->health));
	ctl_admission_trouble(j, trouble, sizeof(trouble));
	if (trouble[0] != '\0') {
		strlcat(s->health, s->health[0] != '\0' ? ", " : "",
		    sizeof(s->health));
		strlcat(s->health, trouble, sizeof(s->health));
	}
}

int
ctl_top_status_read(struct ctl_top_status *s, const char *text, size_t len)
{
	struct json_error	 e;
	struct json		*j;
	int64_t			 up = 0;

	memset(s, 0, sizeof(*s));
	if ((j = json_parse(text, len, DEPTH, TOKENS, &e)) == NULL)
		return -1;
	if (json_type(j, 0) != JSON_OBJECT) {
		json_free(j);
		return -1;
	}
	(void)json_str(j, json_get(j, 0, "version"), s->version,
	    sizeof(s->version));
	if (json_int(j, json_get(j, 0, "uptime"), &up) == 0 && up > 0)
		s->uptime = (uint64_t)up;
	read_health(s, j);
	json_free(j);
	return 0;
}
