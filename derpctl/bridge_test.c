/*
 * bridge_test: The state of derpbridged as tables and as metrics, whatever its
 * worker sends.
 */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridgeshow.h"
#include "ctlfixture.h"

#define DAEMON "{\"daemon\":{\"version\":\"1.2\",\"uptime\":200," \
	"\"config\":\"/etc/derpbridge.conf\",\"dry_run\":false,\"map\":{" \
	"\"source\":\"/etc/derp-map.json\",\"bytes\":9,\"error\":\"\"}," \
	"\"processes\":[{\"role\":\"worker\",\"pid\":7,\"ready\":true}," \
	"{\"role\":\"netlink\",\"pid\":0,\"ready\":false}]},\"worker\":"
#define PEER(key, name, path, more) "{\"key\":\"" key "\",\"name\":\"" \
	name "\",\"served\":true,\"local\":\"127.128.0.1\",\"endpoint\":" \
	"\"192.0.2.7:51820\",\"path\":\"" path "\",\"reason\":\"because\"," \
	"\"since\":61,\"switches\":3,\"region\":901,\"relay\":\"901a\"," \
	"\"handshake\":-1,\"rx_bytes\":2048,\"tx_bytes\":1,\"rx_rate\":10," \
	"\"tx_rate\":20,\"relay_rx_packets\":4,\"relay_rx_bytes\":5," \
	"\"relay_tx_packets\":6,\"relay_tx_bytes\":7" more "}"
#define RELAY(name, leaving) "{\"name\":\"" name "\",\"region\":901," \
	"\"code\":\"own\",\"host\":\"relay.example.org\",\"state\":\"up\"," \
	"\"why\":\"\",\"where\":\"192.0.2.1 port 443\",\"since\":5," \
	"\"again\":0,\"peers\":1,\"leaving\":" leaving ",\"health\":" \
	"\"slow\",\"rx_packets\":1,\"rx_bytes\":2,\"tx_packets\":3," \
	"\"tx_bytes\":4,\"dropped_full\":1,\"dropped_late\":2," \
	"\"dropped_memory\":3}"
#define STATE DAEMON "{\"dry_run\":true,\"regions\":2,\"nodes\":3," \
	"\"interfaces\":[{\"name\":\"wg0\",\"up\":true,\"why\":\"\"," \
	"\"key\":\"k\",\"listen_port\":51820,\"udp_port\":1,\"policy\":" \
	"\"rendezvous\",\"region\":0,\"drops\":{\"foreign\":4},\"peers\":[" \
	PEER("AAA=", "laptop", "direct", ",\"drops\":{}") "," \
	PEER("BBB=", "", "relayed", ",\"drops\":{\"direct\":8,\"queue\":1}") \
	"],\"relays\":[" RELAY("901a", "false") "," RELAY("901a", "true") \
	"]},{\"name\":\"wg1\",\"up\":false,\"why\":\"it does not exist\"," \
	"\"policy\":\"nearest\",\"region\":0,\"peers\":[],\"relays\":[]}]}}"

static char	*out;
static size_t	 outlen;

static int
show(int (*print)(FILE *, const char *, size_t, const char *), const char *s,
    const char *name)
{
	FILE	*fp;
	int	 rv;

	free(out);
	out = NULL;
	ATF_REQUIRE((fp = open_memstream(&out, &outlen)) != NULL);
	rv = print(fp, s, strlen(s), name);
	ATF_REQUIRE_EQ(0, fclose(fp));
	return rv;
}

static int
table(FILE *fp, const char *s, size_t len, const char *name)
{
	return ctl_bridge_table(fp, s, len, name, 0);
}

static void
has(const char *part)
{
	ATF_CHECK_MSG(strstr(out, part) != NULL, "no \"%s\" in\n%s", part, out);
}

static void
lacks(const char *part)
{
	ATF_CHECK_MSG(strstr(out, part) == NULL, "\"%s\" in\n%s", part, out);
}

