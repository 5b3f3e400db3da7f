// Package poll reads and writes polls as padsync saves them, and makes CSV,
// ICS and HTML from them.
//
// It knows no server: a source fills in what the server shows.
package poll

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/documents"
)

// A Poll is one poll. What the server did not show is zero, and absent from the
// JSON: nothing in it is guessed.
type Poll struct {
	Title       string    `json:"title"`
	Author      string    `json:"author,omitempty"`
	Description string    `json:"description,omitempty"` // Markdown
	Kind        Kind      `json:"kind"`
	Choices     []Choice  `json:"choices"`
	Votes       []Vote    `json:"votes,omitzero"`    // in the order of casting; nil: not known
	Comments    []Comment `json:"comments,omitzero"` // in the order of writing; nil: not known
	Settings    Settings  `json:"settings,omitzero"`
	Created     string    `json:"created,omitempty"` // "2026-09-30T10:00:00+02:00"
	Expires     string    `json:"expires,omitempty"` // "2027-07-10": the end of voting
	Purge       string    `json:"purge,omitempty"`   // "2027-09-08": then the server may delete the poll

	// Repaired says that the server shows the poll's texts encoded twice
	// ("RÃ©union"), and that they are here as they were written.
	Repaired bool `json:"repaired,omitempty"`

	// DaysDiffer says that the server's own table has other days than its pages,
	// whose days are here.
	DaysDiffer bool `json:"daysDiffer,omitempty"`

	// Unseen are the parts that the look at this poll did not see. What stands
	// in their place is zero, or made from what is shown.
	Unseen []Part `json:"unseen,omitempty"`

	// Earlier are parts that were taken from earlier versions, and when these
	// were saved: see Look.Fill. No saved file has any.
	Earlier map[Part]time.Time `json:"earlier,omitempty"`
}

// A Kind says what a poll chooses from.
type Kind string

// The kinds of polls.
const (
	Date    Kind = "date"    // days, or moments of days
	Classic Kind = "classic" // texts
)

// A Choice is one column. A date poll's has a date and, if the day has any, a
// moment in its author's words ("9h", "evening"); where the date is not known
// for certain, the label is what the server showed. A classic poll's has a
// label, and its Markdown where that is known.
type Choice struct {
	Date     string `json:"date,omitempty"` // "2027-01-11"
	Moment   string `json:"moment,omitempty"`
	Label    string `json:"label,omitempty"`
	Markdown string `json:"markdown,omitempty"`
}

// A Vote is one row: an answer for each choice. It may have fewer, or more,
// as servers accept such votes. Its date is when it was cast, as a Comment's.
type Vote struct {
	Name    string   `json:"name"`
	Date    string   `json:"date,omitempty"`
	Answers []Answer `json:"answers"`
}

// An Answer is one cell.
type Answer string

// The answers.
const (
	Yes      Answer = "yes"
	IfNeedBe Answer = "ifneedbe"
	No       Answer = "no"
	Unknown  Answer = "unknown" // not answered, often as the choice was added later
)

// A Comment is one comment. Its date is the server's own wall clock, without a
// zone, "2026-11-22T11:01" or "2026-11-22", or where the server tells the zone,
// a moment: "2026-11-22T11:01:59+01:00".
type Comment struct {
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
	Text   string `json:"text"`
}

// Settings are what the server shows of the poll's rules; nil: not known.
type Settings struct {
	Hidden        *bool  `json:"hidden,omitempty"`        // only the author sees the votes
	Locked        *bool  `json:"locked,omitempty"`        // nobody may vote
	Expired       *bool  `json:"expired,omitempty"`       // its time is over
	Password      *bool  `json:"password,omitempty"`      // voting asks for one
	PublicResults *bool  `json:"publicResults,omitempty"` // seeing the results does not
	Edit          Edit   `json:"edit,omitempty"`
	Mail          string `json:"mail,omitempty"` // the author's

	MaxVotes       *int  `json:"maxVotes,omitempty"`       // most answers of "yes" to a choice; 0: as many as there are
	NoIfNeedBe     *bool `json:"noIfNeedBe,omitempty"`     // nobody may answer so
	NoByDefault    *bool `json:"noByDefault,omitempty"`    // the form to vote begins with "no" everywhere
	NotifyVotes    *bool `json:"notifyVotes,omitempty"`    // the author gets a mail about each
	NotifyComments *bool `json:"notifyComments,omitempty"` // likewise
	Draft          *bool `json:"draft,omitempty"`          // its author has not published it
}

