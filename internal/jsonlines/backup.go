package jsonlines

import (
	"time"

	"github.com/padsync/padsync/backup"
)

// Counts are documents by what a run found.
type Counts struct {
	Saved     int `json:"saved"`
	Unchanged int `json:"unchanged"`
	Missing   int `json:"missing"`
	Failed    int `json:"failed"`
	Suspect   int `json:"suspect"` // of those saved
}

// NewCounts are those of a report.
func NewCounts(r *backup.Report) Counts {
	return Counts{
		Saved: r.Outcomes[backup.Saved], Unchanged: r.Outcomes[backup.Unchanged], Missing: r.Outcomes[backup.Missing],
		Failed: r.Outcomes[backup.Failed] + r.Outcomes[backup.Unaskable], Suspect: r.Suspect,
	}
}

// A Backup is the line of backup.
type Backup struct {
	Run          string   `json:"run"`
	Documents    Counts   `json:"documents"`
	Expiring     int      `json:"expiring"` // documents that may soon be deleted
	Standing     Standing `json:"standing"`
	Bytes        Bytes    `json:"bytes"`
	Requests     int64    `json:"requests"`
	Left         Left     `json:"left"`
	Lacking      []Lack   `json:"lacking"`
	Barred       []Barred `json:"barred"`
	Repositories []Stored `json:"repositories"`
	Mirrors      []Mirror `json:"mirrors,omitempty"`
}

// Standing are documents that were already so at the last look.
type Standing struct {
	Missing   int `json:"missing"`
	Suspect   int `json:"suspect"`
	Expiring  int `json:"expiring"`
	Unaskable int `json:"unaskable"`
}

// Bytes are what a run received from servers, and stored.
type Bytes struct {
	Fetched int64 `json:"fetched"`
	Stored  int64 `json:"stored"`
}

// Left is what a backup left for the next ones because its time was over.
type Left struct {
	Documents int    `json:"documents"`
	Runs      int    `json:"runs"` // more of them like this one, until all were looked at; 0: not known
	Seen      string `json:"seen"` // when that will be, "" if that is not known
}

// A Lack is a form that was asked for, and that a server does not give.
type Lack struct {
	Source    string `json:"source"`
	Format    string `json:"format"`
	Documents int    `json:"documents"` // that it was asked for
}

// A Barred server is one whose documents could not be looked at for a reason
// that concerns the whole server.
type Barred struct {
	Source    string `json:"source"`
	Documents int    `json:"documents"`
	Reason    string `json:"reason"` // a word of package sources, or "no-answer"
	Host      string `json:"host"`   // where it leads, "" if nowhere else
}

// Stored is what a run stored in a repository.
type Stored struct {
	Repository string `json:"repository"`
	Manifest   string `json:"manifest"`
	Packs      int    `json:"packs"`
	Error      string `json:"error"`
	New        bool   `json:"new"`        // made by this run
	Resealed   int    `json:"resealed"`   // documents, with a former identity
	Unreadable int    `json:"unreadable"` // documents that only former recipients can read
}

// NewBackup is the line of a run, except for what it asked of servers.
func NewBackup(r *backup.Report, t *backup.Tally, f backup.Forecast) Backup {
	b := Backup{
		Run: r.Run, Documents: NewCounts(r), Expiring: t.All.Expiring,
		Standing: Standing{t.All.Missing - t.New.Missing, t.All.Suspect - t.New.Suspect, t.All.Expiring - t.New.Expiring, t.All.Unaskable - t.New.Unaskable},
		Left:     Left{f.Documents, f.Runs, Stamp(f.Seen)},
		Lacking:  []Lack{}, Barred: []Barred{}, Repositories: []Stored{},
	}
	for _, l := range r.Lacking {
		b.Lacking = append(b.Lacking, Lack{l.Source.URL, l.Format, l.Documents})
	}
	for _, server := range t.Barred {
		barred := Barred{Source: server.Source.URL, Documents: server.Documents, Reason: "no-answer"}
		if barrier := server.Barrier(); barrier != nil {
			barred.Reason, barred.Host = string(barrier.Kind), barrier.Host
		}
		b.Barred = append(b.Barred, barred)
	}
	for _, repo := range r.Repositories {
		b.Bytes.Stored += repo.Stored
		s := Stored{Repository: repo.Name, Manifest: repo.Manifest, Packs: repo.Packs, New: repo.New, Resealed: repo.Resealed, Unreadable: repo.Unreadable}
		if repo.Err != nil {
			s.Error = repo.Err.Error()
		}
		b.Repositories = append(b.Repositories, s)
	}
	return b
}

// An Estimate is a line of backup --dry-run.
type Estimate struct {
	Source    string `json:"source"`
	Kind      string `json:"kind"`
	Documents int    `json:"documents"`
	Known     int    `json:"known"`
	Fetches   int    `json:"fetches"`
	Seconds   int    `json:"seconds"` // about, by the limit that such servers have
}

// NewEstimate is the line of a source.
func NewEstimate(e backup.Estimate) Estimate {
	return Estimate{e.URL, e.Kind, e.Documents, e.Known, e.Fetches(), int(e.LeastTime() / time.Second)}
}
