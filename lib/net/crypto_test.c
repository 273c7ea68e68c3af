/* crypto_test: libcrypto's memory in a process that holds secrets. */
#include <openssl/crypto.h>
#include <atf-c.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

/* It may be freed by free(3), as libtls does, and grows and shrinks. */
ATF_TC_WITHOUT_HEAD(mixed);
ATF_TC_BODY(mixed, tc)
{
	char *p;
	size_t n;

	(void)tc;
	ATF_REQUIRE_EQ(net_crypto_zero_freed(), 0);
	for (n = 1; n < 5000; n += 7) {
		ATF_REQUIRE((p = OPENSSL_malloc(n)) != NULL);
		memset(p, 1, n);
		ATF_REQUIRE((p = OPENSSL_realloc(p, 3 * n)) != NULL);
		ATF_CHECK(p[0] == 1 && p[n - 1] == 1);
		memset(p, 2, 3 * n);
		ATF_REQUIRE((p = OPENSSL_realloc(p, n)) != NULL);
		ATF_CHECK(p[0] == 2 && p[n - 1] == 2);
		if (n % 2 == 0)
			OPENSSL_free(p);
		else
			free(p);
	}
	OPENSSL_free(NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, mixed);
	return (atf_no_error());
}