ATF_TC_WITHOUT_HEAD(tables);
ATF_TC_BODY(tables, tc)
{
	ATF_REQUIRE_EQ(0, show(table, STATE, NULL));
	has("derpbridged 1.2, up 3m20s, map /etc/derp-map.json with regions: "
	    "2, nodes: 3\n");
	has("dry run: no endpoint is set\n");
	has("not running: netlink\n");
	lacks("not running: worker");
	has("interface wg0, port 51820, region by rendezvous, peers: 2, "
	    "dropped packets of no peer: 4\n");
	lacks("fault");
	has("laptop");
	has("192.0.2.7:51820");
	has("BBB=");
	has("901a, region 901");
	has("because");
	has(" 9 ");			/* drops */
	has("192.0.2.1 port 443");
	has("slow");
	has("leaving");
	has("interface wg1, not there: it does not exist, nearest region not "
	    "known yet, peers: 0\n");

	ATF_REQUIRE_EQ(0, show(table, DAEMON "{\"interfaces\":[{\"name\":"
	    "\"wg0\",\"up\":true,\"fault\":\"nothing arrives\",\"peers\":[{"
	    "\"key\":\"CCC=\","
	    "\"path\":\"relayed\",\"relay\":\"\",\"no_relay\":\"the map has "
	    "no region 77\"},{\"key\":\"DDD=\",\"path\":\"not served\","
	    "\"endpoint\":\"192.0.2.9:1\"}],\"relays\":[]}]}}", NULL));
	has("no relay: the map has no region 77");
	has("not served");
	has("\nfault: nothing arrives\n");
	has("192.0.2.9:1");

	ATF_REQUIRE_EQ(0, show(table, STATE, "wg1"));
	lacks("wg0");
	has("wg1");
	ATF_CHECK_EQ(1, show(table, STATE, "wg2"));
	ATF_CHECK_STREQ("", out);

	/* While there is no worker. */
	ATF_CHECK_EQ(0, show(table, DAEMON "{\"interfaces\":[]}}", "wg0"));
	has("not running: netlink\n");
}

ATF_TC_WITHOUT_HEAD(metrics);
ATF_TC_BODY(metrics, tc)
{
	const char	*p;
	size_t		 n = 0;

	ATF_REQUIRE_EQ(0, show(ctl_bridge_metrics, STATE, NULL));
	has("# TYPE derpbridge_up gauge\nderpbridge_up{interface=\"wg0\"} 1\n"
	    "derpbridge_up{interface=\"wg1\"} 0\n");
	has("derpbridge_peer_relayed{interface=\"wg0\",peer=\"AAA=\","
	    "name=\"laptop\"} 0\n");
	has("derpbridge_peer_relayed{interface=\"wg0\",peer=\"BBB=\","
	    "name=\"\"} 1\n");
	has("derpbridge_peer_handshake_age_seconds{interface=\"wg0\","
	    "peer=\"AAA=\",name=\"laptop\"} -1\n");
	has("derpbridge_peer_received_bytes_total{interface=\"wg0\","
	    "peer=\"AAA=\",name=\"laptop\"} 2048\n");
	has("derpbridge_peer_dropped_packets_total{interface=\"wg0\","
	    "peer=\"BBB=\",name=\"\",reason=\"direct\"} 8\n");
	has("derpbridge_relay_up{interface=\"wg0\",relay=\"901a\","
	    "region=\"901\"} 1\n");
	for (p = out; (p = strstr(p, "derpbridge_relay_up{")) != NULL; p++)
		n++;
	ATF_CHECK_EQ(1, n);
	ATF_REQUIRE_EQ(0, show(ctl_bridge_metrics, STATE, "wg1"));
	lacks("wg0");
	ATF_CHECK_EQ(1, show(ctl_bridge_metrics, STATE, "wg2"));
}

