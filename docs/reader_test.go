package docs_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/local"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// What the reader in docs/reader does not get right of a vector, format.md does
// not say clearly.
func TestSecondReaderReadsEveryVector(t *testing.T) {
	programs := ageThatKnowsAllKeys(t)
	names, err := filepath.Glob("../repository/testdata/v1/*")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d vectors, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			v := unpackVector(t, name)
			v.programs = programs
			documents := v.compare(t)
			switch v.expect {
			case "ok":
				if v.said != "" {
					t.Errorf("it says of a sound repository: %s", v.said)
				}
			case "corrupt":
				v.mustSay(t, "reader: ")
			case "headless":
				v.mustSay(t, "padsync.json: missing or damaged")
			case "unsupported":
				v.mustSay(t, "of a version that this reader does not know")
			case "none":
				v.mustSay(t, "there is no repository")
			case "wrong key":
				v.mustSay(t, "sealed to somebody else")
			default:
				t.Fatalf("it is expected to be %q", v.expect)
			}
			// The header of a damaged one may tell of none, where reading ends.
			if !reflect.DeepEqual(documents, v.documents) && (v.expect != "corrupt" || v.documents != nil) {
				t.Errorf("documents are\n%s\nwant\n%s", strings.Join(documents, "\n"), strings.Join(v.documents, "\n"))
			}
		})
	}
}

func TestSecondReaderReadsWhatPadsyncWrites(t *testing.T) {
	for name, sealed := range map[string]bool{"plain": false, "sealed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := etherpadtest.New(etherpadtest.Options{})
			ag := server.Create("ag-2026", "Ordre du jour\n")
			server.Create("Été_à_la_mairie_*suite*", "où ?\n")
			server.Create("con", "")
			r := newByHand(t, t.TempDir(), server, sealed)
			r.run("ag-2026", "Été_à_la_mairie_*suite*", "con")
			for day := range 33 {
				if day < 4 || day == 32 {
					for i := range 600 - 10*day {
						ag.Append(etherpadtest.Author{ID: "a.0123456789abcdef"}, fmt.Sprintf("Point %d\n", i))
					}
					r.run("ag-2026")
				} else {
					r.run()
				}
			}
			checkpoints, err := filepath.Glob(filepath.Join(r.dir, "repository/checkpoints/*"))
			if err != nil || len(checkpoints) != 1 {
				t.Fatalf("checkpoints: %q %v", checkpoints, err)
			}
			v := &vector{dir: filepath.Join(r.dir, "repository"), expect: "ok"}
			if sealed {
				v.key = filepath.Join(r.dir, "key.txt")
			}
			if documents := v.compare(t); len(documents) != 3 || v.said != "" {
				t.Errorf("%q, and it says %q", documents, v.said)
			}
		})
	}
}

