/*
 * terminal: runs a program in a terminal of its own, a VT52, types keys and
 * shows the screen.
 *
 *	terminal ROWS COLUMNS PROGRAM [ARGUMENT ...]
 *
 * Reads what to do from standard input, a line each:
 *
 *	wait TEXT	until a line of the screen has TEXT, for 20 seconds
 *	gone TEXT	until no line has it
 *	send TEXT	type it; \e is Escape, \r is Return
 *	size ROWS COLUMNS
 *	show FILE	write the screen to FILE, which appears as a whole
 *	kill SIGNAL	a number, to the program
 *	end
 *
 * At the end, waits for the program and prints `exit N' or `signal N', then
 * `restored' or `changed': the modes of the terminal.  Exits 0, or 1 when it
 * waited in vain, with the screen on standard output.  TERM should be vt52,
 * whose few control sequences are all that is known here.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "clock.h"
#include "utf8.h"

#define WAIT_MS		20000
#define MAX_ROWS	100
#define MAX_COLUMNS	200
#define CELL		16		/* bytes of a character and accents */

static char	cells[MAX_ROWS][MAX_COLUMNS][CELL];
static int	rows, columns, row, column;
static int	master;
static pid_t	program;

static void
blank(int from_row, int from_column, int to_row, int to_column)
{
	int	r, c;

	for (r = from_row; r <= to_row; r++)
		for (c = r == from_row ? from_column : 0;
		    c < (r == to_row ? to_column : MAX_COLUMNS); c++)
			strlcpy(cells[r][c], " ", CELL);
}

static int
within(int v, int n)
{
	return (v < 0 ? 0 : v >= n ? n - 1 : v);
}

/* One line down, or everything one line up. */
static void
line_feed(void)
{
	if (row < rows - 1) {
		row++;
		return;
	}
	memmove(cells[0], cells[1], sizeof(cells[0]) * (size_t)(rows - 1));
	blank(rows - 1, 0, rows - 1, MAX_COLUMNS);
}

/* The character behind Escape; Y has two more, which are handled apart. */
static void
escape(char c)
{
	switch (c) {
	case 'A': row = within(row - 1, rows); break;
	case 'B': row = within(row + 1, rows); break;
	case 'C': column = within(column + 1, columns); break;
	case 'D': column = within(column - 1, columns); break;
	case 'H': row = column = 0; break;
	case 'I': row = within(row - 1, rows); break;
	case 'J': blank(row, column, MAX_ROWS - 1, MAX_COLUMNS); break;
	case 'K': blank(row, column, row, MAX_COLUMNS); break;
	}
}

/* Put a character of `n' bytes. */
static void
put(const char *p, size_t n, uint32_t cp)
{
	int	width = cp < 0x80 ? 1 : wcwidth((wchar_t)cp);
	char	text[8];

	memcpy(text, p, n);
	text[n] = '\0';
	if (width == 0 && column > 0) {
		strlcat(cells[row][column - 1], text, CELL);
		return;
	}
	strlcpy(cells[row][column], text, CELL);
	if (width == 2 && column < columns - 1)
		cells[row][++column][0] = '\0';
	column = within(column + 1, columns);
}

/* Returns the bytes that are used, or 0 when more are needed. */
static size_t
interpret(const char *p, size_t n)
{
	uint32_t	cp;
	size_t		used;

	if (p[0] == '\033') {
		if (n < 2 || (p[1] == 'Y' && n < 4))
			return (0);
		if (p[1] != 'Y') {
			escape(p[1]);
			return (2);
		}
		row = within((unsigned char)p[2] - ' ', rows);
		column = within((unsigned char)p[3] - ' ', columns);
		return (4);
	}
	switch (p[0]) {
	case '\r': column = 0; return (1);
	case '\n': line_feed(); return (1);
	case '\b': column = within(column - 1, columns); return (1);
	case '\t': column = within((column | 7) + 1, columns); return (1);
	}
	if ((unsigned char)p[0] < ' ')
		return (1);
	if ((used = json_utf8(p, n, &cp)) > 0)
		put(p, used, cp);
	else if (n < 4)
		return (0);
	else {
		put("?", 1, '?');
		used = 1;
	}
	return (used);
}

/* Read what the program writes.  0: it has closed the terminal. */
static int
read_some(void)
{
	static char	buf[4096];
	static size_t	len;
	size_t		at = 0, used;
	ssize_t		n;

	if ((n = read(master, buf + len, sizeof(buf) - len)) <= 0)
		return (0);
	len += (size_t)n;
	while (at < len && (used = interpret(buf + at, len - at)) > 0)
		at += used;
	memmove(buf, buf + at, len - at);
	len -= at;
	return (1);
}

static void
line_of(int r, char *dst, size_t size)
{
	int	c;

	dst[0] = '\0';
	for (c = 0; c < columns; c++)
		strlcat(dst, cells[r][c], size);
	for (c = (int)strlen(dst); c > 0 && dst[c - 1] == ' '; c--)
		dst[c - 1] = '\0';
}

static int
shows(const char *text)
{
	char	line[MAX_COLUMNS * CELL];
	int	r;

	for (r = 0; r < rows; r++) {
		line_of(r, line, sizeof(line));
		if (strstr(line, text) != NULL)
			return (1);
	}
	return (0);
}

