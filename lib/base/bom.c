/*
 * bom: see bom.h.  Called by all readers of texts that people write:
 * configuration, maps, keys, certificates.
 *
 * The mark is refused rather than skipped: other programs that read these files
 * refuse it too, with messages that name neither the mark nor the file.
 */
#include <string.h>

#include "bom.h"

const char *
base_bom_found(const void *p, size_t len)
{
	/* The longer mark is tested first: UTF-32LE begins like UTF-16LE. */
	if (len >= 4 && memcmp(p, "\xff\xfe\0\0", 4) == 0)
		return ("begins with a byte order mark, it is UTF-32: save it "
		    "as UTF-8 without a byte order mark (BOM)");
	if (len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		return ("begins with a byte order mark: save it as UTF-8 "
		    "without a byte order mark (BOM)");
	if (len >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 ||
	    memcmp(p, "\xfe\xff", 2) == 0))
		return ("begins with a byte order mark, it is UTF-16: save it "
		    "as UTF-8 without a byte order mark (BOM)");
	return (NULL);
}
