"""The completion scripts at work: bash and zsh complete commands, flags, run ids and files."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

import support
import terminal

COMMANDS = "check completion docs help init plan quarantine run runs schema show status version".split()
COMMON = ["--color", "--help", "--log-format"]
FOLDERS = ["_dlq", "clean", "contracts", "raw"]
RUNS = "the ids of all runs"
# The words typed, the last one being completed -> what is offered.
CASES = [
    ([""], COMMANDS),
    (["ru"], ["run", "runs"]),
    (["--v"], ["--version"]),
    (["quarantine", ""], ["ls", "show"]),
    (["completion", ""], ["bash", "zsh"]),
    (["help", "st"], ["status"]),
    (["run", "--"], ["--json", "--memory", "--partition", "--rebuild", "--threads"] + COMMON),
    (["run", "--re"], ["--rebuild"]),
    (["quarantine", "show", "--r"], ["--rule", "--run"]),
    (["quarantine", "ls", "--"], ["--json", "--run"] + COMMON),
    (["run", "--color", ""], ["always", "auto", "never"]),
    (["run", "--log-format", "j"], ["json"]),
    (["show", ""], RUNS),
    (["show", "--json", ""], RUNS),
    (["show", "--color", "never", "2"], RUNS),
    (["quarantine", "show", "--run", ""], RUNS),
    (["show", "x", "e"], ["events.yaml"]),
    (["run", "--threads", ""], []),
    (["run", "--threads", "2", "e"], ["events.yaml"]),
    (["run", ""], FOLDERS + ["events.yaml", "my pipe.yaml"]),
    (["check", "contracts/"], ["contracts/events.odcs.yaml"]),
    (["run", "--partition", "a=b", "e"], ["events.yaml"]),
    (["init", "--from", "n"], ["notes.txt"]),
    (["init", ""], FOLDERS),
    (["docs", "--out", "c"], ["clean", "contracts"]),
    (["schema", ""], COMMON),
    (["nonsense", ""], []),
]
# Typed with a tab in it, then Enter -> the words that freight is called with. {run} is the id of a run.
TYPED = [
    ("freight sta\t", ["status"]),
    ("freight quarantine l\t", ["quarantine", "ls"]),
    ("freight check --js\t eve\t", ["check", "--json", "events.yaml"]),
    ("freight check my\t", ["check", "my pipe.yaml"]),
    ("freight check contracts/\t", ["check", "contracts/events.odcs.yaml"]),
    ("freight show {most}\t", ["show", "{run}"]),
    ("freight quarantine ls --run {most}\t", ["quarantine", "ls", "--run", "{run}"]),
    ("freight run --color=al\t --bad", ["run", "--color=always", "--bad"]),
]
# A zsh without settings whose ^T writes what could stand at the cursor into $OFFERED; "--" ends the list.
ZSH_SETUP = r"""
PROMPT='offers> '
autoload -U compinit && compinit -u -D
eval "$(freight completion zsh)"
offers() {
  compadd() {
    local -a hits before
    zparseopts -E p:=before
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
      builtin compadd -A hits "$@"
      print -rl -- $IPREFIX$before[2]${(Q)^hits} >> $OFFERED
    fi
    builtin compadd "$@"
  }
  _main_complete
  unfunction compadd
  print -r -- -- >> $OFFERED
  compstate[insert]='' compstate[list]=''
}
zle -C offers complete-word offers
bindkey '^T' offers
"""


class CompletionTest(support.FreightTest):
    """A project with two runs, and a `freight` on PATH that notes the words it was called with."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freight_test_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work = self.folder / "project"
        self.log = self.folder / "calls"
        self.wrap()
        self.call("init", str(self.work))
        shutil.copy(self.work / "events.yaml", self.work / "my pipe.yaml")
        (self.work / "notes.txt").write_text("no pipeline\n")
        for _ in range(2):
            self.call("run", "--json", "events.yaml", cwd=self.work)
        done = self.call("runs", "events.yaml", "--json", cwd=self.work)
        self.runs = [run["run_id"] for run in json.loads(done.stdout)["datasets"][0]["runs"]]
        self.assertEqual(len(self.runs), 2)

    def wrap(self):
        program = self.folder / "bin" / "freight"
        program.parent.mkdir()
        program.write_text(f"""#!/bin/bash
printf '%s\\0' "$@" >> {shlex.quote(str(self.log))}
printf '\\n' >> {shlex.quote(str(self.log))}
exec {shlex.quote(support.FREIGHT)} "$@"
""")
        program.chmod(0o755)
        self.env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(self.folder), "INPUTRC": "/dev/null",
                    "HISTFILE": "/dev/null", "OFFERED": str(self.folder / "offered"), "PS1": "ready> "}

    def call(self, *args, **how):
        return subprocess.run([support.FREIGHT, *args], check=True, capture_output=True, text=True, **how)

    def expected(self, offered):
        return sorted(set(self.runs if offered is RUNS else offered))

    def calls(self):
        return [line.split("\0")[:-1] for line in self.log.read_text().split("\n")] if self.log.exists() else []

    def check_typed(self, shell, setup):
        """What a person types with tabs arrives at the program as whole words."""
        run = self.runs[0]
        with terminal.Terminal(shell, 200, cwd=self.work, env=self.env) as term:
            term.until(lambda: "ready>" in term.text())
            term.send(setup)
            term.until(lambda: "loaded" in term.text().replace("echo load''ed", ""))
            for typed, words in TYPED:
                typed, words = typed.format(most=run[:-1]), [w.format(run=run) for w in words]
                for piece in typed.split("\t")[:-1]:
                    term.send(piece)
                    term.until(lambda: term.text().endswith(piece.strip()))
                    term.send("\t")
                    shown = term.text()
                    term.until(lambda: term.text() != shown)
                term.send(typed.split("\t")[-1] + "\n")
                term.until(lambda: words in self.calls())
                term.until(lambda: term.text().endswith("ready>"))


