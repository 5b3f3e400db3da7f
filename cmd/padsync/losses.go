package main

import (
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
)

// losses are the words for what an import cannot bring back.
var losses = map[sources.Loss]string{
	"poll-links":    "loss-poll-links",
	"poll-options":  "loss-poll-options",
	"poll-times":    "loss-poll-times",
	"poll-expiry":   "loss-poll-expiry",
	"poll-password": "loss-poll-password",
	"poll-mail":     "loss-poll-mail",
	"poll-votes":    "loss-poll-votes",
	"poll-public":   "loss-poll-public",
	"poll-days":     "loss-poll-days",
	"poll-names":    "loss-poll-names",
	"poll-choices":  "loss-poll-choices",
	"poll-emoji":    "loss-poll-emoji",
	"poll-repeats":  "loss-poll-repeats",
	"poll-lock":     "loss-poll-lock",

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
