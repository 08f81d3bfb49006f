#include "archiver/what_if.h"

#include "archiver/evidence_tree.h"
#include "archiver/json_get.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Lower case, without what people put between: "SHA-256" is "sha256". */
static bool fold_name(const char *text, size_t len, char *out, size_t room) {
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (strchr("-_ ", text[i])) continue;
		if (n + 1 >= room) return false;
		out[n++] = (char)tolower((unsigned char)text[i]);
	}
	out[n] = 0;
	return n > 0;
}

static bool is_digest(const char *folded) {
	char name[32];
	for (int alg = 1; alg < DIGEST_ALGS; alg++) {
		const char *known = digest_name((enum digest_alg)alg);
		if (fold_name(known, strlen(known), name, sizeof name) && !strcmp(name, folded)) return true;
	}
	return false;
}

/* "rsa2048", "ecdsa256", "ed25519": a kind of key and a largest size. */
static bool take_key(struct what_if *w) {
	static const struct {
		const char *word, *type;
	} kinds[] = {{"rsapss", "rsapss"}, {"rsa", "rsa"},         {"dsa", "dsa"},    {"ecdsa", "ec"},
		     {"ec", "ec"},         {"ed25519", "ed25519"}, {"ed448", "ed448"}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		size_t len = strlen(kinds[i].word);
		if (strncmp(w->name, kinds[i].word, len) != 0) continue;
		char *end;
		unsigned long bits = w->name[len] ? strtoul(w->name + len, &end, 10) : 0;
		if (w->name[len] && (!isdigit((unsigned char)w->name[len]) || *end || !bits || bits > 65536)) continue;
		w->bits = (unsigned)bits;
		snprintf(w->name, sizeof w->name, "%s", kinds[i].type);
		return true;
	}
	return false;
}

static int not_understood(const char *text, struct error *err) {
	return error_set(err, ERROR_USAGE,
			 "--what-if: \"%s\" is not such as sha256-broken, \"rsa-2048 ends 2029-01-01\" or \"root NAME ends 2030-03-05\"", text);
}

/* What stands before the last " ends DATE", or before "broken"; 0: neither is there. */
static size_t subject_of(const char *text, utime *ends) {
	const char *end = NULL, *broken = NULL;
	for (const char *p = text; (p = strstr(p, " ends ")) != NULL; p++) end = p; /* a root's name may have the word */
	if (end) return utime_parse(end + strlen(" ends "), ends) ? (size_t)(end - text) : 0;
	for (const char *p = text; (p = strstr(p, "broken")) != NULL; p++) broken = p;
	return broken && !broken[strlen("broken")] ? (size_t)(broken - text) : 0;
}

/* 64 digits, perhaps with colons between: the fingerprint. */
static bool take_fingerprint(const char *text, size_t len, char out[static WHAT_IF_ROOT_MAX]) {
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ':') continue;
		if (!isxdigit((unsigned char)text[i]) || n == 2 * SHA256_SIZE) return false;
		out[n++] = (char)tolower((unsigned char)text[i]);
	}
	out[n] = 0;
	return n == 2 * SHA256_SIZE;
}

static bool take_root(const char *text, size_t len, struct what_if *out) {
	while (len && strchr(" -", text[len - 1])) len--; /* "-broken" */
	while (len && *text == ' ') text++, len--;
	if (!len || len >= sizeof out->root) return false;
	if (take_fingerprint(text, len, out->root)) return true;
	memcpy(out->root, text, len);
	out->root[len] = 0;
	return true;
}

int what_if_parse(const char *text, utime now, struct what_if *out, struct error *err) {
	*out = (struct what_if){.ends = now};
	size_t len = subject_of(text, &out->ends);
	if (len > strlen("root ") && !strncasecmp(text, "root ", strlen("root ")))
		return take_root(text + strlen("root "), len - strlen("root "), out) ? 0 : not_understood(text, err);
	if (!len || !fold_name(text, len, out->name, sizeof out->name)) return not_understood(text, err);
	out->digest = is_digest(out->name);
	return out->digest || take_key(out) ? 0 : not_understood(text, err);
}

bool what_if_is_root(const struct what_if *w, const char *sha256, const char *subject) {
	return !strcmp(w->root, sha256) || strcasestr(subject, w->root);
}

/* One of the list: "SHA-256", "RSA 2048". */
static bool meets_one(const struct what_if *w, const char *text, size_t len) {
	char name[64];
	const char *space = memchr(text, ' ', len);
	if (w->digest) return fold_name(text, len, name, sizeof name) && !strcmp(name, w->name);
	if (!space || !fold_name(text, (size_t)(space - text), name, sizeof name)) return false;
	/* a key that is bound to PSS is an RSA key */
	bool kind = !strcmp(name, w->name) || (!strcmp(w->name, "rsa") && !strcmp(name, "rsapss"));
	return kind && (!w->bits || strtoul(space + 1, NULL, 10) <= w->bits);
}

bool what_if_meets(const struct what_if *w, const char *algorithms) {
	for (const char *p = algorithms; *p; p++) {
		size_t len = strcspn(p, ",");
		if (len && meets_one(w, p, len)) return true;
		p += len;
		if (!*p) break;
	}
	return false;
}

struct sums {
	const struct what_if *asked;
	json_t *roots; /* those that are meant */
	uint64_t records, bytes, unaffected;
};

static void note_root(json_t *roots, const char *sha256, const char *subject) {
	const json_t *there;
	size_t i;
	json_array_foreach(roots, i, there) if (!strcmp(text_at(there, "sha256"), sha256)) return;
	json_array_append_new(roots, json_pack("{s:s, s:s}", "sha256", sha256, "subject", subject));
}

/* One of them is enough: which of several carries what is not known. */
static bool meets_roots(const struct sums *s, const char *text) {
	json_t *list = json_loads(text, 0, NULL), *row;
	bool meets = false;
	size_t i;
	json_array_foreach(list, i, row) {
		const char *sha256 = json_string_value(json_array_get(row, 0)), *subject = json_string_value(json_array_get(row, 1));
		if (!sha256 || !subject || !what_if_is_root(s->asked, sha256, subject)) continue;
		note_root(s->roots, sha256, subject);
		meets = true;
	}
	json_decref(list);
	return meets;
}

static int add(void *user, const char *what, uint64_t records, uint64_t bytes) {
	struct sums *s = user;
	if (s->roots ? meets_roots(s, what) : what_if_meets(s->asked, what)) {
		s->records += records;
		s->bytes += bytes;
	} else {
		s->unaffected += records;
	}
	return 0;
}

json_t *what_if_answer(struct search *search, const char *text, utime now, struct error *err) {
	struct what_if asked;
	char when[UTIME_TEXT_MAX];
	if (what_if_parse(text, now, &asked, err)) return NULL;
	struct sums s = {.asked = &asked, .roots = *asked.root ? json_array() : NULL};
	json_t *answer = NULL;
	if (!search_provable_after(search, asked.ends, s.roots != NULL, add, &s, err)) {
		uint64_t tokens = (s.records + EVIDENCE_LEAVES - 1) / EVIDENCE_LEAVES;
		answer = json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "asked", text, "ends", utime_text(asked.ends, when),
				   "records", (json_int_t)s.records, "bytes", (json_int_t)s.bytes, "reread_bytes",
				   (json_int_t)(asked.digest ? s.bytes : 0), "tokens", (json_int_t)tokens, "tokens_each",
				   (json_int_t)s.records, "unaffected", (json_int_t)s.unaffected);
	}
	if (answer && s.roots) json_object_set(answer, "roots", s.roots);
	json_decref(s.roots);
	return answer;
}
