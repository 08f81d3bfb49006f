#include "archiver/extend_plan.h"

#include "archiver/json_get.h"
#include "base/limits.h"
#include "validator/format.h"

#include <stdlib.h>
#include <string.h>

#define GAP 16 /* identifier and length octets, a version number */

static bool number_of(const json_t *json, const char *key, uint64_t max, uint64_t *out) {
	const json_t *value = json_object_get(json, key);
	json_int_t number = json_integer_value(value);
	*out = (uint64_t)number;
	return json_is_integer(value) && number >= 0 && *out <= max;
}

static bool read_kind(const char *word, enum object_kind *kind) {
	static const enum object_kind kinds[] = {OBJECT_CERTIFICATE, OBJECT_CRL, OBJECT_OCSP, OBJECT_TIMESTAMP};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(word, object_kind_name(kinds[i]))) return *kind = kinds[i], true;
	return false;
}

/* Named by its digest: the bytes are those offered to the worker, or come with it and are hashed here. */
static bool read_item(const json_t *json, const struct val_blob *evidence, size_t count,
		      const unsigned char (*digests)[SHA256_SIZE], struct plan_item *item) {
	const char *der = json_string_value(json_object_get(json, "der"));
	if (!read_kind(text_at(json, "kind"), &item->kind)) return false;
	if (!hex_decode(text_at(json, "sha256"), item->id.sha256, SHA256_SIZE)) return false;
	for (size_t i = 0; !der && i < count; i++)
		if (!memcmp(digests[i], item->id.sha256, SHA256_SIZE)) {
			item->data = evidence[i].data;
			item->len = evidence[i].len;
			return item->len != 0;
		}
	unsigned char sha256[SHA256_SIZE];
	if (!der || !base64_decode((const unsigned char *)der, strlen(der), &item->own) || !item->own.len) return false;
	sha256_bytes(item->own.data, item->own.len, sha256);
	item->data = item->own.data;
	item->len = item->own.len;
	return !memcmp(sha256, item->id.sha256, SHA256_SIZE) && item->len <= LIMIT_EVIDENCE_BYTES;
}

static bool read_items(const json_t *list, const struct val_blob *evidence, size_t count, struct extend_plan *plan) {
	unsigned char(*digests)[SHA256_SIZE] = xcalloc(count + 1, sizeof *digests);
	bool good = json_array_size(list) <= LIMIT_EVIDENCE_COUNT;
	for (size_t i = 0; i < count; i++) sha256_bytes(evidence[i].data, evidence[i].len, digests[i]);
	plan->items = xcalloc(good ? json_array_size(list) + 1 : 1, sizeof *plan->items);
	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = read_item(json_array_get(list, i), evidence, count,
				 (const unsigned char(*)[SHA256_SIZE])digests, &plan->items[plan->item_count++]);
	free(digests);
	return good;
}

/* Ascending, with gaps between them that are lengths and the like: what was there stays there. */
static bool read_copy(const json_t *json, uint64_t base_len, const struct extend_plan *plan, struct plan_piece *piece) {
	const json_t *at = json_array_get(json, 0), *len = json_array_get(json, 1);
	uint64_t from = 0;
	for (size_t i = 0; i + 1 < plan->count; i++)
		if (plan->pieces[i].kind == EXTEND_COPY) from = plan->pieces[i].at + plan->pieces[i].len;
	piece->kind = EXTEND_COPY;
	piece->at = (uint64_t)json_integer_value(at);
	piece->len = (size_t)json_integer_value(len);
	return plan->whole && json_integer_value(at) >= 0 && json_integer_value(len) > 0 && piece->at >= from &&
	       piece->at - from <= GAP && piece->len <= base_len && piece->at <= base_len - piece->len;
}

