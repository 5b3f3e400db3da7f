package manifest

// Newest is the newest version, nil if there is none.
func (r *Record) Newest() *VersionRecord {
	if len(r.Versions) == 0 {
		return nil
	}
	return &r.Versions[len(r.Versions)-1]
}

// NewestSound is the newest version that is not suspect, nil if there is none.
func (r *Record) NewestSound() *VersionRecord {
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if r.Versions[i].Suspect == "" {
			return &r.Versions[i]
		}
	}
	return nil
}
