// YAML through libfyaml's events: the tree, its places and every refusal are ours.
#include "spec/yaml.h"

#include <libfyaml.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>

namespace freight {
namespace {

// Bytes of the well-formed UTF-8 character that `text` begins with, 0 when there is none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// libfyaml must only see text: it takes NUL for the end and its reports on broken UTF-8 have no place.
bool CheckText(std::string_view text, Findings* findings) {
  Span at{1, 1, 1};
  for (size_t i = 0; i < text.size();) {
    const size_t bytes = CharacterBytes(text.substr(i));
    if (bytes == 0) {
      findings->Error(kCodeSyntax, at, "the file is not valid UTF-8", "save it as UTF-8");
      return false;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7F) {
      findings->Error(kCodeSyntax, at, fmt::format("control byte 0x{:02x} in the file", byte),
                      "write it as an escape inside double quotes");
      return false;
    }
    i += bytes;
    ++at.column;
    if (byte == '\n') at = {at.line + 1, 1, 1};
  }
  return true;
}

struct Closer {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

std::string TokenText(fy_token* token) {
  size_t length = 0;
  const char* text = token ? fy_token_get_text(token, &length) : nullptr;
  return text ? std::string(text, length) : "";
}

// Builds the tree from events, one frame per open list or map: no recursion, whatever the input.
class TreeBuilder {
 public:
  TreeBuilder(const YamlLimits& limits, Findings* findings) : limits_(limits), findings_(findings) {}

  // False: stop reading.
  bool Take(fy_event* event);
  std::optional<YamlNode> root() { return std::move(root_); }
  int documents() const { return documents_; }

 private:
  struct Frame {
    YamlNode node;
    std::string anchor;
    std::optional<YamlEntry> pending;  // a key whose value comes next
    std::unordered_map<std::string, int32_t> line_of_key;
  };
  struct Size {
    int64_t nodes = 1, depth = 0;
  };
  struct Anchored {
    YamlNode node;
    Size size;
  };

  bool Stop(const char* code, Span at, std::string message, std::string help = "") {
    findings_->Error(code, at, std::move(message), std::move(help));
    return false;
  }
  Span SpanOf(fy_event* event, fy_token* token);
  bool CheckTag(fy_token* tag, Span at);
  bool Scalar(fy_event* event);
  bool Alias(fy_event* event);
  bool Open(YamlNode::Kind kind, Span at, fy_token* anchor, fy_token* tag);
  bool Close();
  bool Add(YamlNode node, const std::string& anchor);
  bool AddKey(Frame* frame, const YamlNode& node);
  bool CountNodes(int64_t nodes, Span at);
  bool CheckDepth(int64_t levels, Span at);
  static Size SizeOf(const YamlNode& node);

