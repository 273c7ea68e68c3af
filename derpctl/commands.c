/*
 * commands: the table of derpctl's commands.
 *
 * A new command is a row here, in the order of the words, and its function,
 * declared in ctl.h; derpctl(8) describes it (commands_test.c).  command.h says
 * what the columns are: usage, help, checks and completion come from them.
 */
#include "commands.h"
#include "ctl.h"
#include "ctlkeys.h"

#define NO_OPTIONS	{ { 0, NULL, 0, NULL } }

static const struct command table[] = {
	{ "", NULL, "command [argument...]", 0, "control derpd", {
		{ 'h', NULL, 0, "print this help, or that of the command "
		    "before it" },
		{ 'j', NULL, 0, "print JSON" },
		{ 's', "socket", 0, "derpd's control socket, in place of "
		    CTL_SOCKET_PATH },
		{ 'V', NULL, 0, "print the version" } } },
	{ "bridge log", ctl_cmd_bridge_log, "verbose|brief", COMMAND_SOCKET,
	    "let derpbridged log in detail, or not", NO_OPTIONS },
	{ "bridge reload", ctl_cmd_bridge_reload, "", COMMAND_SOCKET,
	    "make derpbridged read its configuration again", NO_OPTIONS },
	{ "bridge status", ctl_cmd_bridge_status, "[interface]",
	    COMMAND_SOCKET, "show how peers of WireGuard are reached", {
		{ 'P', NULL, 0, "print metrics for Prometheus" } } },
	{ "cert", ctl_cmd_cert, "", COMMAND_SOCKET,
	    "show the certificates that are served", NO_OPTIONS },
	{ "cert renew", ctl_cmd_cert_renew, "", COMMAND_SOCKET,
	    "request a new certificate now", NO_OPTIONS },
	{ "cert revoke", ctl_cmd_cert_revoke, "[reason]", COMMAND_SOCKET,
	    "revoke the certificate that is in force", NO_OPTIONS },
	{ "cert roll", ctl_cmd_cert_roll, "", COMMAND_SOCKET,
	    "change the key of the ACME account", NO_OPTIONS },
	{ "check", ctl_cmd_check, "target...", COMMAND_FAILS_2,
	    "name what is wrong with relays, from outside", {
		{ '4', NULL, 3, "by IPv4 alone" },
		{ '6', NULL, 3, "by IPv6 alone" },
		{ 'N', NULL, 2, "print a line for Nagios" },
		{ 'P', NULL, 2, "print metrics for Prometheus" },
		{ 'q', NULL, 2, "print faults alone" },
		{ 'v', NULL, 0, "print what was measured as well" },
		{ 'c', "cafile", 1, "trust the CAs of this file alone" },
		{ 'k', NULL, 1, "accept any certificate" },
		{ 'p', "pin", 1, "trust the certificate with this pin alone" },
		{ 'S', "source", 0, "the local address to check from" },
		{ 't', "bytes", 0, "measure the throughput with so many" },
		{ 'w', "interval", 0,
		    "check again so often, print changes" } } },
	{ "clients", ctl_cmd_clients, "[word]", COMMAND_SOCKET,
	    "list the connections that are logged in", {
		{ 'g', "group", 0, "only the clients of this group" },
		{ 'r', NULL, 0, "reverse the order" },
		{ 's', "order", 0, "sort" } } },
	{ "clients deny", ctl_cmd_deny, "client", COMMAND_SOCKET,
	    "close a client's connections and never admit it again", {
		{ 'f', "file", 0, "the clients file to change" } } },
	{ "clients kick", ctl_cmd_kick, "client", COMMAND_SOCKET,
	    "close a client's connections", NO_OPTIONS },
	{ "complete", ctl_cmd_complete, "[word...]", COMMAND_VERBATIM,
	    "print what may follow on a command line, for shells",
	    NO_OPTIONS },
	{ "convert derper", ctl_cmd_convert_derper, "[flag...]",
	    COMMAND_VERBATIM, "print derpd.conf for the flags of derper",
	    NO_OPTIONS },
	{ "convert env", ctl_cmd_convert_env, "file", 0,
	    "print derpd.conf for the variables of derper's images",
	    NO_OPTIONS },
	{ "drain", ctl_cmd_drain, "[minutes]", COMMAND_SOCKET,
	    "close all clients little by little, then end derpd",
	    NO_OPTIONS },
	{ "drain cancel", ctl_cmd_drain_cancel, "", COMMAND_SOCKET,
	    "end the drain: derpd serves again", NO_OPTIONS },
	{ "groups", ctl_cmd_groups, "", COMMAND_SOCKET,
	    "list the groups of clients with limits and use", NO_OPTIONS },
	{ "health", ctl_cmd_health, "", COMMAND_SOCKET | COMMAND_FAILS_2,
	    "say whether derpd serves, or why not", NO_OPTIONS },
	{ "help", ctl_cmd_help, "[word...]", 0,
	    "print the help of a command", NO_OPTIONS },
	{ "keys add", ctl_keys_add, "key [name:name] [group:name]", 0,
	    "admit a client", {
		{ 'f', "file", 0, "the clients file" } } },
	{ "keys check", ctl_keys_check, "[file]", 0,
	    "validate a clients file", NO_OPTIONS },
	{ "keys deny", ctl_keys_deny, "key [name:name]", 0,
	    "never admit a client", {
		{ 'f', "file", 0, "the clients file" } } },
	{ "keys list", ctl_keys_list, "", 0,
	    "list the keys of a clients file", {
		{ 'f', "file", 0, "the clients file" } } },
	{ "keys remove", ctl_keys_remove, "key", 0,
	    "remove a key from a clients file", {
		{ 'f', "file", 0, "the clients file" } } },
	{ "log", ctl_cmd_log, "verbose|brief", COMMAND_SOCKET,
	    "log in detail, or not", NO_OPTIONS },
	{ "map", ctl_cmd_map, "", COMMAND_SOCKET,
	    "show the maps that are served", NO_OPTIONS },
	{ "map add", ctl_cmd_map_add, "file region [node]", 0,
	    "add a node to a map", {
		{ 'c', "code", 0, "the code of a new region" },
		{ 'f', NULL, 0, "replace a node of the same name" },
		{ 'n', "name", 0, "the name of a new region" } } },
	{ "map check", ctl_cmd_map_check, "file", 0,
	    "validate a map", NO_OPTIONS },
	{ "map node", ctl_cmd_node, "", COMMAND_SOCKET,
	    "the same as node", NO_OPTIONS },
	{ "map remove", ctl_cmd_map_remove, "file path", 0,
	    "remove a region, a node or a value of a map", NO_OPTIONS },
	{ "map set", ctl_cmd_map_set, "file path value", 0,
	    "set a value of a map", {
		{ 's', NULL, 0, "the value is a string" } } },
	{ "map yaml", ctl_cmd_map_yaml, "[file]", COMMAND_SOCKET,
	    "print a map as YAML for Headscale's derp.paths", NO_OPTIONS },
	{ "mesh", ctl_cmd_mesh, "", COMMAND_SOCKET,
	    "list the links to the other nodes of the region", NO_OPTIONS },
	{ "node", ctl_cmd_node, "", COMMAND_SOCKET,
	    "print this machine's node for a map", NO_OPTIONS },
	{ "probe", ctl_cmd_probe, "host port", 0,
	    "test a relay with two clients", {
		{ 'c', "cafile", 1, "trust the CAs of this file alone" },
		{ 'p', "pin", 1, "trust the certificate with this pin alone" },
		{ 'k', NULL, 1, "accept any certificate" },
		{ 'H', "name", 0, "the server name to send and to expect" },
		{ 'n', "count", 0, "packets in each direction" } } },
	{ "reload", ctl_cmd_reload, "", COMMAND_SOCKET,
	    "make derpd read its configuration again", NO_OPTIONS },
	{ "restart relay", ctl_cmd_restart_relay, "worker", COMMAND_SOCKET,
	    "replace a relay worker by a new process", NO_OPTIONS },
	{ "status", ctl_cmd_status, "", COMMAND_SOCKET,
	    "show processes, certificates, maps and what is wrong",
	    NO_OPTIONS },
	{ "stun", ctl_cmd_stun, "host [port]", 0,
	    "request one's own address from a STUN server", NO_OPTIONS },
	{ "top", ctl_cmd_top, "[word]", COMMAND_SOCKET,
	    "show again and again which clients send most", {
		{ 'b', NULL, 0, "print it once, as text" },
		{ 'g', "group", 0, "only the clients of this group" },
		{ 'i', "seconds", 0, "the time between two lists" } } },
	{ "upgrade", ctl_cmd_upgrade, "", COMMAND_SOCKET,
	    "replace derpd by the program on disk, sessions go on",
	    NO_OPTIONS }
};

