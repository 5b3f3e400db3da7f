package pad

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// richExport is that of a pad which has some of all.
func richExport(t *testing.T) string {
	server := etherpadtest.New(etherpadtest.Options{})
	server.CreateRich("pad")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p/pad/export/etherpad", nil))
	return w.Body.String()
}

func fingerprintOf(t testing.TB, export string) (Fingerprint, Names) {
	t.Helper()
	c, n, err := ReadFingerprint(strings.NewReader(export), int64(len(export)))
	if err != nil {
		t.Fatal(err)
	}
	return c, n
}

func TestFingerprintIsOfWhatTheServerDoesNotChange(t *testing.T) {
	export := richExport(t)
	c, n := fingerprintOf(t, export)
	for what, replace := range map[string][2]string{
		"the id":          {`"pad:pad`, `"pad:new`},
		"a chat's name":   {`"userId":"a.Noel`, `"userName":"N","userId":"a.Noel`},
		"key revisions":   {`"attribToNum":{`, `"more":1,"attribToNum":{`},
		"the system":      {`"changeset":"Z:1>l|1+l$`, `"changeset":"Z:1>l*zz|1+l$`}, // a number that is in no pool
		"parts of one":    {`"changeset":"Z:1>l|1+l$`, `"changeset":"Z:1>l+5|1+g$`},
		"an author's day": {`"timestamp":`, `"lastSeen":1,"timestamp":`},
	} {
		changed, _ := fingerprintOf(t, strings.ReplaceAll(export, replace[0], replace[1]))
		if !strings.Contains(export, replace[0]) || changed != c {
			t.Errorf("%s: another fingerprint, or nothing was changed", what)
		}
	}
	for what, replace := range map[string][2]string{
		"text":              {"Présents", "Présentes"},
		"an inserted text":  {`$ligne 7\n`, `$ligne 8\n`},
		"a time":            {`"timestamp":1793523630000`, `"timestamp":1793523630001`},
		"an author":         {`"meta":{"author":"a.Quiet`, `"meta":{"author":"a.Elodie`},
		"formatting":        {`["bold","true"]`, `["italic","true"]`},
		"who wrote a thing": {`["author","a.Quiet`, `["author","a.Quite`},
		"a message":         {"Très bien", "Pas bien"},
		"a star":            {"avant la réunion", "après la réunion"},
		"an operation":      {`|1+8$ligne 7`, `|1=8$ligne 7`},
	} {
		if changed, _ := fingerprintOf(t, strings.Replace(export, replace[0], replace[1], 1)); !strings.Contains(export, replace[0]) || changed == c {
			t.Errorf("%s: the same fingerprint, or nothing was changed", what)
		}
	}
	if _, other := fingerprintOf(t, strings.ReplaceAll(export, "Élodie", "Elodie")); other.Authors == n.Authors {
		t.Error("another name is the same")
	}
}
