/*
 * topkeys: see topkeys.h.  Used by top.
 */
#include <string.h>

#include "screen.h"
#include "topkeys.h"
#include "utf8.h"

/* Encode a code point as UTF-8.  Returns the bytes. */
static size_t
encode(uint32_t cp, char dst[4])
{
	size_t		n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 :
			    4, i;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (i = n - 1; i > 0; i--, cp >>= 6)
		dst[i] = (char)(0x80 | (cp & 0x3f));
	dst[0] = (char)(lead[n] | cp);
	return n;
}

/* Set the word of the filter, and begin at the first client. */
static void
set_word(struct ctl_top_view *v, const char *word)
{
	struct ctl_filter	f;

	if (ctl_filter_set(&f, word, v->filter.group) == 0)
		v->filter = f;
	v->first = 0;
}

/* Append a character to the word; one that is no text does nothing. */
static void
append(struct ctl_top_view *v, int key)
{
	char	word[CTL_WORD_SIZE], c[4];
	size_t	len = strlen(v->filter.word), n;

	if (key < 0 || key > 0x10ffff || json_is_control((uint32_t)key))
		return;
	n = encode((uint32_t)key, c);
	if (len + n >= sizeof(word))
		return;
	memcpy(word, v->filter.word, len);
	memcpy(word + len, c, n);
	word[len + n] = '\0';
	set_word(v, word);
}

/* Drop the last character of the word. */
static void
drop_last(struct ctl_top_view *v)
{
	char	word[CTL_WORD_SIZE];
	size_t	n;

	strlcpy(word, v->filter.word, sizeof(word));
	n = strlen(word);
	while (n > 0 && ((unsigned char)word[--n] & 0xc0) == 0x80)
		;
	word[n] = '\0';
	set_word(v, word);
}

/* A key while the word of the filter is typed. */
static enum ctl_top_does
type(struct ctl_top_view *v, int key)
{
	switch (key) {
	case CTL_KEY_ENTER:
		v->typing = 0;
		break;
	case CTL_KEY_ESCAPE:
		v->typing = 0;
		set_word(v, "");
		break;
	case CTL_KEY_BACKSPACE:
		drop_last(v);
		break;
	default:
		append(v, key);
	}
	return CTL_TOP_SHOW;
}

void
ctl_top_stay(struct ctl_top_view *v, size_t shown)
{
	if (v->first >= shown)
		v->first = shown > 0 ? shown - 1 : 0;
}

/* Keys that move.  Returns 1 for one of them. */
static int
scroll(struct ctl_top_view *v, int key, size_t shown, size_t page)
{
	switch (key) {
	case 'j':
	case CTL_KEY_DOWN:
		v->first++;
		break;
	case 'k':
	case CTL_KEY_UP:
		v->first -= v->first > 0;
		break;
	case ' ':
	case CTL_KEY_PAGE_DOWN:
		if (v->first + page < shown)
			v->first += page;
		break;
	case 'b':
	case CTL_KEY_PAGE_UP:
		v->first -= page < v->first ? page : v->first;
		break;
	case 'g':
	case CTL_KEY_HOME:
		v->first = 0;
		break;
	default:
		return 0;
	}
	ctl_top_stay(v, shown);
	return 1;
}

enum ctl_top_does
ctl_top_key(struct ctl_top_view *v, int key, size_t shown, size_t page)
{
	if (v->typing)
		return type(v, key);
	if (v->help && key != 'q') {
		v->help = 0;
		return CTL_TOP_SHOW;
	}
	v->note[0] = '\0';
	switch (key) {
	case 'q':
		return CTL_TOP_QUIT;
	case 's':
		v->order = (v->order + 1) % CTL_TOP_BY_MAX;
		return CTL_TOP_SORT;
	case 'r':
		v->reverse = !v->reverse;
		return CTL_TOP_SORT;
	case 'p':
		v->paused = !v->paused;
		return CTL_TOP_SHOW;
	case 'h':
	case '?':
		v->help = 1;
		return CTL_TOP_SHOW;
	case '/':
		v->typing = 1;
		set_word(v, "");
		return CTL_TOP_SHOW;
	case CTL_KEY_ESCAPE:
		set_word(v, "");
		return CTL_TOP_SHOW;
	}
	return scroll(v, key, shown, page) ? CTL_TOP_SHOW : CTL_TOP_NOTHING;
}
