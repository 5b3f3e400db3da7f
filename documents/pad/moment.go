package pad

import "time"

// RevisionAt gives the number of the newest revision that was made at that
// moment or before, by the server's clock; found is false if there is none.
func (p *Pad) RevisionAt(moment time.Time) (number int, found bool, err error) {
	for r, err := range p.Revisions() {
		if err != nil {
			return 0, false, err
		}
		if !r.Time.IsZero() && !r.Time.After(moment) {
			number, found = r.Number, true
		}
	}
	return number, found, nil
}
