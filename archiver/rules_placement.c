/* Where signatures are seen on the page (regulation article 15): hints, since what a page shows is easily arranged. */
#include "archiver/rules_parts.h"

struct place { /* in points, as the page is seen, from its top left corner */
	double page, left, top, width, height, page_width, page_height;
	bool known, visible, image;
};

static double number(const json_t *object, const char *key) {
	return json_number_value(json_object_get(object, key));
}

static struct place place_of(const json_t *signature) {
	const json_t *a = json_object_get(signature, "appearance");
	return (struct place){
		.page = number(a, "page"),
		.left = number(a, "left"),
		.top = number(a, "top"),
		.width = number(a, "width"),
		.height = number(a, "height"),
		.page_width = number(a, "page_width"),
		.page_height = number(a, "page_height"),
		.known = json_is_object(a),
		.visible = json_is_true(json_object_get(a, "visible")),
		.image = json_is_true(json_object_get(a, "image")),
	};
}

/* Cell 14 of Decree 30/2020 annex I. */
static bool top_right(const struct place *p) {
	return p->page == 1 && p->left + p->width / 2 > p->page_width / 2 && p->top + p->height < p->page_height / 3;
}

bool rules_top_right(const json_t *signature) {
	struct place p = place_of(signature);
	return p.known && p.visible && top_right(&p);
}

static bool overlap(double a, double a_size, double b, double b_size) {
	return a < b + b_size && b < a + a_size;
}

/* The seal covers a part of the signature, on its left; how much ("about a third", annex I) is not measured. */
static bool seals(const struct place *seal, const struct place *person) {
	return seal->page == person->page && overlap(seal->left, seal->width, person->left, person->width) &&
	       overlap(seal->top, seal->height, person->top, person->height) &&
	       seal->left + seal->width / 2 < person->left + person->width / 2;
}

static void check_seen(struct rules *r, const json_t *signature, bool image) {
	struct place p = place_of(signature);
	if (!p.known) return;
	if (!p.visible)
		rules_tell(r, ARCHIVE_FINDING_SIGNATURE_INVISIBLE, "%s", rules_signer(signature));
	else if (image && !p.image)
		rules_tell(r, ARCHIVE_FINDING_SIGNATURE_WITHOUT_IMAGE, "%s", rules_signer(signature));
}

/* A copy or an attachment in a file of its own: one block of text at the top right, no image. */
static void check_block(struct rules *r) {
	struct place p = place_of(r->organisations[0]);
	const char *signer = rules_signer(r->organisations[0]);
	if (!p.known || !p.visible) return;
	if (!top_right(&p)) rules_tell(r, ARCHIVE_FINDING_BLOCK_NOT_TOP_RIGHT, "%s", signer);
	if (p.image) rules_tell(r, ARCHIVE_FINDING_BLOCK_WITH_IMAGE, "%s", signer);
}

static void check_seal(struct rules *r) {
	struct place seal = place_of(r->organisations[0]);
	const char *person = rules_signer(r->persons[0]);
	if (!seal.known || !seal.visible) return;
	for (size_t i = 0; i < r->person_count; i++) {
		struct place p = place_of(r->persons[i]);
		if (!p.known || !p.visible || seals(&seal, &p)) return;
	}
	rules_tell(r, ARCHIVE_FINDING_SEAL_BESIDE_SIGNATURE, "%s; %s", rules_signer(r->organisations[0]), person);
}

void rules_placement(struct rules *r) {
	bool block = r->document != RULES_MAIN || r->block;
	for (size_t i = 0; i < r->person_count; i++) check_seen(r, r->persons[i], true);
	for (size_t i = 0; i < r->organisation_count; i++) check_seen(r, r->organisations[i], !block);
	if (!r->organisation_count) return;
	if (block)
		check_block(r);
	else if (r->person_count)
		check_seal(r);
	else if (rules_top_right(r->organisations[0]))
		rules_tell(r, ARCHIVE_FINDING_LOOKS_LIKE_COPY, "%s", rules_signer(r->organisations[0]));
}
