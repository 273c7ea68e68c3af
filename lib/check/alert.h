/*
 * alert: the alerts of TLS (RFC 8446, 6).  Used only in this folder.  Pure.
 */
#ifndef ALERT_H
#define ALERT_H

#define CHECK_ALERT_FAILURE	40
#define CHECK_ALERT_INTERNAL	80
#define CHECK_ALERT_NAME	112
#define CHECK_ALERT_ALPN	120

/* What an alert is called, and what it means for a client.  Static. */
const char *check_alert_name(int alert);
const char *check_alert_meaning(int alert);

#endif
