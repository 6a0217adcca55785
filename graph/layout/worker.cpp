// The child process: spawn, feed, read, time limit, stop.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "graph/layout/layout.h"

extern char** environ;

namespace graph::layout {
namespace {

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw LayoutError(std::string("no pipe for the layout worker: ") + std::strerror(errno));
  }
  ~Pipe() { closeRead(), closeWrite(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read() const { return ends_[0]; }
  int write() const { return ends_[1]; }
  void closeRead() { close(0); }
  void closeWrite() { close(1); }

 private:
  void close(size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

/// Kills and reaps the child when it is left.
class Child {
 public:
  Child(const std::vector<std::string>& command, Pipe& in, Pipe& out, Pipe& err) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read(), 0);
    posix_spawn_file_actions_adddup2(&actions, out.write(), 1);
    posix_spawn_file_actions_adddup2(&actions, err.write(), 2);
    std::vector<char*> argv;
    for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    auto error = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
      pid_ = -1;
      throw LayoutError(fmt::format("the layout worker '{}' cannot be started: {}", command[0], std::strerror(error)));
    }
    in.closeRead(), out.closeWrite(), err.closeWrite();
  }
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

/// Moves bytes both ways until the child has closed its output.
class Exchange {
 public:
  Exchange(std::string_view input, Pipe& in, Pipe& out, Pipe& err) : rest_(input), in_(in), out_(out), err_(err) {
    ::fcntl(in.write(), F_SETFL, O_NONBLOCK);
  }

  /// False when both outputs are closed.
  bool step(int milliseconds) {
    std::array<pollfd, 3> polls{{{in_.write(), POLLOUT, 0}, {openOut_ ? out_.read() : -1, POLLIN, 0}, {openErr_ ? err_.read() : -1, POLLIN, 0}}};
    if (::poll(polls.data(), polls.size(), milliseconds) <= 0) return openOut_ || openErr_;
    if (polls[0].revents) feed();
    if (polls[1].revents) openOut_ = take(out_.read(), output);
    if (polls[2].revents) openErr_ = take(err_.read(), errors);
    return openOut_ || openErr_;
  }

  std::string output, errors;

 private:
  void feed() {
    auto n = ::write(in_.write(), rest_.data(), rest_.size());
    if (n > 0) rest_.remove_prefix(static_cast<size_t>(n));
    if (rest_.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in_.closeWrite();
  }
  static bool take(int file, std::string& into) {
    std::array<char, 65536> buffer;
    auto n = ::read(file, buffer.data(), buffer.size());
    if (n > 0) into.append(buffer.data(), static_cast<size_t>(n));
    return n > 0 || (n < 0 && errno == EINTR);
  }

  std::string_view rest_;
  Pipe &in_, &out_, &err_;
  bool openOut_ = true, openErr_ = true;
};

/// A worker that dies while we write must not kill us. Blocks SIGPIPE for this thread only.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &old_);
  }
  ~NoBrokenPipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    timespec none{};
    sigtimedwait(&set, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }

 private:
  sigset_t old_;
};

}  // namespace

Positions placeInChild(const std::string& dot, const WorkerOptions& options, const std::atomic<bool>* stop) {
  using Clock = std::chrono::steady_clock;
  auto deadline = Clock::now() + std::chrono::duration<double>(options.seconds);
  auto command = options.command;
  if (command.empty()) command = {"/proc/self/exe", "--layout-worker"};   // also right when the file was replaced meanwhile
  NoBrokenPipe guard;
  Pipe in, out, err;
  Child child(command, in, out, err);
  Exchange exchange(dot, in, out, err);
  while (exchange.step(20)) {
    if (stop && *stop) throw LayoutStopped();
    if (Clock::now() > deadline)
      throw LayoutError(fmt::format("no layout after {:g} seconds: show a smaller part (one layer, or the surroundings of a node)", options.seconds));
  }
  auto status = child.wait();
  if (WIFSIGNALED(status)) throw LayoutError(fmt::format("the layout worker crashed (signal {}); the old picture stays", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) {
    while (!exchange.errors.empty() && exchange.errors.back() == '\n') exchange.errors.pop_back();
    throw LayoutError(fmt::format("the layout worker failed (exit {}): {}", WEXITSTATUS(status), exchange.errors.empty() ? "no message" : exchange.errors));
  }
  return fromJson(exchange.output);
}

}  // namespace graph::layout
