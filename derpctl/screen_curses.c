/*
 * screen: see screen.h.  On ncurses with wide characters, which reads the
 * description of the terminal (terminfo) in ctl_screen_begin() alone.  Only
 * text that ctl_table_text() has made harmless is shown.
 */
#define NCURSES_WIDECHAR	1

#include <sys/types.h>
#include <sys/ioctl.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Before term.h, whose macros have common words for names. */
#include "screen.h"

#include <curses.h>
#include <term.h>

#define ESCAPE_MS	100	/* for the rest of what a key sends */

/* The terminal; curses has one for a process. */
static SCREEN	*screen;

static void
set_locale(void)
{
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C");
}

const char *
ctl_screen_begin(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return "standard input and output are no terminal: use -b";
	set_locale();
	if ((screen = newterm(NULL, stdout, stdin)) == NULL)
		return "the environment's TERM names no terminal that is known "
		    "here: set it, or use -b";
	if (tigetstr("cup") == NULL || tigetstr("clear") == NULL) {
		ctl_screen_end();
		return "the terminal that the environment's TERM names can't "
		    "move its cursor: set TERM, or use -b";
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	return NULL;
}

void
ctl_screen_end(void)
{
	if (screen == NULL)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void
ctl_screen_size(unsigned int *rows, unsigned int *cols)
{
	*rows = (unsigned int)LINES;
	*cols = (unsigned int)COLS;
}

void
ctl_screen_resized(void)
{
	struct winsize	ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0 &&
	    ws.ws_col > 0)
		resizeterm(ws.ws_row, ws.ws_col);
	clearok(stdscr, TRUE);
}

/* A key that curses names. */
static int
named_key(wint_t c)
{
	static const struct {
		wint_t	of_curses;
		int	key;
	} keys[] = {
		{ KEY_ENTER, CTL_KEY_ENTER },
		{ KEY_BACKSPACE, CTL_KEY_BACKSPACE },
		{ KEY_DC, CTL_KEY_BACKSPACE },
		{ KEY_UP, CTL_KEY_UP },
		{ KEY_DOWN, CTL_KEY_DOWN },
		{ KEY_PPAGE, CTL_KEY_PAGE_UP },
		{ KEY_NPAGE, CTL_KEY_PAGE_DOWN },
		{ KEY_HOME, CTL_KEY_HOME },
	};
	size_t	i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].of_curses == c)
			return keys[i].key;
	return CTL_KEY_OTHER;
}

int
ctl_screen_key(void)
{
	wint_t	c;

	int	rv;

	/* resizeterm() says so by a key. */
	do
		rv = get_wch(&c);
	while (rv == KEY_CODE_YES && c == KEY_RESIZE);
	if (rv == ERR)
		return CTL_KEY_NONE;
	if (rv == KEY_CODE_YES)
		return named_key(c);
	switch (c) {
	case '\r':
	case '\n':
		return CTL_KEY_ENTER;
	case 0x1b:
		return CTL_KEY_ESCAPE;
	case '\b':
	case 0x7f:
		return CTL_KEY_BACKSPACE;
	}
	return (int)c;
}

void
ctl_screen_show(const char *text, size_t len, int title, const int at[2])
{
	const char	*end;
	size_t		 n;
	int		 row;

	erase();
	for (row = 0; len > 0; row++) {
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		attrset(row == title ? A_REVERSE : A_NORMAL);
		if (row == title)
			mvhline(row, 0, ' ', COLS);
		mvaddnstr(row, 0, text, (int)n);
		n += end != NULL;
		text += n;
		len -= n;
	}
	if (at[0] != -1)
		move(at[0], at[1]);
	refresh();
}
