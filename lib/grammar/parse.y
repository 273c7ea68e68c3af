/*
 * parse: the shapes of a configuration: statements, blocks, values, lists.
 * grammatch.c checks what they contain against the table.  Called by gram.c;
 * reads through gramlex.c.
 */
%{
#include <stdio.h>

#include "grammatch.h"
#include "gramparse.h"
%}

%token	WORD BLOCK STRING NUMBER BADWORD

%%

grammar		: /* empty */
		| grammar '\n'
		| grammar statement '\n'	{ gram_match_end(&$3); }
		| grammar error '\n'		{ yyerrok; }
		;

statement	: STRING '=' STRING	{ gram_match_macro(&$1, &$3); }
		| STRING '=' NUMBER	{ gram_match_macro(&$1, &$3); }
		| option
		| block
		;

option		: WORD			{ gram_match(&$1); }
		| option item
		| option list
		;

list		: '{'			{ gram_match_list(&$1); }
		  strings '}'		{ gram_match_list_end(&$4); }
		;

strings		: /* empty */
		| strings '\n'
		| strings item
		;

item		: WORD			{ gram_match(&$1); }
		| STRING		{ gram_match(&$1); }
		| NUMBER		{ gram_match(&$1); }
		| '*'			{ gram_match(&$1); }
		;

block		: opener		{ gram_match_begin(NULL); }
		  braces
		| opener STRING		{ gram_match_begin(&$2); }
		  may_braces
		;

opener		: BLOCK			{ gram_match_block(&$1); }
		;

may_braces	: /* empty */
		| braces
		;

braces		: '{'			{ gram_match_open(); }
		  options '}'		{ gram_match_close(&$4); }
		;

options		: /* empty */
		| options '\n'		{ gram_match_end(&$2); }
		| options item
		| options list
		| options error '\n'	{ yyerrok; }
		;

%%

void
yyerror(const char *msg)
{
	(void)msg;
	gram_lex_error();
	gram_match_drop();
}