  const YamlLimits limits_;
  Findings* const findings_;
  std::vector<Frame> frames_;
  std::map<std::string, Anchored> anchors_;
  std::optional<YamlNode> root_;
  Span last_;  // an absent value stands where the token before it did
  int64_t nodes_ = 0;
  int documents_ = 0;
};

Span TreeBuilder::SpanOf(fy_event* event, fy_token* token) {
  const fy_mark* start = token ? fy_token_start_mark(token) : fy_event_start_mark(event);
  const fy_mark* end = token ? fy_token_end_mark(token) : nullptr;
  if (!start) return last_;
  Span span{start->line + 1, start->column + 1, 1};
  if (end && end->line == start->line) span.width = std::max(1, end->column - start->column);
  // libfyaml's marks of a quoted scalar leave its quotes out; the caret covers them.
  const fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
  if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) {
    span.column = std::max(1, span.column - 1);
    if (end && end->line == start->line) span.width = end->column - start->column + 2;
  }
  last_ = span;
  return span;
}

bool TreeBuilder::Take(fy_event* event) {
  switch (event->type) {
    case FYET_DOCUMENT_START:
      if (++documents_ == 1) return true;
      return Stop(kCodeSyntax, SpanOf(event, event->document_start.document_start), "a second document begins here",
                  "keep one document per file");
    case FYET_MAPPING_START: {
      const auto& map = event->mapping_start;
      return Open(YamlNode::Kind::kMap, SpanOf(event, map.mapping_start), map.anchor, map.tag);
    }
    case FYET_SEQUENCE_START: {
      const auto& list = event->sequence_start;
      return Open(YamlNode::Kind::kList, SpanOf(event, list.sequence_start), list.anchor, list.tag);
    }
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: return Close();
    case FYET_SCALAR: return Scalar(event);
    case FYET_ALIAS: return Alias(event);
    default: return true;
  }
}

bool TreeBuilder::CheckTag(fy_token* tag, Span at) {
  if (!tag) return true;
  return Stop(kCodeSyntax, at, "tags such as !!str are not supported",
              "write the value without a tag, in quotes if it is a string");
}

bool TreeBuilder::Scalar(fy_event* event) {
  const auto& scalar = event->scalar;
  YamlNode node;
  node.text = TokenText(scalar.value);
  // An empty value has a token without a mark; an absent one has none at all.
  const bool absent = !scalar.value || !fy_token_start_mark(scalar.value);
  node.span = absent ? last_ : SpanOf(event, scalar.value);
  node.plain = absent || fy_token_scalar_style(scalar.value) == FYSS_PLAIN;
  return CheckTag(scalar.tag, node.span) && CountNodes(1, node.span) && Add(std::move(node), TokenText(scalar.anchor));
}

bool TreeBuilder::Alias(fy_event* event) {
  const Span at = SpanOf(event, event->alias.anchor);
  const std::string name = TokenText(event->alias.anchor);
  for (const Frame& frame : frames_) {
    if (frame.anchor == name) {
      return Stop(kCodeSyntax, at, fmt::format("alias \"{}\" stands inside what it names", name),
                  "write the value out; a file cannot contain itself");
    }
  }
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) return Stop(kCodeSyntax, at, fmt::format("alias \"{}\" names no anchor", name));
  const Size& size = found->second.size;
  if (!CountNodes(size.nodes, at) || !CheckDepth(size.depth, at)) return false;
  YamlNode copy = found->second.node;
  return Add(std::move(copy), "");
}

bool TreeBuilder::CountNodes(int64_t nodes, Span at) {
  nodes_ += nodes;
  if (nodes_ <= limits_.nodes_max) return true;
  return Stop(kCodeTooLarge, at, fmt::format("more than {} values in one file", limits_.nodes_max),
              "split the file, or write repeated parts without aliases");
}

bool TreeBuilder::CheckDepth(int64_t levels, Span at) {
  if (static_cast<int64_t>(frames_.size()) + levels <= kYamlDepthMax) return true;
  return Stop(kCodeTooLarge, at, fmt::format("more than {} levels of lists and maps", kYamlDepthMax));
}

bool TreeBuilder::Open(YamlNode::Kind kind, Span at, fy_token* anchor, fy_token* tag) {
  if (!CheckTag(tag, at) || !CountNodes(1, at)) return false;
  if (!CheckDepth(1, at)) return false;
  Frame frame;
  frame.node.kind = kind;
  frame.node.span = at;
  frame.anchor = TokenText(anchor);
  frames_.push_back(std::move(frame));
  return true;
}

bool TreeBuilder::Close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  return Add(std::move(frame.node), frame.anchor);
}

TreeBuilder::Size TreeBuilder::SizeOf(const YamlNode& node) {
  Size size;
  const auto add = [&size](const YamlNode& child) {
    const Size inner = SizeOf(child);
    size.nodes += inner.nodes;
    size.depth = std::max(size.depth, inner.depth);
  };
  for (const YamlNode& item : node.items) add(item);
  for (const YamlEntry& entry : node.entries) add(entry.value);
  if (node.kind != YamlNode::Kind::kScalar) ++size.depth;
  return size;
}

bool TreeBuilder::Add(YamlNode node, const std::string& anchor) {
  if (!anchor.empty()) {
    const Size size = SizeOf(node);
    if (!CountNodes(size.nodes, node.span)) return false;  // the copy kept for aliases counts too
    anchors_[anchor] = {node, size};
  }
  if (frames_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == YamlNode::Kind::kList) {
    frame.node.items.push_back(std::move(node));
    return true;
  }
  if (!frame.pending) return AddKey(&frame, node);
  YamlEntry entry = std::move(*frame.pending);
  frame.pending.reset();
  const auto [first, is_new] = frame.line_of_key.emplace(entry.key, entry.span.line);
  if (!is_new) {
    findings_->Error(kCodeDuplicateKey, entry.span, fmt::format("key \"{}\" stands here a second time", entry.key),
                     fmt::format("it was first set in line {}; keep one", first->second));
    return true;
  }
  entry.value = std::move(node);
  frame.node.entries.push_back(std::move(entry));
  return true;
}

