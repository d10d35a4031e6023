# Makes the report page from its parts and embeds it as a C array, so that loadgen needs no files at
# run time.  cmake -DTEMPLATE=dir -DOUT=page.c -P embed.cmake
cmake_minimum_required(VERSION 3.25)
set(uplot ${TEMPLATE}/node_modules/uplot/dist)
if(NOT EXISTS ${uplot}/uPlot.iife.min.js)
    message(FATAL_ERROR "the report's chart library is missing; run scripts/setup "
        "(or: npm ci --prefix reports/template --ignore-scripts)")
endif()

file(READ ${TEMPLATE}/page.html page)
file(READ ${TEMPLATE}/page.css css)
file(READ ${uplot}/uPlot.min.css uplot_css)
file(READ ${uplot}/uPlot.iife.min.js uplot_js)
set(script "${uplot_js}")
foreach(part histogram format charts series percentiles distribution timeline details capacity page)
    file(READ ${TEMPLATE}/${part}.js text)
    string(APPEND script "\n${text}")
endforeach()
if("${script}" MATCHES "</[sS][cC]|<!--|\r")
    message(FATAL_ERROR "a script of the report page holds text that would end it inside HTML")
endif()
string(REPLACE "@css@" "${uplot_css}\n${css}" page "${page}")
string(REPLACE "@script@" "${script}" page "${page}")

# By way of a file, as CMake's text functions know bytes only there.
file(WRITE ${OUT}.html "${page}")
file(READ ${OUT}.html hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)"
    "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "#include \"report/html.h\"\n\nconst unsigned char lg_report_page[] = {\n${bytes}\n};\n"
    "const size_t lg_report_page_bytes = sizeof lg_report_page;\n")