static bool read_piece(const json_t *json, uint64_t base_len, const struct extend_plan *plan, struct plan_piece *piece) {
	const char *literal = json_string_value(json_object_get(json, "literal"));
	const json_t *copy = json_object_get(json, "copy");
	uint64_t number;
	if (copy) return read_copy(copy, base_len, plan, piece);
	if (literal) {
		piece->kind = EXTEND_LITERAL;
		if (!base64_decode((const unsigned char *)literal, strlen(literal), &piece->literal)) return false;
		piece->len = piece->literal.len;
	} else if (number_of(json, "item", LIMIT_EVIDENCE_COUNT, &number) && number < plan->item_count) {
		piece->kind = EXTEND_ITEM;
		piece->item = (size_t)number;
		piece->len = plan->items[number].len;
	} else if (number_of(json, "token", 2 * LIMIT_PDF_GAP_BYTES, &number) && number % 2 == 0) {
		piece->kind = EXTEND_TOKEN;
		piece->len = (size_t)number;
	} else {
		return false;
	}
	return piece->len != 0;
}

/* One token at most, in brackets, where the plan says. */
static bool token_is_in_place(const struct extend_plan *plan, uint64_t base_len) {
	uint64_t at = plan->whole ? 0 : base_len;
	size_t tokens = 0;
	bool good = true;
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_piece *p = &plan->pieces[i];
		if (p->kind == EXTEND_TOKEN) {
			const struct buf *before = i ? &plan->pieces[i - 1].literal : NULL;
			const struct buf *after = i + 1 < plan->count ? &plan->pieces[i + 1].literal : NULL;
			good = good && !tokens++ && at == plan->token_at && before && before->len && after && after->len &&
			       before->data[before->len - 1] == '<' && after->data[0] == '>';
		}
		at += p->len;
	}
	return good && at == plan->size && (tokens || !plan->token_at);
}

static bool read_pieces(const json_t *list, uint64_t base_len, struct extend_plan *plan) {
	size_t count = json_array_size(list);
	if (!count || count > 3 * LIMIT_EVIDENCE_COUNT) return false;
	plan->pieces = xcalloc(count, sizeof *plan->pieces);
	for (size_t i = 0; i < count; i++) {
		struct plan_piece *p = &plan->pieces[plan->count++];
		if (!read_piece(json_array_get(list, i), base_len, plan, p)) return false;
		if (p->kind == EXTEND_TOKEN) plan->token_digits = p->len;
	}
	return true;
}

/* The last byte is copied as well; whatever stands in the pieces, nothing of the document is left out. */
static bool copies_all(const struct extend_plan *plan, uint64_t base_len) {
	const struct plan_piece *last = plan->count ? &plan->pieces[plan->count - 1] : NULL;
	if (!plan->whole) return true;
	for (size_t i = plan->count; i-- > 0 && last->kind != EXTEND_COPY;) last = &plan->pieces[i];
	return last && last->kind == EXTEND_COPY && last->at + last->len == base_len && !plan->token_digits;
}

static bool read_imprints(const json_t *list, struct extend_plan *plan) {
	size_t count = json_array_size(list);
	if (count > LIMIT_SIGNATURES) return false;
	plan->imprints = xcalloc(count + 1, sizeof *plan->imprints);
	for (; plan->imprint_count < count; plan->imprint_count++) {
		struct extend_imprint *p = &plan->imprints[plan->imprint_count];
		const json_t *json = json_array_get(list, plan->imprint_count);
		p->alg = digest_from_name(text_at(json, "digest"));
		if (!digest_size(p->alg) || !hex_decode(text_at(json, "value"), p->digest, digest_size(p->alg))) return false;
	}
	return true;
}

static bool read_extension(const json_t *json, uint64_t base_len, const struct val_blob *evidence, size_t count,
			   struct extend_plan *plan) {
	plan->whole = json_is_true(json_object_get(json, "whole"));
	if (!read_items(json_object_get(json, "items"), evidence, count, plan) ||
	    !read_imprints(json_object_get(json, "imprints"), plan))
		return false;
	if (plan->imprint_count) return json_array_size(json_object_get(json, "pieces")) == 0;
	return number_of(json, "size", INT64_MAX, &plan->size) && number_of(json, "token_at", INT64_MAX, &plan->token_at) &&
	       read_pieces(json_object_get(json, "pieces"), base_len, plan) && token_is_in_place(plan, base_len) &&
	       copies_all(plan, base_len);
}

