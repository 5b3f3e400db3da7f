package manifest

import "slices"

// Newest is the newest version, nil if there is none.
func (r *Record) Newest() *VersionRecord {
	if len(r.Versions) == 0 {
		return nil
	}
	return &r.Versions[len(r.Versions)-1]
}

// Compacted is the suspicion of a version whose server cut its history off at a
// text that had been saved. Nothing of the text is lost.
const Compacted = "compacted"

// NewestSound is the newest version that is not suspect, nil if there is none.
// A compacted one counts if its text differs from that of the newest version
// with its whole history: only it has what was written since.
func (r *Record) NewestSound() *VersionRecord {
	sound, base := r.newest(""), r.Base()
	if sound == nil || base == sound || base.Facts.Text == sound.Facts.Text {
		return sound
	}
	return base
}

// Public is the record with its public versions alone. What is shown to others is
// read from it, since a document may take from earlier versions what its own look
// did not see.
func (r *Record) Public() *Record {
	public := *r
	public.Versions = slices.DeleteFunc(slices.Clone(r.Versions), func(v VersionRecord) bool { return !v.Public })
	return &public
}

// Base is the newest version that later ones continue: one that is not
// suspect, or that was compacted. It is nil if there is none.
func (r *Record) Base() *VersionRecord { return r.newest("", Compacted) }

// newest is the newest version with one of these suspicions, nil if there is
// none.
func (r *Record) newest(suspicions ...string) *VersionRecord {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if slices.Contains(suspicions, r.Versions[i].Suspect) {
			return &r.Versions[i]
		}
	}
	return nil
}

// Expires is the day from which the source may delete the document, as its
// newest version says or, where looks do not see all parts of it, the newest
// one that says. It is "" if none does.
func (r *Record) Expires() string {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if f := &r.Versions[i].Facts; f.Expires != "" || len(f.Fields) == 0 {
			return f.Expires
		}
	}
	return ""
}
