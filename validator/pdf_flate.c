#include "validator/pdf_flate.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct parameters {
	int64_t predictor, columns, colors, bits;
};

/* The one value of a key that may be an array of one; NULL: absent. *good is cleared for longer arrays. */
static const struct pdf_value *only(const struct pdf_value *dict, const char *key, bool *good) {
	const struct pdf_value *v = pdf_entry(dict, key);
	if (!v || v->type != PDF_ARRAY) return v;
	if (v->array.count != 1) *good = false;
	return v->array.count == 1 ? &v->array.items[0] : NULL;
}

static bool read_parameters(const struct pdf_value *dict, struct parameters *p) {
	struct {
		const char *key;
		int64_t *value;
	} known[] = {{"Predictor", &p->predictor},
		     {"Columns", &p->columns},
		     {"Colors", &p->colors},
		     {"BitsPerComponent", &p->bits}};
	size_t found = 0;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct pdf_value *v = pdf_entry(dict, known[i].key);
		if (!v) continue;
		if (v->type != PDF_INTEGER) return false;
		*known[i].value = v->integer;
		found++;
	}
	return found == dict->dict.count;
}

/* Without filter, *flate is false; with Flate, *row gets the bytes of a PNG row, 0 where there are none. */
static bool read_filter(const struct pdf_value *dict, bool *flate, size_t *row) {
	struct parameters p = {.predictor = 1, .colors = 1, .bits = 8};
	bool good = true;
	const struct pdf_value *filter = pdf_entry(dict, "Filter"), *parms = only(dict, "DecodeParms", &good);
	*flate = filter != NULL;
	*row = 0;
	if (!filter) return true;
	filter = only(dict, "Filter", &good);
	if (!good || !filter || !pdf_is_name(filter, "FlateDecode")) return false;
	if (!parms) return true;
	if (parms->type != PDF_DICT || !read_parameters(parms, &p)) return false;
	if (p.predictor == 1) return true;
	*row = (size_t)p.columns;
	return p.predictor >= 10 && p.predictor <= 15 && p.columns > 0 && p.columns <= LIMIT_PDF_PLAIN_ROW &&
	       p.colors == 1 && p.bits == 8;
}

/* The whole of one zlib stream, with nothing before its end missing and nothing behind it. */
static bool inflate_all(const unsigned char *stored, size_t stored_len, size_t most, struct buf *out) {
	z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)stored, .avail_in = (uInt)stored_len};
	int result = Z_OK;
	if (inflateInit(&z) != Z_OK) return false;
	while (result == Z_OK) {
		size_t room = out->len ? out->len : 4 * stored_len + 256;
		if (room > most + 1 - out->len) room = most + 1 - out->len;
		buf_reserve(out, room);
		z.next_out = out->data + out->len;
		z.avail_out = (uInt)room;
		result = inflate(&z, Z_SYNC_FLUSH);
		out->len += room - z.avail_out;
		if (out->len > most) result = Z_BUF_ERROR;
	}
	inflateEnd(&z);
	return result == Z_STREAM_END && z.avail_in == 0;
}

static unsigned char paeth(int left, int up, int corner) {
	int p = left + up - corner, a = abs(p - left), b = abs(p - up), c = abs(p - corner);
	if (a <= b && a <= c) return (unsigned char)left;
	return (unsigned char)(b <= c ? up : corner);
}

/* ISO/IEC 15948 9.2, rows of one byte a pixel, in place: `to` never passes `from`. */
static bool undo_row(unsigned char kind, const unsigned char *from, const unsigned char *above, unsigned char *to,
		     size_t row) {
	if (kind > 4) return false;
	for (size_t i = 0; i < row; i++) {
		unsigned char left = i ? to[i - 1] : 0, up = above ? above[i] : 0,
			      corner = i && above ? above[i - 1] : 0;
		unsigned char add = 0;
		if (kind == 1) add = left;
		if (kind == 2) add = up;
		if (kind == 3) add = (unsigned char)((left + up) / 2);
		if (kind == 4) add = paeth(left, up, corner);
		to[i] = (unsigned char)(from[i] + add);
	}
	return true;
}

static bool undo_rows(struct buf *b, size_t row) {
	size_t count = b->len / (row + 1);
	bool good = b->len % (row + 1) == 0;
	for (size_t i = 0; good && i < count; i++) {
		const unsigned char *from = b->data + i * (row + 1);
		unsigned char *to = b->data + i * row;
		good = undo_row(from[0], from + 1, i ? to - row : NULL, to, row);
	}
	b->len = count * row;
	return good;
}

bool pdf_flate_decode(const struct pdf_value *dict, const unsigned char *stored, size_t stored_len, size_t most,
		      unsigned char **data, size_t *len) {
	struct buf b = {0};
	bool flate;
	size_t row;
	*data = NULL;
	*len = 0;
	if (!read_filter(dict, &flate, &row) || stored_len > LIMIT_PDF_FILTERED_BYTES || most > LIMIT_PDF_STREAM_BYTES)
		return false;
	bool good = flate ? inflate_all(stored, stored_len, most, &b) : stored_len <= most;
	if (!flate && good && stored_len) buf_add(&b, stored, stored_len);
	if (good && row) good = undo_rows(&b, row);
	if (good && b.len) {
		*data = b.data;
		*len = b.len;
		return true;
	}
	buf_dispose(&b);
	return good;
}