bool TreeBuilder::AddKey(Frame* frame, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) {
    return Stop(kCodeSyntax, node.span, "a list or map cannot be a key",
                "put \"...\" around text that begins with [ or {");
  }
  if (node.plain && node.text == "<<") {
    return Stop(kCodeSyntax, node.span, "merge keys are not supported", "write the keys out");
  }
  if (node.plain && node.text.empty()) return Stop(kCodeSyntax, node.span, "a key is missing before this \":\"");
  if (frame->node.entries.empty()) frame->node.span = node.span;  // a block map begins with its first key
  frame->pending = YamlEntry{node.text, node.span, {}};
  return true;
}

// The library's own words, lower case, at its place.
void ReportSyntax(fy_diag* diag, Findings* findings) {
  void* cursor = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag, &cursor);
  if (!error || !error->msg) {
    findings->Error(kCodeSyntax, {1, 1, 1}, "this is not YAML");
    return;
  }
  std::string message = error->msg;
  std::string help;
  if (message.find("tab") != std::string::npos) help = "indent with spaces";
  if (message.find("closing quote") != std::string::npos) help = "close the quote that opens here";
  findings->Error(kCodeSyntax, {std::max(1, error->line), std::max(1, error->column), 1}, std::move(message),
                  std::move(help));
}

std::optional<YamlNode> ParseEvents(std::string_view text, const YamlLimits& limits, Findings* findings) {
  fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.output_fn = [](fy_diag*, void*, const char*, size_t) {};  // nothing may reach stderr
  const std::unique_ptr<fy_diag, Closer> diag(fy_diag_create(&diag_config));
  FREIGHT_ASSERT(diag != nullptr);
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
  config.diag = diag.get();
  const std::unique_ptr<fy_parser, Closer> parser(fy_parser_create(&config));
  FREIGHT_ASSERT(parser != nullptr);
  FREIGHT_ASSERT(fy_parser_set_string(parser.get(), text.data(), text.size()) == 0);

  const int64_t errors_before = findings->errors();
  TreeBuilder builder(limits, findings);
  bool ended = false;
  while (fy_event* event = fy_parser_parse(parser.get())) {
    ended = event->type == FYET_STREAM_END;
    const bool go_on = builder.Take(event);
    fy_parser_event_free(parser.get(), event);
    if (!go_on) return std::nullopt;
    if (ended) break;
  }
  if (!ended || fy_parser_get_stream_error(parser.get())) {
    ReportSyntax(diag.get(), findings);
    return std::nullopt;
  }
  if (findings->errors() > errors_before) return std::nullopt;
  return builder.root();
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

ScalarType TypeOfScalar(const YamlNode& scalar) {
  static const RE2 is_null("~|null|Null|NULL|");
  static const RE2 is_bool("true|True|TRUE|false|False|FALSE");
  static const RE2 is_integer("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
  static const RE2 is_float(
      R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))");
  if (!scalar.plain) return ScalarType::kString;
  if (RE2::FullMatch(scalar.text, is_null)) return ScalarType::kNull;
  if (RE2::FullMatch(scalar.text, is_bool)) return ScalarType::kBool;
  if (RE2::FullMatch(scalar.text, is_integer)) return ScalarType::kInteger;
  if (RE2::FullMatch(scalar.text, is_float)) return ScalarType::kFloat;
  return ScalarType::kString;
}

std::optional<YamlNode> ParseYaml(std::string_view text, const YamlLimits& limits, Findings* findings) {
  if (static_cast<int64_t>(text.size()) > limits.bytes_max) {
    findings->Error(kCodeTooLarge, {}, fmt::format("the file is larger than {} KiB", limits.bytes_max >> 10));
    return std::nullopt;
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (!CheckText(text, findings)) return std::nullopt;
  const int64_t errors_before = findings->errors();
  std::optional<YamlNode> root = ParseEvents(text, limits, findings);
  const bool empty = root && root->kind == YamlNode::Kind::kScalar && root->plain && root->text.empty();
  if (findings->errors() == errors_before && (!root || empty)) {
    findings->Error(kCodeSyntax, {}, "the file has no content",
                    "`freight init` writes files to start from");
    return std::nullopt;
  }
  return root;
}

}  // namespace freight
