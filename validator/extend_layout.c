/* The bytes of the update: objects in the order of their numbers, a cross-reference section of the file's own kind, the
 * trailer's entries by their text. */
#include "validator/extend_update.h"

#include "base/digest.h"
#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_ROOM 72                   /* three numbers of 20 digits, brackets, blanks */
#define TABLE_END UINT64_C(9999999999) /* an entry of a table has ten digits */

struct row {
	int number;
	uint64_t offset;
	const struct extend_object *old;
	const struct extend_new *new;
};

struct layout {
	struct extend_update *u;
	struct extension *out;
	uint64_t at; /* offset in the new document of what is written next */
	struct row *rows;
	size_t count;
	size_t range_at; /* of the byte range, in the literal bytes */
};

/* ---- pieces ---- */

static void add_piece(struct layout *l, enum extend_piece_kind kind, size_t at, size_t len) {
	struct extension *x = l->out;
	ARRAY_GROW(x->pieces, x->count, x->cap);
	x->pieces[x->count++] = (struct extend_piece){kind, at, len};
	l->at += len;
}

static void literal(struct layout *l, const void *data, size_t len) {
	struct extension *x = l->out;
	size_t start = x->literal.len;
	buf_add(&x->literal, data, len);
	if (x->count && x->pieces[x->count - 1].kind == EXTEND_LITERAL) {
		x->pieces[x->count - 1].len += len;
		l->at += len;
	} else {
		add_piece(l, EXTEND_LITERAL, start, len);
	}
}

static void text(struct layout *l, const char *s) {
	literal(l, s, strlen(s));
}

static void __attribute__((format(printf, 2, 3))) print(struct layout *l, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *s = xvasprintf(format, args);
	va_end(args);
	text(l, s);
	free(s);
}

/* ---- objects ---- */

static void write_stamp(struct layout *l) {
	char blanks[RANGE_ROOM + 1];
	memset(blanks, ' ', RANGE_ROOM);
	blanks[RANGE_ROOM] = 0;
	text(l, "<<\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n/ByteRange ");
	l->range_at = l->out->literal.len;
	print(l, "%s\n/Contents <", blanks);
	l->out->token_at = l->at;
	add_piece(l, EXTEND_TOKEN, 0, 2 * l->u->order->token_room);
	text(l, ">\n>>");
}

static void write_row(struct layout *l, struct row *row) {
	row->offset = l->at;
	print(l, "%d 0 obj\n", row->number);
	if (row->old) {
		literal(l, row->old->text.data, row->old->text.len);
	} else if (row->new->body == EXTEND_BODY_STREAM) {
		size_t len = l->u->order->items[row->new->item].len;
		print(l, "<</Length %zu>>\nstream\n", len);
		add_piece(l, EXTEND_ITEM, row->new->item, len);
		text(l, "\nendstream");
	} else if (row->new->body == EXTEND_BODY_STAMP) {
		write_stamp(l);
	} else {
		literal(l, row->new->text.data, row->new->text.len);
	}
	text(l, "\nendobj\n");
}

static int by_number(const void *a, const void *b) {
	return ((const struct row *)a)->number - ((const struct row *)b)->number;
}

static void collect_rows(struct layout *l) {
	struct extend_update *u = l->u;
	l->rows = xcalloc(u->base.count + u->count + 1, sizeof *l->rows);
	for (size_t i = 0; i < u->base.count; i++)
		if (u->base.objects[i]->changed)
			l->rows[l->count++] = (struct row){.number = u->base.objects[i]->id.number, .old = u->base.objects[i]};
	for (size_t i = 0; i < u->count; i++)
		l->rows[l->count++] = (struct row){.number = u->objects[i].number, .new = &u->objects[i]};
	qsort(l->rows, l->count, sizeof *l->rows, by_number);
}

/* ---- trailer ---- */

/* ISO 32000-2 14.4: the first string names the document, the second its state. */
static bool write_id(struct layout *l, const unsigned char *t, struct extend_span id) {
	struct extend_span first, second;
	unsigned char digest[SHA256_SIZE];
	if (!extend_is_array(t, id) || !extend_value(t, id.end, id.at + 1, &first) ||
	    !extend_value(t, id.end, first.end, &second))
		return false;
	sha256_bytes(l->u->base.data, l->u->base.len, digest);
	text(l, "/ID [");
	literal(l, t + first.at, first.end - first.at);
	text(l, " <");
	for (size_t i = 0; i < 16; i++) print(l, "%02X", digest[i]);
	text(l, ">]\n");
	return true;
}

