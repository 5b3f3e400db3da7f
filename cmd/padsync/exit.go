package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
	"github.com/padsync/padsync/sources/etherpad"
)

// The exit codes; scripts rely on them.
const (
	exitDone        = 0
	exitFailed      = 1 // a repository could not be written or read, nothing to work on
	exitUsage       = 2 // usage or configuration
	exitIncomplete  = 3 // some documents failed, or are newly missing or suspect
	exitInterrupted = 130
)

// exitTexts explain the codes to people.
var exitTexts = []struct {
	code int
	id   string
}{
	{exitDone, "exit-done"},
	{exitFailed, "exit-failed"},
	{exitUsage, "exit-usage"},
	{exitIncomplete, "exit-incomplete"},
	{exitInterrupted, "exit-interrupted"},
}

// exitRows are the codes and what they mean.
func (a *app) exitRows() (rows [][2]string) {
	for _, row := range exitTexts {
		rows = append(rows, [2]string{strconv.Itoa(row.code), a.text(row.id)})
	}
	return rows
}

// exitText is what a code means.
func (a *app) exitText(code int) string {
	for _, row := range exitTexts {
		if row.code == code {
			return a.text(row.id)
		}
	}
	return ""
}

// problem is an error in the user's words.
type problem struct {
	code  int    // the exit code; 0: as the cause has it
	text  string // "": all was said before
	cause error
}

func (p *problem) Error() string { return p.text }
func (p *problem) Unwrap() error { return p.cause }

// usage is a problem of the command line or the configuration.
func (a *app) usage(cause error, id string, data ...any) error {
	return &problem{exitUsage, a.text(id, data...), cause}
}

// failed is a problem in the user's words, followed by its cause.
func (a *app) failed(cause error, id string, data ...any) error {
	return &problem{0, fmt.Sprintf("%s: %v", a.text(id, data...), cause), cause}
}

// causes are the messages for errors of other packages that people meet.
var causes = map[error]string{
	errAway:                  "cause-away",
	repository.ErrNone:       "cause-none",
	repository.ErrHeadless:   "cause-headless",
	repository.ErrSealed:     "cause-sealed",
	repository.ErrPlain:      "cause-plain",
	repository.ErrRecipients: "cause-recipients",
	repository.ErrHead:       "cause-head",
	repository.ErrNoIdentity: "reason-no-identity",
	repository.ErrUnreadable: "cause-unreadable",
	repository.ErrSequence:   "cause-sequence",
	repository.ErrForeign:    "cause-foreign",
	manifest.ErrUnsupported:  "cause-unsupported",
	restore.ErrTarget:        "cause-target",
	crypto.ErrIdentity:       "cause-identity",
	crypto.ErrNotIdentity:    "cause-not-identity",
	crypto.ErrNotRecipient:   "cause-not-recipient",
	crypto.ErrMixed:          "cause-mixed",
	crypto.ErrPassphrase:     "cause-passphrase",
	local.ErrNoFolder:        "cause-no-folder",
	local.ErrFull:            "cause-full-disk",
	sinks.ErrGone:            "cause-gone",
	sinks.ErrEndless:         "cause-endless",
	sinks.ErrWebPage:         "cause-web-page",
	sinks.ErrBroken:          "cause-broken",
	rclone.ErrConfig:         "cause-rclone-config",
	rclone.ErrEncrypted:      "cause-rclone-encrypted",
	rclone.ErrNotObscured:    "cause-rclone-obscured",
	rclone.ErrNoKind:         "cause-rclone-kind",
	rclone.ErrNoRemote:       "cause-rclone-remote",
	s3.ErrNoCredentials:      "cause-s3-credentials",
	etherpad.ErrFormat:       "cause-format",
	spool.ErrFolder:          "cause-temporary",

	syscall.ENOENT:       "cause-no-file",
	syscall.EACCES:       "cause-permission",
	syscall.EROFS:        "cause-read-only",
	syscall.ENOSPC:       "cause-full",
	syscall.ECONNREFUSED: "cause-refused",
}

// problems are the messages for what is wrong in a file of the configuration.
var problems = map[config.Problem]string{
	config.NotTOML:    "config-not-toml",
	config.NotText:    "config-not-text",
	config.TooLong:    "config-too-long",
	config.UnknownKey: "config-unknown-key",
	config.WrongType:  "config-wrong-type",
	config.Missing:    "config-missing",
	config.NoSwitch:   "config-no-switch",
	config.NoString:   "config-no-string",
	config.NoList:     "config-no-list",
	config.NoTable:    "config-no-table",
	config.NoLanguage: "config-no-language",
	config.NoFormat:   "config-no-format",
	config.NoHours:    "config-no-hours",
	config.NoDays:     "config-no-days",
	config.NoNumber:   "config-no-number",
	config.NoAddress:  "config-no-address",
	config.NoKind:     "config-no-kind",
	config.NoScheme:   "config-no-scheme",
	config.NoServer:   "config-no-server",
	config.HasUser:    "user-in-address",
	config.Duplicate:  "config-duplicate",
}

// cause is the text of err, with what is known of it in the user's language.
func (a *app) cause(err error) string {
	text := err.Error()
	for _, e := range storeErrors(err) {
		text = strings.ReplaceAll(text, e.Begin(), a.text(storeDoings[e.Op], "Object", e.Key)+" ")
	}
	for known, id := range causes {
		if errors.Is(err, known) {
			text = strings.ReplaceAll(text, known.Error(), a.text(id))
		}
	}
	if _, ok := errors.AsType[*config.Error](err); !ok {
		return text
	}
	text += "\n" // each problem ends a line
	for known, id := range problems {
		text = strings.ReplaceAll(text, ": "+string(known)+"\n", ": "+a.text(id)+"\n")
	}
	return strings.TrimSuffix(text, "\n")
}

// storeDoings are the messages for what was being done to a store.
var storeDoings = map[string]string{
	"put": "store-put", "get": "store-get", "list": "store-list", "delete": "store-delete", "open": "store-open",
}

// storeErrors are all errors of sinks in a tree of errors.
func storeErrors(err error) []*sinks.Error {
	var all []*sinks.Error
	if e, ok := err.(*sinks.Error); ok && storeDoings[e.Op] != "" {
		all = append(all, e)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, storeErrors(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, storeErrors(inner)...)
		}
	}
	return all
}

func exitCode(err error) int {
	var p *problem
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &p) && p.code != 0:
		return p.code
	}
	return exitFailed
}
