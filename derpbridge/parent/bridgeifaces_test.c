/*
 * bridgeifaces_test: numbers and UDP sockets of interfaces over reloads.
 */
#include <sys/socket.h>
#include <netinet/in.h>

#include "bridgesetfixture.h"
#include "bridgesock.h"

/* The port of a socket, host order. */
static uint16_t
port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&sin, &len));
	return (ntohs(sin.sin_port));
}

/* Reload this configuration.  The result of bridge_ifaces_open(). */
static int
again(const char *text)
{
	struct bconf *c = conf_of(text);
	int rv = bridge_ifaces_open(d.ifaces, c);

	if (rv == -1) {
		bconf_free(c);
		return (-1);
	}
	bconf_free(d.conf);
	d.conf = c;
	return (0);
}

ATF_TC_WITHOUT_HEAD(reloads);
ATF_TC_BODY(reloads, tc)
{
	char text[512];
	uint16_t port = 0;
	int fd, other;

	begin(TOP "interface \"wg0\" { }\ninterface \"wg1\" { }\n");
	ATF_CHECK_STREQ("wg0", d.ifaces[0].name);
	ATF_CHECK_STREQ("wg1", d.ifaces[1].name);
	ATF_CHECK_STREQ("", d.ifaces[2].name);
	ATF_CHECK_EQ(port_of(d.ifaces[1].udp), d.ifaces[1].port);
	ATF_CHECK_EQ(1, d.ifaces[1].unsent);
	d.ifaces[1].unsent = 0;
	fd = d.ifaces[1].udp;

	/* One goes, one comes, one keeps its number and its socket. */
	ATF_REQUIRE_EQ(0, again(TOP "interface \"wg2\" { }\n"
	    "interface \"wg1\" { }\n"));
	ATF_CHECK_STREQ("wg1", d.ifaces[1].name);
	ATF_CHECK_EQ(fd, d.ifaces[1].udp);
	ATF_CHECK_EQ(0, d.ifaces[1].unsent);
	ATF_CHECK_STREQ("wg2", d.ifaces[2].name);
	ATF_CHECK_STREQ("", d.ifaces[0].name);
	ATF_CHECK_EQ(-1, d.ifaces[0].udp);
	ATF_CHECK(d.ifaces[0].conf == NULL);
	ATF_CHECK_STREQ("wg1", d.ifaces[1].conf->name);

	/* Another port is another socket; one that is taken changes nothing. */
	ATF_REQUIRE((other = bridge_sock_udp(&port)) != -1);
	snprintf(text, sizeof(text), TOP "interface \"wg1\" { }\n"
	    "interface \"wg3\" { local port %u }\n", port);
	ATF_CHECK_EQ(-1, again(text));
	ATF_CHECK_EQ(fd, d.ifaces[1].udp);
	ATF_CHECK_STREQ("wg2", d.ifaces[2].name);
	ATF_CHECK_EQ(port_of(d.ifaces[2].udp), d.ifaces[2].port);
	ATF_CHECK_STREQ("", d.ifaces[3].name);
	close(other);
}

ATF_TC_WITHOUT_HEAD(another_port);
ATF_TC_BODY(another_port, tc)
{
	char text[512];
	uint16_t port;

	begin(TOP "interface \"wg0\" { }\ninterface \"wg1\" { }\n");
	port = d.ifaces[1].port;
	ATF_REQUIRE_EQ(0, again(TOP "interface \"wg0\" { }\n"));
	d.ifaces[0].unsent = 0;
	snprintf(text, sizeof(text), TOP "interface \"wg0\" { local port %u "
	    "}\n", port);
	ATF_REQUIRE_EQ(0, again(text));
	ATF_CHECK_EQ(port, port_of(d.ifaces[0].udp));
	ATF_CHECK_EQ(port, d.ifaces[0].port);
	ATF_CHECK_EQ(1, d.ifaces[0].unsent);
}

ATF_TC_WITHOUT_HEAD(marks);
ATF_TC_BODY(marks, tc)
{
	begin(TOP "interface \"wg0\" { }\ninterface \"wg1\" { fwmark none }\n"
	    "interface \"wg2\" { fwmark 7 }\n");
	ATF_CHECK_EQ(0, bridge_ifaces_mark(&d.ifaces[0]));
	d.ifaces[0].device_mark = d.ifaces[1].device_mark = 51820;
	ATF_CHECK_EQ(51820, bridge_ifaces_mark(&d.ifaces[0]));
	ATF_CHECK_EQ(0, bridge_ifaces_mark(&d.ifaces[1]));
	ATF_CHECK_EQ(7, bridge_ifaces_mark(&d.ifaces[2]));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, reloads);
	ATF_TP_ADD_TC(tp, another_port);
	ATF_TP_ADD_TC(tp, marks);
	return (atf_no_error());
}
