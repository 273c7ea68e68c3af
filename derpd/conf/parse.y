/*
 * parse: the grammar of derpd.conf(5).  Called by conf_load(); reads through
 * lex.c, fills in the configuration, and leaves what concerns it as a whole to
 * conf.c.
 */
%{
#include <stdio.h>

#include "conf_parse.h"
#include "conf_set.h"
#include "log.h"
%}

%token	ACCEPT ACME ADDRESS ADMIT AGE ALWAYS BLANK BURST BYTES CA CERTIFICATE
%token	CHAIN CONTACT DIRECTORY EAB PROFILE
%token	CHILD CHROOT CLIENT CLIENTS CODEL COMPARE CONGESTION CONTROL EVERY FILENAME
%token	FOLLOW HOME HOST HOSTNAME INCLUDE INTERVAL KEY KEYS LIMIT LISTEN MAP
%token	MAXIMUM MESH METRICS OFF ON PACKETS PAGE PATH PORT PROBE QUEUE RATE
%token	REDIRECT RELAY SANDBOX SELFSIGNED SOURCE STATEDIR STUN TARGET TIMEOUT
%token	PER TLS UNFINISHED UNSENT USER WITH WORKERS WRITE BADWORD
%token	<v.string> STRING
%token	<v.number> NUMBER
%type	<v.number> size port tls onoff
%type	<v.string> address later

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar statement '\n'
		| grammar error '\n'	{ yyerrok; }
		;

statement	: STRING '=' STRING	{ set_macro($1, $3, &$<pos>1); }
		| STRING '=' NUMBER {
			char text[32];

			snprintf(text, sizeof(text), "%lld", (long long)$3);
			set_macro($1, text, &$<pos>1);
		}
		| INCLUDE STRING	{ (void)lex_push($2, &$<pos>1); }
		| HOSTNAME STRING		{ set_hostname($2, &$<pos>1); }
		| LISTEN ON address PORT port tls {
			set_listen($3, $5, (int)$6, &$<pos>1);
		}
		| CERTIFICATE STRING KEY STRING {
			set_certificate($2, $4, &$<pos>1);
		}
		| CERTIFICATE SELFSIGNED {
			set_certificate(NULL, NULL, &$<pos>1);
		}
		| RELAY				{ set_relay(&$<pos>1); }
		  '{' relayopts '}'
		| STUN				{ set_stun(&$<pos>1); }
		  '{' stunopts '}'
		| MAP STRING			{ set_map($2, &$<pos>1); }
		  mapblock
		| MAP				{ set_map(NULL, &$<pos>1); }
		  '{' mapopts '}'
		| ACME				{ set_acme(&$<pos>1); }
		  '{' acmeopts '}'
		| MESH '{' meshopts '}'
		| CONTROL STRING { set_path(SET_CONTROL, $2, &$<pos>1); }
		| CHROOT STRING { set_path(SET_CHROOT, $2, &$<pos>1); }
		| STATEDIR STRING { set_path(SET_STATEDIR, $2, &$<pos>1); }
		| USER STRING			{ set_user(0, $2, &$<pos>1); }
		| KEYS USER STRING		{ set_user(1, $3, &$<pos>1); }
		| SANDBOX onoff {
			set_number(SET_SANDBOX, $2, &$<pos>1);
		}
		| CHILD TIMEOUT NUMBER {
			set_number(SET_CHILD_TIMEOUT, $3, &$<pos>1);
		}
		| later {
			conf_error(&$<pos>1, "%s is not part of this release "
			    "of derpd: leave it out", $1);
			lex_skip();
		}
		;

later		: ADMIT			{ $$ = "admit"; }
		| METRICS		{ $$ = "metrics"; }
		;

address		: '*'			{ $$ = "*"; }
		| STRING		{ $$ = $1; }
		;

port		: NUMBER		{ $$ = $1; }
		;

tls		: /* empty */		{ $$ = 0; }
		| TLS			{ $$ = 1; }
		;

onoff		: ON			{ $$ = 1; }
		| OFF			{ $$ = 0; }
		;

size		: NUMBER		{ $$ = $1; }
		| STRING		{ $$ = set_size($1, &$<pos>1); }
		;

relayopts	: /* empty */
		| relayopts '\n'
		| relayopts relayopt
		| relayopts error '\n'	{ yyerrok; }
		;

