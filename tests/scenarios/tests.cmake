# The program as a whole, from the command line.
if(TARGET ltvault AND TARGET ltv-testpki)
  add_test(NAME scenario-bad-input
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/bad-input.sh $<TARGET_FILE:ltvault> $<TARGET_FILE:ltv-testpki>)
  set_tests_properties(scenario-bad-input PROPERTIES TIMEOUT 120)
endif()