/* A worker that was taken over sends what it likes. */
ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	static const char *const bad[] = { "", "[]", "{}", DAEMON "{}}",
	    DAEMON "{\"interfaces\":{}}}", DAEMON "{\"interfaces\":[]}", };
	static const char *const odd[] = {
	    DAEMON "{\"interfaces\":[]}}",
	    DAEMON "{\"interfaces\":[1,null,[],\"x\",{}]}}",
	    "{\"daemon\":3,\"worker\":{\"interfaces\":[{\"peers\":{\"a\":1},"
		"\"relays\":5,\"drops\":[1]}]}}",
	    DAEMON "{\"interfaces\":[{\"name\":{},\"peers\":[1,{\"drops\":"
		"{\"x\":-5,\"y\":\"z\"},\"relay\":[],\"path\":\"relayed\"}],"
		"\"relays\":[null,{}]}]}}" };
	size_t	i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ATF_CHECK_EQ(-1, show(table, bad[i], NULL));
		ATF_CHECK_EQ(-1, show(ctl_bridge_metrics, bad[i], NULL));
	}
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		ATF_CHECK_EQ(0, show(table, odd[i], NULL));
		ATF_CHECK_EQ(0, show(ctl_bridge_metrics, odd[i], NULL));
	}
	ATF_CHECK_EQ(0, show(table, DAEMON "{\"interfaces\":[{\"name\":"
	    "\"\\u001b[2J\",\"up\":false,\"why\":\"\\u001b]0;x\","
	    "\"peers\":[" PEER("\\u001b", "\\n\\u0085", "\\u001b", "")
	    "]}]}}", NULL));
	lacks("\033");
	lacks("\302\205");
	ATF_CHECK_EQ(0, show(ctl_bridge_metrics, DAEMON "{\"interfaces\":[{"
	    "\"name\":\"a\\\"} 1\\n\",\"peers\":[" PEER("\\\\", "\\n", "x",
	    ",\"drops\":{\"a\\\"b\":1}") "]}]}}", NULL));
	has("derpbridge_up{interface=\"a\\\"} 1?\"} 0\n");
	has("peer=\"\\\\\",name=\"?\"");
	has("reason=\"a\\\"b\"} 1\n");
}

/* The command, with an answer in parts. */
ATF_TC_WITHOUT_HEAD(command);
ATF_TC_BODY(command, tc)
{
	static const struct part	whole =
	    LAST_PART(MSG_CTL_BRIDGE, MSG_CTL_TEXT, STATE, 1, "");
	static const struct part	broken =
	    LAST_PART(MSG_CTL_BRIDGE, MSG_CTL_TEXT, "{", 1, "");
	static const struct part	no =
	    LAST_PART(MSG_CTL_BRIDGE, 0, NULL, 0, "the worker died");
	static const struct part	reload =
	    LAST_PART(MSG_CTL_RELOAD, 0, NULL, 1, "");

	ATF_CHECK_EQ(0, run(&whole, "bridge", "status"));
	ATF_CHECK(atf_utils_grep_file("interface wg0", "out"));
	ATF_CHECK_EQ(0, run3(&whole, "bridge", "status", "-P"));
	ATF_CHECK(atf_utils_grep_file("^derpbridge_up", "out"));
	ATF_CHECK_EQ(1, run3(&whole, "bridge", "status", "wg7"));
	ATF_CHECK(atf_utils_grep_file("does not serve the interface wg7",
	    "err"));
	ATF_CHECK_EQ(1, run(&broken, "bridge", "status"));
	ATF_CHECK(atf_utils_grep_file("derpbridged on sock: its state is "
	    "malformed", "err"));
	ATF_CHECK_EQ(1, run(&no, "bridge", "status"));
	ATF_CHECK(atf_utils_grep_file("the worker died", "err"));
	ATF_CHECK_EQ(0, run(&reload, "bridge", "reload"));
	ctl.json = 1;
	ATF_CHECK_EQ(0, run(&whole, "bridge", "status"));
	ATF_CHECK(atf_utils_grep_file("\"interfaces\":", "out"));
	ATF_CHECK_EQ(1, run(&broken, "bridge", "status"));
	ATF_CHECK(atf_utils_grep_file("\"ok\":false", "out"));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, tables);
	ATF_TP_ADD_TC(tp, metrics);
	ATF_TP_ADD_TC(tp, hostile);
	ATF_TP_ADD_TC(tp, command);
	return (atf_no_error());
}
