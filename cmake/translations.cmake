# archiver/po/LANGUAGE.po becomes build/locale/LANGUAGE/LC_MESSAGES/ltvault.mo, where the program finds it before it is
# installed, and goes to the usual place.
find_program(MSGFMT msgfmt)
if(NOT MSGFMT)
  message(FATAL_ERROR "msgfmt (gettext) is needed")
endif()
set(catalogues)
foreach(language vi)
  set(po ${CMAKE_SOURCE_DIR}/archiver/po/${language}.po)
  set(mo ${CMAKE_BINARY_DIR}/locale/${language}/LC_MESSAGES/ltvault.mo)
  add_custom_command(OUTPUT ${mo}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/locale/${language}/LC_MESSAGES
    COMMAND ${MSGFMT} --check-format -o ${mo} ${po} DEPENDS ${po})
  list(APPEND catalogues ${mo})
  install(FILES ${mo} DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/${language}/LC_MESSAGES)
endforeach()
add_custom_target(translations ALL DEPENDS ${catalogues})
target_compile_definitions(ltv_archiver PRIVATE LTVAULT_BUILD_LOCALEDIR="${CMAKE_BINARY_DIR}/locale")
