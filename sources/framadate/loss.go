package framadate

import "github.com/padsync/padsync/sources"

// What an Import of a poll cannot bring back. One of the first two, and the times,
// are lost of every poll, and the options of each of a Framadate, whose pages do not
// show them.
const (
	LossLinks   sources.Loss = "poll-links"   // its own, the admin's, and those to change a vote; or, where it keeps its own,
	LossAdmin   sources.Loss = "poll-admin"   // the admin's, and those to change a vote
	LossOptions sources.Loss = "poll-options" // most votes for a choice, mails about votes, voters' mail
	LossTimes   sources.Loss = "poll-times"   // when it was made, when comments were written

	LossExpiry   sources.Loss = "poll-expiry"   // it ends on another day, as the server allows
	LossPassword sources.Loss = "poll-password" // it has another, which nobody knows
	LossMail     sources.Loss = "poll-mail"     // it has another organiser's address, or none
	LossVotes    sources.Loss = "poll-votes"    // they were not saved: hidden, or behind a password
	LossPublic   sources.Loss = "poll-public"   // what only the admin page shows was not saved
	LossDays     sources.Loss = "poll-days"     // they were read from words
	LossNames    sources.Loss = "poll-names"    // some were changed, as the server takes each once, and short
	LossChoices  sources.Loss = "poll-choices"  // characters were changed in some, as no form takes them
	LossEmoji    sources.Loss = "poll-emoji"    // they are numbers where the server cannot store them
	LossRepeats  sources.Loss = "poll-repeats"  // comments that somebody wrote twice have a number
	LossLock     sources.Loss = "poll-lock"     // anybody may vote again

	// Of polls of a Pollaris.
	LossRules  sources.Loss = "poll-rules"  // its options, where they were other than here
	LossDraft  sources.Loss = "poll-draft"  // it is published now
	LossMarkup sources.Loss = "poll-markup" // texts look otherwise
)
