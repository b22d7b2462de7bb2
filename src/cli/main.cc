// The program: builds the world (disk, terminal, signals), parses the command line and returns the exit code.
#include "cli/commands.h"
#include "io/os_error.h"
#include "io/process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace freight {
namespace {

std::atomic<int> g_stop{0};  // a signal handler has no other way to reach the run
std::atomic<bool> g_animated{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void OnStopSignal(int signal) {
  int none = 0;
  if (g_stop.compare_exchange_strong(none, signal)) return;
  // The shell's prompt shall not stand behind half a progress line.
  if (g_animated && write(STDERR_FILENO, "\n", 1) != 1) _exit(128 + signal);
  _exit(128 + signal);
}

// Only a run can stop in order; every other command ends at once, as the system does by default.
void HandleSignals(const std::string& command) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not a death half-way
  std::signal(SIGXFSZ, SIG_IGN);  // as is a file that may not grow
  if (command != "run") return;
  struct sigaction action {};
  action.sa_handler = OnStopSignal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    // A script's background job is started with SIGINT ignored: Ctrl-C is meant for what runs in front.
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

// The first file that is opened takes the number of a stream that the caller closed, and lines meant for people would
// go into it. Of what stands in here, writing to standard output fails and to standard error does nothing.
void OpenStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd) _exit(1);
  }
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Terminals that do not know their own size are taken for the usual one.
int64_t TerminalWidth(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Streams ProcessStreams(int* out_errno) {
  Streams streams;
  streams.out = [out_errno](std::string_view text) {
    const bool written = WriteAll(STDOUT_FILENO, text);
    if (!written) *out_errno = errno;
    return written;
  };
  streams.err = [](std::string_view text) { return WriteAll(STDERR_FILENO, text); };
  streams.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  streams.err_is_terminal = isatty(STDERR_FILENO) != 0;
  streams.out_width = [] { return TerminalWidth(STDOUT_FILENO); };
  streams.err_width = [] { return TerminalWidth(STDERR_FILENO); };
  return streams;
}

int ReportOutFailed(Console& console, const std::string& command, int out_errno, int code) {
  const bool writes = command == "run" || command == "init" || command == "docs";
  console.Line("error", "stdout",
               out_errno == EPIPE ? "standard output was closed before the answer was complete"
                                  : fmt::format("standard output cannot be written: {}", OsReason(out_errno)),
               writes ? fmt::format("only the answer is lost: what `freight {}` did stays done", command)
                      : "send the answer to a file or a reader that takes all of it");
  return WorstExitCode(code, kExitFailed);
}

int Main(int argc, char** argv) {
  OpenStandardStreams();
  ReturnLargeBlocks();
  const auto env = MakeDiskEnv();
  const auto parsed = ParseArguments({argv + (argc > 0 ? 1 : 0), argv + argc});
  const auto* args = std::get_if<Arguments>(&parsed);
  int out_errno = 0;
  const Streams streams = ProcessStreams(&out_errno);
  const bool color = UseColor(args ? args->color : "auto", streams.err_is_terminal, Variable);
  const bool json_lines = args != nullptr && args->log_format == "json";
  const bool animate = streams.err_is_terminal && !json_lines && Variable("TERM").value_or("dumb") != "dumb";
  Console console(streams, env.get(), color, json_lines, animate);
  if (args == nullptr) {
    const auto& error = std::get<UsageError>(parsed);
    console.Report(Fail(Reaction::kInvalid, "{}", error.message).Help(error.help));
    return kExitInvalid;
  }
  g_animated = animate;
  HandleSignals(args->command);
  Context context{*env, console, *args, Variable, &g_stop};
  const int code = RunCommand(context);
  return console.out_failed() ? ReportOutFailed(console, args->command, out_errno, code) : code;
}

}  // namespace
}  // namespace freight

int main(int argc, char** argv) { return freight::Main(argc, argv); }
