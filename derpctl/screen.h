/*
 * screen: a terminal that shows lines of text and gives keys.  screen_curses.c
 * is on ncurses; screen_none.c, without it, only says so.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include <stddef.h>

/* Keys: code points of Unicode, and these. */
#define CTL_KEY_NONE	(-1)
enum {
	CTL_KEY_ENTER = 0x110000,
	CTL_KEY_ESCAPE,
	CTL_KEY_BACKSPACE,
	CTL_KEY_UP,
	CTL_KEY_DOWN,
	CTL_KEY_PAGE_UP,
	CTL_KEY_PAGE_DOWN,
	CTL_KEY_HOME,
	CTL_KEY_OTHER
};

/*
 * Take over the terminal on standard input and output, and the user's locale,
 * or without UTF-8 the locale "C".  Returns NULL, or why not, and what to do.
 */
const char *ctl_screen_begin(void);

/* Restore the terminal. */
void	ctl_screen_end(void);

/* The size of the terminal; ctl_screen_resized(): it has changed (SIGWINCH). */
void	ctl_screen_size(unsigned int *rows, unsigned int *columns);
void	ctl_screen_resized(void);

/* The next key that was typed, or CTL_KEY_NONE. */
int	ctl_screen_key(void);

/*
 * Show the `len' bytes of text: lines that fit into the screen, the line number
 * `title' (from 0) reversed, the cursor in line and column `at', or at the end
 * of the text when at[0] is -1.
 */
void	ctl_screen_show(const char *text, size_t len, int title,
	    const int at[2]);

#endif
