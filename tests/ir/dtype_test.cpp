#include "graph/ir/dtype.h"

#include <gtest/gtest.h>

namespace graph::ir {
namespace {

TEST(DTypeTest, EveryTypeReadsBackFromBothNames) {
  for (int i = 0; i <= static_cast<int>(DType::b1x8); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtypeFromAbbreviation(abbreviation(dtype)), dtype) << abbreviation(dtype);
    EXPECT_EQ(dtypeFromTorchName(torchName(dtype)), dtype) << torchName(dtype);
    EXPECT_EQ(dtypeFromTorchName(torchName(dtype).substr(6)), dtype) << torchName(dtype);
    EXPECT_GT(itemSize(dtype), 0);
    EXPECT_LE(int(isFloating(dtype)) + int(isComplex(dtype)) + int(isIntegral(dtype)), 1);
  }
}

TEST(DTypeTest, SizesAndKinds) {
  EXPECT_EQ(itemSize(DType::bf16), 2);
  EXPECT_EQ(itemSize(DType::c128), 16);
  EXPECT_EQ(itemSize(DType::c32), 4);
  EXPECT_EQ(itemSize(DType::b8), 1);
  EXPECT_EQ(itemSize(DType::f4e2m1fnx2), 1);
  EXPECT_TRUE(isFloating(DType::f8e5m2));
  EXPECT_TRUE(isComplex(DType::c64));
  EXPECT_TRUE(isIntegral(DType::u64));
  EXPECT_FALSE(isIntegral(DType::b8));
  EXPECT_FALSE(isFloating(DType::c64));
}

TEST(DTypeTest, PythonAliases) {
  EXPECT_EQ(dtypeFromTorchName("torch.float"), DType::f32);
  EXPECT_EQ(dtypeFromTorchName("half"), DType::f16);
  EXPECT_EQ(dtypeFromTorchName("torch.long"), DType::i64);
  EXPECT_EQ(dtypeFromTorchName("double"), DType::f64);
  EXPECT_EQ(dtypeFromTorchName("torch.cfloat"), DType::c64);
  EXPECT_EQ(dtypeFromTorchName("torch.bool"), DType::b8);
}

TEST(DTypeTest, OtherWordsAreNoTypes) {
  for (const char* word : {"", "f", "f31", "float32", "torch.float32", "F32", "f32 "}) EXPECT_FALSE(dtypeFromAbbreviation(word)) << word;
  for (const char* word : {"", "torch.", "torch.strided", "f32", "float31", "torch.torch.float32"})
    EXPECT_FALSE(dtypeFromTorchName(word)) << word;
}

TEST(DeviceTest, ReadsAndPrints) {
  for (const char* text : {"cpu", "cuda", "cuda:0", "cuda:15", "meta", "hpu:3", "privateuseone:1"}) {
    const auto device = Device::parse(text);
    ASSERT_TRUE(device) << text;
    EXPECT_EQ(device->str(), text);
  }
  EXPECT_EQ(Device::parse("cuda:1")->index, 1);
  EXPECT_FALSE(Device::parse("cuda")->index);
  EXPECT_NE(*Device::parse("cuda"), *Device::parse("cuda:0"));
}

TEST(DeviceTest, RefusesOtherForms) {
  for (const char* text : {"", ":0", "cuda:", "cuda:-1", "cuda:x", "cuda:0x", "cuda:99999999999", "CUDA:0", "cuda 0", "0", "cuda:0:1"}) {
    EXPECT_FALSE(Device::parse(text)) << text;
  }
}

}  // namespace
}  // namespace graph::ir