// An object of some kilobytes must not fill memory or disk.
func TestSecondReaderEndsWhatUnpacksWithoutEnd(t *testing.T) {
	v := unpackVector(t, "../repository/testdata/v1/plain")
	var bomb bytes.Buffer
	w, err := zstd.NewWriter(&bomb, zstd.WithWindowSize(256<<10))
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 300 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("0000000002-20261124T030000Z-%x.json.zst", sha256.Sum256(bomb.Bytes()))[:len("0000000002-20261124T030000Z-0123456789abcdef")] + ".json.zst"
	if err := os.WriteFile(filepath.Join(v.dir, "manifests", name), bomb.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	v.expect = "corrupt"
	if documents := v.compare(t); !reflect.DeepEqual(documents, v.documents) {
		t.Errorf("documents are %q", documents)
	}
	v.mustSay(t, name+": zstd cannot read it")
}

// What is there already stays as it is.
func TestSecondReaderWritesIntoANewFolderOnly(t *testing.T) {
	v := unpackVector(t, "../repository/testdata/v1/plain")
	out := t.TempDir()
	v.read(t, out)
	v.mustSay(t, "File exists")
	if there, err := os.ReadDir(out); err != nil || len(there) > 0 {
		t.Errorf("%v %v", there, err)
	}
}

// A vector is a repository in a folder, and what is expected of it, as
// repository/vectors_test.go says.
type vector struct {
	dir, key, expect string
	documents        []string
	programs         string // a folder with those that are used before the machine's
	said             string // by the reader
}

func unpackVector(t *testing.T, name string) *vector {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, r := &vector{dir: t.TempDir()}, bufio.NewReader(f)
	for line := ""; line != "\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), ": "); key {
		case "expect":
			v.expect = value
		case "document":
			v.documents = append(v.documents, value)
		case "identity":
			v.key = filepath.Join(t.TempDir(), "key.txt")
			if err := os.WriteFile(v.key, []byte(value+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return v
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(tr)
		object := filepath.Join(v.dir, h.Name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(object), 0o700), os.WriteFile(object, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// compare lists and extracts by the reader and by padsync. It gives a line for
// each document, as headers of vectors have it.
func (v *vector) compare(t *testing.T) (documents []string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	list := v.read(t, out)
	files := 0
	if got, want := v.listed(t, list), v.ofPadsync(t, out, &files); !reflect.DeepEqual(got, want) {
		t.Errorf("the reader lists\n%+v\npadsync lists\n%+v", got, want)
	}
	extracted := 0
	err := filepath.WalkDir(out, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			extracted++
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if extracted != files {
		t.Errorf("the reader extracted %d files, of which %d are padsync's", extracted, files)
	}
	for _, d := range v.listed(t, list) {
		line := fmt.Sprintf("%q %s %d", d.ID, d.State, len(d.Versions))
		public := ""
		for _, version := range d.Versions {
			if version.Version == d.Restore {
				line += " " + version.Files[0].SHA256
			}
			if version.Public {
				public = " public"
			}
		}
		line += public + d.Said.line()
		documents = append(documents, line)
	}
	return documents
}

// A readDocument is what the reader lists.
type readDocument struct {
	Kind, Source, ID, State, Restore string
	Said                             readSaid
	Versions                         []readVersion
}

type readSaid struct {
	Name, Description string
	Tags              []string
	Choices           map[string]manifest.Choice
}

type readVersion struct {
	Version, Title, Suspect string
	Public                  bool
	Files                   []readFile
}

type readFile struct {
	Name   string
	Size   int64
	SHA256 string
}

// line is what a header of a vector has of what is said.
func (s *readSaid) line() (line string) {
	if s.Name+s.Description != "" || len(s.Tags) > 0 {
		line = fmt.Sprintf(" %q %q %q", s.Name, s.Tags, s.Description)
	}
	for _, machine := range slices.Sorted(maps.Keys(s.Choices)) {
		line += fmt.Sprintf(" %q=%s", machine, s.Choices[machine])
	}
	return line
}

func (v *vector) listed(t *testing.T, list string) (documents []readDocument) {
	t.Helper()
	for line := range strings.Lines(list) {
		var d readDocument
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		documents = append(documents, d)
	}
	return documents
}

// ofPadsync gives what padsync lists. It compares the files that the reader
// extracted, and counts them. Of a damaged repository, some may not be there.
func (v *vector) ofPadsync(t *testing.T, out string, files *int) (documents []readDocument) {
	t.Helper()
	sink, err := local.Open(v.dir)
	if err != nil {
		t.Fatal(err)
	}
	o := repository.Options{Pool: spool.New(t.TempDir(), 0)}
	if v.key != "" {
		o.Identities = v.identities(t)
	}
	repo, err := repository.Open(t.Context(), sink, o)
	if err != nil {
		return nil
	}
	contents, err := repo.Read(t.Context(), repository.At{})
	if err != nil {
		return nil
	}
	defer contents.Close()
	rd := repo.NewReader(t.Context())
	defer rd.Close()
	for record, err := range contents.All() {
		if err != nil {
			t.Fatal(err)
		}
		d := readDocument{Kind: record.Source.Kind, Source: record.Source.Address(), ID: record.ID, State: string(record.State), Versions: []readVersion{}}
		d.Said = readSaid{Name: record.Said.Name, Tags: append([]string{}, record.Said.Tags...), Choices: make(map[string]manifest.Choice)}
		for _, c := range record.Said.Choices {
			d.Said.Choices[c.Machine] = c.Choice
		}
		if d.Said.Description, err = repo.Description(&record.Said); err != nil && v.expect == "ok" {
			t.Fatal(err)
		}
		if given := record.NewestSound(); given != nil {
			d.Restore = given.Name
		} else if given = record.Newest(); given != nil {
			d.Restore = given.Name
		}
		for _, version := range record.Versions {
			r := readVersion{Version: version.Name, Title: version.Title, Suspect: version.Suspect, Public: version.Public}
			for _, f := range version.Files {
				r.Files = append(r.Files, readFile{f.Name, f.Size, f.SHA256})
				name := filepath.Join(out, repository.Escape(d.Source), repository.Escape(d.ID), version.Name, repository.Escape(f.Name))
				got, err := os.ReadFile(name)
				if err != nil && v.expect != "ok" {
					continue
				}
				s, wantErr := rd.File(f)
				if err := errors.Join(err, wantErr); err != nil {
					t.Errorf("version %s: %v", version.Name, err)
					continue
				}
				want, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
				if err := errors.Join(err, s.Close()); err != nil {
					t.Fatal(err)
				}
				*files++
				if !bytes.Equal(got, want) {
					t.Errorf("a file of version %s has %d bytes, want %d", version.Name, len(got), len(want))
				}
			}
			d.Versions = append(d.Versions, r)
		}
		documents = append(documents, d)
	}
	return documents
}

func (v *vector) identities(t *testing.T) []age.Identity {
	t.Helper()
	key, err := os.Open(v.key)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	identities, err := crypto.ParseIdentities(key, crypto.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	return identities
}

// read runs the reader, which must end with 0 if it has nothing to say, and
// else with 1. It gives the list.
func (v *vector) read(t *testing.T, out string) string {
	t.Helper()
	args := []string{"reader/reader.py", v.dir, out}
	if v.key != "" {
		args = append(args, "-i", v.key)
	}
	cmd := exec.CommandContext(t.Context(), "python3", args...)
	if v.programs != "" {
		cmd.Env = append(os.Environ(), "PATH="+v.programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	var output, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &messages
	err := cmd.Run()
	if v.said = messages.String(); strings.Contains(v.said, "Traceback") || cmd.ProcessState.ExitCode() != min(len(v.said), 1) {
		t.Errorf("%v: %s", err, v.said)
	}
	return output.String()
}

func (v *vector) mustSay(t *testing.T, words string) {
	t.Helper()
	if !strings.Contains(v.said, words) {
		t.Errorf("it says %q, want %q", v.said, words)
	}
}

// ageThatKnowsAllKeys gives a folder with an age of its own: Debian's may know
// no post-quantum keys.
func ageThatKnowsAllKeys(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "filippo.io/age/cmd/age").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}
