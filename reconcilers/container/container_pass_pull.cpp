// SPDX-License-Identifier: Apache-2.0
#include "docker/image_reference.hpp"
#include "reconcilers/container/container_pass.hpp"
#include "reconcilers/plan/plan_draft.hpp"
#include "reconcilers/registry/pull_failure.hpp"

namespace berth::reconcilers {
namespace {

using base::Task;

// The digest of "nginx:1.27" among "nginx@sha256:...", as engines list what they pulled.
std::optional<std::string> digest_of(const base::Json* image, const std::string& reference) {
  const base::Json* digests = image ? base::find_path(*image, "RepoDigests") : nullptr;
  if (!digests || !digests->is_array()) return std::nullopt;
  const std::string repository = docker::familiar_repository(docker::parse_image_reference(reference).repository) + "@";
  for (const base::Json& digest : digests->get_array()) {
    const std::string text(digest.as_string());
    if (text.starts_with(repository)) return text.substr(repository.size());
  }
  return std::nullopt;
}

}  // namespace

// Credentials are opened for this one pull: another password in the Secret counts from the next one on.
Task<ContainerPass::Next> ContainerPass::pull(Plan plan) {
  const Action action = plan.actions.front();
  RegistryChoice choice;
  std::optional<base::Status> unusable;
  try {
    choice = co_await choose_registry(tools_.resources, key_.ns, container_.spec.image, container_.spec.registry_ref);
  } catch (const base::Status& status) {
    const bool sentence = status.reason() == base::Reason::NotFound || status.reason() == base::Reason::BadRequest;
    if (!sentence) throw;
    unusable = status;
  }
  if (unusable) {
    co_await keep_up(plan);
    co_return co_await report_no_registry(std::move(plan), *unusable);
  }

  const std::string request = request_of(action) + choice.mark;
  const auto refused = tools_.between.refusals.find(key_, request, tools_.clock.steady_now());
  if (refused) {
    co_await keep_up(plan);
    look_again_ = refused->again;
    co_return co_await report_pull_failure(std::move(plan), refused->error, choice);
  }
  PullRequest wanted{view_.engine, container_.spec.image, container_.spec.platform.value_or(""), choice.auth,
                     choice.mark};
  const PullState state = tools_.pulls.ask(std::move(wanted), key_, object_);
  if (state.progress != PullState::Progress::Done) co_await keep_up(plan);
  if (state.progress == PullState::Progress::Running) co_return co_await report_pulling(std::move(plan), state.said);
  if (state.progress == PullState::Progress::Done) {
    memory_.pulled = true;
    co_return Next::Again;
  }
  const PullFailure failure = explain_pull(*state.error, host(), choice.server, choice.describe());
  const base::SteadyTime now = tools_.clock.steady_now();
  look_again_ = tools_.between.refusals.add(key_, request, *state.error, now, failure.delays).again;
  co_return co_await report_pull_failure(std::move(plan), *state.error, choice);
}

// Later and later, whether it starts or not: one that ends at once would be started without end. That it does not start
// is told by an Event, and is no reason not to go on with the image.
Task<void> ContainerPass::keep_up(const Plan& plan) {
  if (!plan.meanwhile) co_return;
  const std::string request = request_of(*plan.meanwhile);
  const base::SteadyTime now = tools_.clock.steady_now();
  if (tools_.between.starts_meanwhile.find(key_, request, now)) co_return;
  std::exception_ptr error;
  try {
    auto places = co_await tools_.actions.take_turn(*view_.engine, container_, *plan.meanwhile);
    if (!outdated()) co_await perform(*plan.meanwhile, std::move(places));
  } catch (...) {
    error = std::current_exception();
  }
  const base::Status end = error ? base::to_status(error) : base::Status(base::Reason::Conflict, "it was started");
  tools_.between.starts_meanwhile.add(key_, request, end, now, {});
}

Task<ContainerPass::Next> ContainerPass::report_pulling(Plan plan, const std::string& how_far) {
  if (!plan.subject_id.empty()) {  // what stands goes on as it is meanwhile
    announce(plan);
    if (unsaved_) co_await write(container_.status);
    co_return Next::Wait;
  }
  plan.phase = "Pulling";
  const std::string far = how_far.empty() ? "" : ": " + how_far;
  plan.ready = {Truth::False, "Pulling", "image " + container_.spec.image + " is pulled" + far};
  co_await report(plan);
  co_return Next::Wait;
}

Task<ContainerPass::Next> ContainerPass::report_pull_failure(Plan plan, const base::Status& error,
                                                             const RegistryChoice& choice) {
  PullFailure failure = explain_pull(error, host(), choice.server, choice.describe());
  plan.ready = {Truth::False, std::move(failure.reason), std::move(failure.message)};
  plan.image = plan.ready;
  if (plan.subject_id.empty()) plan.phase = "Pending";
  plan.ended = false;
  co_await report(plan);
  co_return Next::Wait;
}

// Its Registry wakes it.
Task<ContainerPass::Next> ContainerPass::report_no_registry(Plan plan, const base::Status& error) {
  tools_.pulls.forget(key_);
  plan.ready = {Truth::False, "RegistryNotUsable", error.message()};
  plan.references = plan.ready;
  if (plan.subject_id.empty()) plan.phase = "Pending";
  co_await report(plan);
  co_return Next::Wait;
}

// An engine has one image for each tag, of whatever platform it was pulled for, and lists do not tell which.
Task<bool> ContainerPass::is_for_platform(std::string image) {
  const std::string wanted = container_.spec.platform.value_or("");
  if (wanted.empty()) co_return true;
  const base::Json found = co_await view_.engine->client().inspect_image(std::move(image));
  co_return docker::is_for_platform(found, wanted);
}

// On record before anything is made from it: it goes out with the intent of the next action.
Task<void> ContainerPass::pin(Action action, Plan plan) {
  const bool fits = co_await is_for_platform(action.subject);
  if (!fits) {
    memory_.other_platform = action.subject;
    co_return;
  }
  schemas::ContainerImageStatus image;
  image.ref = container_.spec.image;
  image.platform = container_.spec.platform;
  image.id = action.subject;
  image.digest = digest_of(view_.snapshot->image(action.subject), container_.spec.image);
  container_.status.image = image;
  const auto& annotations = container_.metadata.annotations;
  const auto token = annotations.find(kRedeployAnnotation);
  if (token != annotations.end()) {
    if (!container_.status.handled) container_.status.handled.emplace();
    container_.status.handled->redeployed_at = token->second;
  }
  if (plan.subject_id.empty()) plan.phase = "Creating";
  container_.status = status_of(plan);
  unsaved_ = true;
}

}  // namespace berth::reconcilers
