package words

import (
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/discovery"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/documents/page"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/schedule"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/mirror"
	"github.com/padsync/padsync/move"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/search"
	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sinks/rclone"
	"github.com/padsync/padsync/sinks/s3"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/etherpad/mypads"
	"github.com/padsync/padsync/sources/framadate"
	"github.com/padsync/padsync/sources/pollaris"
)

// none is for errors whose words have no values.
func none[E error](E) message.Message { return message.Message{} }

// table has a row for each error that people meet. Where one error matches
// several rows, the first counts.
func table() []Row {
	return []Row{
		// Where documents are looked for.
		{Is: discovery.ErrLarge, Cause: "cause-large"},
		{Is: discovery.ErrIrregular, Cause: "cause-irregular"},
		{Is: discovery.ErrDamaged, Cause: "cause-unsound"},
		{Is: discovery.ErrBusy, Cause: "cause-busy"},
		{Is: discovery.ErrUnknown, Cause: "cause-unknown-form"},
		{Is: discovery.ErrEncrypted, Cause: "cause-encrypted-bookmarks"},
		{Is: discovery.ErrForbidden, Cause: "cause-forbidden"},
		{Is: discovery.ErrArchive, Cause: "cause-archive"},
		{Is: setup.ErrNotFound, Cause: "cause-not-found"},
		{Is: setup.ErrPrivate, Cause: "cause-private"},

		// What a caller says, and what this machine knows.
		{As: as(schemeless), Hint: "hint-scheme"},
		{As: as(nearNames), Hint: "hint-near"},
		{Is: setup.ErrEmptyList, Hint: "hint-empty-list"},
		{Is: setup.ErrNoIndex, Hint: "hint-index-refused"},
		{Is: search.ErrBusy, Cause: "index-busy", Hint: "hint-index-busy"},
		{Is: search.ErrNoIdentity, Cause: "index-closed"},
		{Is: search.ErrDamaged, Cause: "index-damaged", Hint: "hint-index-damaged"},
		{Is: setup.ErrNoDocuments, Hint: "hint-no-documents"},
		{Is: setup.ErrLacking, Hint: "hint-lacking"},
		{Is: setup.ErrUnopened, Hint: "hint-unopened"},
		{Is: setup.ErrNothing, Hint: "hint-nothing"},
		{Is: setup.ErrUnknown, Hint: "hint-unknown"},
		{Is: setup.ErrUser, Cause: "user-in-address", Hint: "hint-user-in-address"},
		{Is: setup.ErrUserInList, Cause: "user-in-address", Hint: "hint-user-in-file"},
		{Is: setup.ErrOptions, Hint: "hint-usage", Class: message.Usage},
		{Is: setup.ErrNoTarget, Hint: "hint-no-target"},
		{Is: setup.ErrNoAnswer, Hint: "hint-no-answer"},
		{Is: setup.ErrNoMirror, Hint: "hint-no-mirror"},
		{Is: setup.ErrSiteFolder, Hint: "hint-site-folder"},
		{Is: setup.ErrSiteChoice, Hint: "hint-site-nothing"},
		{Is: mirror.ErrTaken, Cause: "cause-taken", Hint: "hint-site-folder"},
		{Is: mirror.ErrNewer, Cause: "cause-mirror-newer", Hint: "hint-mirror-newer"},
		{Is: setup.ErrNotSealed, Hint: "hint-not-sealed"},
		{Is: setup.ErrPlain, Hint: "hint-plain"},
		{Is: setup.ErrAway, Cause: "cause-away", Hint: "hint-away"},
		{Is: setup.ErrOtherRunner, Hint: "hint-other-runner"},
		{Is: setup.ErrOtherKey, Hint: "hint-other-key"},
		{Is: setup.ErrKeyExists, Hint: "hint-key-exists"},
		{Is: setup.ErrHomeless, Hint: "hint-homeless"},
		{Is: setup.ErrIdentityPath, Hint: "hint-identity-path"},
		{Is: setup.ErrRunnerPath, Hint: "hint-runner-path"},
		{Is: setup.ErrRunnerKind, Hint: "hint-runner-kind"},

		// What is to run every night.
		{Is: setup.ErrAttended, Hint: "hint-schedule-attended"},
		{Is: setup.ErrInput, Hint: "hint-schedule-input"},
		{Is: setup.ErrSecretOption, Hint: "hint-schedule-secret"},
		{Is: schedule.ErrTemporary, Hint: "hint-schedule-temporary"},
		{Is: schedule.ErrContainer, Cause: "cause-container", Hint: "hint-container"},
		{Is: schedule.ErrNoScheduler, Cause: "cause-no-scheduler", Hint: "hint-no-scheduler"},
		{As: as(foreign), Cause: "cause-schedule-foreign", Hint: "hint-schedule-foreign"},
		{Is: schedule.ErrUnwritable, Cause: "cause-unwritable", Hint: "hint-unwritable"},
		{Is: schedule.ErrLong, Cause: "cause-cron-long", Hint: "hint-cron-long"},
		{Is: schedule.ErrClock, Hint: "hint-clock-time"},
		{As: as(command), Cause: "cause-command", Hint: "hint-command"},

		{As: as(folder), Cause: "cause-temporary", Hint: "hint-temporary"},
		{As: hasUser, Cause: "user-in-address", Hint: "hint-user-in-file", Class: message.Usage},
		{Is: sources.ErrAddress, Cause: "bad-document", Hint: "hint-address", Class: message.Usage},
		{Is: setup.ErrLocation, Hint: "hint-location", Class: message.Usage},
		{Is: local.ErrNoFolder, Cause: "cause-no-folder", Hint: "hint-location"},
		{Is: local.ErrBlocked, Cause: "cause-blocked", Hint: "hint-blocked"},

		// What people say of documents.
		{As: as(several), Cause: "several-fit-name", Hint: "hint-several-name", Class: message.Usage},
		{As: as(guessed), Cause: "pattern-took", Hint: "hint-pattern-took", Class: message.Usage},
		{Is: library.ErrSeveral, Cause: "several-fit", Hint: "hint-several", Class: message.Usage},
		{Is: library.ErrPoint, Cause: "bad-point", Hint: "hint-point", Class: message.Usage},
		{Is: library.ErrThen, Cause: "nothing-by-then", Hint: "hint-nothing"},
		{Is: library.ErrTooLong, Cause: "reason-too-long", Hint: "hint-too-long"},
		{Is: library.ErrNoRun, Cause: "no-such-run", Hint: "hint-when", Class: message.Usage},
		{Is: library.ErrWhen, Cause: "bad-when", Hint: "hint-when", Class: message.Usage},

		// Servers, and what they say of a document.
		{As: as(withheld), Cause: "reason-withheld"},
		{As: as(barrier), Cause: "barrier", Hint: "hint-barrier"},
		{Is: framadate.ErrPassword, Cause: "reason-password"},
		{Is: framadate.ErrCredentials, Cause: "reason-credentials", Hint: "hint-poll-credentials"},
		{Is: framadate.ErrWrongPassword, Cause: "reason-wrong-password"},
		{Is: pollaris.ErrPassword, Cause: "reason-poll-password"},
		{Is: pollaris.ErrWrongPassword, Cause: "reason-wrong-password"},
		{Is: pollaris.ErrAdminLink, Cause: "reason-admin-link"},
		{Is: pollaris.ErrNoPoll, Cause: "reason-no-poll"},
		{Is: pollaris.ErrShadowed, Cause: "reason-shadowed"},
		{Is: pollaris.ErrLogin, Cause: "reason-credentials", Hint: "hint-operator"},
		{Is: pollaris.ErrNoList, Cause: "reason-no-list", Hint: "hint-operator"},
		{Is: pollaris.ErrCredentials, Cause: "reason-credentials"},
		{Is: sources.ErrMail, Cause: "reason-mail"},
		{Is: framadate.ErrTooLarge, Cause: "reason-too-large"},
		{Is: framadate.ErrNoDays, Cause: "reason-no-days"},
		{Is: pollaris.ErrTooLarge, Cause: "reason-too-large"},
		{Is: pollaris.ErrNoDays, Cause: "reason-no-days"},
		{Is: mypads.ErrLogin, Cause: "reason-login", Hint: "hint-login"},
		{Is: mypads.ErrOusted, Cause: "reason-ousted"},
		{Is: mypads.ErrMembers, Cause: "reason-members"},
		{Is: mypads.ErrWrongPassword, Cause: "reason-wrong-password"},
		{Is: mypads.ErrNoGroup, Cause: "reason-no-group", Hint: "hint-no-group"},
		{As: as(format), Cause: "cause-format", Hint: "hint-forms"},
		{Is: etherpad.ErrCredentials, Cause: "reason-credentials", Hint: "hint-credentials"},
		{Is: etherpad.ErrNoList, Cause: "reason-no-list", Hint: "hint-credentials"},
		{Is: sources.ErrUnaskable, Cause: "reason-unaskable"},
		{Is: etherpad.ErrTaken, Cause: "reason-taken"},
		{Is: sources.ErrAs, Cause: "reason-as"},
		{Is: etherpad.ErrReadOnly, Cause: "reason-read-only"},
		{Is: sources.ErrRefused, Cause: "cause-refused-answer", Quotes: true},

		// Restoring and moving.
		{Is: library.ErrNoForm, Cause: "reason-no-form", Hint: "hint-no-form"},
		{Is: restore.ErrFull, Hint: "hint-restore-full"},
		{Is: restore.ErrTarget, Cause: "cause-target", Hint: "hint-target"},
		{Is: move.ErrTableInUse, Hint: "hint-table-in-use"},
		{Is: library.ErrNoVersion, Cause: "reason-no-version"},
		{Is: library.ErrLost, Cause: "reason-lost"},
		{As: as(revision), Hint: "hint-revision"},
		{Is: library.ErrNoHistory, Cause: "no-history"},
		{Is: library.ErrNotYet, Cause: "nothing-by-then"},
		{Is: move.ErrNoTarget, Cause: "reason-no-target"},
		{Is: page.ErrTooLong, Cause: "reason-page"},
		{Is: pad.ErrTooLarge, Cause: "reason-too-much"},
		{Is: pad.ErrMalformed, Cause: "reason-no-text"},

		// Reaching a server.
		{As: as(noHost), Cause: "cause-no-host", Hint: "hint-no-answer"},
		{As: as(none[*tls.CertificateVerificationError]), Cause: "cause-certificate", Hint: "hint-no-answer"},
		{As: as(none[*net.OpError]), Hint: "hint-no-answer"},
		{Is: polite.ErrTemporary, Hint: "hint-no-answer"},
		{Is: polite.ErrHung, Cause: "cause-hung"},
		{Is: polite.ErrIdle, Cause: "cause-idle"},
		{Is: polite.ErrSlow, Cause: "cause-slow"},
		{Is: polite.ErrEndless, Cause: "cause-endless-answer"},
		{Is: polite.ErrProxy, Cause: "cause-proxy"},
		{Is: polite.ErrInvalid, Cause: "cause-invalid-answer"},
		{Is: polite.ErrElsewhere, Cause: "cause-elsewhere", Quotes: true},

		// Repositories and their stores.
		{Is: repository.ErrSealed, Cause: "cause-sealed", Hint: "hint-sealed", Class: message.Usage},
		{Is: repository.ErrPlain, Cause: "cause-plain", Hint: "hint-plain", Class: message.Usage},
		{Is: repository.ErrRecipients, Cause: "cause-recipients", Hint: "hint-recipients", Class: message.Usage},
		{Is: manifest.ErrUnsupported, Cause: "cause-unsupported", Hint: "hint-unsupported"},
		{Is: s3.ErrNoCredentials, Cause: "cause-s3-credentials", Hint: "hint-s3-credentials"},
		{Is: sinks.ErrRegion, Hint: "hint-region"},
		{Is: sinks.ErrClock, Hint: "hint-clock"},
		{Is: sinks.ErrQuota, Hint: "hint-quota"},
		{Is: sinks.ErrArchived, Hint: "hint-archived"},
		{Is: sinks.ErrBucketInHost, Hint: "hint-bucket-in-host"},
		{Is: sinks.ErrExpired, Hint: "hint-expired"},
		{Is: sinks.ErrUnauthorized, Cause: "cause-unauthorized", Hint: "hint-unauthorized"},
		{Is: sinks.ErrNoFolder, Cause: "cause-no-store", Hint: "hint-no-store"},
		{Is: sinks.ErrForbidden, Cause: "cause-forbidden-place", Hint: "hint-forbidden-place"},
		{Is: sinks.ErrKept, Cause: "cause-kept"},
		{Is: setup.ErrSlow, Cause: "cause-slow-store", Hint: "hint-no-answer"},
		{Is: setup.ErrOther, Cause: "cause-other-bytes", Hint: "hint-no-store-for-copies"},
		{Is: setup.ErrUnlisted, Cause: "cause-unlisted", Hint: "hint-no-store-for-copies"},
		{Is: setup.ErrEmpty, Cause: "cause-empty-field"},
		{Is: setup.ErrAccessKey, Cause: "cause-access-key", Hint: "hint-access-key"},
		{Is: sinks.ErrWebPage, Cause: "cause-web-page", Hint: "hint-web-page"},
		{Is: s3.ErrRefused, Hint: "hint-s3-refused"},
		{Is: s3.ErrNoBucket, Hint: "hint-s3-bucket"},
		{Is: sinks.ErrGone, Cause: "cause-gone", Hint: "hint-gone"},
		{Is: sinks.ErrEndless, Cause: "cause-endless", Hint: "hint-endless"},
		{Is: sinks.ErrBroken, Cause: "cause-broken"},
		{Is: local.ErrFull, Cause: "cause-full-disk", Hint: "hint-full-disk"},
		{Is: rclone.ErrNoRemote, Cause: "cause-rclone-remote", Hint: "hint-rclone-remote"},
		{Is: rclone.ErrNoKind, Cause: "cause-rclone-kind"},
		{Is: rclone.ErrEncrypted, Cause: "cause-rclone-encrypted", Hint: "hint-rclone-encrypted"},
		{As: as(obscured), Cause: "cause-rclone-obscured", Hint: "hint-rclone-obscured"},
		{Is: rclone.ErrConfig, Cause: "cause-rclone-config", Hint: "hint-rclone-config", Quotes: true},
		{Is: repository.ErrUnreadable, Cause: "cause-unreadable", Hint: "hint-unreadable"},
		{Is: repository.ErrNone, Cause: "cause-none", Hint: "hint-none"},
		{As: blockedHead, Hint: "hint-head-blocked"},
		{As: heads, Hint: "hint-heads"},
		{As: as(head), Hint: "hint-head"},
		{Is: sinks.ErrNotFile, Cause: "cause-not-file"},
		{Is: repository.ErrHeadless, Cause: "cause-headless", Hint: "hint-headless"},
		{Is: repository.ErrHead, Cause: "cause-head", Hint: "hint-headless"},
		{Is: repository.ErrNoIdentity, Cause: "reason-no-identity", Hint: "hint-no-identity"},
		{Is: repository.ErrSequence, Cause: "cause-sequence"},
		{Is: repository.ErrForeign, Cause: "cause-foreign"},

		// Keys.
		{Is: crypto.ErrIdentity, Cause: "cause-identity", Hint: "hint-identity-as-recipient"},
		{Is: crypto.ErrNotIdentity, Cause: "cause-not-identity", Hint: "hint-not-identity"},
		{Is: crypto.ErrNotRecipient, Cause: "cause-not-recipient", Hint: "hint-not-recipient"},
		{Is: crypto.ErrMixed, Cause: "cause-mixed", Hint: "hint-mixed"},
		{Is: crypto.ErrPassphrase, Cause: "cause-passphrase", Hint: "hint-passphrase"},
		{As: as(noPlugin), Hint: "hint-plugin"},
		{As: as(none[*age.NoIdentityMatchError]), Hint: "hint-no-identity"},

		// The catalogue.
		{Is: setup.ErrUnagreed, Hint: "hint-rebuild-yes", Class: message.Usage},
		{Is: setup.ErrNoMachine, Hint: "hint-no-machine"},
		{Is: catalog.ErrNewer, Cause: "cause-catalog-newer", Hint: "hint-unsupported"},
		{Is: catalog.ErrDamaged, Cause: "cause-catalog-damaged", Hint: "hint-catalog-damaged"},
		{Is: catalog.ErrTooLong, Cause: "cause-said-long", Hint: "hint-said-long", Class: message.Usage},
		{Is: catalog.ErrCharacter, Cause: "cause-said-character", Hint: "hint-said-character", Class: message.Usage},

		// The configuration, and this machine.
		{Is: config.ErrChanged, Cause: "cause-config-changed", Hint: "hint-config-changed"},
		{Is: config.ErrForm, Cause: "cause-config-form", Hint: "hint-config-form"},
		{As: notText, Hint: "hint-not-text", Class: message.Usage},
		{As: as(none[*config.Error]), Hint: "hint-config", Class: message.Usage},
		{Is: syscall.EROFS, Cause: "cause-read-only", Hint: "hint-permission"},
		{Is: syscall.EACCES, Cause: "cause-permission", Hint: "hint-permission"},
		{Is: syscall.EPERM, Cause: "cause-permission"},
		{Is: syscall.ENOSPC, Cause: "cause-full", Hint: "hint-full"},
		{Is: syscall.ENOENT, Cause: "cause-no-file"},
		{Is: syscall.EEXIST, Cause: "cause-exists"},
		{Is: syscall.EISDIR, Cause: "cause-is-folder"},
		{Is: syscall.ENOTDIR, Cause: "cause-no-folder"},
		{Is: syscall.EIO, Cause: "cause-device"},
		{Is: syscall.ECONNREFUSED, Cause: "cause-refused"},
		{Is: syscall.ECONNRESET, Cause: "cause-broken"},
		{Is: syscall.EPIPE, Cause: "cause-broken"},
		{Is: syscall.ETIMEDOUT, Cause: "cause-hung"},
		{Is: syscall.EHOSTUNREACH, Cause: "cause-unreachable"},
		{Is: syscall.ENETUNREACH, Cause: "cause-unreachable"},
		{Is: io.ErrUnexpectedEOF, Cause: "cause-cut"},
		{Is: io.EOF, Cause: "cause-broken"},

		// What sources, and restoring, take from package fs.
		{Is: fs.ErrNotExist, Cause: "reason-not-exist", Source: true},
		{Is: fs.ErrPermission, Cause: "reason-permission", Source: true},
		{Is: fs.ErrExist, Cause: "reason-exists", Source: true},

		// What only says where an error came, if nothing else is known.
		{Is: setup.ErrMirror, Hint: "hint-mirror"},
	}
}

