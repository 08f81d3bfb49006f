/* Any bytes as what a medium says of itself: the first octet chooses label (L), generation (G) or list of digests (S). What was
 * understood is written again and must be understood again. */
#include "archiver/medium_label.h"
#include "archiver/medium_sums.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void label(const char *text, size_t len) {
	struct medium_label one, again;
	struct error err = {0};
	if (!medium_label_parse(text, len, &one, &err)) {
		char *written = medium_label_text(&one);
		if (!written || medium_label_parse(written, strlen(written), &again, &err)) abort();
		free(written);
		medium_label_dispose(&again);
	}
	medium_label_dispose(&one);
}

static void generation(const char *text, size_t len) {
	struct generation one, again;
	struct error err = {0};
	if (!generation_parse(text, len, &one, &err)) {
		char *written = generation_text(&one);
		if (!written || generation_parse(written, strlen(written), &again, &err) || again.count != one.count) abort();
		free(written);
		generation_dispose(&again);
	}
	generation_dispose(&one);
}

static void sums(const char *text, size_t len) {
	struct medium_sums one = {0}, again = {0};
	struct error err = {0};
	struct buf written = {0};
	if (!medium_sums_parse(&one, text, len, "fuzz", &err)) {
		medium_sums_text(&one, &written);
		if (medium_sums_parse(&again, buf_text(&written), written.len, "fuzz", &err) || again.count != one.count) abort();
		for (size_t i = 0; i < one.count; i++)
			if (*one.items[i].name == '/' || !medium_sums_get(&again, one.items[i].name)) abort();
	}
	buf_dispose(&written);
	medium_sums_dispose(&one);
	medium_sums_dispose(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size) return 0;
	/* A copy of exactly this size: reading behind the end is seen. */
	char *text = xmalloc(size);
	memcpy(text, data + 1, size - 1);
	if (*data == 'L') label(text, size - 1);
	else if (*data == 'G') generation(text, size - 1);
	else sums(text, size - 1);
	free(text);
	return 0;
}
