/*
 * fakedir: a directory made of a table, with a clock that advances during
 * waits, for the tests of acme-helper's jobs.
 */
#ifndef FAKEDIR_H
#define FAKEDIR_H

#include "acme.h"
#include "keys.h"

#define U	"https://ca.example"
#define NOW	1760000000LL
#define P(t)	"\"type\":\"urn:ietf:params:acme:error:" t "\""

/* Answers of the directory: an order, an authorization with its challenge. */
#define ORDER(code, status, more) #code " OK\r\nLocation: " U "/o/1\r\n\r\n"  \
	"{\"status\":\"" status "\",\"identifiers\":[{\"type\":\"dns\","      \
	"\"value\":\"relay.test\"}],\"authorizations\":[\"" U "/z/1\"],"     \
	"\"finalize\":\"" U "/f\"" more "}"
#define RELATIVE "201 OK\r\nLocation: ./orders/1\r\n\r\n"		      \
	"{\"status\":\"pending\",\"identifiers\":[{\"type\":\"dns\","	      \
	"\"value\":\"relay.test\"}],\"authorizations\":[\"" U "/z/1\"],"  \
	"\"finalize\":\"" U "/f\"}"
#define AUTHZ(status, challenge, more) "200 OK\r\n\r\n{\"status\":\"" status  \
	"\",\"identifier\":{\"type\":\"dns\",\"value\":\"relay.test\"},"      \
	"\"challenges\":[{\"type\":\"http-01\",\"url\":\"" U "/c/1\","      \
	"\"status\":\"" challenge "\",\"token\":\"abc\"" more "}]}"

extern struct fake {
	/* Settings of the test. */
	struct ipc_acme_conf conf;
	char		 cert[KEYS_PEMSIZE];	/* of the directory */
	int		 next_key;	/* 1: keys has an ACMEKEY_NEXT */
	int		 no_token, no_sign;	/* 1: fails */
	int64_t		 clock;		/* at the start; 0: NOW */
	int		 slow;		/* seconds for each answer */
	int		 stop_at;	/* seconds until the job is stopped */
	/* Results of the last job. */
	struct helper_result r;
	int64_t		 now;
	long		 slept;		/* seconds */
	int		 requests, nonces;	/* requests */
	int		 tokens, forgot;		/* published, removed */
	int		 made_account;
	char		 token_name[IPC_ACME_NAMESIZE];	/* of the last token */
	char		 signed_for[64];		/* letters, see
							   fakedir.c */
	char		 warned[IPC_ACME_LINESIZE];	/* last warning, ""
							   none */
	char		 last_replaces[256], last_account[256];
} fake;

/* A certificate with an authority key id, valid from 2026 to 2054. */
#define NAMED_ID	"yMHR6-8SGn6n5oaI4NJGmn6JsRs.AIdlQyEA"
extern const char	 named[];

/* Set up the defaults: one name, agreed terms, a certificate. */
void	 start(void);

/* Answer requests `nth' to `last' for `path' with `answer'; NULL: none. */
void	 rule(const char *path, int nth, int last, const char *answer);

/* Run a job for the certificate `pem' (NULL none) with the rules, which are
   gone then. */
void	 job(enum ipc_acme_job what, const char *pem);

/* Request a certificate; it must end with this outcome and line. */
void	 issue(enum ipc_acme_outcome end, const char *line);

#endif
