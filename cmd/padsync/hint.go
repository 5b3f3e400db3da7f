package main

import (
	"errors"
	"net"
	"syscall"

	"filippo.io/age"
	"filippo.io/age/plugin"
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
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/framadate"
)

var (
	errUsage        = errors.New("usage")
	errUser         = errors.New("a user name or password in an address")
	errForm         = errors.New("no such form")
	errNothing      = errors.New("no such document")
	errNoDocuments  = errors.New("no documents")
	errEmptyList    = errors.New("empty list")
	errIncomplete   = errors.New("not all documents")
	errNotSealed    = errors.New("nobody to seal to")
	errPlain        = errors.New("a plain repository in the place of a sealed one")
	errKeyExists    = errors.New("a file of this name exists")
	errOtherRunner  = errors.New("this machine's runner identity is another one than before")
	errDamaged      = errors.New("damaged")
	errDamagedList  = errors.New("damaged list")
	errRepaired     = errors.New("damaged list that was made good")
	errIntruder     = errors.New("object that no run wrote here")
	errChecked      = errors.New("problems")
	errLacking      = errors.New("lists are missing or cannot be read")
	errHomeless     = errors.New("no home folder")
	errUnopened     = errors.New("no identity opens some objects")
	errKind         = errors.New("no kind of source")
	errWhen         = errors.New("not a time")
	errPoint        = errors.New("not a point of a document's life")
	errSeveral      = errors.New("several documents")
	errNoHistory    = errors.New("no history")
	errLocation     = errors.New("not the address of a repository")
	errIdentityPath = errors.New("a path in place of an identity")
	errRunnerPath   = errors.New("a path in place of a runner identity")
	errNoTarget     = errors.New("no server to restore into")
	errNoAnswer     = errors.New("the server to restore into does not answer")
	errTable        = errors.New("no table of this move")
	errRunnerKind   = errors.New("runner identity of another kind than the recipients")
)

