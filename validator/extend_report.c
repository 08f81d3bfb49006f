/* "extension" of a report: the pieces to append with the evidence they refer to, or why there are none. */
#include "validator/extend_choose.h"
#include "validator/report.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[EXTEND_KINDS] = {"certificate", "crl", "ocsp"};

static json_t *hex(const unsigned char *sha256) {
	char text[SHA256_HEX];
	return json_string(hex_encode(sha256, SHA256_SIZE, text));
}

/* The caller knows what it offered by its digest; of the rest it gets the bytes. */
static bool was_offered(const struct val_request *q, const struct extend_item *item) {
	for (size_t i = 0; i < q->evidence_count; i++)
		if (q->evidence[i].len == item->len && !memcmp(q->evidence[i].data, item->data, item->len)) return true;
	return false;
}

static json_t *item(const struct context *c, const struct extend_chosen *chosen, size_t index) {
	const struct extend_item *it = &chosen->items[index];
	json_t *value = json_pack("{s:s, s:o, s:I}", "kind", kinds[it->kind], "sha256", hex(chosen->sha256[index]), "size",
				  (json_int_t)it->len);
	if (!was_offered(c->request, it)) json_object_set_new(value, "der", report_base64(it->data, it->len));
	return value;
}

static json_t *piece(const struct extension *x, const struct extend_piece *p) {
	switch (p->kind) {
	case EXTEND_LITERAL:
		return json_pack("{s:o}", "literal", report_base64(x->literal.data + p->at, p->len));
	case EXTEND_ITEM:
		return json_pack("{s:I}", "item", (json_int_t)p->at);
	default:
		return json_pack("{s:I}", "token", (json_int_t)p->len);
	}
}

static json_t *written(const struct context *c, const struct extend_chosen *chosen, const struct extension *x) {
	json_t *value = json_object(), *pieces = json_array(), *items = json_array();
	for (size_t i = 0; i < chosen->count; i++) json_array_append_new(items, item(c, chosen, i));
	for (size_t i = 0; i < x->count; i++) json_array_append_new(pieces, piece(x, &x->pieces[i]));
	json_object_set_new(value, "size", json_integer((json_int_t)x->size));
	json_object_set_new(value, "token_at", json_integer((json_int_t)x->token_at));
	json_object_set_new(value, "items", items);
	json_object_set_new(value, "pieces", pieces);
	return value;
}

json_t *report_extension(struct context *c, const struct judged *j, json_t *wants) {
	struct extend_chosen chosen;
	struct extension x = {0};
	extend_choose(c, j, &chosen);
	if (chosen.refusal == EXTEND_NONE) {
		const struct extend_order order = {
			.items = chosen.items,
			.count = chosen.count,
			.entries = chosen.entries,
			.entry_count = chosen.entry_count,
			.token_room = chosen.stamp ? c->request->extend->token_room : 0,
		};
		extend_write(c->request->document.data, c->request->document.len, &j->pdf, &order, &x);
		chosen.refusal = x.refusal;
	}
	json_t *value = chosen.refusal == EXTEND_NONE ? written(c, &chosen, &x) : json_object();
	json_object_set_new(value, "refusal", chosen.refusal ? json_string(extend_refusal_name(chosen.refusal)) : json_null());
	json_t *detail = json_string(chosen.detail);
	json_object_set_new(value, "detail", detail ? detail : json_string(""));
	json_object_set_new(value, "incomplete", json_boolean(chosen.incomplete));
	json_object_set_new(value, "retry_at", report_time(chosen.retry_at));
	report_wants(wants, &chosen.wanted);
	extension_dispose(&x);
	extend_chosen_dispose(&chosen);
	return value;
}
