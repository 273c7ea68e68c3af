/*
 * table: see table.h.  Used by clients, groups and top.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "ctl.h"
#include "table.h"
#include "utf8.h"

#define COLUMNS_MAX	10000
#define CUT_MARK	'+'

/* A character of a text, as it is printed. */
struct glyph {
	size_t	 bytes;		/* of the text */
	size_t	 columns;
	int	 escaped;	/* as \xNN, its bytes */
};

static struct glyph
next_glyph(const char *p, size_t len)
{
	struct glyph	g;
	uint32_t	cp = 0;
	int		width = -1;

	g.bytes = json_utf8(p, len, &cp);
	if (g.bytes > 0 && !json_is_control(cp))
		width = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);
	g.escaped = width < 0;
	if (g.bytes == 0)
		g.bytes = 1;
	g.columns = g.escaped ? 4 * g.bytes : (size_t)width;
	return g;
}

static void
put_glyph(FILE *fp, const char *p, const struct glyph *g)
{
	size_t	i;

	if (!g->escaped)
		fwrite(p, 1, g->bytes, fp);
	else
		for (i = 0; i < g->bytes; i++)
			fprintf(fp, "\\x%02x", (unsigned char)p[i]);
}

size_t
ctl_table_width(const char *p, size_t len)
{
	struct glyph	g;
	size_t		columns = 0;

	for (; len > 0; p += g.bytes, len -= g.bytes) {
		g = next_glyph(p, len);
		columns += g.columns;
	}
	return columns;
}

/*
 * Print as much of the text as fits into `room' columns.  Returns the columns
 * that are left.
 */
static size_t
put_glyphs(FILE *fp, const char *p, size_t len, size_t room)
{
	struct glyph	g;

	for (; len > 0; p += g.bytes, len -= g.bytes) {
		g = next_glyph(p, len);
		if (g.columns > room)
			break;
		put_glyph(fp, p, &g);
		room -= g.columns;
	}
	return room;
}

static void
put_blanks(FILE *fp, size_t n)
{
	while (n-- > 0)
		fputc(' ', fp);
}

void
ctl_table_text(FILE *fp, const char *p, size_t len, unsigned int width,
    int right)
{
	size_t	need = ctl_table_width(p, len), left;

	if (need <= width) {
		if (right)
			put_blanks(fp, width - need);
		put_glyphs(fp, p, len, width);
		if (!right)
			put_blanks(fp, width - need);
		return;
	}
	if (width == 0)
		return;
	left = put_glyphs(fp, p, len, width - 1);
	fputc(CUT_MARK, fp);
	put_blanks(fp, left);
}

/* The column of the lowest rank above `rank', or t->n. */
static size_t
next_rank(const struct ctl_table *t, unsigned int rank)
{
	size_t	i, best = t->n;

	for (i = 0; i < t->n; i++)
		if (t->c[i].rank > rank &&
		    (best == t->n || t->c[i].rank < t->c[best].rank))
			best = i;
	return best;
}

/* Show columns at least, by rank, up to the first without space. */
static unsigned int
show_columns(struct ctl_table *t, unsigned int width)
{
	unsigned int	used = 0, more;
	size_t		i;

	for (i = next_rank(t, 0); i < t->n; i = next_rank(t, t->c[i].rank)) {
		more = t->c[i].min + (used > 0);
		if (more > width - used)
			break;
		t->w[i] = t->c[i].min;
		used += more;
	}
	return used;
}

void
ctl_table_init(struct ctl_table *t, const struct ctl_column *c, size_t n,
    unsigned int width)
{
	unsigned int	room, more;
	size_t		i;

	memset(t, 0, sizeof(*t));
	t->c = c;
	t->n = n;
	t->cut = width > 0;
	if (width == 0)
		width = UINT_MAX;
	room = width - show_columns(t, width);
	for (i = next_rank(t, 0); i < n && t->w[i] > 0;
	    i = next_rank(t, c[i].rank)) {
		more = c[i].max - c[i].min;
		if (more > room)
			more = room;
		t->w[i] += more;
		room -= more;
	}
}

static int
is_first(const struct ctl_table *t, size_t i)
{
	while (i-- > 0)
		if (t->w[i] > 0)
			return 0;
	return 1;
}

static int
is_last(const struct ctl_table *t, size_t i)
{
	while (++i < t->n)
		if (t->w[i] > 0)
			return 0;
	return 1;
}

void
ctl_table_cell(const struct ctl_table *t, FILE *fp, size_t i, const char *text)
{
	size_t		len = strlen(text), need = ctl_table_width(text, len);
	unsigned int	width = t->w[i];

	if (width == 0)
		return;
	if (!is_first(t, i))
		fputc(' ', fp);
	if ((need > width && (t->c[i].right || !t->cut)) ||
	    (need < width && !t->c[i].right && is_last(t, i)))
		width = (unsigned int)need;
	ctl_table_text(fp, text, len, width, t->c[i].right);
}

void
ctl_table_number(const struct ctl_table *t, FILE *fp, size_t i, uint64_t n)
{
	char	text[CTL_NUMBER_SIZE];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	ctl_table_cell(t, fp, i, text);
}

void
ctl_table_bytes(const struct ctl_table *t, FILE *fp, size_t i, uint64_t n)
{
	char	text[CTL_NUMBER_SIZE];

	ctl_fmt_bytes(text, sizeof(text), n);
	ctl_table_cell(t, fp, i, text);
}

void
ctl_table_head(const struct ctl_table *t, FILE *fp)
{
	size_t	i;

	for (i = 0; i < t->n; i++)
		ctl_table_cell(t, fp, i, t->c[i].title);
	fputc('\n', fp);
}

void
ctl_table_locale(void)
{
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

unsigned int
ctl_table_columns(void)
{
	struct winsize	 ws;
	const char	*env = getenv("COLUMNS"), *errstr;
	long long	 n;

	if (env != NULL) {
		n = strtonum(env, 1, COLUMNS_MAX, &errstr);
		if (errstr == NULL)
			return (unsigned int)n;
	}
	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == -1 || ws.ws_col == 0)
		return 80;
	return ws.ws_col;
}
