#include "archiver/fetch.h"

const char *fetch_fault_name(enum fetch_fault fault) {
	static const char *const names[] = {
		NULL,
#define FETCH_FAULT(name, text) #name,
#include "archiver/fetch_fault.def"
#undef FETCH_FAULT
	};
	return names[fault];
}

const char *fetch_fault_text(enum fetch_fault fault) {
	static const char *const texts[] = {
		"",
#define FETCH_FAULT(name, text) text,
#include "archiver/fetch_fault.def"
#undef FETCH_FAULT
	};
	return texts[fault];
}
