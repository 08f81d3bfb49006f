# What `cmake --install` puts where: program, manual pages, translations (translations.cmake), the night's wrapper, systemd
# units; crontab and a configuration with every default as examples.
install(TARGETS ltvault RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(LTVAULT_PROGRAM ${CMAKE_INSTALL_FULL_BINDIR}/ltvault)
set(LTVAULT_NIGHTLY ${CMAKE_INSTALL_FULL_LIBEXECDIR}/ltvault/ltvault-nightly)
foreach(file ltvault-nightly crontab ltvault.service)
  configure_file(${CMAKE_SOURCE_DIR}/cron/${file}.in ${CMAKE_BINARY_DIR}/cron/${file} @ONLY)
endforeach()
install(PROGRAMS ${CMAKE_BINARY_DIR}/cron/ltvault-nightly DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/ltvault)
install(FILES ${CMAKE_BINARY_DIR}/cron/ltvault.service ${CMAKE_SOURCE_DIR}/cron/ltvault.timer
  DESTINATION lib/systemd/system)
install(FILES ${CMAKE_BINARY_DIR}/cron/crontab DESTINATION ${CMAKE_INSTALL_DOCDIR})

# One manual page a command and one of the program, made by the program from the tables that make its help.
file(STRINGS ${CMAKE_SOURCE_DIR}/archiver/commands.def command_rows REGEX "^COMMAND\\(")
set(pages ${CMAKE_BINARY_DIR}/man/ltvault.1)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/man/ltvault.1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
  COMMAND ltvault --manual > ${CMAKE_BINARY_DIR}/man/ltvault.1 DEPENDS ltvault)
foreach(row ${command_rows})
  string(REGEX REPLACE "^COMMAND\\(([a-z_]+).*" "\\1" name ${row})
  string(REPLACE "_" "-" name ${name})
  set(page ${CMAKE_BINARY_DIR}/man/ltvault-${name}.1)
  add_custom_command(OUTPUT ${page}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
    COMMAND ltvault --manual ${name} > ${page} DEPENDS ltvault)
  list(APPEND pages ${page})
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/archiver/commands.def)
add_custom_target(manual ALL DEPENDS ${pages})
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/ltvault.conf
  COMMAND ltvault --settings > ${CMAKE_BINARY_DIR}/ltvault.conf DEPENDS ltvault)
add_custom_target(settings ALL DEPENDS ${CMAKE_BINARY_DIR}/ltvault.conf)
install(FILES ${CMAKE_BINARY_DIR}/ltvault.conf DESTINATION ${CMAKE_INSTALL_DOCDIR})
