/*
 * alert: see alert.h.  Called by tls.c.
 */
#include <stddef.h>

#include "alert.h"

struct check_alert {
	int		 number;
	const char	*name, *meaning;
};

static const struct check_alert alerts[] = {
	{ 10, "unexpected_message", "it expects another protocol" },
	{ 20, "bad_record_mac", "the bytes were changed on the way" },
	{ 22, "record_overflow", "it can't take a record of that length" },
	{ CHECK_ALERT_FAILURE, "handshake_failure", "it shares no cipher or no "
	    "kind of key with the client, or does not serve the name" },
	{ 42, "bad_certificate", "it wants a client certificate" },
	{ 43, "unsupported_certificate", "it wants a client certificate" },
	{ 44, "certificate_revoked", "it wants a client certificate" },
	{ 45, "certificate_expired", "it wants a client certificate" },
	{ 46, "certificate_unknown", "it wants a client certificate" },
	{ 47, "illegal_parameter", "it can't read the handshake" },
	{ 48, "unknown_ca", "it wants a client certificate" },
	{ 49, "access_denied", "it does not let the client in" },
	{ 50, "decode_error", "it can't read the handshake" },
	{ 51, "decrypt_error", "a signature in the handshake is wrong" },
	{ 70, "protocol_version",
	    "it speaks no version of TLS that the client does" },
	{ 71, "insufficient_security", "it wants stronger ciphers" },
	{ CHECK_ALERT_INTERNAL, "internal_error",
	    "it has no certificate for the name, or could not obtain one" },
	{ 86, "inappropriate_fallback", "it wants a newer version of TLS" },
	{ 90, "user_canceled", "it gave up" },
	{ 109, "missing_extension", "it can't read the handshake" },
	{ 110, "unsupported_extension", "it can't read the handshake" },
	{ CHECK_ALERT_NAME, "unrecognized_name",
	    "it does not serve the name" },
	{ 116, "certificate_required", "it wants a client certificate" },
	{ CHECK_ALERT_ALPN, "no_application_protocol",
	    "it does not speak HTTP/1.1" },
};

static const struct check_alert *
find(int number)
{
	static const struct check_alert unknown = { -1, "unknown",
	    "it refuses the handshake" };
	size_t i;

	for (i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (alerts[i].number == number)
			return (&alerts[i]);
	return (&unknown);
}

const char *
check_alert_name(int alert)
{
	return (find(alert)->name);
}

const char *
check_alert_meaning(int alert)
{
	return (find(alert)->meaning);
}
