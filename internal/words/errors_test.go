package words

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
)

// TestKnownErrorsAreSaidInBothLanguages: however often one was wrapped.
func TestKnownErrorsAreSaidInBothLanguages(t *testing.T) {
	english, french := speak(t, "en"), speak(t, "fr")
	for _, row := range table() {
		if row.Is == nil || row.Cause == "" {
			continue
		}
		err := fmt.Errorf("read it: %w", fmt.Errorf("open it: %w", row.Is))
		en, fr := english.Error(err), french.Error(err)
		if en == fr || strings.Contains(en, "{{") || strings.Contains(fr, "<no value>") {
			t.Errorf("%v: %q and %q", row.Is, en, fr)
		}
		if !row.Quotes && strings.Contains(fr, "open it") {
			t.Errorf("%v: English in %q", row.Is, fr)
		}
	}
}

// TestNamesAreShownAsTheyAre: a file may have the name of an error.
func TestNamesAreShownAsTheyAre(t *testing.T) {
	w := speak(t, "fr")
	name := "t/not a folder: connection refused"
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}, name + ": ce fichier ou dossier n’existe pas"},
		{message.In(local.ErrNoFolder, "repository", "Repository", name), name + ": ce n’est pas un dossier"},
		{&sinks.Error{Op: "get", Key: name, Err: local.ErrFull}, "lecture de " + name + "\u00a0: le disque est plein"},
		{&config.Error{File: name, Line: 3, Key: "source.kind", Problem: config.UnknownKey}, name + ":3: source.kind: clé inconnue"},
	} {
		if got := w.Error(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestErrorsAreComposedFromTheOutside(t *testing.T) {
	w := speak(t, "en")
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for want, err := range map[string]error{
		"s3:host/b: writing packs/a: connection refused":              message.In(&sinks.Error{Op: "put", Key: "packs/a", Err: refused}, "repository", "Repository", "s3:host/b"),
		"open the target folder: x: no such file or directory":        fmt.Errorf("%w: %w", restore.ErrTarget, &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}),
		"one\ntwo: the disk is full":                                  errors.Join(errors.New("one"), message.In(local.ErrFull, "repository", "Repository", "two")),
		"manifests/x is damaged: it is of another repository":         &repository.CorruptError{Key: "manifests/x", Problem: "damaged", Err: repository.ErrForeign},
		"padsync.json is missing from this repository":                &repository.HeadError{Err: &repository.CorruptError{Key: "padsync.json", Problem: "missing", Err: repository.ErrHeadless}},
		"rclone's configuration cannot be read: /etc/x has a mistake": fmt.Errorf("%w: /etc/x has a mistake", rclone.ErrConfig),
		"what nobody knows: at all":                                   fmt.Errorf("what nobody knows: %w", errors.New("at all")),
		"there is no such document":                                   fmt.Errorf("status 404: %w", fs.ErrNotExist),
		"the server refuses the password or key, or asks for one":     fmt.Errorf("not taken: %w", fmt.Errorf("%w: %w", etherpad.ErrCredentials, fs.ErrPermission)),
		"its server redirects to another host, example.org":           &sources.Barrier{Kind: sources.Elsewhere, Host: "example.org"},
		"the server does not answer as it should: no answer in time":  polite.Temporary(fmt.Errorf("ask https://pad.example.org: %w", polite.ErrHung)),
		"padsync.json is missing: file does not exist":                &repository.CorruptError{Key: "padsync.json", Problem: "missing", Err: fs.ErrNotExist},
		"reading packs/a: file does not exist":                        &sinks.Error{Op: "get", Key: "packs/a", Err: fs.ErrNotExist},
	} {
		got := w.Error(err)
		if errors.Is(err, etherpad.ErrCredentials) {
			got, _, _ = strings.Cut(got, ": ")
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestHintsAreOfTheFirstRowThatFits(t *testing.T) {
	w := speak(t, "en")
	for id, known := range map[string]error{
		"hint-full-disk": local.ErrFull,
		"hint-gone":      &sinks.Error{Op: "put", Key: "packs/a", Err: sinks.ErrGone},
		"hint-endless":   sinks.ErrEndless,

		"hint-region": sinks.ErrRegion, "hint-clock": sinks.ErrClock, "hint-quota": sinks.ErrQuota, "hint-archived": sinks.ErrArchived,
		"hint-bucket-in-host": sinks.ErrBucketInHost, "hint-expired": sinks.ErrExpired, "hint-web-page": sinks.ErrWebPage,

		"hint-full":       syscall.ENOSPC,
		"hint-permission": syscall.EROFS,
		"hint-no-answer":  &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"hint-config":     &config.Error{Problem: config.UnknownKey},
		"hint-not-text":   &config.Error{Problem: config.NotText},
	} {
		if got := w.Hints(fmt.Errorf("open it: %w", known)); !slices.Equal(got, []string{w.Text(id)}) {
			t.Errorf("%v: %q", known, got)
		}
	}
	own := &message.Error{Message: message.New("check-problems", "Count", 1), Cause: sinks.ErrGone, Hints: []message.Message{message.New("hint-damaged"), message.New("hint-intruder")}}
	if got := w.Hints(errors.Join(nil, own)); len(got) != 2 || got[0] != w.Text("hint-damaged") {
		t.Errorf("the error's own: %q", got)
	}
}

func TestClassIsTheErrorsOwnOrTheTables(t *testing.T) {
	w := speak(t, "en")
	for _, c := range []struct {
		err  error
		want message.Class
	}{
		{errors.New("x"), message.Unclassed},
		{fmt.Errorf("x: %w", &config.Error{Problem: config.Missing}), message.Usage},
		{message.Classed(message.Incomplete, &config.Error{Problem: config.Missing}), message.Incomplete},
		{errors.Join(errors.New("x"), message.In(message.Quiet(message.Interrupted, nil), "repository")), message.Interrupted},
	} {
		if got := w.ClassOf(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

// TestWhatWasAskedForWronglyIsUsage: scripts tell by it what trying again does
// not mend. Nothing else in the table is.
func TestWhatWasAskedForWronglyIsUsage(t *testing.T) {
	w := speak(t, "en")
	usage := []error{
		setup.ErrOptions, sources.ErrAddress, setup.ErrLocation, library.ErrSeveral, library.ErrPoint, library.ErrNoRun, library.ErrWhen,
		repository.ErrSealed, repository.ErrPlain, repository.ErrRecipients, catalog.ErrTooLong, catalog.ErrCharacter, setup.ErrUnagreed,
	}
	for _, err := range usage {
		if got := w.ClassOf(fmt.Errorf("x: %w", err)); got != message.Usage {
			t.Errorf("%v: %v", err, got)
		}
	}
	for _, problem := range []config.Problem{config.HasUser, config.NotText, config.Missing} {
		if got := w.ClassOf(&config.Error{Problem: problem}); got != message.Usage {
			t.Errorf("%v: %v", problem, got)
		}
	}
	for _, row := range table() {
		if row.Is != nil && !slices.Contains(usage, row.Is) && row.Class != message.Unclassed {
			t.Errorf("%v: %v", row.Is, row.Class)
		}
	}
}
