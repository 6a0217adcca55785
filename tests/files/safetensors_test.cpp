// .safetensors: round trips, and one test for every way in which a file can be wrong.
#include "graph/files/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace graph::files {
namespace {

using ir::DType;

#define EXPECT_HAS(text, part) EXPECT_PRED2(has, std::string(text), std::string(part))
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("fxloom_files_" + std::to_string(::getpid()) + "_" + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string writeRaw(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  // A file with this JSON header and data.
  std::string write(const std::string& name, const std::string& header, const std::string& data = "") const {
    uint64_t length = header.size();
    std::string content(8, '\0');
    std::memcpy(content.data(), &length, 8);
    return writeRaw(name, content + header + data);
  }
  std::string problem(const std::string& file) const {
    try {
      Safetensors::open(file);
    } catch (const FileError& error) {
      EXPECT_HAS(error.what(), file + ": ");
      return error.what();
    }
    return "no error";
  }

  std::filesystem::path folder_;
};

template <class T>
TensorBytes tensor(DType dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {dtype, std::move(shape), std::as_bytes(std::span(values))};
}

TEST_F(SafetensorsTest, readsWhatItWrites) {
  std::vector<float> floats{1, 2, 3, 4, 5, 6};
  std::vector<int64_t> ints{-1, 7};
  std::vector<uint8_t> bools{1};
  writeSafetensors(path("a.safetensors"),
                   {{"weights", tensor(DType::f32, {2, 3}, floats)},
                    {"index", tensor(DType::i64, {2}, ints)},
                    {"flag", tensor(DType::b8, {}, bools)},
                    {"empty", tensor(DType::bf16, {0, 4}, std::vector<uint16_t>{})}},
                   {{"symbols", R"({"s0": 3})"}});
  auto file = Safetensors::open(path("a.safetensors"));
  ASSERT_EQ(file.tensors().size(), 4u);
  auto& weights = file.tensors().at("weights");
  EXPECT_EQ(weights.dtype, DType::f32);
  EXPECT_EQ(weights.shape, (std::vector<int64_t>{2, 3}));
  ASSERT_EQ(weights.bytes.size(), 24u);
  EXPECT_EQ(std::memcmp(weights.bytes.data(), floats.data(), 24), 0);
  EXPECT_EQ(std::memcmp(file.tensors().at("index").bytes.data(), ints.data(), 16), 0);
  EXPECT_EQ(file.tensors().at("flag").shape, std::vector<int64_t>{});
  EXPECT_EQ(file.tensors().at("empty").bytes.size(), 0u);
  EXPECT_EQ(file.metadata().at("symbols"), R"({"s0": 3})");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

TEST_F(SafetensorsTest, spansOutliveCopiesOfTheFile) {
  std::vector<float> floats{1, 2};
  writeSafetensors(path("a.safetensors"), {{"x", tensor(DType::f32, {2}, floats)}}, {});
  auto copy = [&] { return Safetensors::open(path("a.safetensors")); }();
  std::filesystem::remove(path("a.safetensors"));
  EXPECT_EQ(std::memcmp(copy.tensors().at("x").bytes.data(), floats.data(), 8), 0);
}

TEST_F(SafetensorsTest, everyDtypeThatTheFormatHas) {
  for (auto dtype : {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64, DType::i32, DType::i16, DType::i8, DType::u64, DType::u32,
                     DType::u16, DType::u8, DType::b8, DType::f8e4m3fn, DType::f8e5m2, DType::f8e8m0fnu, DType::f8e4m3fnuz}) {
    std::vector<std::byte> bytes(static_cast<size_t>(ir::itemSize(dtype)));
    writeSafetensors(path("a.safetensors"), {{"x", {dtype, {1}, bytes}}}, {});
    EXPECT_EQ(Safetensors::open(path("a.safetensors")).tensors().at("x").dtype, dtype) << ir::abbreviation(dtype);
  }
}

TEST_F(SafetensorsTest, bad_missing) { EXPECT_HAS(problem(path("bad_missing.safetensors")), "No such file"); }
TEST_F(SafetensorsTest, bad_folder) { EXPECT_HAS(problem(folder_.string()), "is a folder"); }
TEST_F(SafetensorsTest, bad_short) { EXPECT_HAS(problem(writeRaw("bad_short", "abc")), "is no safetensors file: 3 bytes"); }
TEST_F(SafetensorsTest, bad_header_length) {
  EXPECT_HAS(problem(writeRaw("bad_header_length", std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8))), "more than 100 MB");
}
TEST_F(SafetensorsTest, bad_truncated_header) {
  EXPECT_HAS(problem(writeRaw("bad_truncated", std::string("\x10\0\0\0\0\0\0\0", 8) + "{}")),
             "is truncated: its header needs 16 bytes, 2 are there");
}
TEST_F(SafetensorsTest, bad_json) { EXPECT_HAS(problem(write("bad_json", "{nope")), "its header is no JSON object"); }
TEST_F(SafetensorsTest, bad_json_array) { EXPECT_HAS(problem(write("bad_json_array", "[]")), "its header is no JSON object"); }
TEST_F(SafetensorsTest, bad_depth) { EXPECT_HAS(problem(write("bad_depth", std::string(100'000, '['))), "nested too deeply"); }
TEST_F(SafetensorsTest, bad_twice) {
  EXPECT_HAS(problem(write("bad_twice",
                           R"({"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[],"data_offsets":[4,8]}})",
                           "12345678")),
             "has 'x' twice");
}
TEST_F(SafetensorsTest, bad_entry) { EXPECT_HAS(problem(write("bad_entry", R"({"x":1})")), "tensor 'x': is no object"); }
TEST_F(SafetensorsTest, bad_no_dtype) {
  EXPECT_HAS(problem(write("bad_no_dtype", R"({"x":{"shape":[],"data_offsets":[0,4]}})", "1234")), "tensor 'x': has no dtype");
}
TEST_F(SafetensorsTest, bad_dtype) {
  EXPECT_HAS(problem(write("bad_dtype", R"({"x":{"dtype":"F33","shape":[],"data_offsets":[0,4]}})", "1234")), "unknown dtype 'F33'");
}
TEST_F(SafetensorsTest, bad_no_shape) {
  EXPECT_HAS(problem(write("bad_no_shape", R"({"x":{"dtype":"F32","data_offsets":[0,4]}})", "1234")), "tensor 'x': has no shape");
}
TEST_F(SafetensorsTest, bad_shape) {
  for (auto* shape : {"[-1]", "[1.5]", "[\"2\"]", "[18446744073709551615]"})
    EXPECT_HAS(problem(write("bad_shape", std::string(R"({"x":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,4]}})", "1234")),
               "an item that is no size")
        << shape;
}
TEST_F(SafetensorsTest, bad_no_offsets) {
  for (auto* offsets : {"[0]", "[0,-4]", "{}", "[0,\"4\"]"})
    EXPECT_HAS(problem(write("bad_no_offsets", std::string(R"({"x":{"dtype":"F32","shape":[],"data_offsets":)") + offsets + "}}", "1234")),
               "has no data_offsets")
        << offsets;
}
TEST_F(SafetensorsTest, bad_out_of_range) {
  EXPECT_HAS(problem(write("bad_out_of_range", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234")),
             "outside the data (4 bytes)");
  EXPECT_HAS(problem(write("bad_out_of_range", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "1234")), "outside the data");
}
TEST_F(SafetensorsTest, bad_byte_count) {
  EXPECT_HAS(problem(write("bad_byte_count", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234")),
             "has 4 bytes, its shape and dtype need 8");
}
TEST_F(SafetensorsTest, bad_overflow) {
  EXPECT_HAS(problem(write("bad_overflow", R"({"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})")),
             "more than there can be");
}
TEST_F(SafetensorsTest, bad_overlap) {
  EXPECT_HAS(problem(write("bad_overlap",
                           R"({"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                           "1234")),
             "tensors 'x' and 'y' overlap");
}
TEST_F(SafetensorsTest, bad_metadata) {
  EXPECT_HAS(problem(write("bad_metadata", R"({"__metadata__":[]})")), "its __metadata__ is no object");
  EXPECT_HAS(problem(write("bad_metadata", R"({"__metadata__":{"a":1}})")), "its __metadata__ 'a' is no string");
}

std::string writeProblem(const std::string& path, const std::vector<std::pair<std::string, TensorBytes>>& tensors) {
  try {
    writeSafetensors(path, tensors, {});
  } catch (const FileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(SafetensorsTest, bad_write_complex) {
  std::vector<double> values{1, 2};
  EXPECT_HAS(writeProblem(path("x"), {{"z", {DType::c128, {1}, std::as_bytes(std::span(values))}}}),
             "tensor 'z' is c128, which has no safetensors type");
  EXPECT_FALSE(std::filesystem::exists(path("x")));
}
TEST_F(SafetensorsTest, bad_write_twice) {
  std::vector<uint8_t> values{1};
  EXPECT_HAS(writeProblem(path("x"), {{"z", tensor(DType::u8, {1}, values)}, {"z", tensor(DType::u8, {1}, values)}}),
             "tensor 'z' is given twice");
}
TEST_F(SafetensorsTest, bad_write_size) {
  std::vector<uint8_t> values{1};
  EXPECT_HAS(writeProblem(path("x"), {{"z", tensor(DType::u8, {2}, values)}}), "tensor 'z' has 1 bytes, not those of its shape");
}
TEST_F(SafetensorsTest, bad_write_place) { EXPECT_HAS(writeProblem(path("no/such/folder/x"), {}), "cannot be written: No such file"); }

TEST_F(SafetensorsTest, replacingAFileIsAtomic) {
  writeFileAtomically(path("out.txt"), "first");
  writeFileAtomically(path("out.txt"), "second");
  std::ifstream file(path("out.txt"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "second");
  EXPECT_THROW(writeFileAtomically(folder_.string(), "text"), FileError) << "a folder stands there";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "a temporary file was left";
}

}  // namespace
}  // namespace graph::files
