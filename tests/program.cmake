# Tests of the built program and of the tree: the command line (cli/*.py), the results against torch (torch/*.py), the window under Xvfb,
# the rules of the tree; and the benchmarks. A script finds the program in $FXLOOM; it runs in the repository's root.
find_package(Python3 COMPONENTS Interpreter REQUIRED)

foreach(rules include_rules tree_rules message_rules)
  add_test(NAME ${rules} COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/${rules}.py)
  add_test(NAME ${rules}_self_test COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/${rules}.py --self-test)
endforeach()

if(FXLOOM_FUZZ AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/CMakeLists.txt)
  add_subdirectory(fuzz)
endif()
if(FXLOOM_SANITIZE OR FXLOOM_FUZZ OR NOT TARGET fxloom_torch)
  return()   # those builds have no LibTorch: their unit tests are all there is
endif()

add_subdirectory(torch)   # the module itself

set(program_environment "FXLOOM=$<TARGET_FILE:fxloom>" "FXLOOM_PYTHON=${FXLOOM_PYTHON}" "OMP_NUM_THREADS=2" "PYTHONDONTWRITEBYTECODE=1")

# fxloom_program_tests(FOLDER PYTHON TIMEOUT): one test for each script of FOLDER that is named *_test.py or test_*.py.
function(fxloom_program_tests folder python timeout)
  file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.py ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/test_*.py)
  foreach(script ${scripts})
    get_filename_component(name ${script} NAME_WE)
    add_test(NAME ${folder}_${name} COMMAND ${python} ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${folder}_${name} PROPERTIES TIMEOUT ${timeout} ENVIRONMENT "${program_environment}")
  endforeach()
endfunction()

fxloom_program_tests(cli ${FXLOOM_PYTHON} 300)
fxloom_program_tests(torch ${FXLOOM_PYTHON} 900)

set(smoke ${CMAKE_CURRENT_SOURCE_DIR}/gui/xvfb_smoke.sh)
find_program(XVFB_RUN xvfb-run)
if(FXLOOM_WINDOW AND XVFB_RUN AND EXISTS ${smoke})
  add_test(NAME window_xvfb COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gui/xvfb.sh ${smoke} $<TARGET_FILE:fxloom> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(window_xvfb PROPERTIES TIMEOUT 300 ENVIRONMENT "${program_environment};LIBGL_ALWAYS_SOFTWARE=1")
endif()

find_package(benchmark QUIET)
if(benchmark_FOUND)
  add_subdirectory(bench)
endif()
