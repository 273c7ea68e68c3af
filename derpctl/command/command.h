/*
 * command: the commands of a program as a table, and what is made of it: the
 * reading of the command line, usage and help, and completion for shells.
 * Pure.  The table of derpctl is in derpctl/commands.c.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>
#include <stdio.h>

#define COMMAND_MAXOPTS	14
#define COMMAND_MAXARGS	6
#define COMMAND_WHY	512	/* bytes of an error with its NUL */

struct ctl;
struct command_words;

/* An option of a command. */
struct command_option {
	char		 letter;	/* 0: no more options */
	const char	*value;		/* the name of its value; NULL: none */
	int		 group;		/* one of a group alone; 0: none */
	const char	*help;		/* a few words */
};

/* Flags of a command. */
#define COMMAND_SOCKET	  1	/* asks derpd: the option -s matters */
#define COMMAND_VERBATIM  2	/* all that follows are arguments, behind -- */
#define COMMAND_FAILS_2	  4	/* the exit status of a bad command line is 2 */

/*
 * A command: a row of the table.  The arguments are words with a blank between
 * them:
 *
 *	name		an argument
 *	a|b		one of these words
 *	[name]		an argument that may be missing
 *	[word:name]	`word' and an argument, in any order with others
 *	[name...]	any number of arguments
 *	name...		the same, but at least one
 *
 * in this order.  What a name stands for is in the table of values.
 */
struct command {
	const char	*words;		/* "map check"; "": the program */
	int		 (*run)(const struct ctl *,
			    const struct command_words *);
	const char	*args;
	unsigned int	 flags;
	const char	*help;		/* a few words */
	struct command_option options[COMMAND_MAXOPTS];
};

/* What a value is. */
enum command_kind {
	COMMAND_FILE,			/* the name of a file */
	COMMAND_WORD,			/* one of `words' */
	COMMAND_NUMBER			/* from min to max */
};

/* The values of a name; one without a row is any text. */
struct command_value {
	const char	*name;
	enum command_kind kind;
	const char	*words;		/* with a blank between them */
	long long	 min;
	long long	 max;
};

/* The long form of an option without a value, of each command that has it. */
struct command_long {
	const char	*name;		/* without the hyphens */
	char		 letter;
};

/* The tables of a program. */
struct command_set {
	const char	*program;
	const struct command *commands;	/* the first is the program itself: its
					   options and help */
	size_t		 ncommands;
	const struct command_value *values;
	size_t		 nvalues;
	const struct command_long *longs;
	size_t		 nlongs;
};

/* The words behind a command. */
struct command_words {
	/* By letter: the value, or "" without one; NULL: not given. */
	const char	*option[128];
	/* In the order of the row; NULL: not given. */
	const char	*arg[COMMAND_MAXARGS];
	int		 argc;		/* of [name...] */
	char		**argv;
};

/*
 * Find the command that the first of `argc' words name, the longest that fits;
 * *used is the number of these words.  Returns NULL with the reason in `why':
 * there is no such command, and which was meant, or which words may follow.
 */
const struct command *command_find(const struct command_set *set, int argc,
	    char **argv, int *used, char why[COMMAND_WHY]);

/*
 * Read the words behind a command by its row; `w' points into them.  Returns 0;
 * 1 when the help of the command is wanted (-h, --help); or -1 with the reason
 * in `why', which names the word that is missing or wrong.
 */
int	 command_read(const struct command_set *set, const struct command *c,
	    int argc, char **argv, struct command_words *w,
	    char why[COMMAND_WHY]);

/* A number that command_read() has checked; `otherwise' if it is not given. */
long long command_number(const char *text, long long otherwise);

/* One argument of a row. */
struct command_arg {
	char	 name[48];
	char	 word[16];	/* the word before it; "": none */
	int	 optional;
	int	 rest;		/* any number of them */
};

/* Take the next argument off `*args'.  Returns 1, or 0 at the end. */
int	 command_arg(const char **args, struct command_arg *a);

/* The row of a name of values, or NULL. */
const struct command_value *command_value(const struct command_set *set,
	    const char *name);

/* The option with this letter, or NULL. */
const struct command_option *command_option(const struct command *c,
	    char letter);

/* The long form of this option of a command, or NULL. */
const char *command_long(const struct command_set *set,
	    const struct command_option *o);

/*
 * If command `c' begins with the words of `prefix' ("" is any), the next word
 * of it, of *len bytes; else NULL.
 */
const char *command_next_word(const struct command *c, const char *prefix,
	    size_t *len);

/* Print the usage of a command: a line "usage: ...", and more if it is long. */
void	 command_usage(FILE *fp, const struct command_set *set,
	    const struct command *c);

/* Print usage, description and options of a command. */
void	 command_help(FILE *fp, const struct command_set *set,
	    const struct command *c);

/* Print the options of the program and all commands. */
void	 command_list(FILE *fp, const struct command_set *set);

/*
 * Print the usages of all commands that begin with a word.  Returns how many.
 */
size_t	 command_group_help(FILE *fp, const struct command_set *set,
	    const char *word);

/*
 * Print what may stand in place of the last of `argc' words behind the
 * program's name, which may be empty or begun: lines with a word, a tab and its
 * help; the line "\tfile" stands for the name of a file.
 */
void	 command_complete(FILE *fp, const struct command_set *set, int argc,
	    char **argv);

#endif
