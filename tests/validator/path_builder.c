#include "tests/validator/path_builder.h"

#include <stddef.h>

const char *const ca_extensions[] = {"basicConstraints",
				     "critical,CA:TRUE",
				     "keyUsage",
				     "critical,keyCertSign,cRLSign",
				     "subjectKeyIdentifier",
				     "hash",
				     NULL};
const char *const ee_extensions[] = {"keyUsage", "critical,digitalSignature,nonRepudiation", NULL};

struct cert_plan path_root_plan(void) {
	return (struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = ca_extensions};
}

void path_world_open(struct path_world *w, const struct cert_plan *ca, const struct cert_plan *ee) {
	struct cert_plan root = path_root_plan();
	scene_open(&w->scene);
	w->root = cert_make(&root);
	struct cert_plan plan = ca ? *ca : (struct cert_plan){0};
	if (!plan.subject) plan.subject = "CN=CA";
	if (!plan.key) plan.key = "2";
	if (!plan.issuer) plan.issuer = &w->root;
	if (!plan.extensions) plan.extensions = ca_extensions;
	w->ca = cert_make(&plan);
	plan = ee ? *ee : (struct cert_plan){0};
	if (!plan.subject) plan.subject = "CN=EE";
	if (!plan.key) plan.key = "3";
	if (!plan.issuer) plan.issuer = &w->ca;
	if (!plan.extensions) plan.extensions = ee_extensions;
	w->ee = cert_make(&plan);
	scene_trust(&w->scene, &w->root);
	scene_add(&w->scene, &w->ca);
}

void path_world_close(struct path_world *w) {
	scene_close(&w->scene);
	made_free(&w->root);
	made_free(&w->ca);
	made_free(&w->ee);
}

enum sub_indication path_world_judge(struct path_world *w, const char *at) {
	struct path_request request = scene_request(&w->scene, &w->ee, at);
	request.revocation = REVOCATION_OFF;
	return scene_judge(&w->scene, &request);
}

bool path_world_found(const struct path_world *w, enum finding_code code) {
	return finding_has(&w->scene.result.findings, code);
}
