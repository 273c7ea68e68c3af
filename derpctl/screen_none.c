/*
 * screen: see screen.h.  Without ncurses there is none.
 */
#include "screen.h"

const char *
ctl_screen_begin(void)
{
	return "derpctl was built without ncurses: use -b";
}

void
ctl_screen_end(void)
{
}

void
ctl_screen_size(unsigned int *rows, unsigned int *columns)
{
	*rows = *columns = 0;
}

void
ctl_screen_resized(void)
{
}

int
ctl_screen_key(void)
{
	return CTL_KEY_NONE;
}

void
ctl_screen_show(const char *text, size_t len, int title, const int at[2])
{
	(void)text;
	(void)len;
	(void)title;
	(void)at;
}
