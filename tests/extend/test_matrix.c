/* Every kind of file in every state of its proof: made, judged here, and left in a folder for other tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/extend/extend_samples.h"
#include "tests/pki/tool.h"

#include <stdlib.h>
#include <string.h>

static struct pki pki;
static struct validator *v;
static const char *out = TEST_BINARY_DIR "/extended";
static struct buf list; /* NAME LEVEL TIME, one line each */

enum state { STATE_LT, STATE_LTA, STATE_RENEWED, STATE_CMS_STATUS, STATES };
static const char *const state_names[STATES] = {"lt", "lta", "renewed", "cms-status"};

#define SIGNED "20260510020000Z"
#define STAMPED "20260510020004Z"
#define FIRST "20260602020000Z"
#define SECOND "20280601020000Z" /* the signer's certificate ended in July 2026, the authority's ends in 2034 */
#define THIRD "20280901020000Z"

static const struct val_extend lt = {.token_room = 8192}, lta = {.stamp = true, .token_room = 8192};

static int start(void **unused) {
	struct error err = {0};
	struct buf root = {0};
	(void)unused;
	digest_init();
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	TOOL_DER(&root, i2d_X509, pki.cert[ROOT_G2]);
	v = validator_new(NULL, 0, &err);
	tool_make_dir(out);
	tool_write(out, "root.der", root.data, root.len);
	int added = v ? validator_add_trust(v, root.data, root.len) : 0;
	buf_dispose(&root);
	return added == 1 ? 0 : -1;
}

static int stop(void **unused) {
	(void)unused;
	tool_write(out, "list.tsv", list.data, list.len);
	buf_dispose(&list);
	validator_free(v);
	pki_dispose(&pki);
	return 0;
}

static const char *text_of(const json_t *json, const char *key) {
	const char *text = json_string_value(json_object_get(json, key));
	return text ? text : "";
}

/* TOTAL-PASSED, every signature unharmed, the first one of that level; offline, with the anchor alone. */
static void expect(const struct buf *document, const char *name, const char *at, const char *level, size_t signatures) {
	json_t *report = judge(v, document, NULL, time_of(at), NULL), *list_of = json_object_get(report, "signatures"), *s;
	size_t i;
	if (strcmp(text_of(report, "indication"), "TOTAL-PASSED")) {
		char *text = json_dumps(report, JSON_INDENT(1));
		fail_msg("%s: %s", name, text);
	}
	assert_int_equal(json_array_size(list_of), signatures);
	json_array_foreach(list_of, i, s) {
		const char *modification = text_of(s, "modification");
		assert_string_equal(text_of(s, "integrity"), "intact");
		assert_true(!strcmp(modification, "none") || !strcmp(modification, "permitted"));
		assert_string_equal(text_of(s, "coverage"), i + 1 == signatures && !strcmp(text_of(s, "kind"), "document-timestamp")
								    ? "whole-file" : "whole-revision");
	}
	assert_string_equal(text_of(json_array_get(list_of, 0), "level"), level);
	json_decref(report);
}

static struct material status_of(const char *this_update, const char *next_update) {
	struct material m = {0};
	material_add_certs(&m, &pki);
	material_add_crl(&m, &pki, ROOT_G2, this_update, next_update);
	material_add_crl(&m, &pki, SUB_G2, this_update, next_update);
	return m;
}

static void extend_at(struct buf *document, const char *name, const char *this_update, const char *next_update,
		      const char *when, struct val_extend order) {
	struct material m = status_of(this_update, next_update);
	struct buf before = {0};
	buf_add(&before, document->data, document->len);
	order.renew_until = time_of(when) + 10 * 365 * UTIME_DAY;
	enum extend_refusal refusal = extend(v, &pki, document, &m, when, &order);
	if (refusal != EXTEND_NONE) fail_msg("%s: %s", name, extend_refusal_name(refusal));
	assert_true(document->len > before.len);
	assert_memory_equal(document->data, before.data, before.len);
	buf_dispose(&before);
	material_dispose(&m);
}

static void keep(const struct buf *document, enum shape shape, enum state state, const char *at) {
	char *name = xasprintf("%s-%s.pdf", shape_names[shape], state_names[state]);
	tool_write(out, name, document->data, document->len);
	buf_printf(&list, "%s\t%s\t%s\n", name, state_names[state], at);
	free(name);
}

static bool make_signed(enum shape shape, bool with_status, struct buf *document) {
	const struct signing first = {EXPIRED_PERSON, SIGNED, STAMPED, with_status ? "20260601000000Z" : NULL};
	const struct signing second = {OFFICE, "20260510030000Z", "20260510030003Z", NULL};
	*document = unsigned_make(shape, out);
	if (!document->len) return false;
	sign(document, &pki, &first);
	if (shape == SHAPE_REVISIONS) sign(document, &pki, &second);
	return true;
}

static void one_shape(enum shape shape) {
	struct buf document = {0};
	size_t n = shape == SHAPE_REVISIONS ? 2 : 1;
	const char *name = shape_names[shape];
	if (!make_signed(shape, false, &document)) skip();
	struct buf for_lt = {0};
	buf_add(&for_lt, document.data, document.len);
	extend_at(&for_lt, name, "20260601000000Z", "20260701000000Z", FIRST, lt);
	expect(&for_lt, name, FIRST, "B-LT", n);
	keep(&for_lt, shape, STATE_LT, FIRST);
	buf_dispose(&for_lt);

	extend_at(&document, name, "20260601000000Z", "20260701000000Z", FIRST, lta);
	expect(&document, name, FIRST, "B-LTA", n + 1);
	keep(&document, shape, STATE_LTA, FIRST);
	extend_at(&document, name, "20280531000000Z", "20280630000000Z", SECOND, lta);
	expect(&document, name, SECOND, "B-LTA", n + 2);
	extend_at(&document, name, "20280831000000Z", "20280930000000Z", THIRD, lta);
	expect(&document, name, THIRD, "B-LTA", n + 3);
	keep(&document, shape, STATE_RENEWED, THIRD);
	buf_dispose(&document);

	make_signed(shape, true, &document);
	extend_at(&document, name, "20260601000000Z", "20260701000000Z", FIRST, lta);
	expect(&document, name, FIRST, "B-LTA", n + 1);
	keep(&document, shape, STATE_CMS_STATUS, FIRST);
	buf_dispose(&document);
}

#define SHAPE_TEST(name, shape)                                                                                        \
	static void name(void **unused) {                                                                              \
		(void)unused;                                                                                          \
		one_shape(shape);                                                                                      \
	}
SHAPE_TEST(classic_tables_are_extended, SHAPE_TABLE)
SHAPE_TEST(cross_reference_streams_are_extended, SHAPE_STREAM)
SHAPE_TEST(hybrid_files_are_extended, SHAPE_HYBRID)
SHAPE_TEST(linearised_files_are_extended, SHAPE_LINEARISED)
SHAPE_TEST(object_streams_are_extended, SHAPE_PACKED)
SHAPE_TEST(several_revisions_are_extended, SHAPE_REVISIONS)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classic_tables_are_extended),    cmocka_unit_test(cross_reference_streams_are_extended),
		cmocka_unit_test(hybrid_files_are_extended),      cmocka_unit_test(linearised_files_are_extended),
		cmocka_unit_test(object_streams_are_extended),    cmocka_unit_test(several_revisions_are_extended),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