// hints are lines that say what to do about err, as far as it is known.
func (a *app) hints(err error) []string {
	var none *age.NoIdentityMatchError
	var noPlugin *plugin.NotFoundError
	var unreached *net.OpError
	var inConfig *config.Error
	var schemeless *schemelessError
	var headless *repository.HeadError
	var barrier *sources.Barrier
	switch {
	case errors.Is(err, spool.ErrFolder):
		return []string{a.text("hint-temporary")}
	case errors.As(err, &schemeless):
		return []string{a.text("hint-scheme", "Address", schemeless.completed)}
	case errors.Is(err, errUser), errors.As(err, &inConfig) && inConfig.Problem == config.HasUser:
		return []string{a.text("hint-user-in-address")}
	case errors.Is(err, sources.ErrAddress):
		return []string{a.text("hint-address")}
	case errors.Is(err, errUsage):
		return []string{a.text("hint-usage")}
	case errors.Is(err, errLocation), errors.Is(err, local.ErrNoFolder):
		return []string{a.text("hint-location")}
	case errors.Is(err, framadate.ErrCredentials):
		return []string{a.text("hint-poll-credentials")}
	case errors.Is(err, etherpad.ErrLogin):
		return []string{a.text("hint-login")}
	case errors.Is(err, etherpad.ErrNoGroup):
		return []string{a.text("hint-no-group")}
	case errors.Is(err, errForm), errors.Is(err, etherpad.ErrFormat):
		return []string{a.text("hint-forms")}
	case errors.Is(err, restore.ErrNoForm):
		return []string{a.text("hint-no-form")}
	case errors.Is(err, restore.ErrFull):
		return []string{a.text("hint-restore-full")}
	case errors.Is(err, restore.ErrTarget):
		return []string{a.text("hint-target")}
	case errors.Is(err, etherpad.ErrCredentials), errors.Is(err, etherpad.ErrNoList):
		return []string{a.text("hint-credentials")}
	case errors.Is(err, errNoTarget):
		return []string{a.text("hint-no-target")}
	case errors.Is(err, restore.ErrTableInUse):
		return []string{a.text("hint-table-in-use")}
	case errors.Is(err, errNoAnswer), errors.As(err, &unreached), unanswered(err):
		return []string{a.text("hint-no-answer")}
	case errors.As(err, &barrier):
		return []string{a.text("hint-barrier")}
	case errors.Is(err, errTable):
		return []string{a.text("hint-table")}
	case errors.Is(err, errEmptyList):
		return []string{a.text("hint-empty-list")}
	case errors.Is(err, errNoDocuments):
		return []string{a.text("hint-no-documents")}
	case errors.Is(err, errNotSealed):
		return []string{a.text("hint-not-sealed")}
	case errors.Is(err, errPlain):
		return []string{a.text("hint-plain")}
	case errors.Is(err, errAway):
		return []string{a.text("hint-away")}
	case errors.Is(err, errKeyExists):
		return []string{a.text("hint-key-exists")}
	case errors.Is(err, repository.ErrSealed):
		return []string{a.text("hint-sealed")}
	case errors.Is(err, repository.ErrPlain):
		return []string{a.text("hint-plain")}
	case errors.Is(err, repository.ErrRecipients):
		return []string{a.text("hint-recipients")}
	case errors.Is(err, manifest.ErrUnsupported):
		return []string{a.text("hint-unsupported")}
	case errors.Is(err, s3.ErrNoCredentials):
		return []string{a.text("hint-s3-credentials")}
	case errors.Is(err, sinks.ErrRegion):
		return []string{a.text("hint-region")}
	case errors.Is(err, sinks.ErrClock):
		return []string{a.text("hint-clock")}
	case errors.Is(err, sinks.ErrQuota):
		return []string{a.text("hint-quota")}
	case errors.Is(err, sinks.ErrArchived):
		return []string{a.text("hint-archived")}
	case errors.Is(err, sinks.ErrBucketInHost):
		return []string{a.text("hint-bucket-in-host")}
	case errors.Is(err, sinks.ErrExpired):
		return []string{a.text("hint-expired")}
	case errors.Is(err, sinks.ErrWebPage):
		return []string{a.text("hint-web-page")}
	case errors.Is(err, s3.ErrRefused):
		return []string{a.text("hint-s3-refused")}
	case errors.Is(err, s3.ErrNoBucket):
		return []string{a.text("hint-s3-bucket")}
	case errors.Is(err, sinks.ErrGone):
		return []string{a.text("hint-gone")}
	case errors.Is(err, sinks.ErrEndless):
		return []string{a.text("hint-endless")}
	case errors.Is(err, local.ErrFull):
		return []string{a.text("hint-full-disk")}
	case errors.Is(err, rclone.ErrNoRemote):
		return []string{a.text("hint-rclone-remote")}
	case errors.Is(err, rclone.ErrEncrypted):
		return []string{a.text("hint-rclone-encrypted")}
	case errors.Is(err, rclone.ErrNotObscured):
		return []string{a.text("hint-rclone-obscured")}
	case errors.Is(err, rclone.ErrConfig):
		return []string{a.text("hint-rclone-config")}
	case errors.Is(err, repository.ErrUnreadable):
		return []string{a.text("hint-unreadable")}
	case errors.Is(err, errChecked):
		return a.checkHints(err)
	case errors.Is(err, errLacking):
		return []string{a.text("hint-lacking")}
	case errors.Is(err, errHomeless):
		return []string{a.text("hint-homeless")}
	case errors.Is(err, errUnopened):
		return []string{a.text("hint-unopened")}
	case errors.Is(err, errWhen):
		return []string{a.text("hint-when")}
	case errors.Is(err, errPoint):
		return []string{a.text("hint-point")}
	case errors.Is(err, errTooLong):
		return []string{a.text("hint-too-long")}
	case errors.Is(err, errSeveral):
		return []string{a.text("hint-several")}
	case errors.Is(err, errNothing):
		return []string{a.text("hint-nothing")}
	case errors.Is(err, repository.ErrNone):
		return []string{a.text("hint-none")}
	case errors.As(err, &headless):
		return []string{a.text("hint-head", "Line", headless.Line)}
	case errors.Is(err, repository.ErrHeadless), errors.Is(err, repository.ErrHead):
		return []string{a.text("hint-headless")}
	case errors.Is(err, errOtherRunner):
		return []string{a.text("hint-other-runner"), a.text("hint-other-runner-owner")}
	case errors.Is(err, repository.ErrNoIdentity):
		return []string{a.text("hint-no-identity")}
	case errors.Is(err, errIdentityPath):
		return []string{a.text("hint-identity-path")}
	case errors.Is(err, errRunnerPath):
		return []string{a.text("hint-runner-path")}
	case errors.Is(err, errRunnerKind):
		return []string{a.text("hint-runner-kind")}
	case errors.Is(err, crypto.ErrIdentity):
		return []string{a.text("hint-identity-as-recipient")}
	case errors.Is(err, crypto.ErrNotIdentity):
		return []string{a.text("hint-not-identity")}
	case errors.Is(err, crypto.ErrNotRecipient):
		return []string{a.text("hint-not-recipient")}
	case errors.Is(err, crypto.ErrMixed):
		return []string{a.text("hint-mixed")}
	case errors.Is(err, crypto.ErrPassphrase):
		return []string{a.text("hint-passphrase")}
	case errors.As(err, &inConfig) && inConfig.Problem == config.NotText:
		return []string{a.text("hint-not-text")}
	case errors.As(err, &inConfig):
		return []string{a.text("hint-config")}
	case errors.As(err, &noPlugin):
		return []string{a.text("hint-plugin", "Name", noPlugin.Name)}
	case errors.As(err, &none):
		return []string{a.text("hint-no-identity")}
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES):
		return []string{a.text("hint-permission")}
	case errors.Is(err, syscall.ENOSPC):
		return []string{a.text("hint-full")}
	}
	return nil
}
