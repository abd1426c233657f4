// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every namespace has a ServiceAccount `default`, and a Secret with a token goes with the account that it names.
#include <optional>
#include <string>

#include "controller/reconciler.hpp"
#include "resources/resources.hpp"

namespace berth::controller {

// Makes the account `default` of each namespace that is not ending.
class DefaultAccounts : public Reconciler {
 public:
  // Outlives it.
  explicit DefaultAccounts(resources::Resources& resources) : resources_(resources) {}
  const schemas::Kind& kind() const override;  // Namespace
  base::Task<Requeue> reconcile(Key key) override;

 private:
  resources::Resources& resources_;
};

// After an account is gone: makes `default` again, and removes the Secrets with tokens of any other.
class AccountKeeper : public Reconciler {
 public:
  explicit AccountKeeper(resources::Resources& resources) : resources_(resources) {}
  const schemas::Kind& kind() const override;  // ServiceAccount
  base::Task<Requeue> reconcile(Key key) override;

 private:
  resources::Resources& resources_;
};

// Fills Secrets of type kubernetes.io/service-account-token: token, namespace, and ca.crt when there is one. One whose
// account is not there, or is another of that name, is removed.
class TokenSecrets : public Reconciler {
 public:
  // `ca` is the PEM text that clients verify the server by; "" leaves ca.crt out.
  TokenSecrets(resources::Resources& resources, std::string ca) : resources_(resources), ca_(std::move(ca)) {}
  const schemas::Kind& kind() const override;  // Secret
  base::Task<Requeue> reconcile(Key key) override;

 private:
  resources::Resources& resources_;
  std::string ca_;
};

// Fills the rules of ClusterRoles that gather others'.
class RoleAggregation : public Reconciler {
 public:
  explicit RoleAggregation(resources::Resources& resources) : resources_(resources) {}
  const schemas::Kind& kind() const override;  // ClusterRole
  base::Task<Requeue> reconcile(Key key) override;

 private:
  resources::Resources& resources_;
};

}  // namespace berth::controller