/* What the names of arguments stand for. */
static const struct command_value values[] = {
	{ "cafile", COMMAND_FILE, NULL, 0, 0 },
	{ "count", COMMAND_NUMBER, NULL, 1, 1000000 },
	{ "file", COMMAND_FILE, NULL, 0, 0 },
	{ "interval", COMMAND_NUMBER, NULL, 5, 86400 },
	{ "node", COMMAND_FILE, NULL, 0, 0 },
	{ "order", COMMAND_WORD, "rx tx age drops name", 0, 0 },
	{ "port", COMMAND_NUMBER, NULL, 1, 65535 },
	{ "reason", COMMAND_WORD, "unspecified keyCompromise "
	    "affiliationChanged superseded cessationOfOperation", 0, 0 },
	{ "seconds", COMMAND_NUMBER, NULL, 1, 3600 },
	{ "socket", COMMAND_FILE, NULL, 0, 0 },
	{ "target", COMMAND_FILE, NULL, 0, 0 },
	{ "worker", COMMAND_NUMBER, NULL, 0, 63 }
};

static const struct command_long longs[] = {
	{ "help", 'h' },
	{ "nagios", 'N' },
	{ "prometheus", 'P' },
	{ "version", 'V' }
};

const struct command_set ctl_commands = {
	"derpctl", table, sizeof(table) / sizeof(table[0]),
	values, sizeof(values) / sizeof(values[0]),
	longs, sizeof(longs) / sizeof(longs[0])
};
