/*
 * keymem_test: memory that libcrypto has freed holds nothing of what was there.
 */
#include <sys/types.h>
#include <atf-c.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "keymem.h"

#define SIZE	4096
#define MARK	0x5a

/* Are there bytes of the mark at the address, where a block was? */
static int
is_left(uintptr_t addr)
{
	static uint8_t buf[SIZE];
	ssize_t n;
	size_t i, marks = 0;
	int fd;

	if ((fd = open("/proc/self/mem", O_RDONLY)) == -1)
		atf_tc_skip("needs /proc/self/mem");
	n = pread(fd, buf, sizeof(buf), (off_t)addr);
	close(fd);
	for (i = 0; n > 0 && i < (size_t)n; i++)
		marks += buf[i] == MARK;
	return (marks > 0);
}

static uint8_t *
marked(void)
{
	uint8_t *p = OPENSSL_malloc(SIZE);

	ATF_REQUIRE(p != NULL);
	memset(p, MARK, SIZE);
	return (p);
}

ATF_TC_WITHOUT_HEAD(zeroed);
ATF_TC_BODY(zeroed, tc)
{
	uint8_t *p, *q;
	uintptr_t addr;
	int i;

#ifdef LIBRESSL_VERSION_NUMBER
	atf_tc_skip("LibreSSL uses the system's memory");
#endif
	base_keymem_init(0);
	p = marked();
	addr = (uintptr_t)p;
	ATF_CHECK(is_left(addr));
	OPENSSL_free(p);
	ATF_CHECK(!is_left(addr));

	p = marked();
	addr = (uintptr_t)p;
	q = OPENSSL_realloc(p, 64 * SIZE);
	ATF_REQUIRE(q != NULL);
	for (i = 0; i < SIZE; i++)
		ATF_REQUIRE_EQ(MARK, q[i]);
	ATF_CHECK(!is_left(addr));
	addr = (uintptr_t)q;
	p = OPENSSL_realloc(q, 16);
	ATF_REQUIRE(p != NULL);
	for (i = 0; i < 16; i++)
		ATF_REQUIRE_EQ(MARK, p[i]);
	OPENSSL_free(p);
	ATF_CHECK(!is_left(addr));
	OPENSSL_free(NULL);
	ATF_CHECK(OPENSSL_realloc(NULL, 16) != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, zeroed);
	return (atf_no_error());
}
