/* Any bytes as a row of the catalogue; the first octet chooses which. What was understood is written, and must be understood and
 * written the same again. */
#include "base/digest.h"
#include "store/event.h"
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEEP(row) (void)(row)
#define ROW(name, dispose)                                                                                             \
	static void name##_case(struct span value) {                                                                   \
		struct name##_row row = {0}, again = {0};                                                              \
		struct buf first = {0}, second = {0};                                                                  \
		if (!name##_row_get(value, &row)) return;                                                              \
		name##_row_put(&first, &row);                                                                          \
		if (!name##_row_get(span_of(&first), &again)) abort();                                                 \
		name##_row_put(&second, &again);                                                                       \
		if (first.len != second.len || memcmp(first.data, second.data, first.len)) abort();                    \
		dispose(&row);                                                                                         \
		dispose(&again);                                                                                       \
		buf_dispose(&first);                                                                                   \
		buf_dispose(&second);                                                                                  \
	}

ROW(object, KEEP)
ROW(pack, KEEP)
ROW(batch, KEEP)
ROW(totals, KEEP)
ROW(record, record_row_dispose)
ROW(receipt, receipt_row_dispose)
ROW(metadata, KEEP)
ROW(verdict, verdict_row_dispose)
ROW(revision, revision_row_dispose)
ROW(medium, medium_row_dispose)
ROW(damage, damage_row_dispose)

static void head_case(struct span value) {
	struct journal_head head;
	struct buf b = {0};
	if (!journal_head_get(value, &head)) return;
	journal_head_put(&b, &head);
	if (b.len != value.len || memcmp(b.data, value.data, b.len)) abort();
	buf_dispose(&b);
}

static void event_case(struct span value) {
	struct event event;
	struct buf json = {0};
	char *type = NULL;
	if (event_get(value, &event)) return;
	event_json(&event, &json, &type);
	buf_dispose(&json);
	free(type);
}

/* archive_seeds.c knows the letters. */
static const struct {
	char letter;
	void (*read)(struct span value);
} cases[] = {{'O', object_case},  {'P', pack_case},     {'B', batch_case},  {'T', totals_case},   {'R', record_case},
	     {'C', receipt_case}, {'M', metadata_case}, {'V', verdict_case}, {'N', revision_case}, {'D', medium_case},
	     {'A', damage_case},  {'H', head_case},     {'E', event_case}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size) return 0;
	unsigned char *copy = xmemdup(data + 1, size - 1); /* exactly this size: reading behind the end is seen */
	digest_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (cases[i].letter == (char)*data) cases[i].read((struct span){copy, size - 1});
	free(copy);
	return 0;
}
