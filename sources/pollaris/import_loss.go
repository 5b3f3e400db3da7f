package pollaris

import "github.com/padsync/padsync/sources"

// What an Import of a poll cannot bring back. One of the first two and the next two
// are so for every poll.
const (
	LossLinks  sources.Loss = "poll-links"  // its own, the admin's, and those to change a vote; or, where it keeps its own,
	LossAdmin  sources.Loss = "poll-admin"  // the admin's, and those to change a vote
	LossTimes  sources.Loss = "poll-times"  // when it was made, votes were cast and comments written
	LossLocale sources.Loss = "poll-locale" // the language in which the server writes to its organiser

	LossOptions  sources.Loss = "poll-options"  // a limit of votes for a choice and mails, where they were not told
	LossExpiry   sources.Loss = "poll-expiry"   // when it ends was not saved
	LossLock     sources.Loss = "poll-closed"   // it was locked, and is over instead
	LossPassword sources.Loss = "poll-password" // it has another, which nobody knows
	LossMail     sources.Loss = "poll-mail"     // it has another organiser's address
	LossVotes    sources.Loss = "poll-votes"    // they were not saved: hidden, or behind a password
	LossAnswers  sources.Loss = "poll-answers"  // some were to choices that are none
	LossPublic   sources.Loss = "poll-public"   // what only the admin link tells was not saved
	LossDays     sources.Loss = "poll-days"     // they were read from words
	LossSlots    sources.Loss = "poll-slots"    // days without moments have one
	LossNames    sources.Loss = "poll-names"    // some are others, as the server takes each once, and short
	LossCut      sources.Loss = "poll-cut"      // the title or choices are cut
	LossMarkup   sources.Loss = "poll-markup"   // texts look otherwise
	LossEdit     sources.Loss = "poll-edit"     // nobody changes others' votes
)
