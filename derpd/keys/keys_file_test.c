/*
 * keys_file_test: valid and invalid key files.
 */

/* EVP_PKEY_cmp() is in LibreSSL too; OpenSSL 3.0 deprecates it. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <atf-c.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "keymake.h"

#define HEX	"0123456789abcdef0123456789abcdef" \
		"0123456789ABCDEF0123456789abcdef"
#define GOOD	"{\"PrivateKey\":\"privkey:" HEX "\"}"
#define ONES	"11111111111111111111111111111111" \
		"11111111111111111111111111111111"
#define ZEROS	"00000000000000000000000000000000" \
		"00000000000000000000000000000000"

static char	 err[256];

static void
setup(void)
{
	ATF_REQUIRE(sodium_init() != -1);
	ATF_REQUIRE_EQ(0, keys_file_preload());
	err[0] = '\0';
}

/* A descriptor at the start of a file with these contents. */
static int
file(const char *text, size_t len)
{
	int	 fd;

	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ((ssize_t)len, write(fd, text, len));
	ATF_REQUIRE_EQ(0, lseek(fd, 0, SEEK_SET));
	return (fd);
}

static int
is_test_key(const uint8_t *key)
{
	static const uint8_t	 half[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
				    0xcd, 0xef };
	int			 i;

	for (i = 0; i < 4; i++)
		if (memcmp(key + 8 * i, half, 8) != 0)
			return (0);
	return (1);
}

static int
read_node(const char *text, uint8_t *sec)
{
	int	 fd = file(text, strlen(text)), rv;

	rv = keys_file_read_node(fd, sec, err, sizeof(err));
	close(fd);
	return (rv);
}

ATF_TC_WITHOUT_HEAD(node_good);
ATF_TC_BODY(node_good, tc)
{
	static const char	*good[] = {
		GOOD,
		"{\n\t\"PrivateKey\": \"privkey:" HEX "\"\n}",
		"\r\n { \"PrivateKey\"\t: \n\"privkey:" HEX "\" } \n\n",
		/* derper accepts every JSON that Go's encoding/json accepts. */
		"{\"PrivateKey\":\"privkey:" HEX "\",\"a\":1}",
		"{\"Comment\":{\"PrivateKey\":[1,{}]},\"PrivateKey\":"
		    "\"privkey:" HEX "\"}",
		"{\"privateKey\":\"privkey:" HEX "\"}",
		"{\"PRIVATEKEY\":\"privkey:" HEX "\"}",
		"{\"Privat\\u0065Key\":\"privkey:" HEX "\"}",
		"{\"PrivateKey\":\"privkey:" ONES "\","
		    "\"privatekey\":\"privkey:" HEX "\"}",
		"{\"PrivateKey\":\"privkey:" HEX "\",\"PrivateKey\":null}",
		"{\"PrivateKey\":\"\\u0070rivkey:" HEX "\"}"
	};
	uint8_t			 sec[32];
	size_t			 i;

	setup();
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ATF_CHECK_MSG(read_node(good[i], sec) == 0, "%zu: %s", i, err);
		ATF_CHECK(is_test_key(sec));
	}
}

