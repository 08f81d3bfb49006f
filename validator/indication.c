#include "validator/indication.h"

#include <stddef.h>

const char *indication_total_name(enum indication i) {
	static const char *const names[] = {"NO-SIGNATURE", "TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"};
	return names[i];
}

const char *indication_name(enum indication i) {
	static const char *const names[] = {"NO-SIGNATURE", "PASSED", "INDETERMINATE", "FAILED"};
	return names[i];
}

const char *sub_indication_name(enum sub_indication s) {
	static const char *const names[SUB_INDICATIONS] = {
		NULL,
#define SUB_INDICATION(name) #name,
#include "validator/indication.def"
#undef SUB_INDICATION
	};
	return names[s];
}
