package manifest

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"
)

// Bounds of what is said, in characters. What another machine said may break
// them: a Record has it mended.
const (
	MaxName        = 200
	MaxTag         = 40
	MaxTags        = 30 // of one document
	MaxDescription = 4000
)

// Bounds that no reader goes beyond, in bytes but for the numbers of things.
const (
	maxTags        = 256
	maxChoices     = 256
	maxMachine     = 200
	maxDescription = 1 << 20 // sealed to many
)

// Said is what somebody said of a document. A fact that is nil is not told; an
// empty one takes back what was said before.
type Said struct {
	Name        *string         `json:"name,omitempty"`
	Tags        []string        `json:"tags,omitzero"`
	Description *string         `json:"description,omitempty"` // in a sealed repository an age file for the owner alone, in base64
	Removed     *bool           `json:"removed,omitempty"`     // it is no document
	Choices     []MachineChoice `json:"choices,omitempty"`     // sorted by machine, each once

	// Checkpoints: who told the name, the tags, the description and that it is
	// removed.
	Told *[4]int `json:"told,omitempty"`
}

// Places in Said.Told.
const (
	SaidName = iota
	SaidTags
	SaidDescription
	SaidRemoved
)

// A MachineChoice is what a machine does with a document, and no other machine.
type MachineChoice struct {
	Machine string `json:"machine"`        // its id
	Choice  Choice `json:"choice"`         // "" takes it back
	Told    *int   `json:"told,omitempty"` // checkpoints: who told it
}

// A Choice says which backups of a machine save a document.
type Choice string

const (
	Automatic Choice = "automatic" // each
	Manual    Choice = "manual"    // those that are asked for it
	Ignored   Choice = "ignored"   // none, whatever lists it
)

// ErrSaid says that a name, a tag, a description, a machine or a choice is none
// that may be written.
var ErrSaid = errors.New("what is said of a document breaks a bound")

// Valid is ErrSaid for what breaks a bound. The description is plain text here.
func (s *Said) Valid() error {
	bad := s.Name != nil && MendName(*s.Name) != *s.Name ||
		s.Description != nil && MendDescription(*s.Description) != *s.Description ||
		!slices.Equal(MendTags(s.Tags), s.Tags) ||
		len(s.Choices) > maxChoices
	for _, c := range s.Choices {
		bad = bad || c.Machine == "" || len(c.Machine) > maxMachine || mended(c.Machine, maxMachine) != c.Machine || c.Choice != "" && !c.Choice.known()
	}
	if bad {
		return ErrSaid
	}
	return nil
}

// Size is about how many bytes a manifest needs for it.
func (s *Said) Size() int {
	size := 100
	for _, text := range []*string{s.Name, s.Description} {
		if text != nil {
			size += len(*text)
		}
	}
	for _, tag := range s.Tags {
		size += len(tag) + 3
	}
	for _, c := range s.Choices {
		size += len(c.Machine) + 40
	}
	return size
}

func (c Choice) known() bool { return c == Automatic || c == Manual || c == Ignored }

// MendName gives a name as it may be shown: of at most MaxName characters, none
// of which controls a terminal or the direction of a text.
func MendName(name string) string { return mended(name, MaxName) }

// MendDescription does the same for a description.
func MendDescription(description string) string { return mended(description, MaxDescription) }

// MendTags gives tags as they may be shown: at most MaxTags, each once, of at
// most MaxTag characters and without a space.
func MendTags(tags []string) (shown []string) {
	for _, tag := range tags {
		tag = mended(strings.Join(strings.Fields(mended(tag, len(tag))), ""), MaxTag)
		if tag != "" && !slices.Contains(shown, tag) && len(shown) < MaxTags {
			shown = append(shown, tag)
		}
	}
	return shown
}