ATF_TC_WITHOUT_HEAD(node_bad);
ATF_TC_BODY(node_bad, tc)
{
	static const char	*bad[] = {
		"", "{", "{}", "null", HEX,
		"{\"PrivateKey\":\"privkey:\"}",
		"{\"PrivateKey\":\"" HEX "\"}",
		"{\"PrivateKey\":\"nodekey:" HEX "\"}",
		"{\"PrivateKey\":\"privkey:" HEX "0\"}",
		"{\"PrivateKey\":\"privkey:" HEX "\"",
		"{\"PrivateKey\":\"privkey:" HEX "\"}}",
		"{\"PrivateKey\":\"privkey:" HEX "\",\"a\":1",
		"{\"PrivateKey\":\"privkey:" HEX "\",}",
		"{\"Private Key\":\"privkey:" HEX "\"}",
		"{\"PrivateKey\":\"PRIVKEY:" HEX "\"}",
		"{\"PrivateKey\":\"privkey:" HEX "\",\"privateKey\":\"\"}",
		"{\"PrivateKey\":\"privkey:" HEX "\",\"privateKey\":1}",
		"{\"PrivateKey\":\"privkey:" HEX "\","
		    "\"privateKey\":\"privkey:" ZEROS "\"}",
		"{\"PrivateKey\":null}",
		"{\"a\":{\"PrivateKey\":\"privkey:" HEX "\"}}",
		"[{\"PrivateKey\":\"privkey:" HEX "\"}]",
		"\"privkey:" HEX "\"",
		"\xef\xbb\xbf" GOOD,
		"{\"PrivateKey\":\"privkey:" ZEROS "\"}",
		"{\"PrivateKey\":\"privkey:g" HEX,
		"{\"PrivateKey\":\"privkey:" HEX
	};
	uint8_t			 sec[32];
	size_t			 i;
	char			*big;
	int			 fd;

	setup();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(sec, 1, sizeof(sec));
		err[0] = '\0';
		ATF_CHECK_MSG(read_node(bad[i], sec) == -1, "%s", bad[i]);
		ATF_CHECK(sodium_is_zero(sec, sizeof(sec)));
		ATF_CHECK(err[0] != '\0');
	}
	ATF_CHECK_EQ(-1, read_node("\xef\xbb\xbf" GOOD, sec));
	ATF_CHECK_MSG(strstr(err, "byte order mark") != NULL, "%s", err);
	/* A file of white space alone is refused, whatever its length. */
	ATF_REQUIRE((big = malloc(5001)) != NULL);
	memset(big, ' ', 5000);
	big[5000] = '\0';
	memcpy(big, GOOD, strlen(GOOD));
	ATF_CHECK_EQ(-1, read_node(big, sec));
	ATF_CHECK_MSG(strstr(err, "4096") != NULL, "%s", err);
	free(big);
	ATF_REQUIRE((fd = open(".", O_RDONLY)) != -1);
	ATF_CHECK_EQ(-1, keys_file_read_node(fd, sec, err, sizeof(err)));
	ATF_CHECK_MSG(strstr(err, "can't read") != NULL, "%s", err);
	close(fd);
}

ATF_TC_WITHOUT_HEAD(node_write);
ATF_TC_BODY(node_write, tc)
{
	uint8_t	 sec[32], back[32];
	char	 text[200];
	ssize_t	 n;
	int	 fd;

	setup();
	randombytes_buf(sec, sizeof(sec));
	fd = file("", 0);
	ATF_REQUIRE_EQ(0, keys_file_write_node(fd, sec, err, sizeof(err)));
	ATF_REQUIRE_EQ(0, lseek(fd, 0, SEEK_SET));
	ATF_REQUIRE_EQ(0, keys_file_read_node(fd, back, err, sizeof(err)));
	ATF_CHECK(memcmp(sec, back, sizeof(sec)) == 0);
	ATF_REQUIRE((n = pread(fd, text, sizeof(text) - 1, 0)) > 0);
	text[n] = '\0';
	ATF_CHECK(strncmp(text, "{\n\t\"PrivateKey\": \"privkey:", 26) == 0);
	close(fd);

	/* A full disk, and a descriptor that can't be written to. */
	if ((fd = open("/dev/full", O_WRONLY)) != -1) {
		ATF_CHECK_EQ(-1, keys_file_write_node(fd, sec, err,
		    sizeof(err)));
		ATF_CHECK_MSG(strstr(err, "can't write") != NULL, "%s", err);
		close(fd);
	}
	ATF_REQUIRE((fd = open("file", O_RDONLY)) != -1);
	ATF_CHECK_EQ(-1, keys_file_write_node(fd, sec, err, sizeof(err)));
	close(fd);
}

ATF_TC_WITHOUT_HEAD(mesh);
ATF_TC_BODY(mesh, tc)
{
	static const char	*good[] = { HEX, HEX "\n",
				    " \t\r\n" HEX " \n" };
	static const char	*bad[] = { "", "\n", HEX "0", "x" HEX,
				    HEX " 1", "0123", ZEROS, ZEROS "\n" };
	uint8_t			 key[32];
	size_t			 i;
	int			 fd;

	setup();
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		fd = file(good[i], strlen(good[i]));
		ATF_CHECK_EQ(0, keys_file_read_mesh(fd, key, err, sizeof(err)));
		ATF_CHECK(is_test_key(key));
		close(fd);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = file(bad[i], strlen(bad[i]));
		ATF_CHECK_EQ_MSG(-1, keys_file_read_mesh(fd, key, err,
		    sizeof(err)), "%s", bad[i]);
		close(fd);
	}
}

