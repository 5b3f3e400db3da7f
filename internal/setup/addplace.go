package setup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/durable"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/repository"
)

// ErrConfigured says that the configuration has a place already.
var ErrConfigured = errors.New("the configuration has this place already")

// ErrPlace says that a place cannot be taken out: it is the last one, or none of the
// configuration.
var ErrPlace = errors.New("not a place that can be taken out")

// PlaceLines are the lines that AddPlaces writes into the configuration for a
// place. There is no secret in them.
func (s *Settings) PlaceLines(p Place) (string, error) {
	file := ""
	if p.secret() != "" {
		file = s.freeFile(p)
	}
	return config.Block("repository", p.settings(file)...)
}

// AddPlaces writes places into the configuration, and what opens them into files
// of mode 0600 beside it; the error matches ErrConfigured for one that is there,
// and config.ErrChanged if somebody else changed the file meanwhile. While the
// configuration has no place, copies are in the usual folder: if there are any,
// that is added, too, and comes first. The settings stay as they are: they have to
// be loaded anew.
func (s *Settings) AddPlaces(places ...Place) (err error) {
	e, err := config.Edit(s.File, s.setup.Kinds.InConfig())
	if err != nil {
		return err
	}
	for i, p := range places {
		same := func(other Place) bool { return other.Location == p.Location }
		if s.configures(p.Location) || slices.ContainsFunc(places[:i], same) {
			return &FieldError{FieldAddress, message.Of(message.Usage, ErrConfigured, "place-configured", "Repository", p.Shown)}
		}
	}
	if usual, ok := s.usual(); ok && !slices.ContainsFunc(places, func(p Place) bool { return p.Location == usual.Location }) {
		places = append([]Place{usual}, places...)
	}
	var made []string
	defer func() {
		for _, file := range made {
			if err != nil {
				err = errors.Join(err, os.Remove(file))
			}
		}
	}()
	for _, p := range places {
		name := ""
		if secret := p.secret(); secret != "" {
			name = s.freeFile(p)
			file := filepath.Join(filepath.Dir(s.File), name)
			if err := writeSecret(file, secret); err != nil {
				return err
			}
			made = append(made, file)
		}
		if err := e.Add("repository", p.settings(name)...); err != nil {
			return err
		}
	}
	return e.Save()
}

// DropPlace takes a place out of the configuration. What is stored there stays, and so
// does the file of what opens it. The error matches ErrPlace for the last place, and
// for one that the configuration does not have. The settings stay as they are.
func (s *Settings) DropPlace(l Location) error {
	at := slices.IndexFunc(s.Config.Repositories, func(r config.Repository) bool { return isAt(r, l) })
	if at < 0 || len(s.Config.Repositories) < 2 {
		return ErrPlace
	}
	e, err := config.Edit(s.File, s.setup.Kinds.InConfig())
	if err != nil {
		return err
	}
	if err := e.Drop(fmt.Sprintf("repository[%d]", at)); err != nil {
		return err
	}
	return e.Save()
}

// configures reports whether the configuration has a repository at a location.
func (s *Settings) configures(l Location) bool {
	return slices.ContainsFunc(s.Config.Repositories, func(r config.Repository) bool { return isAt(r, l) })
}

func isAt(r config.Repository, l Location) bool {
	known, err := ParseLocation(r.Address.Reveal())
	return err == nil && known == l
}

// usual is the place of those who configured none, if a repository is there.
func (s *Settings) usual() (Place, bool) {
	folder, err := s.setup.defaultRepository()
	if err != nil || len(s.Config.Repositories) > 0 {
		return Place{}, false
	}
	l, err := ParseLocation("file:" + folder)
	if err != nil {
		return Place{}, false
	}
	_, err = os.Stat(filepath.Join(folder, repository.HeadKey))
	return Place{Location: l}, err == nil
}

// settings are the keys of the place; file has what opens it, "" for none.
func (p Place) settings(file string) []config.Setting {
	address := p.address()
	if path, ok := config.Folder(p.Value); p.Kind == Local && ok && path == p.Value {
		address = path // as people write it
	}
	all := []config.Setting{{Key: "address", Value: address}}
	if p.key != nil && p.Kind == WebDAV && p.key.User != "" {
		all = append(all, config.Setting{Key: "user", Value: p.key.User})
	}
	switch {
	case file == "":
	case p.Kind == WebDAV:
		all = append(all, config.Setting{Key: "password-file", Value: file})
	case p.Kind == S3:
		all = append(all, config.Setting{Key: "access-key-file", Value: file})
	}
	if p.Unencrypted {
		all = append(all, config.Setting{Key: "unencrypted", Value: true})
	}
	return all
}

// secret is what belongs into a file of its own, "" if nothing does.
func (p Place) secret() string {
	switch {
	case p.key == nil:
	case p.Kind == WebDAV && p.key.Password != "":
		return p.key.Password + "\n"
	case p.Kind == S3 && p.key.AccessKey != "":
		return p.key.AccessKey + "\n" + p.key.SecretKey + "\n"
	}
	return ""
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// freeFile is the name of a file beside the configuration that is not there yet.
func (s *Settings) freeFile(p Place) string {
	stem := "password-"
	if p.Kind == S3 {
		stem = "access-key-"
	}
	if u, err := url.Parse(p.Value); err == nil {
		stem += notInName.ReplaceAllString(u.Host, "-")
	}
	for i := 1; ; i++ {
		name := stem + ".txt"
		if i > 1 {
			name = fmt.Sprintf("%s-%d.txt", stem, i)
		}
		if _, err := os.Lstat(filepath.Join(filepath.Dir(s.File), name)); errors.Is(err, fs.ErrNotExist) || i > 1000 {
			return name
		}
	}
}

// writeSecret makes a file that nobody else can read.
func writeSecret(file, secret string) error {
	root, err := durable.OpenRoot(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Create(root, filepath.Base(file), func(w io.Writer) error {
		_, err := io.WriteString(w, secret)
		return err
	})
}
