package main

import (
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
)

// losses are the words for what an import cannot bring back.
var losses = map[sources.Loss]string{
	framadate.LossLinks:    "loss-poll-links",
	framadate.LossAdmin:    "loss-poll-admin",
	framadate.LossOptions:  "loss-poll-options",
	framadate.LossTimes:    "loss-poll-times",
	framadate.LossExpiry:   "loss-poll-expiry",
	framadate.LossPassword: "loss-poll-password",
	framadate.LossMail:     "loss-poll-mail",
	framadate.LossVotes:    "loss-poll-votes",
	framadate.LossPublic:   "loss-poll-public",
	framadate.LossDays:     "loss-poll-days",
	framadate.LossNames:    "loss-poll-names",
	framadate.LossChoices:  "loss-poll-choices",
	framadate.LossEmoji:    "loss-poll-emoji",
	framadate.LossRepeats:  "loss-poll-repeats",
	framadate.LossLock:     "loss-poll-lock",

	etherpad.LossHistory:    "loss-history",
	etherpad.LossAuthors:    "loss-authors",
	etherpad.LossNames:      "loss-author-names",
	etherpad.LossChat:       "loss-chat",
	etherpad.LossSaved:      "loss-saved-revisions",
	etherpad.LossFormatting: "loss-formatting",
	etherpad.LossPlugins:    "loss-plugins",
	etherpad.LossProtection: "loss-protection",
}

func (a *app) loss(word sources.Loss) string {
	if id, ok := losses[word]; ok {
		return a.text(id)
	}
	return string(word)
}

// A lossCount counts the documents that lost something. The zero value is that of
// none.
type lossCount struct {
	words []sources.Loss // in the order in which they came
	count map[sources.Loss]int
}

func (l *lossCount) add(losses []sources.Loss) {
	if l.count == nil {
		l.count = make(map[sources.Loss]int)
	}
	for _, loss := range losses {
		if l.count[loss]++; l.count[loss] == 1 {
			l.words = append(l.words, loss)
		}
	}
}

// say says each loss in a line.
func (l *lossCount) say(say func(string, ...any), a *app) {
	for _, loss := range l.words {
		say("into-loss", "Count", l.count[loss], "Loss", a.loss(loss))
	}
}
