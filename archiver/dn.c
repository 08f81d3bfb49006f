#include "archiver/dn.h"

#include "base/mem.h"

#include <string.h>

char *dn_attribute(const char *name, const char *type, size_t index) {
	size_t n = strlen(type);
	for (const char *p = name; *p;) {
		size_t len = 0;
		while (p[len] && p[len] != ',' && p[len] != '+') len += p[len] == '\\' && p[len + 1] ? 2 : 1;
		if (len > n && !strncmp(p, type, n) && p[n] == '=' && !index--) {
			struct buf value = {0};
			for (const char *v = p + n + 1; v < p + len; v++) {
				if (*v == '\\' && v + 1 < p + len) v++;
				buf_add(&value, v, 1);
			}
			return buf_take_text(&value);
		}
		p += len + (p[len] != 0);
	}
	return NULL;
}
