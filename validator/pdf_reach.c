#include "validator/pdf_reach.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

struct edge {
	uint32_t from, to;
};

struct held {
	const struct pdf_value *value;
	bool link; /* stands under a key that names a page, field or element without showing it */
};

struct walk {
	const struct pdf_set *roles;
	unsigned char *seen;
	size_t limit;
	uint32_t *objects; /* still to be read */
	size_t object_count, object_cap;
	struct held *values; /* of the object in hand */
	size_t value_count, value_cap;
	struct edge *edges;
	size_t edge_count, edge_cap;
};

static void push_value(struct walk *w, const struct pdf_value *v, bool link) {
	if (v->type < PDF_ARRAY) return;
	ARRAY_GROW(w->values, w->value_count, w->value_cap);
	w->values[w->value_count++] = (struct held){v, link};
}

static bool is_link(const struct pdf_text *key) {
	static const char *const keys[] = {
		"Parent",   "P",      "Popup", "IRT", "Dest",  "D",    "Obj",    "Pg",       "Kids",           "K",
		"Annots",   "Fields", "Pages", "A",   "AA",    "T",    "First",  "Last",     "Next",           "Prev",
		"AcroForm", "CO",     "Names", "B",   "Dests", "Nums", "IDTree", "Outlines", "StructTreeRoot", NULL};
	for (size_t i = 0; keys[i]; i++)
		if (key->len == strlen(keys[i]) && !memcmp(key->data, keys[i], key->len)) return true;
	return false;
}

/* To a node of the trees only from where it may be shown: a page that is also somebody's resources. */
static void follow(struct walk *w, uint32_t from, uint32_t to, bool link) {
	if (to >= w->limit) return;
	if (!link || !pdf_set_has(w->roles, to)) {
		ARRAY_GROW(w->edges, w->edge_count, w->edge_cap);
		w->edges[w->edge_count++] = (struct edge){from, to};
	}
	if (w->seen[to]) return;
	w->seen[to] = 1;
	ARRAY_GROW(w->objects, w->object_count, w->object_cap);
	w->objects[w->object_count++] = to;
}

static void read_edges(struct walk *w, uint32_t from, const struct pdf_value *object) {
	push_value(w, object, false);
	while (w->value_count) {
		struct held h = w->values[--w->value_count];
		const struct pdf_value *v = h.value;
		if (v->type == PDF_REFERENCE) follow(w, from, (uint32_t)v->id.number, h.link);
		for (size_t i = 0; v->type == PDF_ARRAY && i < v->array.count; i++)
			push_value(w, &v->array.items[i], h.link);
		for (size_t i = 0; pdf_is_dict(v) && i < v->dict.count; i++)
			push_value(w, &v->dict.entries[i].value, is_link(&v->dict.entries[i].key));
	}
}

/* Edges sorted by where they lead to, by counting. */
static void sort_edges(const struct walk *w, struct pdf_reach *reach) {
	reach->count = w->limit;
	reach->first = xcalloc(w->limit + 1, sizeof *reach->first);
	reach->sources = xreallocarray(NULL, w->edge_count, sizeof *reach->sources);
	for (size_t i = 0; i < w->edge_count; i++) reach->first[w->edges[i].to]++;
	for (size_t i = 1; i <= w->limit; i++) reach->first[i] += reach->first[i - 1];
	for (size_t i = w->edge_count; i-- > 0;) reach->sources[--reach->first[w->edges[i].to]] = w->edges[i].from;
}

bool pdf_reach_build(struct pdf_file *file, const struct pdf_set *roles, size_t count, struct pdf_reach *reach) {
	struct walk w = {.roles = roles, .seen = xcalloc(count, 1), .limit = count};
	*reach = (struct pdf_reach){0};
	read_edges(&w, 0, pdf_file_trailer(file));
	while (w.object_count && w.edge_count < LIMIT_PDF_EDGES) {
		uint32_t number = w.objects[--w.object_count];
		read_edges(&w, number, pdf_file_object(file, (struct pdf_id){(int)number, 0}));
	}
	bool whole = w.object_count == 0;
	if (whole) sort_edges(&w, reach);
	free(w.seen);
	free(w.objects);
	free(w.values);
	free(w.edges);
	return whole;
}

unsigned char *pdf_reach_dirty(const struct pdf_reach *reach, const unsigned char *touched, size_t count) {
	unsigned char *dirty = xmalloc(count);
	uint32_t *stack = NULL;
	size_t n = 0, cap = 0;
	memcpy(dirty, touched, count);
	for (size_t i = 0; i < count && i < reach->count; i++) {
		if (!touched[i]) continue;
		ARRAY_GROW(stack, n, cap);
		stack[n++] = (uint32_t)i;
	}
	while (n) {
		uint32_t to = stack[--n];
		for (uint32_t k = reach->first[to]; k < reach->first[to + 1]; k++) {
			uint32_t from = reach->sources[k];
			if (dirty[from]) continue;
			dirty[from] = 1;
			ARRAY_GROW(stack, n, cap);
			stack[n++] = from;
		}
	}
	free(stack);
	return dirty;
}

void pdf_reach_dispose(struct pdf_reach *reach) {
	free(reach->first);
	free(reach->sources);
	*reach = (struct pdf_reach){0};
}
