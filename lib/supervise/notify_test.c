/*
 * notify_test: the messages that a service manager receives.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <atf-c.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

/* The manager's socket; `name' "@..." is an abstract one. */
static int
manager(const char *name)
{
	struct sockaddr_un	sun;
	socklen_t		len;
	int			fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	ATF_REQUIRE(strlcpy(sun.sun_path, name, sizeof(sun.sun_path)) <
	    sizeof(sun.sun_path));
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name));
	if (*name == '@')
		sun.sun_path[0] = '\0';
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sun, len));
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", name, 1));
	return (fd);
}

/* The next message; "" when there is none. */
static const char *
heard(int fd)
{
	static char	text[128];
	ssize_t		n;

	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n > 0 ? n : 0] = '\0';
	return (text);
}

static void
own_path(char *path, size_t size)
{
	ATF_REQUIRE(getcwd(path, size) != NULL);
	ATF_REQUIRE(strlcat(path, "/manager", size) < size);
}

ATF_TC_WITHOUT_HEAD(by_path);
ATF_TC_BODY(by_path, tc)
{
	char	path[104];
	int	fd;

	own_path(path, sizeof(path));
	fd = manager(path);
	ATF_CHECK_EQ(0, super_notify("READY=1"));
	ATF_CHECK_STREQ("READY=1", heard(fd));
	ATF_CHECK_EQ(0, super_notify("STOPPING=1"));
	ATF_CHECK_STREQ("STOPPING=1", heard(fd));
	close(fd);
	ATF_CHECK_EQ_MSG(-1, super_notify("READY=1"), "nobody listens");
}

ATF_TC_WITHOUT_HEAD(reloading);
ATF_TC_BODY(reloading, tc)
{
	static const char	want[] = "RELOADING=1\nMONOTONIC_USEC=";
	const char		*got;
	char			path[104];
	int			fd;

	own_path(path, sizeof(path));
	fd = manager(path);
	ATF_REQUIRE_EQ(0, super_notify_reloading());
	got = heard(fd);
	ATF_REQUIRE_EQ_MSG(0, strncmp(got, want, strlen(want)), "%s", got);
	got += strlen(want);
	ATF_CHECK(*got != '\0' && got[strspn(got, "0123456789")] == '\0');
}

ATF_TC_WITHOUT_HEAD(abstract);
ATF_TC_BODY(abstract, tc)
{
#ifdef __linux__
	char	name[64];
	int	fd;

	snprintf(name, sizeof(name), "@derpd-notify-test-%d", (int)getpid());
	fd = manager(name);
	ATF_CHECK_EQ(0, super_notify("READY=1"));
	ATF_CHECK_STREQ("READY=1", heard(fd));
#else
	atf_tc_skip("abstract names are Linux's");
#endif
}

ATF_TC_WITHOUT_HEAD(no_manager);
ATF_TC_BODY(no_manager, tc)
{
	char	name[256];

	unsetenv("NOTIFY_SOCKET");
	ATF_CHECK_EQ(0, super_notify("READY=1"));
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", "", 1));
	ATF_CHECK_EQ(0, super_notify("READY=1"));
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", "relative", 1));
	ATF_CHECK_EQ(0, super_notify("READY=1"));
	memset(name, '/', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ATF_REQUIRE_EQ(0, setenv("NOTIFY_SOCKET", name, 1));
	ATF_CHECK_EQ_MSG(-1, super_notify("READY=1"),
	    "a name that is too long");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, by_path);
	ATF_TP_ADD_TC(tp, reloading);
	ATF_TP_ADD_TC(tp, abstract);
	ATF_TP_ADD_TC(tp, no_manager);
	return (atf_no_error());
}
