package etherpad_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
)

func TestEveryFormOfAnAddressIsOnePad(t *testing.T) {
	const (
		base     = "https://pad.example.org"
		readOnly = "r.0123456789abcdef0123456789abcdef"
	)
	for given, want := range map[string]etherpad.Address{
		base + "/p/ag-2026":                                  {base, "ag-2026"},
		base + "/p/ag-2026/":                                 {base, "ag-2026"},
		base + "//p//ag-2026//":                              {base, "ag-2026"},
		base + "/P/Ag":                                       {base, "Ag"},
		base + "/p/ag?lang=fr&showChat=false":                {base, "ag"},
		base + "/p/ag#L3":                                    {base, "ag"},
		base + "/p/ag/timeslider":                            {base, "ag"},
		base + "/p/ag/timeslider?lang=fr#12":                 {base, "ag"},
		base + "/p/ag/export/etherpad":                       {base, "ag"},
		base + "/p/ag/export/txt/":                           {base, "ag"},
		base + "/p/ag/export":                                {base, "ag"},
		base + "/p/ag/42/export/html":                        {base, "ag"},
		base + "/p/42/export/html":                           {base, "42"},
		base + "/p/export":                                   {base, "export"},
		base + "/p/export/export/txt":                        {base, "export"},
		base + "/p/timeslider/timeslider":                    {base, "timeslider"},
		base + "/p/p":                                        {base, "p"},
		base + "/sub/path/p/ag":                              {base + "/sub/path", "ag"},
		base + "/p/" + readOnly:                              {base, readOnly},
		base + "/ro/" + readOnly:                             {base, readOnly},
		base + "/p/g.0123456789abcdef$priv%C3%A9":            {base, "g.0123456789abcdef$privé"},
		base + "/p/g.0123456789abcdef%24x":                   {base, "g.0123456789abcdef$x"},
		base + "/p/%C3%A9t%C3%A9":                            {base, "été"},
		base + "/p/été":                                      {base, "été"},
		base + "/p/%e2%9c%85 fait%20déjà":                    {base, "✅_fait_déjà"},
		base + "/p/e\u0301te\u0301":                          {base, "e\u0301te\u0301"}, // another pad than été
		base + "/p/ordre du jour":                            {base, "ordre_du_jour"},
		base + "/p/a%20%09%0Ab%C2%A0c%EF%BB%BFd":             {base, "a_b_c_d"},
		base + "/p/ag:2026::1":                               {base, "ag_2026_1"},
		base + "/p/a :b":                                     {base, "a__b"},
		base + "/p/a%2Fb":                                    {base, "a/b"},
		base + "/p/a b%2Fc":                                  {base, "a_b/c"},
		base + "/p/..%2F..%2Fx":                              {base, "../../x"},
		base + "/p/a+b":                                      {base, "a+b"},
		base + "/p/a%2Bb":                                    {base, "a+b"},
		base + "/p/what%3F%23":                               {base, "what?#"},
		base + "/p/100%25":                                   {base, "100%"},
		"https://me:secret@Pad.Example.org:443/p/ag":         {base, "ag"},
		"HTTP://PAD.example.org:80/p/ag":                     {"http://pad.example.org", "ag"},
		"http://localhost:9001/p/ag":                         {"http://localhost:9001", "ag"},
		"  " + base + "/p/ag\n":                              {base, "ag"},
		base + "/mypads/?/mypads/group/g-1/pad/view/cr-tw5l": {base, "cr-tw5l"},
		base + "/x/mypads/index.html?/mypads/group/g-1/pad/view/cr-tw5l?a=b": {base + "/x", "cr-tw5l"},
	} {
		got, err := etherpad.ParseAddress(given)
		if err != nil || got != want {
			t.Errorf("ParseAddress(%q) = %q, %v; want %q", given, got, err, want)
		}
		if again, err := etherpad.ParseAddress(got.URL()); err != nil || again != got {
			t.Errorf("ParseAddress(%q) = %q, %v: URL does not lead back", got.URL(), again, err)
		}
	}
}

func TestWhatIsNoPadIsAnErrorThatSaysWhatIs(t *testing.T) {
	for _, given := range []string{
		"", "secret", "pad.example.org/p/secret", "ftp://pad.example.org/p/secret", "https:///p/secret",
		"https://pad.example.org/", "https://pad.example.org/p", "https://pad.example.org/p/",
		"https://framadate.org/secret123", "https://framadate.org/secret/admin", "https://pad.example.org/p/secret/edit",
		"https://pad.example.org/p/secret/1/2/export/txt", "https://pad.example.org/p/%FFsecret", "https://pad.example.org/p/secret%",
		"https://pad.example.org/p/.", "https://pad.example.org/p/..", "https://pad.example.org/p/%2E%2E/export/txt",
		"https://pad.example.org/p/" + strings.Repeat("secret", 100),
		"https://pad.example.org/ro/secret", "https://pad.example.org/mypads/?/mypads/group/secret",
		"https://pad.example.org/mypads/?/mypads/group/secret/pad/view/", "mailto:secret@example.org/p/x", "javascript:secret/p/x",
	} {
		got, err := etherpad.ParseAddress(given)
		if !errors.Is(err, sources.ErrAddress) || got != (etherpad.Address{}) {
			t.Errorf("ParseAddress(%q) = %q, %v; want ErrAddress", given, got, err)
		} else if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "/p/") {
			t.Errorf("ParseAddress(%q): %v repeats it, or says not what was expected", given, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("https://pad.example.org/p/a%2Fb/3/export/txt?x#y")
	f.Add("https://pad.example.org/x/mypads/?/mypads/group/g/pad/view/p")
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := etherpad.ParseAddress(raw)
		if err != nil {
			return
		}
		if again, err := etherpad.ParseAddress(a.URL()); err != nil || again != a {
			t.Errorf("%q gave %q, whose URL gives %q, %v", raw, a, again, err)
		}
	})
}
