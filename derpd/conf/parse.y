/*
 * parse: the shapes of derpd.conf(5): statements, blocks, values, lists.  conf_match.c
 * checks what they contain against options.def.  Called by conf_load(); reads
 * through lex.c.
 */
%{
#include <stdio.h>

#include "conf_match.h"
#include "conf_parse.h"
%}

%token	WORD BLOCK STRING NUMBER BADWORD

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar statement '\n'	{ conf_match_end(&$3); }
		| grammar error '\n'		{ yyerrok; }
		;

statement	: STRING '=' STRING	{ conf_match_macro(&$1, &$3); }
		| STRING '=' NUMBER	{ conf_match_macro(&$1, &$3); }
		| option
		| block
		;

option		: WORD			{ conf_match(&$1); }
		| option item
		| option list
		;

list		: '{'			{ conf_match_list(&$1); }
		  strings '}'		{ conf_match_list_end(&$4); }
		;

strings		: /* empty */
		| strings '\n'
		| strings item
		;

item		: WORD			{ conf_match(&$1); }
		| STRING		{ conf_match(&$1); }
		| NUMBER		{ conf_match(&$1); }
		| '*'			{ conf_match(&$1); }
		;

block		: opener		{ conf_match_begin(NULL); }
		  braces
		| opener STRING		{ conf_match_begin(&$2); }
		  may_braces
		;

opener		: BLOCK			{ conf_match_block(&$1); }
		;

may_braces	: /* empty */
		| braces
		;

braces		: '{'			{ conf_match_open(); }
		  options '}'		{ conf_match_close(&$4); }
		;

options		: /* empty */
		| options '\n'		{ conf_match_end(&$2); }
		| options item
		| options list
		| options error '\n'	{ yyerrok; }
		;

%%

void
yyerror(const char *msg)
{
	(void)msg;
	conf_lex_error();
	conf_match_drop();
}