func folder(e *spool.FolderError) message.Message { return message.New("", "Error", e.Err) }

func foreign(e *schedule.ForeignError) message.Message { return message.New("", "File", e.File) }

func command(e *schedule.CommandError) message.Message {
	said := e.Said
	if said == "" {
		said = e.Err.Error()
	}
	return message.New("", "Command", strings.Join(e.Command, " "), "Said", said)
}

func hasUser(err error) (message.Message, bool) { return inConfig(err, config.HasUser) }

func notText(err error) (message.Message, bool) { return inConfig(err, config.NotText) }

func inConfig(err error, problem config.Problem) (message.Message, bool) {
	e, ok := err.(*config.Error)
	return message.Message{}, ok && e.Problem == problem
}

func withheld(e *sources.WithheldError) message.Message {
	day := func(t time.Time) string { return t.Local().Format(time.DateOnly) }
	return message.New("", "Since", day(e.Since), "Until", day(e.Since.Add(sources.WithheldFor)))
}

func format(e *etherpad.FormatError) message.Message { return message.New("", "Format", e.Name) }

func schemeless(e *setup.SchemelessError) message.Message {
	return message.New("", "Address", e.Completed)
}

func nearNames(e *setup.NearError) message.Message {
	return message.New("", "Names", strings.Join(e.Names, "\n"))
}

