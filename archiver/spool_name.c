#include "archiver/spool.h"

#include "base/mem.h"

#include <string.h>

/* Length of a well-formed UTF-8 sequence at p that may be shown, 0 when there is none (RFC 3629 4). */
static size_t sequence_at(const unsigned char *p) {
	if (*p < 0x80) return *p >= ' ' && *p != 0x7f && *p != '\\';
	size_t n = *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80) return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)) return 0; /* overlong, surrogates */
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) return 0; /* overlong, beyond Unicode */
	if (p[0] == 0xc2 && p[1] < 0xa0) return 0;                                    /* C1 controls drive terminals */
	return n;
}

char *spool_printable(const char *raw) {
	struct buf out = {0};
	for (const unsigned char *p = (const unsigned char *)raw; *p;) {
		size_t n = sequence_at(p);
		if (n)
			buf_add(&out, p, n);
		else if (*p == '\n')
			buf_add_text(&out, "\\n");
		else if (*p == '\t')
			buf_add_text(&out, "\\t");
		else if (*p == '\\')
			buf_add_text(&out, "\\\\");
		else
			buf_printf(&out, "\\x%02x", *p);
		p += n ? n : 1;
	}
	return buf_take_text(&out);
}
