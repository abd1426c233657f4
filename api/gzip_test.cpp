// SPDX-License-Identifier: Apache-2.0
// Who gets gzip: whoever asks, for bodies of 128 KiB and more.
#include "base/gzip.hpp"

#include "api/server_testing.hpp"

namespace berth::api::testing {
namespace {

const std::string kMaps = "/api/v1/namespaces/default/configmaps";
const HeaderList kGzip{{"Accept-Encoding", "gzip"}};

class Gzip : public ServerTest {
 protected:
  Gzip() {
    start();
    client_.emplace(admin());
  }
  void create(const std::string& name, std::size_t size) {
    const std::string body = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                             R"("},"data":{"k":")" + std::string(size, 'x') + "\"}}";
    ASSERT_EQ(client_->send("POST", kMaps, body).status, 201);
  }
  // Asked for with gzip and without, the same bytes come.
  void expect_zipped(const std::string& target, const HeaderList& more = {}) {
    SCOPED_TRACE(target);
    const base::HttpResponse plain = client_->get(target, more);
    EXPECT_EQ(plain.status, 200);
    EXPECT_FALSE(plain.headers.has("Content-Encoding"));
    HeaderList headers = kGzip;
    headers.insert(headers.end(), more.begin(), more.end());
    const base::HttpResponse zipped = client_->get(target, headers);
    EXPECT_EQ(zipped.status, 200);
    EXPECT_EQ(zipped.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(zipped.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(zipped.headers.get("Content-Type"), plain.headers.get("Content-Type"));
    EXPECT_LT(zipped.body.size(), plain.body.size() / 2);
    EXPECT_EQ(base::gunzip(zipped.body, plain.body.size()), plain.body);
  }

  std::optional<Client> client_;
};

TEST_F(Gzip, LargeObjectsAndListsAreZippedForWhoeverAsks) {
  for (int i = 0; i < 8; ++i) create("m" + std::to_string(i), 150'000);
  expect_zipped(kMaps);
  expect_zipped(kMaps + "/m1");
  expect_zipped(kMaps + "/m1?pretty=true");
  expect_zipped(kMaps, {{"Accept", "application/yaml"}});
  expect_zipped(kMaps + "?includeObject=Object", {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  EXPECT_FALSE(client_->get(kMaps, {{"Accept-Encoding", "gzip;q=0"}}).headers.has("Content-Encoding"));
}

TEST_F(Gzip, SmallBodiesAndWatchesAreNot) {
  create("small", 10);
  create("almost", 100'000);
  EXPECT_FALSE(client_->get(kMaps + "/small", kGzip).headers.has("Content-Encoding"));
  const base::HttpResponse list = client_->get(kMaps, kGzip);
  EXPECT_FALSE(list.headers.has("Content-Encoding"));
  EXPECT_EQ(list.body, client_->get(kMaps).body);
  create("large", 200'000);
  EXPECT_FALSE(admin().begin(kMaps + "?watch=true", kGzip).headers.has("Content-Encoding"));
}

TEST_F(Gzip, AListJustAtTheThresholdIsWhole) {
  create("m", 1);
  const std::size_t around = client_->get(kMaps).body.size();
  for (const std::size_t total : {128 * 1024 - 1, 128 * 1024, 128 * 1024 + 1}) {
    ASSERT_EQ(client_->send("DELETE", kMaps + "/m").status, 200);
    create("m", total - around + 1);
    const std::string plain = client_->get(kMaps).body;
    const base::HttpResponse asked = client_->get(kMaps, kGzip);
    const bool zipped = asked.headers.has("Content-Encoding");
    EXPECT_EQ(zipped ? base::gunzip(asked.body, plain.size()) : asked.body, plain) << total;
    EXPECT_EQ(zipped, plain.size() >= 128 * 1024) << plain.size();
  }
}

}  // namespace
}  // namespace berth::api::testing
