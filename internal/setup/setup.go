// Package setup makes what a run works with from a configuration, variables and
// options: kinds of servers, what opens them, keys, repositories and plans. It
// has no word of a language, and prints nothing: its caller asks and informs
// people.
package setup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
)

// A Setup is what runs of one caller have in common. It does not change, and is
// safe for concurrent use if what its caller gave is.
type Setup struct {
	Kinds   Kinds
	Program string // as manifests have it, such as "padsync 1.0"
	Agent   string // says to servers who asks
	Getenv  func(string) string
	Input   io.Reader // of a list of documents that is called -

	Asker Asker

	// Say, if not nil, puts an error into words, and what to do about it, in lines:
	// they are kept with the run that it is of.
	Say func(error) []string

	// Tell takes what a person should know, and nobody else if Attended: then
	// it may name documents that the person did not name.
	Tell     func(message.Message)
	Attended bool
}

// An Asker asks whoever runs padsync.
type Asker interface {
	// Prompt asks for the passphrase of what is named; the zero value where
	// nobody can be asked.
	Prompt(name string) crypto.Prompt

	// Output is what a command from the configuration prints. The command may
	// also ask.
	Output(ctx context.Context, command []string) ([]byte, error)
}

// Options are what a caller says of one run, besides the configuration or in
// its place.
type Options struct {
	Config       string   // the file of the configuration; "": the usual one
	Repositories []string // addresses; none: those of the configuration
	Unencrypted  bool     // all of them are plain

	IdentityFiles   []string
	Recipients      []string
	RecipientsFiles []string
}

func (s *Setup) tell(id string, data ...any) { s.Tell(message.New(id, data...)) }

// ErrHomeless says that nothing shows where to keep files.
var ErrHomeless = errors.New("no home folder")

const (
	configVariable = "XDG_CONFIG_HOME"
	dataVariable   = "XDG_DATA_HOME"
	stateVariable  = "XDG_STATE_HOME"
)

// ConfigFile is the configuration's, which the caller may name.
func (s *Setup) ConfigFile(given string) string {
	if given != "" {
		return given
	}
	return filepath.Join(s.folder(configVariable, xdg.ConfigHome), "padsync", "padsync.toml")
}

// Machine is where this machine keeps what helps its runs and what no restore
// needs.
func (s *Setup) Machine() machine.Machine {
	if s.homeless(stateVariable) {
		return machine.At("")
	}
	return machine.At(filepath.Join(s.folder(stateVariable, xdg.StateHome), "padsync"))
}

// homeless reports whether neither the XDG variable nor the home folder says
// where to keep files: the folder would be one of the whole machine.
func (s *Setup) homeless(variable string) bool {
	_, err := os.UserHomeDir()
	return err != nil && !filepath.IsAbs(s.Getenv(variable))
}

// folder is the folder that an XDG variable names.
func (s *Setup) folder(variable, otherwise string) string {
	if dir := s.Getenv(variable); filepath.IsAbs(dir) {
		return dir
	}
	return otherwise
}

// defaultRepository is the folder for callers that name none.
func (s *Setup) defaultRepository() (string, error) {
	folder, err := s.DataFolder()
	return filepath.Join(folder, "repository"), err
}
