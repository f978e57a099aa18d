import Testing

@testable import ApusText

@Suite struct WordTokensTests {
  @Test(arguments: [
    ("The Striker SCORED.", ["the", "striker", "scored"]),
    ("", []), ("?! -- …", []),
    ("2-1 in 2005", ["2", "1", "in", "2005"]),
    ("snake_case e-mail a.b", ["snake", "case", "e", "mail", "a", "b"]),
    ("line\nend\ttab\u{A0}blank", ["line", "end", "tab", "blank"]),
  ])
  func wordsAreRunsOfLettersAndDigitsInLowerCase(text: String, words: [String]) {
    #expect(WordTokens.words(text) == words)
  }

  @Test(arguments: [
    ("don't", ["don't"]), ("keeper’s", ["keeper's"]), ("'quoted'", ["quoted"]),
    ("rock 'n' roll", ["rock", "n", "roll"]),
    ("the parties' tax", ["the", "parties", "tax"]), ("a''b", ["a", "b"]), ("L'Été", ["l'été"]),
  ])
  func anApostropheStandsInsideOfWordsOnly(text: String, words: [String]) {
    #expect(WordTokens.words(text) == words)
  }

  @Test func wordsOfAllScriptsAreWords() {
    #expect(WordTokens.words("ÜBERRASCHUNG Straße") == ["überraschung", "straße"])
    #expect(WordTokens.words("Привет МИР") == ["привет", "мир"])
    #expect(WordTokens.words("हिन्दी भाषा") == ["हिन्दी", "भाषा"])
    #expect(WordTokens.words("猫が好き cats") == ["猫", "が", "好", "き", "cats"])
  }

  @Test func lookingAlikeIsBeingAlike() {
    let (composed, decomposed) = ("café", "cafe\u{301}")
    #expect(Array(WordTokens.words(decomposed)[0].utf8) == Array(composed.utf8))
    #expect(WordTokens.words(decomposed).count == 1)
  }

  @Test func wordsAreThoseOfTheReference() throws {
    let fixture = try TextFixture.load()
    #expect(fixture.texts.map(WordTokens.words) == fixture.words)
  }
}
