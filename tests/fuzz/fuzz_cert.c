/* Any bytes given as evidence and judged as the target of a path, with themselves as the only trust. */
#include "validator/validator.h"

#include "base/digest.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct validator *v;
	if (!v) {
		digest_init();
		v = validator_new(NULL, 0, NULL);
		if (!v) return 0;
	}
	/* the first bytes say where the target ends and the evidence begins */
	if (size < 3) return 0;
	size_t split = ((size_t)data[0] << 8 | data[1]) % (size - 2);
	struct val_blob parts[] = {{data + 2, split}, {data + 2 + split, size - 2 - split}, {data + 2, size - 2}};
	struct val_request request = {.document = parts[0], .at = (utime)1780000000 * UTIME_SECOND, .evidence = parts,
				      .evidence_count = sizeof parts / sizeof *parts};
	validator_add_trust(v, parts[1].data, parts[1].len);
	json_decref(validator_judge_path(v, &request));
	return 0;
}
