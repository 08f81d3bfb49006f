# Yardsticks for ./run bench; built with everything else so that they cannot rot, run only by the benchmark.
add_executable(plain_intake ${CMAKE_CURRENT_LIST_DIR}/plain_intake.c)
target_link_libraries(plain_intake PRIVATE OpenSSL::Crypto)
add_executable(judge_speed ${CMAKE_CURRENT_LIST_DIR}/judge_speed.c)
target_link_libraries(judge_speed PRIVATE ltv_archiver)
add_executable(many_objects ${CMAKE_CURRENT_LIST_DIR}/many_objects.c)
target_link_libraries(many_objects PRIVATE ltv_archiver)
