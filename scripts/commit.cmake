# Writes OUT, a C file that names the commit of the checkout SOURCE; "" where there is none or git is
# missing.  Leaves OUT alone when it says so already.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
set(commit "")
# A source archive unpacked inside another project's checkout is not that project.
get_filename_component(source ${SOURCE} REALPATH)
if(NOT failed AND top STREQUAL source)
    execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT
"#include \"measure/environment.h\"

const char lg_build_commit[] = \"@commit@\";
")
