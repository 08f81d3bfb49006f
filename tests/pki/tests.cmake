# The test PKI, the sample documents and the responders (docs/test-pki.md). For developers only, never installed.
set(pki_dir ${CMAKE_CURRENT_LIST_DIR})
add_library(ltv_testpki STATIC ${pki_dir}/tool.c ${pki_dir}/profiles.c ${pki_dir}/cert_make.c ${pki_dir}/status_make.c
  ${pki_dir}/cms_sign.c)
target_compile_definitions(ltv_testpki PUBLIC TESTPKI_KEYS="${pki_dir}/keys")
target_link_libraries(ltv_testpki PUBLIC ltv_base)

add_executable(ltv-testpki ${pki_dir}/testpki.c ${pki_dir}/bulk.c ${pki_dir}/large.c ${pki_dir}/many.c ${pki_dir}/samples.c ${pki_dir}/samples_write.c
  ${pki_dir}/sidecar.c ${pki_dir}/pdf_writer.c ${pki_dir}/pdf_font.c ${pki_dir}/pdf_sign.c)
target_link_libraries(ltv-testpki PRIVATE ltv_testpki PkgConfig::JANSSON)

add_executable(ltv-testresponders ${pki_dir}/testresponders.c ${pki_dir}/http_server.c
  ${pki_dir}/misbehave.c)
target_link_libraries(ltv-testresponders PRIVATE ltv_testpki OpenSSL::SSL)

add_executable(ltv-testexpect ${pki_dir}/testexpect.c)
target_link_libraries(ltv-testexpect PRIVATE ltv_testpki PkgConfig::JANSSON)

# Made once a build for every test that wants a signed document: TEST_BINARY_DIR "/testpki/samples/15-QD-UBND.pdf".
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/testpki/expected.tsv
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${CMAKE_BINARY_DIR}/testpki
  COMMAND ltv-testpki make ${CMAKE_BINARY_DIR}/testpki
  DEPENDS ltv-testpki)
add_custom_target(testpki-samples ALL DEPENDS ${CMAKE_BINARY_DIR}/testpki/expected.tsv)

foreach(what same table qpdf pdfsig text openssl responders)
  add_test(NAME pki-${what} COMMAND ${pki_dir}/check.sh ${what} $<TARGET_FILE_DIR:ltv-testpki> ${CMAKE_BINARY_DIR}/pki-tests)
  set_tests_properties(pki-${what} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)
endforeach()

# Tests of the archiver that ask the responders.
foreach(target archiver-tsa)
  if(TARGET ${target})
    add_dependencies(${target} ltv-testresponders ltv-testpki)
  endif()
endforeach()

# Every answer of expected.tsv, from the program itself.
if(TARGET ltvault)
  add_test(NAME pki-expected COMMAND ltv-testexpect $<TARGET_FILE:ltvault> ${CMAKE_BINARY_DIR}/testpki)
  add_test(NAME pki-live COMMAND ${pki_dir}/check.sh live $<TARGET_FILE_DIR:ltv-testpki> ${CMAKE_BINARY_DIR}/pki-tests
    $<TARGET_FILE:ltvault>)
  add_test(NAME pki-copies COMMAND ${pki_dir}/check.sh copies $<TARGET_FILE_DIR:ltv-testpki> ${CMAKE_BINARY_DIR}/pki-tests
    $<TARGET_FILE:ltvault>)
  set_tests_properties(pki-copies PROPERTIES SKIP_RETURN_CODE 77)
  set_tests_properties(pki-expected pki-live pki-copies PROPERTIES TIMEOUT 300)
endif()
