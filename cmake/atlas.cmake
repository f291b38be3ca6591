# The few words the build files are written in.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
    # Paths below the checkout count as relative, so that every clone and build folder shares one cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

add_library(atlas_warnings INTERFACE)
target_compile_options(atlas_warnings INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror>)

if(ATLAS_SANITIZE)
    # Without the check of virtual tables: it looks at memory through a pipe, and in the test that runs out of
    # descriptors it finds none and calls sound objects broken.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined
        -fno-omit-frame-pointer)
    # At a fixed address, because every test is a process, and a movable one begins with millions of
    # relocations; by gold, which takes half the time of ld.
    add_link_options(-fsanitize=address,undefined -no-pie -fuse-ld=gold)
endif()

# The target CURL::libcurl.
macro(atlas_find_curl)
    if(ATLAS_CURL)
        add_library(CURL::libcurl STATIC IMPORTED)
        set_target_properties(CURL::libcurl PROPERTIES
            IMPORTED_LOCATION ${ATLAS_CURL}/lib/libcurl.a
            INTERFACE_INCLUDE_DIRECTORIES ${ATLAS_CURL}/include
            INTERFACE_LINK_LIBRARIES "nghttp2;OpenSSL::SSL;Threads::Threads")
    else()
        find_package(CURL REQUIRED)
    endif()
endmacro()

# Adds a folder once it has a build file.
function(atlas_add_folder folder)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
        add_subdirectory(${folder})
    endif()
endfunction()

# atlas_library(audio SOURCES a.cpp b.cpp LINKS atlas_net PRIVATE_LINKS nlohmann_json::nlohmann_json)
# makes the static library atlas_audio.
function(atlas_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    add_library(atlas_${name} STATIC ${ARG_SOURCES})
    target_include_directories(atlas_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(atlas_${name} PUBLIC ${ARG_LINKS} PRIVATE atlas_warnings ${ARG_PRIVATE_LINKS})
endfunction()

# atlas_test(audio SOURCES a_test.cpp LINKS atlas_audio) makes the test program audio_test; every test
# in it becomes a ctest entry of its own.
function(atlas_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name}_test ${ARG_SOURCES})
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name}_test PRIVATE atlas_warnings ${ARG_LINKS} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()