static bool is_own(const unsigned char *t, struct extend_span name) {
	static const char *const keys[] = {"Size",        "Prev", "XRefStm", "Type",         "W", "Index", "Length", "Filter",
					   "DecodeParms", "F",    "FFilter", "FDecodeParms", "DL"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (extend_name_is(t, name, keys[i])) return true;
	return false;
}

/* Every entry that is not the section's own, private ones included. */
static bool write_trailer_entries(struct layout *l, uint64_t size) {
	const struct extend_base *b = &l->u->base;
	const unsigned char *t = b->data + b->tail.trailer;
	struct extend_span dict = {0, b->tail.trailer_len}, name, value;
	size_t at = 0;
	int more;
	print(l, "/Size %" PRIu64 "\n/Prev %" PRIu64 "\n", size, b->tail.at);
	while ((more = extend_next_entry(t, dict, &at, &name, &value)) > 0) {
		if (is_own(t, name)) continue;
		if (extend_name_is(t, name, "ID") && write_id(l, t, value)) continue;
		literal(l, t + name.at, name.end - name.at);
		text(l, " ");
		literal(l, t + value.at, value.end - value.at);
		text(l, "\n");
	}
	return more == 0;
}

/* ---- sections ---- */

/* Rows of consecutive numbers that begin at `from`. */
static size_t run(const struct layout *l, size_t from) {
	size_t n = 1;
	while (from + n < l->count && l->rows[from + n].number == l->rows[from].number + (int)n) n++;
	return n;
}

static enum extend_refusal write_table(struct layout *l) {
	uint64_t start = l->at;
	if (start > TABLE_END) return EXTEND_TOO_LARGE;
	text(l, "xref\n");
	for (size_t i = 0, n; i < l->count; i += n) {
		n = run(l, i);
		print(l, "%d %zu\n", l->rows[i].number, n);
		for (size_t k = i; k < i + n; k++) print(l, "%010" PRIu64 " 00000 n \n", l->rows[k].offset);
	}
	text(l, "trailer\n<<\n");
	if (!write_trailer_entries(l, l->u->next)) return EXTEND_SECTIONS_UNUSUAL;
	print(l, ">>\nstartxref\n%" PRIu64 "\n%%%%EOF\n", start);
	return EXTEND_NONE;
}

static void add_entry(struct buf *b, uint64_t offset, unsigned width) {
	buf_add_byte(b, 1);
	for (unsigned i = width; i-- > 0;) buf_add_byte(b, (unsigned char)(offset >> 8 * i));
	buf_add_byte(b, 0);
	buf_add_byte(b, 0);
}

static enum extend_refusal write_stream(struct layout *l) {
	uint64_t start = l->at;
	unsigned width = 1;
	struct buf rows = {0};
	while (start >> 8 * width && width < 8) width++;
	l->rows[l->count++] = (struct row){.number = (int)l->u->next++, .offset = start};
	for (size_t i = 0; i < l->count; i++) add_entry(&rows, l->rows[i].offset, width);
	print(l, "%d 0 obj\n<<\n/Type /XRef\n", l->rows[l->count - 1].number);
	bool good = write_trailer_entries(l, l->u->next);
	print(l, "/W [1 %u 2]\n/Index [", width);
	for (size_t i = 0, n; i < l->count; i += n) {
		n = run(l, i);
		print(l, "%s%d %zu", i ? " " : "", l->rows[i].number, n);
	}
	print(l, "]\n/Length %zu\n>>\nstream\n", rows.len);
	literal(l, rows.data, rows.len);
	print(l, "\nendstream\nendobj\nstartxref\n%" PRIu64 "\n%%%%EOF\n", start);
	buf_dispose(&rows);
	return good ? EXTEND_NONE : EXTEND_SECTIONS_UNUSUAL;
}

static void fill_range(struct layout *l) {
	char range[RANGE_ROOM + 1];
	uint64_t before = l->out->token_at - 1, after = before + 2 + 2 * l->u->order->token_room;
	int n = snprintf(range, sizeof range, "[0 %" PRIu64 " %" PRIu64 " %" PRIu64 "]", before, after, l->at - after);
	memcpy(l->out->literal.data + l->range_at, range, (size_t)n);
}

enum extend_refusal extend_lay_out(struct extend_update *u, struct extension *out) {
	const struct extend_base *b = &u->base;
	struct layout l = {.u = u, .out = out, .at = b->len};
	collect_rows(&l);
	if (b->data[b->len - 1] != '\n' && b->data[b->len - 1] != '\r') text(&l, "\n");
	for (size_t i = 0; i < l.count; i++) write_row(&l, &l.rows[i]);
	enum extend_refusal refusal = b->tail.stream ? write_stream(&l) : write_table(&l);
	if (refusal == EXTEND_NONE && u->order->token_room) fill_range(&l);
	out->size = l.at;
	free(l.rows);
	return refusal;
}