func several(e *library.SeveralError) message.Message {
	return message.New("", "Count", len(e.Fits), "Lines", fitLines(e.Fits))
}

func guessed(e *setup.GuessError) message.Message {
	return message.New("", "Count", len(e.Fits))
}

// fitLines name documents without what would open them.
func fitLines(fits []library.Fit) string {
	var lines []string
	for i, f := range fits {
		if i == mostFits {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, f.Hash+"  "+f.Source.URL)
	}
	return strings.Join(lines, "\n")
}

// mostFits is how many documents are listed.
const mostFits = 20

func obscured(e *rclone.OptionError) message.Message {
	return message.New("", "Option", e.Option)
}

func noHost(e *net.DNSError) message.Message { return message.New("", "Host", e.Name) }

func head(e *repository.HeadError) message.Message {
	return message.New("", "Line", strings.Join(e.Lines, ""))
}

func heads(err error) (message.Message, bool) {
	e, ok := err.(*repository.HeadError)
	if !ok || len(e.Lines) < 2 {
		return message.Message{}, false
	}
	return message.New("", "Lines", strings.Join(e.Lines, "\n")), true
}

func blockedHead(err error) (message.Message, bool) {
	e, ok := err.(*repository.HeadError)
	if !ok || !errors.Is(e, sinks.ErrNotFile) {
		return message.Message{}, false
	}
	return head(e), true
}