/* Write `pkey' (encrypted if `pass') and read it back. */
static EVP_PKEY *
through_file(EVP_PKEY *pkey, const char *pass, int traditional)
{
	EVP_PKEY	*back;
	BIO		*bio;
	char		*p;
	long		 len;
	int		 fd;
	const EVP_CIPHER *c = pass == NULL ? NULL : EVP_aes_128_cbc();
	int		 passlen = pass == NULL ? 0 : (int)strlen(pass);

	ATF_REQUIRE((bio = BIO_new(BIO_s_mem())) != NULL);
	if (traditional)
		ATF_REQUIRE_EQ(1, PEM_write_bio_PrivateKey_traditional(bio,
		    pkey, c, (const unsigned char *)pass, passlen, NULL,
		    NULL));
	else
		ATF_REQUIRE_EQ(1, PEM_write_bio_PKCS8PrivateKey(bio, pkey, c,
		    pass, passlen, NULL, NULL));
	len = BIO_get_mem_data(bio, &p);
	fd = file(p, (size_t)len);
	BIO_free(bio);
	err[0] = '\0';
	back = keys_file_read_pem(fd, err, sizeof(err));
	close(fd);
	return (back);
}

static void
pem_good(int type, int arg)
{
	EVP_PKEY	*pkey = base_test_make(type, arg), *back;
	int		 traditional;

	for (traditional = 0; traditional < 2; traditional++) {
		back = through_file(pkey, NULL, traditional);
		ATF_REQUIRE_MSG(back != NULL, "%s", err);
		ATF_CHECK_EQ(1, EVP_PKEY_cmp(pkey, back));
		EVP_PKEY_free(back);
		ATF_CHECK(through_file(pkey, "secret", traditional) == NULL);
		ATF_CHECK_MSG(strstr(err, "encrypted") != NULL, "%s", err);
	}
	EVP_PKEY_free(pkey);
}

static void
pem_bad(int type, int arg, const char *want)
{
	EVP_PKEY	*pkey = base_test_make(type, arg);

	ATF_CHECK(through_file(pkey, NULL, 0) == NULL);
	ATF_CHECK_MSG(strstr(err, want) != NULL, "%s", err);
	EVP_PKEY_free(pkey);
}

ATF_TC_WITHOUT_HEAD(pem);
ATF_TC_BODY(pem, tc)
{
	static const char	 cut[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n"
				    "-----END PRIVATE KEY-----\n";
	static const char	*bad[] = { "", "hello", cut };
	char			*big;
	size_t			 i;
	int			 fd;

	setup();
	pem_good(EVP_PKEY_RSA, 2048);
	pem_good(EVP_PKEY_EC, NID_X9_62_prime256v1);
	pem_good(EVP_PKEY_EC, NID_secp384r1);
	pem_bad(EVP_PKEY_RSA, 1024, "too short");
	pem_bad(EVP_PKEY_EC, NID_secp256k1, "curve");
	pem_bad(EVP_PKEY_EC, NID_secp521r1, "curve");
	pem_bad(EVP_PKEY_ED25519, 0, "kind of key");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fd = file(bad[i], strlen(bad[i]));
		ATF_CHECK(keys_file_read_pem(fd, err, sizeof(err)) == NULL);
		ATF_CHECK_MSG(strstr(err, "no readable private key") != NULL,
		    "%s", err);
		close(fd);
	}
	ATF_REQUIRE((big = calloc(1, 65537)) != NULL);
	fd = file(big, 65537);
	ATF_CHECK(keys_file_read_pem(fd, err, sizeof(err)) == NULL);
	ATF_CHECK_MSG(strstr(err, "65536") != NULL, "%s", err);
	close(fd);
	free(big);
}

ATF_TC_WITHOUT_HEAD(pem_write);
ATF_TC_BODY(pem_write, tc)
{
	EVP_PKEY	*pkey, *back;
	int		 fd;

	setup();
	keys_preload();
	ATF_REQUIRE((pkey = keys_cert_new_key()) != NULL);
	fd = file("", 0);
	ATF_REQUIRE_EQ(0, keys_file_write_pem(fd, pkey, err, sizeof(err)));
	ATF_REQUIRE_EQ(0, lseek(fd, 0, SEEK_SET));
	back = keys_file_read_pem(fd, err, sizeof(err));
	ATF_REQUIRE_MSG(back != NULL, "%s", err);
	ATF_CHECK_EQ(1, EVP_PKEY_cmp(pkey, back));
	EVP_PKEY_free(back);
	close(fd);
	if ((fd = open("/dev/full", O_WRONLY)) != -1) {
		ATF_CHECK_EQ(-1, keys_file_write_pem(fd, pkey, err,
		    sizeof(err)));
		close(fd);
	}
	EVP_PKEY_free(pkey);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, node_good);
	ATF_TP_ADD_TC(tp, node_bad);
	ATF_TP_ADD_TC(tp, node_write);
	ATF_TP_ADD_TC(tp, mesh);
	ATF_TP_ADD_TC(tp, pem);
	ATF_TP_ADD_TC(tp, pem_write);
	return (atf_no_error());
}
