#include "archiver/judge_cache.h"

#include "base/limits.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct judge_cache {
	json_t *index; /* question → place in items */
	struct judge_want **items;
	size_t count, cap;
};

struct judge_cache *judge_cache_new(void) {
	struct judge_cache *c = xcalloc(1, sizeof *c);
	c->index = json_object();
	return c;
}

static void forget_piece(struct judge_piece *piece) {
	free(piece->data);
	free(piece->url);
	free(piece->etag);
	free(piece->modified);
	*piece = (struct judge_piece){.kind = piece->kind, .question = piece->question};
}

void judge_cache_clear(struct judge_cache *c) {
	for (size_t i = 0; i < c->count; i++) {
		struct judge_want *w = c->items[i];
		forget_piece(&w->piece);
		free(w->piece.question);
		free(w->url);
		free(w->request);
		free(w);
	}
	c->count = 0;
	json_object_clear(c->index);
}

void judge_cache_free(struct judge_cache *c) {
	if (!c) return;
	judge_cache_clear(c);
	json_decref(c->index);
	free(c->items);
	free(c);
}

static bool kind_of(const char *text, enum object_kind *kind) {
	static const struct {
		const char *text;
		enum object_kind kind;
	} kinds[] = {{"ocsp", OBJECT_OCSP}, {"crl", OBJECT_CRL}, {"issuer", OBJECT_CERTIFICATE}};
	for (size_t i = 0; text && i < ARRAY_LEN(kinds); i++)
		if (!strcmp(text, kinds[i].text)) return *kind = kinds[i].kind, true;
	return false;
}

/* Base64 of a few hundred bytes; NULL when it is none. */
static unsigned char *decode(const char *text, size_t *len) {
	size_t n = strlen(text);
	if (!n || n % 4 || n > 65536) return NULL;
	unsigned char *out = xmalloc(n);
	int got = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
	if (got < 0) {
		free(out);
		return NULL;
	}
	*len = (size_t)got - (text[n - 1] == '=') - (text[n - 2] == '=');
	return out;
}

struct judge_want *judge_cache_of(struct judge_cache *c, const json_t *want) {
	const char *url = json_string_value(json_object_get(want, "url"));
	const char *request = json_string_value(json_object_get(want, "request"));
	struct judge_want made = {0};
	if (!url || strlen(url) > LIMIT_URL_BYTES || !kind_of(json_string_value(json_object_get(want, "kind")), &made.piece.kind)) return NULL;
	char *key = xasprintf("%d %s %s", (int)made.piece.kind, url, request ? request : "");
	const json_t *place = json_object_get(c->index, key);
	struct judge_want *w = place ? c->items[json_integer_value(place)] : NULL;
	if (!w && (!request || (made.request = decode(request, &made.request_len)))) {
		made.url = xstrdup(url);
		made.piece.question = xstrdup(key);
		w = xmemdup(&made, sizeof made);
		ARRAY_GROW(c->items, c->count, c->cap);
		json_object_set_new(c->index, key, json_integer((json_int_t)c->count));
		c->items[c->count++] = w;
	}
	free(key);
	return w;
}

struct judge_want *judge_cache_again(struct judge_cache *c, struct judge_want *w) {
	if (w->again) return w->again;
	struct judge_want *again = xcalloc(1, sizeof *again);
	again->url = xstrdup(w->url);
	again->request = xmemdup(w->request, w->request_len);
	again->request_len = w->request_len;
	again->posted = true;
	again->piece.kind = w->piece.kind;
	ARRAY_GROW(c->items, c->count, c->cap);
	return w->again = c->items[c->count++] = again;
}

struct judge_want **judge_cache_open(const struct judge_cache *c, size_t *count) {
	struct judge_want **open = xcalloc(c->count + 1, sizeof *open);
	*count = 0;
	for (size_t i = 0; i < c->count; i++)
		if (!c->items[i]->asked) open[(*count)++] = c->items[i];
	return open;
}

void judge_cache_trim(struct judge_cache *c) {
	size_t total = 0;
	for (size_t i = 0; i < c->count; i++) total += c->items[i]->piece.len + c->items[i]->request_len + 256;
	if (total <= LIMIT_FETCHED_BYTES) return;
	for (size_t i = 0; i < c->count; i++) {
		struct judge_want *w = c->items[i];
		if (!w->piece.data) continue;
		w->dropped = w->kept;
		w->asked = w->kept;
		forget_piece(&w->piece);
	}
}