// Edit says who may change a vote.
type Edit string

// Who may change a vote.
const (
	EditNone Edit = "none"
	EditOwn  Edit = "own"
	EditAll  Edit = "all"
)

// MaxSize is how many bytes Decode reads at most.
const MaxSize = 16 << 20

// maxCells bounds the table, so that one wide row cannot make all others
// wide: 1,000 columns, which is more than Framadate can have, of 4,000 votes.
const maxCells = 4_000_000

// ErrInvalid is matched by the errors for what is not a poll. It matches
// documents.ErrUnreadable.
var ErrInvalid = documents.Unreadable("not a poll")

// Decode reads a poll as Encode writes it, and validates it. It ignores keys
// that it does not know. Errors that are not the reader's match ErrInvalid.
func Decode(r io.Reader) (*Poll, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read poll: %w", err)
	}
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxSize)
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrInvalid)
	}
	p := new(Poll)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("%w: not the JSON of one", ErrInvalid) // json's error may quote the poll
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// Encode writes the poll as JSON: the same bytes for the same poll.
func (p *Poll) Encode() ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("encode poll: %w", err)
	}
	return b.Bytes(), nil
}

// Validate says whether the poll is valid; its errors match ErrInvalid.
func (p *Poll) Validate() error {
	if p.Kind != Date && p.Kind != Classic {
		return fmt.Errorf("%w: neither a date poll nor a classic one", ErrInvalid)
	}
	if len(p.Choices) == 0 {
		return fmt.Errorf("%w: no choices", ErrInvalid)
	}
	for i, c := range p.Choices {
		if !isDate(c.Date, time.DateOnly) || p.Kind == Classic && c.Date != "" {
			return fmt.Errorf("%w: the date of choice %d is not valid", ErrInvalid, i+1)
		}
	}
	if (len(p.Votes)+1)*p.columns() > maxCells {
		return fmt.Errorf("%w: its table is too large", ErrInvalid)
	}
	for i, v := range p.Votes {
		if !validAnswers(v.Answers) {
			return fmt.Errorf("%w: the answers of vote %d are not valid", ErrInvalid, i+1)
		}
		if !isTime(v.Date) {
			return fmt.Errorf("%w: the date of vote %d is not valid", ErrInvalid, i+1)
		}
	}
	for i, c := range p.Comments {
		if !isTime(c.Date) {
			return fmt.Errorf("%w: the date of comment %d is not valid", ErrInvalid, i+1)
		}
	}
	if !isTime(p.Created) {
		return fmt.Errorf("%w: the date of the poll is not valid", ErrInvalid)
	}
	if !isDate(p.Expires, time.DateOnly) || !isDate(p.Purge, time.DateOnly) {
		return fmt.Errorf("%w: the date of expiry is not valid", ErrInvalid)
	}
	return p.Settings.validate()
}

func (s Settings) validate() error {
	if s.MaxVotes != nil && *s.MaxVotes < 0 {
		return fmt.Errorf("%w: the limit of votes is not valid", ErrInvalid)
	}
	switch s.Edit {
	case "", EditNone, EditOwn, EditAll:
		return nil
	}
	return fmt.Errorf("%w: who may change votes is not valid", ErrInvalid)
}

const minutes = "2006-01-02T15:04"

// isDate accepts "", which is a date that is not known.
func isDate(s, layout string) bool {
	if s == "" {
		return true
	}
	t, err := time.Parse(layout, s)
	return err == nil && t.Format(layout) == s
}

// isTime accepts what a Comment says of its date.
func isTime(s string) bool {
	return isDate(s, time.DateOnly) || isDate(s, minutes) || isDate(s, time.RFC3339)
}

func validAnswers(answers []Answer) bool {
	for _, a := range answers {
		switch a {
		case Yes, IfNeedBe, No, Unknown:
		default:
			return false
		}
	}
	return true
}

// columns is the number of answers in the widest row.
func (p *Poll) columns() int {
	n := len(p.Choices)
	for _, v := range p.Votes {
		n = max(n, len(v.Answers))
	}
	return n
}

// Answer is the vote's for a column, Unknown beyond its end.
func (v Vote) Answer(column int) Answer {
	if column < len(v.Answers) {
		return v.Answers[column]
	}
	return Unknown
}
