# The built-in policy is data: its bytes become an array, so that its digest is that of the file.
set(policy_json ${CMAKE_SOURCE_DIR}/validator/policy_default.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${policy_json})
file(READ ${policy_json} policy_hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," policy_bytes "${policy_hex}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/policy_default.inc CONTENT "${policy_bytes}\n")
target_include_directories(ltv_validator PRIVATE ${CMAKE_BINARY_DIR}/generated)
