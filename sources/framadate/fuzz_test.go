package framadate

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest/framadatetest"
)

// seeds are the fake server's answers in all dialects; parsed counts those
// that the parser takes, as a corpus of refusals would prove nothing.
func seeds(t testing.TB, script string, parsed func([]byte) bool) (bodies [][]byte) {
	taken := 0
	for _, dialect := range []framadatetest.Dialect{framadatetest.R103, framadatetest.R1119, framadatetest.HEAD11, framadatetest.DEV12} {
		server := framadatetest.New(framadatetest.Options{Dialect: dialect})
		for _, p := range []poll.Poll{*pizza(true, open()), *reunion(rawDescription, commentsRecorded, "2027-01-20", open())} {
			id, admin := server.Add(framadatetest.Poll{Poll: p})
			for _, key := range []string{id, admin, "NoSuchPollId1234"} {
				w := httptest.NewRecorder()
				server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, script+key+"&lang=fr", nil))
				bodies = append(bodies, w.Body.Bytes())
				if parsed(w.Body.Bytes()) {
					taken++
				}
			}
		}
	}
	if taken < 8 {
		t.Fatalf("only %d of %d seeds are parsed", taken, len(bodies))
	}
	return bodies
}

func FuzzPage(f *testing.F) {
	takes := func(b []byte) bool { _, err := parsePage(bytes.NewReader(b)); return err == nil }
	for _, script := range []string{"/studs.php?poll=", "/adminstuds.php?poll="} {
		for _, b := range seeds(f, script, takes) {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return // receive takes none
		}
		p, err := parsePage(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrPassword) {
				t.Error(err)
			}
			return
		}
		if !publicID.MatchString(p.publicID) || p.adminID != "" && !adminID.MatchString(p.adminID) {
			t.Errorf("ids %q, %q", p.publicID, p.adminID)
		}
		joined, _ := p.join(nil)
		seen := p.partsOf(joined)
		for _, part := range seen.Unseen {
			if seen.Fields[string(part)] != "" {
				t.Errorf("%s is seen, and is not", part)
			}
		}
		joined.Unseen = seen.Unseen
		encoded, err := joined.Encode()
		if err != nil {
			return
		}
		if _, err := poll.Decode(bytes.NewReader(encoded)); err != nil && len(encoded) <= poll.MaxSize {
			t.Error(err)
		}
	})
}

func FuzzTable(f *testing.F) {
	takes := func(b []byte) bool { _, err := parseTable(bytes.NewReader(b), poll.Classic, true); return err == nil }
	for _, b := range seeds(f, "/exportcsv.php?poll=", takes) {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, dates bool) {
		kind := poll.Classic
		if dates {
			kind = poll.Date
		}
		rows, err := parseTable(bytes.NewReader(b), kind, true)
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) {
				t.Error(err)
			}
			return
		}
		for _, day := range rows.dates {
			if day != readDate(day, false) {
				t.Errorf("%q is no day", day)
			}
		}
	})
}

func FuzzList(f *testing.F) {
	takes := func(b []byte) bool { p, err := parseList(bytes.NewReader(b)); return err == nil && len(p.admins) == 2 }
	for _, b := range seeds(f, "/admin/polls.php?page=", takes) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parseList(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, sources.ErrRefused) {
				t.Error(err)
			}
			return
		}
		for id, admin := range p.admins {
			if !publicID.MatchString(id) || !adminID.MatchString(admin) {
				t.Errorf("ids %q, %q", id, admin)
			}
		}
	})
}
