/*
 * ownaddr_test: the public address of this machine.
 */
#include <sys/socket.h>
#include <atf-c.h>

#include "address.h"
#include "ownaddr.h"
#include "testaddr.h"

static int
is_public(const char *text)
{
	struct sockaddr_storage	ss;

	return (net_address_is_public(net_test_address(&ss, text, 0)));
}

/* On any machine: an address that is found is public. */
ATF_TC_WITHOUT_HEAD(find);
ATF_TC_BODY(find, tc)
{
	char	text[64];

	if (parent_ownaddr_find(AF_INET, text, sizeof(text)) == 0)
		ATF_CHECK_EQ_MSG(1, is_public(text), "%s", text);
	if (parent_ownaddr_find(AF_INET6, text, sizeof(text)) == 0)
		ATF_CHECK_EQ_MSG(1, is_public(text), "%s", text);
	ATF_CHECK_EQ(-1, parent_ownaddr_find(AF_UNIX, text, sizeof(text)));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, find);
	return (atf_no_error());
}
