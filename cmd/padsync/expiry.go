package main

import "time"

// expirySoon is how many days before a document may be deleted padsync warns.
const expirySoon = 30

// expiry warns that the document's source may delete it from this day on, if
// that is soon after now; else it is "".
func (a *app) expiry(day string, now time.Time) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || t.After(now.AddDate(0, 0, expirySoon)) {
		return ""
	}
	return a.text("expires", "Day", t.Format(time.DateOnly))
}
