# All warnings, as errors; -Wno-missing-field-initializers because {0} and designated initialisers are the idiom here.
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
  -Wformat=2 -Wpointer-arith -Wno-missing-field-initializers)
# Assertions stay in what is installed: a defect must end the process rather than write something untrue.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
option(LTVAULT_WERROR "treat warnings as errors" ON)
if(LTVAULT_WERROR)
  add_compile_options(-Werror)
endif()
add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-Wl,-z,relro,-z,now)