static bool read_refusal(const json_t *json, struct extend_plan *plan) {
	const json_t *refusal = json_object_get(json, "refusal");
	const char *retry = json_string_value(json_object_get(json, "retry_at"));
	plan->detail = xstrdup(text_at(json, "detail"));
	plan->incomplete = json_is_true(json_object_get(json, "incomplete"));
	if (!retry || !utime_parse(retry, &plan->retry_at)) plan->retry_at = UTIME_NONE;
	if (json_is_null(refusal)) return true;
	return json_is_string(refusal) && extend_refusal_parse(json_string_value(refusal), &plan->refusal) &&
	       plan->refusal != EXTEND_NONE;
}

int extend_plan_read(const json_t *report, uint64_t base_len, const struct val_blob *evidence, size_t evidence_count,
		     struct extend_plan *plan, struct error *err) {
	const json_t *json = json_object_get(report, "extension");
	*plan = (struct extend_plan){.retry_at = UTIME_NONE};
	bool good = json && read_refusal(json, plan);
	if (good && plan->refusal == EXTEND_NONE)
		good = read_extension(json, base_len, evidence, evidence_count, plan);
	if (good) return 0;
	extend_plan_dispose(plan);
	return error_set(err, ERROR_INTERNAL, "a worker gave no usable extension");
}

void extend_plan_dispose(struct extend_plan *plan) {
	for (size_t i = 0; i < plan->item_count; i++) buf_dispose(&plan->items[i].own);
	for (size_t i = 0; i < plan->count; i++) buf_dispose(&plan->pieces[i].literal);
	free(plan->imprints);
	free(plan->items);
	free(plan->pieces);
	free(plan->detail);
	*plan = (struct extend_plan){0};
}

void extend_plan_digest(const struct extend_plan *plan, const unsigned char *base, size_t len, enum digest_alg alg,
			unsigned char digest[static DIGEST_MAX]) {
	struct digest_ctx *ctx = digest_new(alg);
	digest_update(ctx, base, len);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_piece *p = &plan->pieces[i];
		const unsigned char *data = p->literal.data;
		size_t n = p->len;
		if (p->kind == EXTEND_TOKEN) continue;
		if (p->kind == EXTEND_ITEM) data = plan->items[p->item].data;
		bool before = i + 1 < plan->count && plan->pieces[i + 1].kind == EXTEND_TOKEN;
		bool after = i && plan->pieces[i - 1].kind == EXTEND_TOKEN;
		digest_update(ctx, data + after, n - before - after);
	}
	digest_final(ctx, digest);
	digest_free(ctx);
}

bool extend_plan_fill(struct extend_plan *plan, const unsigned char *token, size_t len) {
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_piece *p = &plan->pieces[i];
		if (p->kind != EXTEND_TOKEN) continue;
		if (len > p->len / 2) return false;
		p->literal.len = 0;
		for (size_t k = 0; k < p->len; k++) {
			unsigned value = k / 2 < len ? token[k / 2] >> (k % 2 ? 0 : 4) & 15U : 0;
			buf_add_byte(&p->literal, (unsigned char)digits[value]);
		}
		return true;
	}
	return false;
}

void extend_plan_assemble(const struct extend_plan *plan, const unsigned char *base, size_t len, struct buf *out) {
	buf_reserve(out, (size_t)plan->size + 1);
	if (!plan->whole) buf_add(out, base, len);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_piece *p = &plan->pieces[i];
		if (p->kind == EXTEND_COPY)
			buf_add(out, base + p->at, p->len);
		else if (p->kind == EXTEND_ITEM)
			buf_add(out, plan->items[p->item].data, p->len);
		else
			buf_add(out, p->literal.data, p->literal.len);
	}
}