relayopt	: KEY STRING { set_path(SET_RELAY_KEY, $2, &$<pos>1); }
		| WORKERS NUMBER {
			set_number(SET_WORKERS, $2, &$<pos>1);
		}
		| HOME PAGE	{ set_home(HOME_PAGE, NULL, &$<pos>1); }
		| HOME BLANK	{ set_home(HOME_BLANK, NULL, &$<pos>1); }
		| HOME REDIRECT STRING {
			set_home(HOME_REDIRECT, $3, &$<pos>1);
		}
		| QUEUE BYTES size {
			set_number(SET_QUEUE_BYTES, $3, &$<pos>1);
		}
		| QUEUE PACKETS NUMBER {
			set_number(SET_QUEUE_PACKETS, $3, &$<pos>1);
		}
		| QUEUE BYTES size PACKETS NUMBER {
			set_number(SET_QUEUE_BYTES, $3, &$<pos>1);
			set_number(SET_QUEUE_PACKETS, $5, &$<pos>1);
		}
		| CODEL TARGET NUMBER INTERVAL NUMBER {
			set_codel($3, $5, &$<pos>1);
		}
		| CODEL OFF	{ set_codel_off(&$<pos>1); }
		| UNSENT LIMIT size {
			set_number(SET_UNSENT, $3, &$<pos>1);
		}
		| WRITE TIMEOUT NUMBER {
			set_number(SET_WRITE_TIMEOUT, $3, &$<pos>1);
		}
		| CONGESTION CONTROL STRING {
			set_congestion($3, &$<pos>1);
		}
		| ACCEPT RATE NUMBER BURST NUMBER {
			set_number(SET_ACCEPT_RATE, $3, &$<pos>1);
			set_number(SET_ACCEPT_BURST, $5, &$<pos>1);
		}
		| CLIENT RATE size BURST size {
			set_number(SET_CLIENT_RATE, $3, &$<pos>1);
			set_number(SET_CLIENT_BURST, $5, &$<pos>1);
		}
		| MAXIMUM CLIENTS NUMBER {
			set_number(SET_MAX_CLIENTS, $3, &$<pos>1);
		}
		| MAXIMUM UNFINISHED NUMBER {
			set_number(SET_MAX_UNFINISHED, $3, &$<pos>1);
		}
		  persource
		;

persource	: /* empty */
		| PER SOURCE NUMBER {
			set_number(SET_MAX_PER_SOURCE, $3, &$<pos>1);
		}
		;

stunopts	: /* empty */
		| stunopts '\n'
		| stunopts stunopt
		| stunopts error '\n'	{ yyerrok; }
		;

stunopt		: LISTEN ON address PORT port {
			set_stun_listen($3, $5, &$<pos>1);
		}
		| WORKERS NUMBER	{ set_stun_workers($2, &$<pos>1); }
		| ALWAYS		{ set_stun_always(&$<pos>1); }
		| PROBE EVERY NUMBER	{ set_stun_probe($3, &$<pos>1); }
		| SOURCE RATE NUMBER BURST NUMBER {
			set_stun_source($3, $5, &$<pos>1);
		}
		;

mapblock	: /* empty */
		| '{' mapopts '}'
		;

mapopts		: /* empty */
		| mapopts '\n'
		| mapopts mapopt
		| mapopts error '\n'	{ yyerrok; }
		;

mapopt		: FILENAME STRING	{ set_map_file($2, &$<pos>1); }
		| FOLLOW STRING		{ set_map_follow($2, &$<pos>1); }
		  mapevery
		| PATH STRING		{ set_map_path($2, &$<pos>1); }
		| HOST STRING		{ set_map_host($2, &$<pos>1); }
		| COMPARE STRING	{ set_map_compare($2, &$<pos>1); }
		| CA FILENAME STRING	{ set_map_cafile($3, &$<pos>1); }
		| MAXIMUM AGE NUMBER	{ set_map_age($3, &$<pos>1); }
		;

mapevery	: /* empty */
		| EVERY NUMBER		{ set_map_every($2, &$<pos>1); }
		;

acmeopts	: /* empty */
		| acmeopts '\n'
		| acmeopts acmeopt
		| acmeopts error '\n'	{ yyerrok; }
		;

acmeopt		: CONTACT STRING	{ set_acme_contact($2, &$<pos>1); }
		| DIRECTORY STRING	{ set_acme_directory($2, &$<pos>1); }
		| PROFILE STRING	{ set_acme_profile($2, &$<pos>1); }
		| CHAIN STRING		{ set_acme_chain($2, &$<pos>1); }
		| EAB STRING KEY FILENAME STRING {
			set_acme_eab($2, $5, &$<pos>1);
		}
		| CA FILENAME STRING	{ set_acme_cafile($3, &$<pos>1); }
		;

meshopts	: /* empty */
		| meshopts '\n'
		| meshopts meshopt
		| meshopts error '\n'	{ yyerrok; }
		;

meshopt		: KEY FILENAME STRING {
			set_path(SET_MESH_KEY, $3, &$<pos>1);
		}
		| WITH STRING meshaddress {
			conf_error(&$<pos>1, "mesh with is not part of this "
			    "release of derpd: leave it out");
		}
		;

meshaddress	: /* empty */
		| ADDRESS STRING
		;

%%

void
yyerror(const char *msg)
{
	(void)msg;
	lex_error();
}
