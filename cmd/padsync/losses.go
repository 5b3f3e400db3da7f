package main

import (
	"github.com/padsync/padsync/sources"
)

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
		say("into-loss", "Count", l.count[loss], "Loss", a.words.Loss(string(loss)))
	}
}