class BashTest(CompletionTest):
    def offers(self, words):
        script = f"""eval "$(freight completion bash)"
COMP_WORDS=(freight {shlex.join(words)}) COMP_CWORD={len(words)}
$(complete -p freight | sed 's/.* -F \\([^ ]*\\) .*/\\1/') freight
((${{#COMPREPLY[@]}})) && printf '%s\\n' "${{COMPREPLY[@]}}"
exit 0"""
        done = subprocess.run(["bash", "-c", script], cwd=self.work, env=os.environ | self.env, check=True,
                              capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        return sorted(set(done.stdout.splitlines()))

    def test_offers_commands_flags_runs_and_files(self):
        for words, offered in CASES:
            with self.subTest(words=words):
                self.assertEqual(self.offers(words), self.expected(offered))
        self.assertEqual(self.offers(["run", "--color", "=", "al"]), ["always"])
        self.assertEqual(self.offers(["run", "--color", "="]), ["always", "auto", "never"])

    def test_completes_while_somebody_types(self):
        self.check_typed(["bash", "--norc", "--noprofile", "-i"],
                         "eval \"$(freight completion bash)\"; clear; echo load''ed\n")


@unittest.skipUnless(shutil.which("zsh"), "needs zsh: scripts/setup.sh --test installs it")
class ZshTest(CompletionTest):
    def test_offers_commands_flags_runs_and_files(self):
        offered_file = self.folder / "offered"
        (self.folder / "setup.zsh").write_text(ZSH_SETUP)
        with terminal.Terminal(["zsh", "-f", "-i"], 200, cwd=self.work, env=self.env) as term:
            term.send("source ../setup.zsh; clear\n")
            term.until(lambda: term.text() == "offers>")
            for words, offered in CASES:
                with self.subTest(words=words):
                    offered_file.write_text("")
                    term.send(f"freight {' '.join(words)}\x14")
                    term.until(lambda: "--\n" in offered_file.read_text())
                    found = [line for line in offered_file.read_text().split("\n") if line not in ("", "--")]
                    self.assertEqual(sorted(set(found)), self.expected(offered))
                    term.send("\x15")

    def test_completes_while_somebody_types(self):
        self.check_typed(["zsh", "-f", "-i"],
                         "autoload -U compinit && compinit -u -D; eval \"$(freight completion zsh)\"; "
                         "PROMPT='ready> '; clear; echo load''ed\n")

    def test_works_from_a_folder_of_functions(self):
        """The file that packages install as _freight, loaded on the first tab."""
        functions = self.folder / "functions"
        functions.mkdir()
        (functions / "_freight").write_text(self.call("completion", "zsh").stdout)
        self.check_typed(["zsh", "-f", "-i"],
                         "fpath=(../functions $fpath); autoload -U compinit && compinit -u -D; "
                         "PROMPT='ready> '; clear; echo load''ed\n")


if __name__ == "__main__":
    unittest.main()
