/*
 * runner: run a fuzz target once on each file, and each file of each directory,
 * among the arguments.  Replaces libFuzzer where it is missing, and runs the
 * seeds in `make check'.  Reads those files alone.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX	(4 * 1024 * 1024)	/* bytes of a file */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned long	ran;

/* The input is in memory of its exact size, to detect overreads. */
static void
run_file(const char *path)
{
	static uint8_t	 buf[INPUT_MAX];
	FILE		*f;
	uint8_t		*p;
	size_t		 n;

	if ((f = fopen(path, "rb")) == NULL)
		err(1, "%s", path);
	n = fread(buf, 1, sizeof(buf), f);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	if ((p = malloc(n == 0 ? 1 : n)) == NULL)
		err(1, "%zu bytes", n);
	memcpy(p, buf, n);
	/* The name is printed first, in case the target crashes. */
	printf("%s\n", path);
	fflush(stdout);
	(void)LLVMFuzzerTestOneInput(p, n);
	free(p);
	ran++;
}

static void
run_dir(const char *path)
{
	char		 name[PATH_MAX];
	struct dirent	*e;
	DIR		*d;
	int		 n;

	if ((d = opendir(path)) == NULL)
		err(1, "%s", path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n = snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (n < 0 || (size_t)n >= sizeof(name))
			errx(1, "%s/%s: name too long", path, e->d_name);
		run_file(name);
	}
	closedir(d);
}

int
main(int argc, char *argv[])
{
	struct stat	st;
	int		i;

	for (i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == -1)
			err(1, "%s", argv[i]);
		if (S_ISDIR(st.st_mode))
			run_dir(argv[i]);
		else
			run_file(argv[i]);
	}
	if (ran == 0)
		errx(1, "no input: name files or directories");
	printf("%lu inputs\n", ran);
	return (0);
}
