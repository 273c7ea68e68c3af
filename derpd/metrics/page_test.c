/*
 * page_test: the page for people: what it shows, that outside text can't become
 * HTML, and that each element is closed.
 */
#include <atf-c.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pagefixture.h"

/* The page holds this text. */
static void
has(const char *s)
{
	ATF_CHECK_MSG(strstr(page_text, s) != NULL, "no %s", s);
}

static void
lacks(const char *s)
{
	ATF_CHECK_MSG(strstr(page_text, s) == NULL, "%s", s);
}

/* Copy the name of the tag at `p', behind the "<"; where it ends. */
static const char *
tag_name(const char *p, char name[16])
{
	size_t n = 0;

	while (isalnum((unsigned char)*p) && n < 15)
		name[n++] = *p++;
	name[n] = '\0';
	return (p);
}

static int
is_void(const char *name)
{
	return (strcmp(name, "meta") == 0 || strcmp(name, "br") == 0);
}

/*
 * Check that the page is well-formed: tags nest, attributes are quoted, no "<"
 * stands alone.
 */
static void
check_form(void)
{
	static char open[64][16];
	const char *p = page_text;
	char name[16], *end;
	size_t depth = 0;

	ATF_REQUIRE_EQ(0, strncmp(p, "<!DOCTYPE html>\n", 16));
	for (p += 16; (p = strchr(p, '<')) != NULL; p++) {
		end = strpbrk(p + 1, "<>");
		ATF_REQUIRE_MSG(end != NULL && *end == '>', "%.40s", p);
		if (p[1] == '/') {
			(void)tag_name(p + 2, name);
			ATF_REQUIRE_MSG(depth > 0 && strcmp(open[depth - 1],
			    name) == 0, "%.40s", p);
			depth--;
			continue;
		}
		(void)tag_name(p + 1, name);
		ATF_REQUIRE_MSG(name[0] != '\0', "%.40s", p);
		if (end[-1] == '/' || is_void(name))
			continue;
		ATF_REQUIRE(depth < 64);
		strlcpy(open[depth++], name, sizeof(open[0]));
	}
	ATF_CHECK_EQ(0, depth);
}

ATF_TC_WITHOUT_HEAD(healthy);
ATF_TC_BODY(healthy, tc)
{
	page_fill();
	page_make();
	check_form();
	has("<title>healthy: relay.example.org</title>");
	has("<h2 id=\"verdict\">Healthy</h2>");
	has("<dt>Clients</dt><dd>1,234<small>1,301 connections</small>");
	has("up 3 d 4 h");
	has("as of <time datetime=\"2027-01-15T08:00:00Z\">08:00:00 UTC");
	/* Certificates, maps, mesh, service, processes. */
	has("31 days left</span><small><time datetime=\"2027-02-15T08:00:00Z\">"
	    "2027-02-15 08:00 UTC</time>");
	has("issued by R12</small>");
	has("<span class=\"mark good\">good</span>");
	has("<span class=\"mark warn\">last good</span>");
	has("2 of 3 other servers have another map");
	has("hash 0123456789ab</small>");
	has("<span class=\"mark good\">up</span>");
	has("everybody may relay");
	has("<th scope=\"row\">relay 0<small>sandbox: chroot, user, "
	    "seccomp");
	has("<th scope=\"row\">relay 1</th>");
	has("<span class=\"mark bad\">not ready</span></td><td>17</td>"
	    "<td>–</td>");
	lacks("sha256-raw:ab");
	page_certs[0].kind = "self-signed";
	page_make();
	has("pin sha256-raw:ab</small>");
	lacks("<script");
	lacks("style=\"");
	lacks("src=");
	lacks("url(");
}

