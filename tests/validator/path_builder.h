/* A path of three for tests of path validation. */
#ifndef LTVAULT_TESTS_PATH_BUILDER_H
#define LTVAULT_TESTS_PATH_BUILDER_H

#include "tests/validator/cert_builder.h"

#define AT "2026-06-01T00:00:00Z"
#define GENERAL SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE
#define CA_BC "basicConstraints", "critical,CA:TRUE"
#define CA_KU "keyUsage", "critical,keyCertSign,cRLSign"

extern const char *const ca_extensions[], *const ee_extensions[];

/* Root (anchor), CA, EE; revocation is off, so that the path alone is judged. */
struct path_world {
	struct scene scene;
	struct made root, ca, ee;
};

struct cert_plan path_root_plan(void);
/* What a plan (NULL: an empty one) leaves open is as it should be. */
void path_world_open(struct path_world *world, const struct cert_plan *ca, const struct cert_plan *ee);
void path_world_close(struct path_world *world);
enum sub_indication path_world_judge(struct path_world *world, const char *at);
bool path_world_found(const struct path_world *world, enum finding_code code);

#endif
