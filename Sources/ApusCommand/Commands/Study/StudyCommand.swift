import ArgumentParser

/// Searches for hyper-parameters of any program.
struct StudyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Search for the parameters with which any program does best.",
    discussion: """
        apus study run s.jsonl --trials 50 --float rate=1e-4..0.3:log --int depth=2..10 -- ./train.sh --rate {rate} --depth {depth}
        apus study best s.jsonl
        apus study trials s.jsonl

      The program prints a number: what follows `objective:` on a line, else the last one. Lines `step 3: 0.25` report on the \
      way, and a trial that lags is ended. The file is a journal: a search that was stopped goes on with the same command, and \
      several may work on one at the same time.
      """, subcommands: [StudyRunCommand.self, StudyBestCommand.self, StudyTrialsCommand.self])
}
