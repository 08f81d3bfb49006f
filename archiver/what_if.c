#include "archiver/what_if.h"

#include "archiver/evidence_tree.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
			 "--what-if: \"%s\" is not such as sha256-broken, or \"rsa-2048 ends 2029-01-01\"", text);
}

int what_if_parse(const char *text, utime now, struct what_if *out, struct error *err) {
	const char *ends = strstr(text, " ends "), *broken = strstr(text, "broken");
	size_t len = 0;
	*out = (struct what_if){.ends = now};
	if (ends) {
		len = (size_t)(ends - text);
		if (!utime_parse(ends + strlen(" ends "), &out->ends)) return not_understood(text, err);
	} else if (broken && !broken[strlen("broken")]) {
		len = (size_t)(broken - text);
	}
	if (!len || !fold_name(text, len, out->name, sizeof out->name)) return not_understood(text, err);
	out->digest = is_digest(out->name);
	return out->digest || take_key(out) ? 0 : not_understood(text, err);
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
	uint64_t records, bytes, unaffected;
};

static int add(void *user, const char *algorithms, uint64_t records, uint64_t bytes) {
	struct sums *s = user;
	if (what_if_meets(s->asked, algorithms)) {
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
	struct sums s = {.asked = &asked};
	if (search_provable_after(search, asked.ends, add, &s, err)) return NULL;
	uint64_t tokens = (s.records + EVIDENCE_LEAVES - 1) / EVIDENCE_LEAVES;
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "asked", text, "ends", utime_text(asked.ends, when),
			 "records", (json_int_t)s.records, "bytes", (json_int_t)s.bytes, "reread_bytes",
			 (json_int_t)(asked.digest ? s.bytes : 0), "tokens", (json_int_t)tokens, "tokens_each",
			 (json_int_t)s.records, "unaffected", (json_int_t)s.unaffected);
}
