/*
 * conf_option: the table of options.def, and usages made from it; see
 * conf_option.h.  Called by lex.c and conf_match.c.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stdarg.h>
#include <string.h>

#include "acmeconf.h"
#include "conf_check.h"
#include "conf_option.h"
#include "conf_types.h"
#include "mapdoc.h"

/* The structure that a row's field is a member of. */
#define IN_TOP		struct conf
#define IN_RELAY	struct conf
#define IN_STUN		struct conf
#define IN_MAP		struct conf_map
#define IN_MESH		struct conf
#define IN_ADMIT	struct conf
#define IN_ACME		struct conf
#define IN_DNS		struct conf
#define IN_METRICS	struct conf

#define RELOAD		.restart = 0
#define RESTART		.restart = 1
#define CONF_AT(b, field)	offsetof(IN_##b, field)

#define OPTION(b, words, t, field, ...)	{				\
	.block = CONF_##b, .keywords = words, .type = &conf_type_##t,	\
	.offset = offsetof(IN_##b, field),				\
	.size = sizeof(((IN_##b *)0)->field), __VA_ARGS__		\
},

const struct conf_option conf_options[] = {
#include "options.def"
};
const size_t conf_noptions = sizeof(conf_options) / sizeof(conf_options[0]);

const struct conf_unit_text conf_units[] = {
	[CONF_NOUNIT] = { "NUMBER", NULL },
	[CONF_MS] = { "MS", "ms" },
	[CONF_SECONDS] = { "SECONDS", "seconds" },
	[CONF_BYTES] = { "SIZE", "bytes" },
	[CONF_BYTERATE] = { "SIZE", "bytes a second" },
	[CONF_RATE] = { "NUMBER", NULL }
};

/* A text that is composed; what does not fit is cut. */
struct option_text {
	char	 buf[1024];
	size_t	 len;
};

static void add(struct option_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct option_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
	if (t->len >= sizeof(t->buf))
		t->len = sizeof(t->buf) - 1;
}

const char *
conf_name(const struct conf_option *o)
{
	return (o->name != NULL ? o->name : o->keywords);
}

const char *
conf_words(const struct conf_option *o)
{
	return (o->words != NULL ? o->words : o->type->words);
}

const char *
conf_suffix(const struct conf_option *head, const struct conf_option *o)
{
	const char *a = head->keywords, *b = o->keywords;
	size_t n;

	for (;;) {
		n = strcspn(b, " ");
		if (b[n] == '\0' || strcspn(a, " ") != n ||
		    strncmp(a, b, n) != 0)
			return (b);
		b += n + 1;
		a += n + (a[n] == ' ');
	}
}

int
conf_word_number(const char *list, const char *word, size_t n)
{
	size_t len;
	int i;

	for (i = 0; *list != '\0'; i++) {
		len = strcspn(list, " ");
		if (len == n && strncmp(list, word, n) == 0)
			return (i);
		list += len + (list[len] == ' ');
	}
	return (-1);
}

const char *
conf_word_at(const char *list, int64_t v, size_t *n)
{
	size_t len;

	for (; *list != '\0'; list += len + (list[len] == ' '), v--) {
		len = strcspn(list, " ");
		if (v == 0) {
			if (n != NULL)
				*n = len;
			return (list);
		}
	}
	return (NULL);
}

int
conf_is_keyword(const char *word)
{
	const struct conf_option *o;
	size_t i, n = strlen(word);

	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if ((!o->bare &&
		    conf_word_number(o->keywords, word, n) != -1) ||
		    ((o->type->accepts & CONF_WORD) &&
		    conf_word_number(conf_words(o), word, n) != -1))
			return (1);
	}
	return (0);
}

int
conf_may_define(const char *word)
{
	size_t i;

	for (i = 0; i < conf_noptions; i++)
		if (conf_options[i].macro &&
		    strcmp(conf_options[i].keywords, word) == 0)
			return (1);
	return (0);
}

const struct conf_option *
conf_find_block(const char *word)
{
	size_t i;

	for (i = 0; i < conf_noptions; i++)
		if (conf_options[i].opens != CONF_TOP &&
		    strcmp(conf_options[i].keywords, word) == 0)
			return (&conf_options[i]);
	return (NULL);
}

static const char *
arg(const struct conf_option *o)
{
	if (o->arg != NULL)
		return (o->arg);
	return (o->type->arg != NULL ? o->type->arg :
	    conf_units[o->unit].arg);
}

/* Separate one more form of the statement. */
static void
add_form(struct option_text *t, size_t *last)
{
	if (t->len != 0) {
		*last = t->len;
		add(t, ", ");
	}
}

/* The forms of a row's statement. */
static void
add_usage(struct option_text *t, const struct conf_option *o, size_t *last)
{
	const struct conf_option *end = conf_options + conf_noptions, *f;
	const char *w = conf_words(o);
	size_t n;

	for (; w != NULL && *w != '\0'; w += n + (w[n] == ' ')) {
		n = strcspn(w, " ");
		add_form(t, last);
		add(t, "%s %.*s", o->keywords, (int)n, w);
	}
	if (conf_words(o) != NULL && !(o->type->accepts & ~CONF_WORD))
		return;
	add_form(t, last);
	if (o->usage != NULL) {
		add(t, "%s", o->usage);
		return;
	}
	add(t, "%s", o->keywords);
	if (o->opens != CONF_TOP)
		add(t, " { ... }");
	else if (o->type->accepts != 0)
		add(t, " %s", arg(o));
	for (f = o + 1; f != end && f->follows != CONF_HEAD; f++) {
		add(t, f->follows == CONF_MUST ? "%s%s" : " [%s%s",
		    f->bare || f->follows != CONF_MUST ? "" : " ",
		    f->bare ? "" : conf_suffix(o, f));
		if (f->type->accepts != 0)
			add(t, f->bare && f->follows != CONF_MUST ? "%s" :
			    " %s", arg(f));
		add(t, "%s", f->follows == CONF_MUST ? "" : "]");
	}
}

const char *
conf_usage(enum conf_block block, const char *word, size_t n)
{
	static struct option_text t;
	const struct conf_option *o;
	char rest[sizeof(t.buf)];
	size_t i, last = 0;

	t.len = 0;
	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->block == block && strcspn(o->keywords, " ") == n &&
		    strncmp(o->keywords, word, n) == 0 &&
		    (o->follows == CONF_HEAD || o->follows == CONF_ALSO))
			add_usage(&t, o, &last);
	}
	if (last != 0) {
		strlcpy(rest, t.buf + last, sizeof(rest));
		t.len = last;
		add(&t, ", or:%s", rest + 1);
	}
	return (t.len == 0 ? NULL : t.buf);
}

/* The name of a row in a list of statements. */
static const char *
listed(const struct conf_option *o)
{
	return (o->once != NULL ? o->once : o->keywords);
}

/* 1 when a row of the block before `o' has the same name in the list. */
static int
is_listed(const struct conf_option *o)
{
	const struct conf_option *p;
	size_t n;

	for (p = conf_options; p != o; p++) {
		n = strlen(listed(p));
		if (p->block == o->block && p->follows == CONF_HEAD &&
		    strncmp(listed(p), o->keywords, n) == 0 &&
		    (o->keywords[n] == ' ' || o->keywords[n] == '\0'))
			return (1);
	}
	return (0);
}

const char *
conf_statements(enum conf_block block)
{
	static struct option_text t;
	const struct conf_option *o;
	size_t i;

	t.len = 0;
	for (i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->block == block && o->follows == CONF_HEAD &&
		    !is_listed(o))
			add(&t, "%s%s", t.len == 0 ? "" : ", ", listed(o));
	}
	add(&t, "%s", block == CONF_TOP ? " or NAME = \"VALUE\"" : " or }");
	return (t.buf);
}