func revision(e *library.RevisionError) message.Message {
	id := "no-revision"
	if e.Newest {
		id = "no-revision-before"
	}
	return message.New(id, "Revision", e.Revision, "Head", e.Head)
}

func noPlugin(e *plugin.NotFoundError) message.Message { return message.New("", "Name", e.Name) }

// barriers are the words for what stands in place of all that a server has, and
// for the same where it leads to another host.
var barriers = map[sources.BarrierKind]struct{ here, there string }{
	sources.Elsewhere:   {"barrier-page", "barrier-elsewhere"},
	sources.Challenge:   {"barrier-challenge", "barrier-elsewhere"},
	sources.Maintenance: {"barrier-maintenance", "barrier-maintenance-at"},
	sources.Login:       {"barrier-login", "barrier-login-at"},
	sources.Proxy:       {"barrier-proxy", "barrier-elsewhere"},
	sources.Page:        {"barrier-page", "barrier-elsewhere"},
	sources.NotThere:    {"barrier-not-there", "barrier-elsewhere"},
	sources.Replaced:    {"barrier-replaced", "barrier-elsewhere"},
	sources.NoneThere:   {"barrier-none-there", "barrier-elsewhere"},
	sources.EmptyList:   {"barrier-empty-list", "barrier-elsewhere"},
}

func barrier(e *sources.Barrier) message.Message {
	if e.Host != "" {
		return message.New(barriers[e.Kind].there, "Host", e.Host)
	}
	return message.New(barriers[e.Kind].here)
}