// mended has a space for each character that controls, none of those that
// change the direction, and at most so many characters.
func mended(s string, most int) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || n == most {
			return -1
		}
		n++
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// said refuses what no reader is to keep. What only breaks the bounds of what
// may be said is read, since one machine's mistake must not cost the rest of a
// manifest.
func (o *order) said(s *Said) error {
	if s == nil {
		return nil
	}
	if s.Name == nil && s.Tags == nil && s.Description == nil && s.Removed == nil && len(s.Choices) == 0 {
		return errors.New("manifest: nothing is said of a document")
	}
	if s.Told != nil && slices.ContainsFunc(s.Told[:], func(place int) bool { return !o.told(&place) }) {
		return errTold
	}
	long := func(s string) bool { return len(s) > maxID }
	if s.Name != nil && long(*s.Name) || s.Description != nil && len(*s.Description) > maxDescription ||
		len(s.Tags) > maxTags || slices.ContainsFunc(s.Tags, long) || len(s.Choices) > maxChoices {
		return errSaid
	}
	for i, c := range s.Choices {
		if c.Machine == "" || len(c.Machine) > maxMachine || len(c.Choice) > maxMachine {
			return errSaid
		}
		if i > 0 && s.Choices[i-1].Machine >= c.Machine {
			return errors.New("manifest: choices are not sorted, or a machine's is there twice")
		}
		if !o.told(c.Told) {
			return errTold
		}
	}
	return nil
}

var errSaid = errors.New("manifest: too much is said of a document")

// A SaidRecord is what all manifests together say of a document. What is "" or
// empty was never said, or was taken back.
type SaidRecord struct {
	Name        string
	Tags        []string
	Description string         // as it is stored: repository.Description gives the text
	Removed     bool           // somebody said that it is no document; Record.State says whether that counts
	Choices     []ChoiceRecord // sorted by machine
	Told        [4]string      // manifest ids, by SaidName and so on
}

// A ChoiceRecord is the choice of one machine.
type ChoiceRecord struct {
	Machine string
	Choice  Choice
	Told    string // id of the manifest that told it
}

// Choice is that of a machine, "" if it has none.
func (s *SaidRecord) Choice(machine string) Choice {
	if i, ok := slices.BinarySearchFunc(s.Choices, machine, ChoiceRecord.compareMachine); ok {
		return s.Choices[i].Choice
	}
	return ""
}

func (c ChoiceRecord) compareMachine(machine string) int { return strings.Compare(c.Machine, machine) }

// any reports whether anything was ever said.
func (s *SaidRecord) any() bool { return s.Told != [4]string{} || len(s.Choices) > 0 }

// merge takes what an input says, where that is newer.
func (s *SaidRecord) merge(c *cursor, view View) {
	said := c.doc.Said
	if said == nil {
		return
	}
	newer := func(fact int, told bool) bool {
		who := c.ID
		if said.Told != nil {
			who = c.teller(&said.Told[fact])
		}
		if !told || who <= s.Told[fact] || !view.Told(who) {
			return false
		}
		s.Told[fact] = who
		return true
	}
	if newer(SaidName, said.Name != nil) {
		s.Name = *said.Name
	}
	if newer(SaidTags, said.Tags != nil) {
		s.Tags = said.Tags
	}
	if newer(SaidDescription, said.Description != nil) {
		s.Description = *said.Description
	}
	if newer(SaidRemoved, said.Removed != nil) {
		s.Removed = *said.Removed
	}
	for _, choice := range said.Choices {
		told := ChoiceRecord{choice.Machine, choice.Choice, c.teller(choice.Told)}
		i, known := slices.BinarySearchFunc(s.Choices, choice.Machine, ChoiceRecord.compareMachine)
		switch {
		case !view.Told(told.Told):
		case !known:
			s.Choices = slices.Insert(s.Choices, i, told)
		case told.Told > s.Choices[i].Told:
			s.Choices[i] = told
		}
	}
}

// settle drops the choices that were told first, if there are too many. So
// whatever is merged before, the same are left.
func (s *SaidRecord) settle() {
	if len(s.Choices) <= maxChoices {
		return
	}
	slices.SortFunc(s.Choices, func(a, b ChoiceRecord) int {
		return cmp.Or(strings.Compare(b.Told, a.Told), strings.Compare(b.Machine, a.Machine))
	})
	s.Choices = s.Choices[:maxChoices]
	slices.SortFunc(s.Choices, func(a, b ChoiceRecord) int { return strings.Compare(a.Machine, b.Machine) })
}

// mend makes what breaks a bound fit to be shown, but for the description,
// which may be sealed. It drops the choices that were taken back, those that are
// none, and those of machines whose ids are not fit to be shown.
func (s *SaidRecord) mend() {
	s.Name, s.Tags = MendName(s.Name), MendTags(s.Tags)
	s.Choices = slices.DeleteFunc(s.Choices, func(c ChoiceRecord) bool {
		return !c.Choice.known() || mended(c.Machine, maxMachine) != c.Machine
	})
}