/* The counters of the last hour become numbers and lines. */
ATF_TC_WITHOUT_HEAD(hour);
ATF_TC_BODY(hour, tc)
{
	page_fill();
	page_make();
	has("<title id=\"throughput-t\">Throughput of the last hour</title>");
	/* 1250 bytes in 10 s are 1 kbit/s; they double in the last sample. */
	page_samples(4, 1250);
	page_hour.v[3].rx_bytes += 1250;
	page_make();
	check_form();
	has("<desc id=\"throughput-d\">In: now 2.00 kbit/s, highest 2.00 "
	    "kbit/s, average 1.33 kbit/s; Out: now 1.00 kbit/s, highest 1.00 "
	    "kbit/s, average 1.00 kbit/s</desc>");
	has("<path class=\"line in\" d=\"M716.0 60.0L718.0 60.0L720.0 0.0\"/>");
	has("<path class=\"area in\" d=\"M716.0 120L716.0 60.0L718.0 60.0"
	    "L720.0 0.0L720.0 120Z\"/>");
	has("<th scope=\"row\">0–5</th><td>1.33 kbit/s</td>");
	has("<th scope=\"row\">5–10</th><td>–</td>");
	/* A counter that goes back, and one of a process gone mad. */
	page_hour.v[2].rx_bytes = 0;
	page_hour.v[3].rx_bytes = UINT64_MAX / 2;
	page_make();
	has("In: now unknown, highest 1.00 kbit/s, average 1.00 kbit/s");
	has("<path class=\"line in\" d=\"M716.0 0.0\"/>");
	/* A gap is no line. */
	page_samples(4, 1250);
	page_hour.v[0].at_ms -= 100000;
	page_hour.v[1].at_ms -= 100000;
	page_make();
	has("<path class=\"line out\" "
	    "d=\"M696.0 0.0M718.0 109.2L720.0 0.0\"/>");
	/* The last sample is of long ago. */
	page_view.now_ms += 60000;
	page_make();
	has("In: now unknown, highest");
}

ATF_TC_WITHOUT_HEAD(first);
ATF_TC_BODY(first, tc)
{
	/* No sample, and no word of the parent. */
	page_fill();
	page_view.state = NULL;
	memset(&page_hour, 0, sizeof(page_hour));
	page_make();
	check_form();
	has("<title>UNHEALTHY: derpd</title>");
	has("<li>the parent has said nothing yet</li>");
	has("<desc id=\"throughput-d\">In: now unknown; Out: now unknown"
	    "</desc>");
	has("<path class=\"line in\" d=\"\"/>");
	lacks("nan");
}

ATF_TC_WITHOUT_HEAD(unhealthy);
ATF_TC_BODY(unhealthy, tc)
{
	page_fill();
	page_trouble();
	page_make();
	check_form();
	has("<title>UNHEALTHY: relay.example.org</title>");
	has("<h2 id=\"verdict\">Unhealthy</h2>\n<ul><li>relay 1 has not been "
	    "ready for 12 s");
	has("<span class=\"mark bad\">expired</span>");
	has("next try <time datetime");
	has("<span class=\"mark bad\">silent</span><small class=\"bad\">GET");
	has("<span class=\"mark bad\">none</span>");
	has("<span class=\"mark warn\">dialing</span>");
	has("<span class=\"mark bad\">down</span>");
	has("<span class=\"mark warn\">refused</span>");
	/* The parent is silent. */
	page_view.now_ms += 30000;
	page_make();
	has("<li>the parent has said nothing for 3");
}

#define EVIL	"</td><script>alert('1')</script>\"&<!--"
#define TAMED	"&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"   \
		"&quot;&amp;&lt;!--"

/* Every string of the state, evil. */
ATF_TC_WITHOUT_HEAD(escaped);
ATF_TC_BODY(escaped, tc)
{
	const char *p;
	size_t n = 0;

	page_fill();
	page_trouble();
	page_poison(EVIL);
	page_make();
	check_form();
	lacks("<script");
	lacks("<!--");
	for (p = page_text; (p = strstr(p, TAMED)) != NULL; p++)
		n++;
	ATF_CHECK_MSG(n >= 25, "%zu", n);
}

/* Strings of every length and byte, and none at all. */
ATF_TC_WITHOUT_HEAD(odd);
ATF_TC_BODY(odd, tc)
{
	static char all[256];
	size_t i;

	for (i = 0; i < sizeof(all) - 1; i++)
		all[i] = (char)(i + 1);
	page_fill();
	page_trouble();
	page_poison(all);
	page_make();
	page_poison("");
	page_make();
	check_form();
	page_poison(NULL);
	page_make();
	check_form();
	page_state.ncerts = page_state.nmaps = page_state.nlinks = 0;
	page_state.nprocesses = page_state.nlistens = 0;
	page_make();
	check_form();
	lacks("id=\"maps\"");
	lacks("id=\"mesh\"");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, healthy);
	ATF_TP_ADD_TC(tp, hour);
	ATF_TP_ADD_TC(tp, first);
	ATF_TP_ADD_TC(tp, unhealthy);
	ATF_TP_ADD_TC(tp, escaped);
	ATF_TP_ADD_TC(tp, odd);
	return (atf_no_error());
}
