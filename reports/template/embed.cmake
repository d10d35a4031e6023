# Makes the report page from its parts and embeds it as a C array, so that loadgen needs no files at
# run time.  cmake -DTEMPLATE=dir -DPAGE=page -DPARTS=a,b -DOUT=report_page.c -P embed.cmake makes
# lg_report_page of page.html, the head and the style that all pages share, page.css where there is
# one of its own, and the scripts.
cmake_minimum_required(VERSION 3.25)
set(uplot ${TEMPLATE}/node_modules/uplot/dist)
if(NOT EXISTS ${uplot}/uPlot.iife.min.js)
    message(FATAL_ERROR "the report's chart library is missing; run scripts/setup "
        "(or: npm ci --prefix reports/template --ignore-scripts)")
endif()

file(READ ${TEMPLATE}/head.html head)
string(STRIP "${head}" head)
file(READ ${TEMPLATE}/${PAGE}.html page)
string(REPLACE "@head@" "${head}" page "${page}")
file(READ ${TEMPLATE}/page.css css)
if(NOT PAGE STREQUAL page AND EXISTS ${TEMPLATE}/${PAGE}.css)
    file(READ ${TEMPLATE}/${PAGE}.css own_css)
    string(APPEND css "\n${own_css}")
endif()
string(REPLACE "," ";" PARTS "${PARTS}")
file(READ ${uplot}/uPlot.min.css uplot_css)
file(READ ${uplot}/uPlot.iife.min.js uplot_js)
set(script "${uplot_js}")
foreach(part IN LISTS PARTS)
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
get_filename_component(name ${OUT} NAME_WE)
file(WRITE ${OUT} "#include \"report/pages.h\"\n\nconst unsigned char lg_${name}[] = {\n${bytes}\n};\n"
    "const size_t lg_${name}_bytes = sizeof lg_${name};\n")
