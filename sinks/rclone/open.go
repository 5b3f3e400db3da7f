package rclone

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config"
	"github.com/rclone/rclone/fs/config/configfile"
	"github.com/rclone/rclone/fs/config/configmap"
	"github.com/rclone/rclone/fs/config/obscure"
	"github.com/rclone/rclone/fs/fshttp"
	"github.com/rclone/rclone/fs/fspath"

	"github.com/padsync/padsync/sinks"
	"github.com/padsync/padsync/sinks/rclone/early"
)

// All of rclone is initialised when this is: see package early.
var _ = early.Restore()

// Options say how rclone is used. The zero value is usable.
type Options struct {
	// Warn takes what rclone warns of, such as a token that it could not keep,
	// which the next run would need: each warning once, without secrets. It may
	// be called concurrently, and may be nil. The first Open's counts.
	Warn func(text string)

	// Patience is how long a listing may bring nothing; 0: a quarter of an
	// hour.
	Patience time.Duration

	// Tries is how often what fails is tried in all; 0: as often as is good
	// for a run at night, which is too often where a person waits.
	Tries int
}

var (
	// ErrConfig is matched if rclone's configuration cannot be read.
	ErrConfig = errors.New("rclone's configuration cannot be read")

	// ErrEncrypted is matched if it is encrypted, and neither
	// RCLONE_CONFIG_PASS nor RCLONE_PASSWORD_COMMAND opens it.
	ErrEncrypted = errors.New("rclone's configuration is encrypted")

	// ErrNoRemote is matched if it has no remote of that name.
	ErrNoRemote = errors.New("no such remote in rclone's configuration")

	// ErrNoKind is matched if this program was built without the remote's kind.
	ErrNoKind = errors.New("no such kind of remote")

	// ErrNotObscured is matched if a password is not in the form in which
	// rclone keeps them. Its text names the option but not the value.
	ErrNotObscured = errors.New("not a password as rclone obscure writes it")
)

// Open is the sink at REMOTE:PATH, as rclone writes it, connection strings
// included. The configuration is that of RCLONE_CONFIG, else the one that
// rclone would take. Only rclone ever changes it, to renew a token. Open never
// prompts.
func Open(ctx context.Context, address string, o Options) (*Sink, error) {
	if err := setUp(o.Warn); err != nil {
		return nil, err
	}
	failure := func(err error) error { return &sinks.Error{Op: "open", Key: Shown(address), Err: err} }
	parsed, err := fspath.Parse(address)
	if err != nil {
		return nil, failure(errors.New("want REMOTE:PATH"))
	}
	kind, _, _, options, err := fs.ConfigFs(address)
	if errors.Is(err, fs.ErrorNotFoundInConfigFile) {
		return nil, failure(ErrNoRemote)
	}
	if err != nil {
		return nil, failure(ErrNoKind)
	}
	secrets := secretsOf(kind, parsed, options)
	log.hide(secrets)
	s := &Sink{secrets: sinks.Hiding(secrets...), patience: o.Patience, tries: o.Tries}
	if err := checkPasswords(kind, options); err != nil {
		return nil, failure(err)
	}
	// A back end may keep its context, to renew a token with.
	ctx = configured(context.WithoutCancel(ctx))
	fs.GetConfig(ctx).LowLevelRetries = cmp.Or(o.Tries, fs.GetConfig(ctx).LowLevelRetries)
	s.remote, err = fs.NewFs(ctx, withDefaults(kind, parsed, options))
	if err != nil {
		return nil, s.failure("open", Shown(address), err)
	}
	return s, s.gone() // no error yet: it notes that the folder is there
}

// rclone has one configuration and one log for a process.
var (
	once     sync.Once
	setUpErr error
	log      = &warner{said: make(map[string]bool)}
)

func setUp(warn func(string)) error {
	once.Do(func() {
		fs.SetLogger(slog.DiscardHandler)
		setUpErr = loadConfig()
		log.warn = warn
		fs.SetLogger(log)
	})
	return setUpErr
}

// loadConfig reads the configuration before rclone does, which would end the
// process if it cannot.
func loadConfig() error {
	if fs.GlobalOptionsInit() != nil { // its error repeats the value
		return fmt.Errorf("%w: a variable RCLONE_… has a value that it does not take", ErrConfig)
	}
	process := fs.GetConfig(context.Background())
	process.AskPassword = false
	if err := checkCertificates(process); err != nil {
		return err
	}
	if name, ok := os.LookupEnv("RCLONE_CONFIG"); ok {
		if err := config.SetConfigPath(name); err != nil {
			return fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	configfile.Install()
	err := config.Data().Load()
	if err == nil || errors.Is(err, config.ErrorConfigFileNotFound) {
		config.LoadedData() // notes that it is loaded
		return nil
	}
	if isEncrypted(config.GetConfigPath()) {
		return ErrEncrypted
	}
	// What rclone says here may repeat a line, and so a password.
	var unreadable *os.PathError
	if errors.As(err, &unreadable) {
		return fmt.Errorf("%w: %w", ErrConfig, unreadable)
	}
	return fmt.Errorf("%w: %s has a mistake in it", ErrConfig, config.GetConfigPath())
}

// checkCertificates reads the files of RCLONE_CA_CERT, RCLONE_CLIENT_CERT and
// RCLONE_CLIENT_KEY: rclone ends the process over one that it cannot read.
func checkCertificates(c *fs.ConfigInfo) error {
	for _, name := range c.CaCert {
		text, err := os.ReadFile(name)
		if err != nil || !x509.NewCertPool().AppendCertsFromPEM(text) {
			return fmt.Errorf("%w: RCLONE_CA_CERT names no file with certificates", ErrConfig)
		}
	}
	if c.ClientCert == "" && c.ClientKey == "" {
		return nil
	}
	if _, err := fshttp.LoadKeyPair(c.ClientCert, c.ClientKey, c.ClientPass); err != nil {
		return fmt.Errorf("%w: RCLONE_CLIENT_CERT and RCLONE_CLIENT_KEY do not name a certificate and its key", ErrConfig)
	}
	return nil
}

func isEncrypted(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, 4096))
	return err == nil && bytes.Contains(begin, []byte("RCLONE_ENCRYPT_V"))
}

// configured is ctx with rclone's settings for this program.
func configured(ctx context.Context) context.Context {
	ctx, c := fs.AddConfig(ctx)
	c.AskPassword = false
	c.UseServerModTime = true // the store's clock, and on S3 no HEAD per object
	return ctx
}

// checkPasswords finds passwords that are not in the form in which rclone keeps
// them: some back ends end the process over one.
func checkPasswords(kind *fs.RegInfo, options configmap.Getter) error {
	for _, option := range kind.Options {
		value, ok := options.Get(option.Name)
		if !ok || !option.IsPassword || value == "" {
			continue
		}
		if _, err := obscure.Reveal(value); err != nil {
			return &OptionError{option.Name, ErrNotObscured}
		}
	}
	return nil
}

// An OptionError says which option of a remote is wrong.
type OptionError struct {
	Option string
	Err    error
}

// Error implements error.
func (e *OptionError) Error() string { return "option " + e.Option + ": " + e.Err.Error() }

// Unwrap gives what is wrong.
func (e *OptionError) Unwrap() error { return e.Err }