static void
write_screen(FILE *fp)
{
	char	line[MAX_COLUMNS * CELL];
	int	r;

	for (r = 0; r < rows; r++) {
		line_of(r, line, sizeof(line));
		fprintf(fp, "%s\n", line);
	}
}

static void
show(const char *path)
{
	char	part[1024];
	FILE	*fp;

	snprintf(part, sizeof(part), "%s.part", path);
	if ((fp = fopen(part, "w")) == NULL)
		err(1, "%s", part);
	write_screen(fp);
	if (fclose(fp) == EOF || rename(part, path) == -1)
		err(1, "%s", path);
}

/* Wait until the screen shows the text, or (`there' 0) does not. */
static void
wait_for(const char *text, int there)
{
	uint64_t	until = base_clock_ms() + WAIT_MS, now;
	struct pollfd	p = { .fd = master, .events = POLLIN };

	while (shows(text) != there) {
		now = base_clock_ms();
		if (now >= until || poll(&p, 1, (int)(until - now)) == 0 ||
		    !read_some()) {
			printf("terminal: waited in vain: %s\n", text);
			write_screen(stdout);
			kill(program, SIGKILL);
			exit(1);
		}
	}
}

static void
type(const char *text)
{
	char	c;

	for (; *text != '\0'; text++) {
		c = *text;
		if (c == '\\' && text[1] != '\0')
			c = *++text == 'e' ? '\033' : *text == 'r' ? '\r' :
			    *text;
		if (write(master, &c, 1) != 1)
			err(1, "write");
	}
}

static void
set_size(const char *text)
{
	struct winsize	ws = { .ws_row = 0 };

	if (sscanf(text, "%d %d", &rows, &columns) != 2 || rows < 1 ||
	    rows > MAX_ROWS || columns < 1 || columns > MAX_COLUMNS)
		errx(1, "size: %s", text);
	row = within(row, rows);
	column = within(column, columns);
	ws.ws_row = (unsigned short)rows;
	ws.ws_col = (unsigned short)columns;
	if (ioctl(master, TIOCSWINSZ, &ws) == -1)
		err(1, "TIOCSWINSZ");
}

static void
command(char *line)
{
	char	*arg;

	line[strcspn(line, "\n")] = '\0';
	if ((arg = strchr(line, ' ')) == NULL)
		errx(1, "what is %s?", line);
	*arg++ = '\0';
	if (strcmp(line, "wait") == 0)
		wait_for(arg, 1);
	else if (strcmp(line, "gone") == 0)
		wait_for(arg, 0);
	else if (strcmp(line, "send") == 0)
		type(arg);
	else if (strcmp(line, "size") == 0)
		set_size(arg);
	else if (strcmp(line, "show") == 0)
		show(arg);
	else if (strcmp(line, "kill") == 0)
		kill(program, atoi(arg));
	else
		errx(1, "what is %s?", line);
}

/* Do what standard input says, and read the terminal meanwhile. */
static void
obey(void)
{
	struct pollfd	p[2] = { { .fd = master, .events = POLLIN },
			    { .fd = STDIN_FILENO, .events = POLLIN } };
	char		line[1024];

	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			err(1, "poll");
		if (p[0].revents != 0 && !read_some())
			p[0].fd = -1;
		if (p[1].revents != 0) {
			if (fgets(line, sizeof(line), stdin) == NULL ||
			    strcmp(line, "end\n") == 0)
				return;
			command(line);
		}
	}
}

/* The program, with the terminal for all of its standard descriptors. */
static void
become(int slave, char **argv)
{
	if (setsid() == -1 || ioctl(slave, TIOCSCTTY, 0) == -1)
		err(1, "controlling terminal");
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(slave, STDERR_FILENO);
	close(slave);
	close(master);
	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

int
main(int argc, char *argv[])
{
	struct termios	before, after;
	const char	*path;
	char		size[64];
	int		slave, st;

	if (argc < 4)
		errx(1, "usage: terminal rows columns program [argument ...]");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		warnx("no locale with UTF-8");
	if ((master = posix_openpt(O_RDWR | O_NOCTTY)) == -1 ||
	    grantpt(master) == -1 || unlockpt(master) == -1 ||
	    (path = ptsname(master)) == NULL ||
	    (slave = open(path, O_RDWR | O_NOCTTY)) == -1)
		err(1, "pseudo terminal");
	blank(0, 0, MAX_ROWS - 1, MAX_COLUMNS);
	snprintf(size, sizeof(size), "%s %s", argv[1], argv[2]);
	set_size(size);
	if (tcgetattr(slave, &before) == -1 || (program = fork()) == -1)
		err(1, "start");
	if (program == 0)
		become(slave, argv + 3);
	obey();
	/* The slave stays open, so that reading does not fail. */
	while (waitpid(program, &st, WNOHANG) == 0) {
		struct pollfd	p = { .fd = master, .events = POLLIN };

		if (poll(&p, 1, 50) == 1)
			read_some();
	}
	printf(WIFSIGNALED(st) ? "signal %d\n" : "exit %d\n", WIFSIGNALED(st) ?
	    WTERMSIG(st) : WEXITSTATUS(st));
	puts(tcgetattr(slave, &after) == 0 && before.c_lflag == after.c_lflag &&
	    before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag ?
	    "restored" : "changed");
	return (0);
}
